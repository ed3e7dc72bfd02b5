"""What is too late: batches after their message's time, cids that JPush has forgotten."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.claiming import due_channels
from messaging_app.expansion import expand
from messaging_app.ledger import ledger
from messaging_app.models import CID_LIFE, Batch, Message
from messaging_app.sweeps import expire, finish_messages
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import (
    accept,
    add_crowd,
    calling,
    claim_now,
    ends_late,
    one_batch,
    reread,
)
from tests.messaging_app.races import race


def seconds_ago(number: float) -> datetime:
    return timezone.now() - timedelta(seconds=number)


def test_a_batch_that_was_not_attempted_in_its_messages_time_fails(channel: Channel) -> None:
    batch = one_batch(channel)
    assert expire() == 0
    ends_late(batch)

    assert expire() == 1

    reread(batch)
    assert (batch.state, batch.attempts) == (Batch.State.FAILED, 0)
    assert batch.error_message == "The message expired before it could be sent."
    assert ledger(batch.message).failed == 2


def test_a_batch_that_was_surely_not_taken_in_its_messages_time_fails(channel: Channel) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.QUEUED, cid="c", cid_at=seconds_ago(9), attempts=3, error_code=2002)
    ends_late(batch)

    assert expire() == 1

    assert (reread(batch).state, batch.attempts, batch.error_code) == ("failed", 3, None)


def test_a_batch_in_doubt_is_asked_about_after_its_messages_time(channel: Channel) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.QUEUED, cid="c", cid_at=seconds_ago(9), in_doubt=True)
    ends_late(batch)

    assert expire() == 0

    assert claim_now(channel) == [batch.pk]


def test_a_call_under_way_ends_after_its_messages_time(channel: Channel) -> None:
    batch = calling(one_batch(channel))
    ends_late(batch)

    assert expire() == 0

    assert reread(batch).state == Batch.State.PUSHING


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_claimed_in_its_last_moment_is_not_expired(channel: Channel) -> None:
    batch = one_batch(channel)
    ends_late(batch)

    race(
        # As a claim does that has begun a moment earlier.
        lambda: settle(batch, Batch.State.PUSHING, lease="mine", in_doubt=True),
        expire,
    )

    assert (reread(batch).state, batch.lease) == (Batch.State.PUSHING, "mine")


def test_a_cid_that_jpush_has_forgotten_leaves_the_doubt_for_ever(channel: Channel) -> None:
    batch = one_batch(channel)
    old = timezone.now() - CID_LIFE
    settle(batch, Batch.State.QUEUED, cid="c", cid_at=old, in_doubt=True, attempts=1)

    assert expire() == 1

    assert (reread(batch).state, batch.attempts, batch.in_doubt) == (Batch.State.UNKNOWN, 1, True)
    assert batch.error_message == "The cid of the last attempt has expired."


def test_a_batch_that_was_surely_not_taken_gets_another_cid(channel: Channel) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.QUEUED, cid="c", cid_at=timezone.now() - CID_LIFE, attempts=1)

    assert expire() == 0

    assert (reread(batch).state, batch.cid, batch.cid_at) == (Batch.State.QUEUED, "", None)
    assert claim_now(channel, cids=["fresh"]) == [batch.pk]
    assert reread(batch).cid == "fresh"


@pytest.mark.parametrize("in_doubt", [True, False])
def test_a_cid_is_used_as_long_as_jpush_knows_it(channel: Channel, in_doubt: bool) -> None:
    batch = one_batch(channel)
    good = timezone.now() - CID_LIFE + timedelta(minutes=1)
    settle(batch, Batch.State.QUEUED, cid="c", cid_at=good, in_doubt=in_doubt)

    assert expire() == 0

    assert claim_now(channel, cids=[]) == [batch.pk]


@pytest.mark.parametrize("in_doubt", [True, False])
def test_a_cid_that_jpush_has_forgotten_is_never_used(channel: Channel, in_doubt: bool) -> None:
    """A worker that comes back after a day calls before its first sweep."""
    batch = one_batch(channel)
    old = timezone.now() - CID_LIFE
    settle(batch, Batch.State.QUEUED, cid="c", cid_at=old, in_doubt=in_doubt)

    assert due_channels() == []
    assert claim_now(channel, cids=["fresh"]) == []


def test_a_message_whose_audience_was_not_counted_in_time_fails(channel: Channel) -> None:
    add_crowd(channel, 3)
    late, young = accept(channel), accept(channel)
    Message.objects.filter(pk=late.pk).update(expires_at=seconds_ago(1))

    expire()

    late.refresh_from_db()
    young.refresh_from_db()
    assert (late.state, young.state) == (Message.State.FAILED, Message.State.EXPANDING)
    assert late.reason == "The message expired before its audience could be counted."
    assert late.done_at is not None
    assert not expand(late.pk)
    assert expand(young.pk)


def test_a_message_that_is_expanded_after_its_time_fails_batch_by_batch(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = accept(channel)
    Message.objects.update(expires_at=seconds_ago(1))

    assert expand(message.pk)  # before the sweep came
    assert claim_now(channel) == []
    assert expire() == 2
    assert finish_messages() == 1

    message.refresh_from_db()
    assert message.state == Message.State.DONE
    assert ledger(message).failed == ledger(message).total == 1500
