"""Who works on which batch: what is due, and to whom it is leased."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from channels_app.models import Channel
from channels_app.pausing import pause_channel, resume_channel
from messaging_app.claiming import LEASE_SECONDS, START_SECONDS, claim, due_channels, wanted_cids
from messaging_app.models import Batch, Message
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import claim_now, claimed, ends_late, one_batch, reread


def minutes_ago(number: float) -> datetime:
    return timezone.now() - timedelta(minutes=number)


def test_a_due_batch_is_leased_with_its_cid_attempt_and_doubt(channel: Channel) -> None:
    batch = one_batch(channel)
    before = timezone.now()

    claim = claimed(batch, cids=["c0"])

    reread(batch)
    assert (batch.state, batch.lease) == (Batch.State.PUSHING, claim.lease)
    assert (batch.cid, batch.attempts, batch.in_doubt) == ("c0", 1, True)
    assert batch.lease_until is not None
    assert batch.lease_until - before >= timedelta(seconds=LEASE_SECONDS)
    assert batch.cid_at is not None
    assert before <= batch.cid_at <= timezone.now()
    assert (claim.cid, claim.attempts, claim.was_in_doubt) == ("c0", 1, False)
    assert (claim.message_id, claim.channel) == (batch.message_id, channel)
    assert claim_now(channel) == []


def test_a_repetition_keeps_its_cid_and_the_age_of_it(channel: Channel) -> None:
    batch = one_batch(channel)
    first_used = minutes_ago(5)
    settle(batch, Batch.State.QUEUED, cid="old", cid_at=first_used, attempts=3, in_doubt=True)
    cids = ["fresh"]

    claim = claimed(batch, cids=cids)

    reread(batch)
    assert (claim.cid, claim.attempts, claim.was_in_doubt) == ("old", 4, True)
    assert (batch.cid, batch.cid_at, batch.attempts) == ("old", first_used, 4)
    assert cids == ["fresh"]


def test_no_more_are_claimed_than_asked_for_and_the_oldest_first(channel: Channel) -> None:
    batches = [one_batch(channel, f"r{n}") for n in range(4)]
    for batch, minutes in zip(batches, (1, 3, 2, 4), strict=True):
        Batch.objects.filter(pk=batch.pk).update(not_before=minutes_ago(minutes))

    assert claim_now(channel, 2) == [batches[3].pk, batches[1].pk]
    assert claim_now(channel, 9) == [batches[2].pk, batches[0].pk]
    assert claim_now(channel, 0) == []


def test_without_a_cid_left_a_batch_waits(channel: Channel) -> None:
    first, second, repeated = (one_batch(channel, f"r{n}") for n in range(3))
    Batch.objects.filter(pk=repeated.pk).update(cid="old")
    Batch.objects.filter(pk=second.pk).update(not_before=minutes_ago(9))
    assert wanted_cids(channel, 10) == 2
    assert wanted_cids(channel, 1) == 1

    assert claim_now(channel, cids=[]) == [repeated.pk]
    assert claim_now(channel, cids=["c0"]) == [second.pk]

    assert (reread(first).state, first.cid, first.attempts) == (Batch.State.QUEUED, "", 0)
    assert reread(second).cid == "c0"
    assert wanted_cids(channel, 10) == 1


def test_each_batch_has_a_cid_of_its_own(channel: Channel) -> None:
    for number in range(3):
        one_batch(channel, f"r{number}")
    cids = ["c0", "c1", "c2", "c3"]

    claim_now(channel, cids=cids)

    assert len(cids) == 1
    used = set(Batch.objects.values_list("cid", flat=True))
    assert used | set(cids) == {"c0", "c1", "c2", "c3"}


@pytest.mark.parametrize("state", [state for state in Batch.State if state != Batch.State.QUEUED])
def test_only_queued_batches_are_claimed(channel: Channel, state: Batch.State) -> None:
    one_batch(channel)
    Batch.objects.update(state=state)

    assert claim_now(channel) == []
    assert due_channels() == []


@pytest.mark.parametrize(
    "state", [state for state in Message.State if state != Message.State.SENDING]
)
def test_only_batches_of_a_message_that_is_being_sent_are_claimed(
    channel: Channel, state: Message.State
) -> None:
    one_batch(channel)
    Message.objects.update(state=state)

    assert claim_now(channel) == []
    assert due_channels() == []


def test_a_batch_waits_until_it_is_due(channel: Channel) -> None:
    one_batch(channel)
    Batch.objects.update(not_before=minutes_ago(-1))

    assert claim_now(channel) == []
    assert due_channels() == []


@pytest.mark.parametrize("in_doubt", [True, False])
def test_after_the_messages_time_only_a_batch_in_doubt_is_called(
    channel: Channel, in_doubt: bool
) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.QUEUED, cid="c", cid_at=minutes_ago(9), in_doubt=in_doubt)
    ends_late(batch)

    assert bool(due_channels()) == in_doubt
    assert bool(claim_now(channel)) == in_doubt


def test_the_batches_of_another_channel_are_not_claimed(channel: Channel, second: Channel) -> None:
    one_batch(second)

    assert claim_now(channel) == []


def test_only_the_lanes_that_are_asked_for_are_claimed(channel: Channel) -> None:
    urgent, normal = one_batch(channel, "r1"), one_batch(channel, "r2")
    Batch.objects.filter(pk=urgent.pk).update(lane=Batch.Lane.URGENT)
    assert due_channels(lanes=[Batch.Lane.BULK]) == []

    assert claim_now(channel, lanes=[Batch.Lane.BULK]) == []
    assert claim_now(channel, lanes=[Batch.Lane.URGENT]) == [urgent.pk]
    assert claim_now(channel, lanes=[Batch.Lane.NORMAL, Batch.Lane.BULK]) == [normal.pk]


def test_channels_that_have_something_due_are_found(channel: Channel, second: Channel) -> None:
    assert due_channels() == []
    one_batch(channel)
    assert due_channels() == [channel]

    one_batch(second)

    assert set(due_channels()) == {channel, second}
    assert due_channels(channel_ids=[second.pk]) == [second]


def test_batches_of_a_disabled_channel_wait(channel: Channel) -> None:
    one_batch(channel)
    Channel.objects.update(enabled=False)
    assert due_channels() == []

    Channel.objects.update(enabled=True)

    assert due_channels() == [channel]


def test_batches_of_a_paused_channel_wait(channel: Channel) -> None:
    one_batch(channel)
    pause_channel(channel_id=channel.pk, code=1004, reason="auth")
    assert due_channels() == []

    resume_channel(channel_id=channel.pk)

    assert due_channels() == [channel]


def test_a_claim_that_waits_too_long_for_a_thread_is_stale(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = claimed(one_batch(channel))
    assert not claim.is_stale
    later = claim.claimed_at + START_SECONDS + 0.1

    monkeypatch.setattr("messaging_app.claiming.time.monotonic", lambda: later)

    assert claim.is_stale


@pytest.mark.django_db(transaction=True)
def test_claimers_at_the_same_moment_never_get_the_same_batch(channel: Channel) -> None:
    for number in range(12):
        one_batch(channel, f"r{number}")
    together = threading.Barrier(4)
    found: list[int] = []

    def work() -> None:
        try:
            together.wait(30)
            for _ in range(12):
                with transaction.atomic():
                    claims = claim(channel, 1, cids=None)
                found.extend(each.batch_id for each in claims)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.extend(claim_now(channel, 12))

    assert sorted(found) == sorted(Batch.objects.values_list("pk", flat=True))
    assert len(found) == 12
