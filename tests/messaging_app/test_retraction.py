"""Retracting a message: what becomes of each batch, and what is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.models import Channel
from messaging_app import quota
from messaging_app.expansion import expand
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Delivery, Message
from messaging_app.retraction import Figures, figures, is_retractable, outlook, retract
from messaging_app.sweeps import finish_messages
from tests.messaging_app.figures import finish, receive, settle
from tests.messaging_app.makers import (
    accept,
    add_crowd,
    available_now,
    claim_now,
    expanded,
    one_batch,
    reread,
)
from tests.messaging_app.withdrawals import leased_now
from ums.lib.errors import Code, DomainError

HOURS_24 = timedelta(hours=24)


def age(message: Message, **moments: timedelta) -> None:
    """Set moments of the message to so long ago."""
    now = timezone.now()
    Message.objects.filter(pk=message.pk).update(**{k: now - v for k, v in moments.items()})


@pytest.mark.parametrize("state", ["pending_approval", "scheduled", "expanding"])
@pytest.mark.parametrize("hours", [0, 1000])
def test_a_message_that_has_not_begun_is_stopped_however_old(
    channel: Channel, state: str, hours: int
) -> None:
    message = accept(channel, registration_ids=("r1",))
    Message.objects.update(state=state)
    age(message, created_at=timedelta(hours=hours))

    retract(message=message)

    message.refresh_from_db()
    assert message.state == Message.State.RETRACTED
    assert message.retracted_at == message.done_at is not None
    assert not expand(message.pk)
    assert not Batch.objects.exists()
    assert not Delivery.objects.exists()
    assert figures(message) == Figures()


def test_each_batch_is_stopped_or_withdrawn_by_where_it_is(channel: Channel) -> None:
    add_crowd(channel, 6001)
    message = expanded(channel)
    queued, repeated, doubtful, sent, unknown, failed, last = Batch.objects.order_by("pk")
    settle(repeated, Batch.State.QUEUED, attempts=2, error_code=2002, error_message="full")
    settle(doubtful, Batch.State.QUEUED, attempts=1, in_doubt=True, error_message="no answer")
    settle(sent, Batch.State.SENT, jpush_msg_id="1", clicked=100, failed=10)
    settle(unknown, Batch.State.UNKNOWN, in_doubt=True, error_message="no answer")
    settle(failed, Batch.State.FAILED, error_code=1011, error_message="nobody")

    assert outlook(message) == Figures(stopped=2001, pending=890, failed=2000)
    retract(message=message)

    rows = {b.pk: (b.state, b.withdrawal, b.error_message) for b in Batch.objects.all()}
    assert rows == {
        queued.pk: ("cancelled", "", ""),
        repeated.pk: ("cancelled", "", ""),
        doubtful.pk: ("unknown", "failed", "no answer"),
        sent.pk: ("sent", "due", ""),
        unknown.pk: ("unknown", "failed", "no answer"),
        failed.pk: ("failed", "", "nobody"),
        last.pk: ("cancelled", "", ""),
    }
    message.refresh_from_db()
    assert figures(message) == Figures(stopped=2001, pending=890, failed=2000)
    counts = ledger(message)
    assert (counts.total, counts.cancelled, counts.queued) == (6001, 2001, 0)
    assert claim_now(channel) == []
    assert [batch_id for batch_id, _lease in leased_now(channel)] == [sent.pk]


@pytest.mark.parametrize("state", ["sending", "done"])
def test_24_hours_count_from_the_moment_it_was_sent(channel: Channel, state: str) -> None:
    message = expanded(channel, registration_ids=("r1",))
    Message.objects.update(state=state)
    old, young = HOURS_24 + timedelta(seconds=1), HOURS_24 - timedelta(minutes=1)

    for moments in (
        {"created_at": young},
        {"created_at": old, "send_at": young},
        {"created_at": old, "reviewed_at": young},
    ):
        Message.objects.update(send_at=None, reviewed_at=None)
        age(message, **moments)
        assert is_retractable(message)

    age(message, created_at=old, send_at=old, reviewed_at=old)
    assert not is_retractable(message)
    with pytest.raises(DomainError, match="more than 24 hours ago") as caught:
        retract(message=message)

    assert (caught.value.code, message.msgid in caught.value.message) == (4004, True)
    message.refresh_from_db()
    assert (message.state, message.retracted_at) == (state, None)
    assert Batch.objects.get().state == Batch.State.QUEUED


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("retracted", Code.ALREADY_RETRACTED, "retracted already"),
        ("cancelled", Code.INVALID_PARAMETER, "was cancelled"),
        ("failed", Code.INVALID_PARAMETER, "has failed"),
    ],
)
def test_what_is_over_is_not_retracted(
    channel: Channel, state: str, code: Code, words: str
) -> None:
    message = expanded(channel, registration_ids=("r1",))
    Message.objects.update(state=state, expanded_at=None)

    with pytest.raises(DomainError, match=words) as caught:
        retract(message=message)

    assert caught.value.code == code
    assert not is_retractable(message)
    assert Batch.objects.get().state == Batch.State.QUEUED


def test_a_finished_message_keeps_the_moment_it_was_finished(channel: Channel) -> None:
    message = finish(expanded(channel, registration_ids=("r1",)))
    done_at = message.done_at

    retract(message=message)
    finish_messages()

    message.refresh_from_db()
    assert (message.state, message.done_at) == (Message.State.RETRACTED, done_at)


def test_who_clicks_later_leaves_the_figures(channel: Channel) -> None:
    batch = one_batch(channel, "r1", "r2", "r3")
    settle(batch, Batch.State.SENT, jpush_msg_id="1")
    retract(message=batch.message)
    message = Message.objects.get()
    assert figures(message) == Figures(pending=3)

    receive(batch, clicked="r1", delivered="r2")

    assert figures(message) == Figures(pending=2)


def test_a_message_that_is_not_retracted_has_no_figures(channel: Channel) -> None:
    assert figures(expanded(channel, registration_ids=("r1",))) is None


def test_a_pause_of_the_channel_does_not_delay_the_retraction(channel: Channel) -> None:
    batch = one_batch(channel)
    available_now(channel)
    quota.block(channel.pk, 50)

    retract(message=batch.message)

    assert reread(batch).state == Batch.State.CANCELLED
