"""What follows from each failure of a call (protocol/jpush.md 8)."""

import pytest

from channels_app.jpush.client import Rate
from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app.claiming import Claim
from messaging_app.states import GIVE_UP, LOSE_TRACK, RELEASE, SEND
from messaging_app.verdicts import BACKOFF_CAP_SECONDS, accepted, not_called
from tests.messaging_app.refusals import (
    AMBIGUOUS,
    HIDDEN_BAD_IDS,
    NO_TARGET,
    PERMANENT,
    RATE_LIMITED,
    REPEATED,
    STATES,
    STOPS_CHANNEL,
    State,
    failure,
    judged,
)


def test_no_code_stands_in_two_tables() -> None:
    tables = (
        REPEATED,
        RATE_LIMITED,
        AMBIGUOUS,
        STOPS_CHANNEL,
        PERMANENT,
        NO_TARGET,
        HIDDEN_BAD_IDS,
    )
    pairs = [pair for table in tables for pair in table]
    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("code", "status"), [*REPEATED, *RATE_LIMITED])
def test_these_are_repeated_and_leave_the_doubt_as_it_was(
    code: int | None, status: int, state: State
) -> None:
    outcome = judged(failure(code, status), state)

    assert (outcome.move, outcome.in_doubt, outcome.takes_out) == (RELEASE, state[0], False)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("code", "status"), [*REPEATED, *RATE_LIMITED])
def test_after_the_messages_time_these_are_the_end(
    code: int | None, status: int, state: State
) -> None:
    outcome = judged(failure(code, status), state, late=True)

    assert outcome.move == (LOSE_TRACK if state[0] else GIVE_UP)
    assert outcome.in_doubt == state[0]


NO_ANSWER = [JPushError("nothing came", ambiguous=True), *(failure(*pair) for pair in AMBIGUOUS)]
NO_ANSWER.append(JPushError("no msg_id", http_status=200, ambiguous=True))


@pytest.mark.parametrize("error", NO_ANSWER)
@pytest.mark.parametrize("was_in_doubt", [False, True])
def test_without_an_answer_the_same_cid_makes_a_repetition_safe(
    error: JPushError, was_in_doubt: bool
) -> None:
    outcome = judged(error, (was_in_doubt, "c"))

    assert (outcome.move, outcome.in_doubt) == (RELEASE, True)


@pytest.mark.parametrize("error", NO_ANSWER)
@pytest.mark.parametrize("late", [False, True])
def test_without_an_answer_and_a_cid_nobody_can_tell(error: JPushError, late: bool) -> None:
    outcome = judged(error, (False, ""), late=late)

    assert (outcome.move, outcome.in_doubt) == (LOSE_TRACK, True)


@pytest.mark.parametrize("error", NO_ANSWER)
@pytest.mark.parametrize("was_in_doubt", [False, True])
def test_without_an_answer_after_the_messages_time_nobody_can_tell(
    error: JPushError, was_in_doubt: bool
) -> None:
    outcome = judged(error, (was_in_doubt, "c"), late=True)

    assert (outcome.move, outcome.in_doubt) == (LOSE_TRACK, True)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("late", [False, True])
def test_an_unreachable_jpush_has_surely_not_taken_it(state: State, late: bool) -> None:
    outcome = judged(JPushError("refused", unreachable=True), state, late=late)

    end = LOSE_TRACK if state[0] else GIVE_UP
    assert (outcome.move, outcome.in_doubt) == (end if late else RELEASE, state[0])


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("code", "status"), STOPS_CHANNEL)
def test_these_concern_the_channel_and_its_batches_wait(
    code: int | None, status: int, state: State, late: bool
) -> None:
    error = failure(code, status)
    outcome = judged(error, state, late=late)

    assert error.stops_channel
    assert (outcome.move, outcome.in_doubt, outcome.seconds) == (RELEASE, state[0], 0)
    assert not outcome.takes_out


@pytest.mark.parametrize("state", STATES)
def test_a_channel_that_cannot_be_called_as_it_is_set_up_waits(state: State) -> None:
    error = JPushError("not an address", misconfigured=True)

    assert error.stops_channel
    assert judged(error, state).move == RELEASE


@pytest.mark.parametrize(("code", "status"), [*REPEATED, *RATE_LIMITED, *PERMANENT, *AMBIGUOUS])
def test_nothing_else_concerns_the_channel(code: int | None, status: int) -> None:
    assert not failure(code, status).stops_channel


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("code", "status"), PERMANENT)
def test_these_are_final_and_say_nothing_of_an_attempt_before(
    code: int | None, status: int, state: State, late: bool
) -> None:
    outcome = judged(failure(code, status), state, late=late)

    assert outcome.move == (LOSE_TRACK if state[0] else GIVE_UP)
    assert (outcome.in_doubt, outcome.takes_out) == (state[0], False)


@pytest.mark.parametrize(("retry_after", "seconds"), [(37.0, 37.0), (None, BACKOFF_CAP_SECONDS)])
@pytest.mark.parametrize(("code", "status"), RATE_LIMITED)
def test_a_full_minute_is_waited_for_as_long_as_jpush_says(
    code: int | None, status: int, retry_after: float | None, seconds: float
) -> None:
    error = failure(code, status, retry_after=retry_after)

    assert judged(error, (False, "c"), attempts=99).seconds == seconds


@pytest.mark.parametrize(
    ("attempts", "longest"), [(1, 2), (2, 4), (5, 32), (6, 60), (7, 60), (10**9, 60)]
)
def test_the_pause_is_drawn_up_to_twice_the_last_one(
    monkeypatch: pytest.MonkeyPatch, attempts: int, longest: float
) -> None:
    bounds: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        bounds.append((low, high))
        return 1.5

    monkeypatch.setattr("messaging_app.verdicts.random.uniform", draw)

    outcome = judged(JPushError("x", unreachable=True), (False, "c"), attempts=attempts)

    assert (bounds, outcome.seconds) == ([(0, longest)], 1.5)


@pytest.mark.parametrize("state", STATES)
def test_a_success_is_one_and_ends_the_doubt(state: State) -> None:
    claim = Claim(1, 1, Channel(pk=1), "mine", state[1], 1, state[0])
    rate = Rate(limit=600)

    outcome = accepted(claim, "17", rate)

    assert (outcome.move, outcome.in_doubt, outcome.msg_id) == (SEND, False, "17")
    assert (outcome.rate, outcome.error, outcome.takes_out) == (rate, None, False)


@pytest.mark.parametrize("state", STATES)
def test_a_call_that_was_not_made_tells_nothing(state: State) -> None:
    claim = Claim(1, 1, Channel(pk=1), "mine", state[1], 1, state[0])

    outcome = not_called(claim, seconds=1)

    assert (outcome.move, outcome.in_doubt, outcome.seconds) == (RELEASE, state[0], 1)
    assert (outcome.error, outcome.rate) == (None, None)


def test_each_code_is_judged_in_one_way_only() -> None:
    """The sorts of failure exclude one another, so that their order does not matter."""
    tables = (
        REPEATED,
        RATE_LIMITED,
        AMBIGUOUS,
        STOPS_CHANNEL,
        PERMANENT,
        NO_TARGET,
        HIDDEN_BAD_IDS,
    )
    for code, status in (pair for table in tables for pair in table):
        error = failure(code, status)
        about_ids = (error.no_target, bool(error.bad_ids), error.hides_bad_ids)
        sorts = (error.retryable, error.stops_channel, *about_ids)
        assert sum(sorts) <= 1, (code, status)
