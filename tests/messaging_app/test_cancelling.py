"""Cancelling a message: what becomes of each call, and what may still be done to it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.approval import is_refused, refuse, verdict
from messaging_app.control import Outlook, cancel, outlook
from messaging_app.expansion import expand
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Message
from messaging_app.retraction import Figures, figures, is_retractable, retract
from tests.messaging_app.approvals import approver, waiting_message
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import accept, add_crowd, expanded, one_batch, reread
from ums.lib.errors import DomainError


@pytest.fixture
def message(channel: Channel) -> Message:
    """7,001 devices: two calls that wait, two under way, and one of each end."""
    add_crowd(channel, 6001)
    message = expanded(channel)
    _queued, doubtful, pushing, sent, unknown, failed, _last = Batch.objects.order_by("pk")
    settle(doubtful, Batch.State.QUEUED, attempts=1, in_doubt=True, error_message="no answer")
    settle(pushing, Batch.State.PUSHING, lease="x", lease_until=timezone.now(), in_doubt=True)
    settle(sent, Batch.State.SENT, jpush_msg_id="1", clicked=100, failed=10)
    settle(unknown, Batch.State.UNKNOWN, in_doubt=True, error_message="no answer")
    settle(failed, Batch.State.FAILED, error_code=1011, error_message="nobody")
    return message


def rows() -> list[tuple[str, bool, str, str]]:
    fields = ("state", "stopped", "withdrawal", "error_message")
    return list(Batch.objects.order_by("pk").values_list(*fields))


def test_each_call_is_stopped_by_where_it_is(message: Message) -> None:
    assert outlook(message) == Outlook(stopped=1001, under_way=1000, kept=1000, unknown=2000)

    cancel(message=message)

    assert rows() == [
        ("cancelled", False, "", ""),
        ("unknown", False, "", "no answer"),
        ("pushing", True, "", ""),
        ("sent", False, "", ""),
        ("unknown", False, "", "no answer"),
        ("failed", False, "", "nobody"),
        ("cancelled", False, "", ""),
    ]
    message.refresh_from_db()
    assert (message.state, message.reason) == (Message.State.CANCELLED, "")
    assert message.done_at is not None
    counts = ledger(message)
    assert (counts.total, counts.cancelled, counts.queued) == (6001, 1001, 1000)
    assert outlook(message) == Outlook(stopped=0, under_way=1000, kept=1000, unknown=2000)


def test_a_refused_attempt_is_not_told_of_a_cancelled_call(channel: Channel) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.QUEUED, attempts=1, error_code=2002, error_message="full")

    cancel(message=batch.message)

    assert (reread(batch).state, batch.error_code, batch.error_message) == ("cancelled", None, "")


@pytest.mark.parametrize("state", ["pending_approval", "scheduled", "expanding", "paused"])
def test_a_message_that_has_not_begun_reaches_nobody(channel: Channel, state: str) -> None:
    message = accept(channel, registration_ids=("r1",))
    Message.objects.update(state=state)

    cancel(message=message)

    assert not expand(message.pk)
    assert Message.objects.get().state == Message.State.CANCELLED
    assert not is_retractable(message)


@pytest.mark.parametrize("state", ["done", "cancelled", "retracted", "failed", "missed"])
def test_what_is_over_cannot_be_cancelled(channel: Channel, state: str) -> None:
    batch = one_batch(channel)
    Message.objects.update(state=state)

    with pytest.raises(DomainError) as caught:
        cancel(message=batch.message)

    assert caught.value.message == (
        f"The message “{batch.message.msgid}” cannot be cancelled: it is {state}."
    )
    assert reread(batch).state == "queued"


def test_what_jpush_has_of_a_cancelled_message_can_be_retracted(message: Message) -> None:
    cancel(message=message)
    done_at = Message.objects.get().done_at
    assert is_retractable(message)

    retract(message=message)

    assert rows() == [
        ("cancelled", False, "", ""),
        ("unknown", False, "failed", "no answer"),
        ("pushing", True, "due", ""),
        ("sent", False, "due", ""),
        ("unknown", False, "failed", "no answer"),
        ("failed", False, "", "nobody"),
        ("cancelled", False, "", ""),
    ]
    message.refresh_from_db()
    assert (message.state, message.done_at) == (Message.State.RETRACTED, done_at)
    assert figures(message) == Figures(stopped=1001, pending=1890, failed=2000)


def test_after_24_hours_a_cancelled_message_stays_as_it_is(message: Message) -> None:
    cancel(message=message)
    Message.objects.update(created_at=timezone.now() - timedelta(hours=25))

    with pytest.raises(DomainError, match="more than 24 hours ago"):
        retract(message=message)

    assert not is_retractable(message)


def test_a_cancelled_message_is_not_taken_for_a_refused_one(channel: Channel) -> None:
    reviewer = approver("reviewer")
    refused, approved, undecided = (waiting_message(channel) for _ in range(3))
    refuse(message=refused, reviewer=reviewer, reason="Not like this.")
    now = timezone.now()
    # As if the approval and the cancellation had come in the same moment.
    Message.objects.filter(pk=approved.pk).update(
        state="cancelled", reviewer=reviewer, reviewed_at=now, done_at=now
    )
    cancel(message=undecided)

    for message, refusal, words in (
        (refused, True, "refused by reviewer: Not like this."),
        (approved, False, "approved by reviewer"),
        (undecided, False, ""),
    ):
        message.refresh_from_db()
        assert (is_refused(message), verdict(message)) == (refusal, words)
