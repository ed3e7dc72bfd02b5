"""What follows from a refusal that concerns registrationIDs (protocol/jpush.md 8.5)."""

import pytest

from messaging_app.states import GIVE_UP
from tests.messaging_app.refusals import BAD_IDS, NO_TARGET, STATES, State, failure, judged


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("code", "status"), NO_TARGET)
def test_no_target_takes_ids_out_and_ends_the_doubt(
    code: int | None, status: int, state: State, late: bool
) -> None:
    outcome = judged(failure(code, status), state, late=late)

    assert (outcome.move, outcome.in_doubt) == (GIVE_UP, False)
    assert (outcome.no_target, outcome.takes_out, list(outcome.bad_ids)) == (True, True, [])


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("code", "status"), BAD_IDS)
def test_a_named_id_is_taken_out_and_ends_the_doubt(
    code: int | None, status: int, state: State, late: bool
) -> None:
    error = failure(code, status, "The registration_id r1 is invalid!")
    outcome = judged(error, state, late=late)

    assert (outcome.move, outcome.in_doubt, outcome.no_target) == (GIVE_UP, False, False)
    assert (list(outcome.bad_ids), outcome.takes_out) == (["r1"], True)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("code", "message"), [(20101, "words"), (1003, "The registration id is illegal")]
)
def test_an_id_that_is_not_named_is_looked_for_and_ends_the_doubt(
    code: int, message: str, state: State, late: bool
) -> None:
    outcome = judged(failure(code, 400, message), state, late=late)

    assert (outcome.move, outcome.in_doubt) == (GIVE_UP, False)
    assert (outcome.hidden_bad_ids, outcome.takes_out, list(outcome.bad_ids)) == (True, True, [])


@pytest.mark.parametrize("code", [1003, 20101, 1009, None])
@pytest.mark.parametrize("state", STATES)
def test_a_list_of_ids_is_taken_out_whatever_the_code(code: int | None, state: State) -> None:
    outcome = judged(failure(code, 400, illegal_ids=("r1", "r2")), state)

    assert (outcome.move, list(outcome.bad_ids)) == (GIVE_UP, ["r1", "r2"])
