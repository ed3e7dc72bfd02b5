"""Pausing, resuming and pushing again: what a message may do from where it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.control import pause, repeat_unknown, repeatable, resume
from messaging_app.expansion import expand
from messaging_app.models import Batch, Message
from tests.messaging_app.figures import receive, settle
from tests.messaging_app.makers import accept, add_crowd, expanded, one_batch, reread
from ums.lib.errors import Code, DomainError

HOUR = timedelta(hours=1)
OVER = ("done", "cancelled", "retracted", "failed", "missed")


def in_state(channel: Channel, state: str) -> Message:
    message = accept(channel, registration_ids=("r1",))
    Message.objects.update(state=state)
    message.refresh_from_db()
    return message


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


@pytest.mark.parametrize("state", ["scheduled", "expanding", "sending"])
def test_a_message_on_its_way_is_paused(channel: Channel, state: str) -> None:
    message = in_state(channel, state)

    pause(message=message)

    assert state_of(message) == "paused"


def test_a_pause_leaves_the_calls_as_they_are(channel: Channel) -> None:
    add_crowd(channel, 1001)
    message = expanded(channel)
    queued, pushing = Batch.objects.order_by("pk")
    settle(pushing, Batch.State.PUSHING, lease="x", in_doubt=True)

    pause(message=message)

    assert (reread(queued).state, reread(pushing).state) == ("queued", "pushing")
    assert not pushing.stopped


@pytest.mark.parametrize("state", ["pending_approval", "paused", *OVER])
def test_what_is_not_on_its_way_cannot_be_paused(channel: Channel, state: str) -> None:
    message = in_state(channel, state)

    with pytest.raises(DomainError) as caught:
        pause(message=message)

    words = Message.State(state).label
    assert caught.value.message == (
        f"The message “{message.msgid}” cannot be paused: it is {words}."
    )
    assert caught.value.code == Code.INVALID_PARAMETER
    assert state_of(message) == state


def test_the_state_that_is_told_is_the_one_that_is_stored(channel: Channel) -> None:
    message = in_state(channel, "sending")
    Message.objects.update(state="done")

    with pytest.raises(DomainError, match="it is done"):
        pause(message=message)


def test_a_message_goes_on_where_it_was_paused(channel: Channel) -> None:
    now = timezone.now()
    waiting, late, uncounted = (accept(channel, registration_ids=(f"r{n}",)) for n in range(3))
    counted = expanded(channel, registration_ids=("r4",))
    rows = Message.objects
    rows.filter(pk=waiting.pk).update(send_at=now + HOUR, expires_at=now + 2 * HOUR)
    rows.filter(pk=late.pk).update(send_at=now - HOUR)
    rows.filter(pk=counted.pk).update(send_at=now + HOUR)  # of no importance any more
    rows.update(state="paused")

    for message in (waiting, late, uncounted, counted):
        resume(message=message)

    assert state_of(waiting) == "scheduled"
    assert state_of(late) == state_of(uncounted) == "expanding"
    assert state_of(counted) == "sending"


def test_a_message_that_is_paused_is_not_expanded(channel: Channel) -> None:
    message = accept(channel, registration_ids=("r1",))
    pause(message=message)

    assert not expand(message.pk)
    resume(message=message)

    assert expand(message.pk)


@pytest.mark.parametrize("state", ["pending_approval", "scheduled", "expanding", "sending", *OVER])
def test_only_a_paused_message_is_resumed(channel: Channel, state: str) -> None:
    message = in_state(channel, state)

    with pytest.raises(DomainError, match=f"cannot be resumed: it is {Message.State(state).label}"):
        resume(message=message)

    assert state_of(message) == state


@pytest.mark.parametrize("counted", [True, False])
def test_after_its_time_a_message_is_not_resumed(channel: Channel, counted: bool) -> None:
    message = (expanded if counted else accept)(channel, registration_ids=("r1",))
    Message.objects.update(state="paused", expires_at=timezone.now())

    with pytest.raises(DomainError) as caught:
        resume(message=message)

    assert caught.value.message == (
        f"The message “{message.msgid}” is paused and cannot be resumed: its time-to-live is over."
        " Cancel it, and send a new message."
    )
    assert state_of(message) == "paused"


@pytest.fixture
def unknown(channel: Channel) -> Batch:
    """The one batch of a finished message, which JPush never answered."""
    batch = one_batch(channel, "r1", "r2")
    settle(batch, Batch.State.UNKNOWN, in_doubt=True, attempts=1, error_code=503, error_message="x")
    Message.objects.update(state="done", done_at=timezone.now())
    return reread(batch)


def test_an_unknown_batch_is_pushed_again_as_if_it_were_new(unknown: Batch) -> None:
    Batch.objects.update(cid="c", cid_at=timezone.now() - HOUR)
    assert repeatable(unknown.message) == 2

    repeat_unknown(message=unknown.message)

    batch = reread(unknown)
    assert (batch.state, batch.in_doubt, batch.cid, batch.cid_at) == ("queued", False, "", None)
    assert (batch.error_code, batch.error_message) == (None, "")
    assert batch.not_before <= timezone.now()
    message = Message.objects.get()
    assert (message.state, message.done_at) == ("sending", None)
    assert repeatable(message) == 0


def test_other_batches_are_left_alone(channel: Channel) -> None:
    add_crowd(channel, 3001)
    message = expanded(channel)
    unknown, sent, failed, shown = Batch.objects.order_by("pk")
    settle(sent, Batch.State.SENT)
    settle(failed, Batch.State.FAILED)
    # A receipt has come: JPush had taken it, so nobody is left to wonder.
    settle(unknown, Batch.State.UNKNOWN)
    settle(shown, Batch.State.UNKNOWN, delivered=1)
    Message.objects.update(state="done")
    message.refresh_from_db()
    assert repeatable(message) == 1000

    repeat_unknown(message=message)

    states = Batch.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["queued", "sent", "failed", "unknown"]


def test_where_every_outcome_is_known_nothing_is_repeated(channel: Channel) -> None:
    batch = one_batch(channel, "r1")
    settle(batch, Batch.State.UNKNOWN)
    receive(batch, clicked="r1")
    Message.objects.update(state="done", done_at=timezone.now())

    with pytest.raises(DomainError, match="There is nothing to push again"):
        repeat_unknown(message=batch.message)

    message = Message.objects.get()
    assert (message.state, message.done_at is None) == ("done", False)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("cancelled", "is cancelled, so nothing of it is pushed again: send a new message"),
        ("retracted", "is retracted, so nothing of it is pushed again: send a new message"),
        ("sending", "is sending: wait until its other calls are made"),
        ("paused", "is paused: wait until its other calls are made"),
    ],
)
def test_a_message_that_is_not_done_is_not_repeated(unknown: Batch, state: str, words: str) -> None:
    Message.objects.update(state=state)
    message = Message.objects.get()
    assert repeatable(message) == 0

    with pytest.raises(DomainError, match=words) as caught:
        repeat_unknown(message=message)

    assert message.msgid in caught.value.message
    assert reread(unknown).state == "unknown"


def test_after_its_time_a_message_is_not_repeated(unknown: Batch) -> None:
    Message.objects.update(expires_at=timezone.now())
    message = Message.objects.get()
    assert repeatable(message) == 0

    with pytest.raises(DomainError, match=r"its time-to-live is over\. Send a new message"):
        repeat_unknown(message=message)

    assert (reread(unknown).state, state_of(message)) == ("unknown", "done")
