"""Retracting what is paused, cancelled or being called at that moment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.expansion import expand
from messaging_app.models import Batch, Message
from messaging_app.retraction import Figures, figures, is_retractable, outlook, retract
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import accept, one_batch, reread
from ums.lib.errors import DomainError

LONG_AGO = timedelta(hours=24, seconds=1)


def test_a_message_paused_before_it_was_counted_is_retracted_however_old(channel: Channel) -> None:
    message = accept(channel, registration_ids=("r1",))
    Message.objects.update(state="paused", created_at=timezone.now() - 40 * LONG_AGO)

    retract(message=message)

    message.refresh_from_db()
    assert message.retracted_at == message.done_at is not None
    assert not expand(message.pk)
    assert figures(message) == Figures()


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_one_that_had_begun_is_retracted_within_24_hours(channel: Channel, state: str) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.SENT, jpush_msg_id="1")
    Message.objects.update(state=state, created_at=timezone.now() - LONG_AGO)
    assert not is_retractable(batch.message)
    with pytest.raises(DomainError, match="more than 24 hours ago"):
        retract(message=batch.message)

    Message.objects.update(created_at=timezone.now())
    assert is_retractable(batch.message)
    retract(message=batch.message)

    assert reread(batch).withdrawal == Batch.Withdrawal.DUE


def test_one_that_missed_its_time_has_nothing_to_retract(channel: Channel) -> None:
    message = accept(channel)
    Message.objects.update(state="missed")

    with pytest.raises(DomainError, match="missed its time: there is nothing to retract"):
        retract(message=message)


def test_a_call_under_way_is_marked_and_withdrawn_once_it_has_ended(channel: Channel) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.PUSHING, lease="x", attempts=1, in_doubt=True)
    assert outlook(batch.message) == Figures(pending=2)

    retract(message=batch.message)

    assert (reread(batch).state, batch.lease, batch.stopped) == ("pushing", "x", True)
    assert batch.withdrawal == Batch.Withdrawal.DUE
