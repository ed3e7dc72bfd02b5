"""Who works on which batch: leases, and what becomes of those that run out."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from channels_app.models import Channel
from messaging_app import quota
from messaging_app.delivery import (
    LEASE_SECONDS,
    MAX_SLOT_WAIT_SECONDS,
    claim,
    return_expired_leases,
)
from messaging_app.models import Batch
from tests.messaging_app.makers import leased, one_batch


def minutes_ago(number: float) -> datetime:
    return timezone.now() - timedelta(minutes=number)


def test_urgent_batches_are_leased_before_older_ones(channel: Channel) -> None:
    normal, low, high = (one_batch(channel, f"r{n}") for n in range(3))
    Batch.objects.filter(pk=low.pk).update(lane=3, not_before=minutes_ago(9))
    Batch.objects.filter(pk=high.pk).update(lane=1)

    assert [batch_id for batch_id, _lease in claim(10)] == [high.pk, normal.pk, low.pk]


def test_a_due_batch_is_leased_to_the_one_who_asks(channel: Channel) -> None:
    batch = one_batch(channel)
    before = timezone.now()

    [(batch_id, lease)] = claim(10)

    batch.refresh_from_db()
    assert batch_id == batch.pk
    assert (batch.state, batch.lease) == (Batch.State.PUSHING, lease)
    assert lease
    assert batch.lease_until is not None
    assert timedelta(0) <= batch.lease_until - before - timedelta(seconds=LEASE_SECONDS)
    assert batch.attempts == 0
    assert claim(10) == []


def test_no_more_are_claimed_than_asked_for_and_the_oldest_first(channel: Channel) -> None:
    batches = [one_batch(channel, f"r{n}") for n in range(4)]
    for batch, minutes in zip(batches, (1, 3, 2, 4), strict=True):
        Batch.objects.filter(pk=batch.pk).update(not_before=minutes_ago(minutes))

    assert [batch_id for batch_id, _lease in claim(2)] == [batches[3].pk, batches[1].pk]
    assert [batch_id for batch_id, _lease in claim(9)] == [batches[2].pk, batches[0].pk]
    assert claim(0) == []


@pytest.mark.parametrize("state", [state for state in Batch.State if state != Batch.State.QUEUED])
def test_only_queued_batches_are_claimed(channel: Channel, state: Batch.State) -> None:
    one_batch(channel)
    Batch.objects.update(state=state)

    assert claim(10) == []


def test_a_batch_waits_until_it_is_due(channel: Channel) -> None:
    one_batch(channel)
    Batch.objects.update(not_before=minutes_ago(-1))

    assert claim(10) == []


def test_batches_of_a_disabled_channel_wait(channel: Channel) -> None:
    batch = one_batch(channel)
    Channel.objects.update(enabled=False)
    assert claim(10) == []

    Channel.objects.update(enabled=True)

    assert [batch_id for batch_id, _lease in claim(10)] == [batch.pk]


def test_batches_of_a_paused_channel_leave_the_threads_to_others(channel: Channel) -> None:
    other = Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    one_batch(channel)
    free = one_batch(other)

    quota.block(channel, MAX_SLOT_WAIT_SECONDS + 30)

    assert [batch_id for batch_id, _lease in claim(10)] == [free.pk]


@pytest.mark.django_db(transaction=True)
def test_claimers_at_the_same_moment_never_get_the_same_batch(channel: Channel) -> None:
    for number in range(12):
        one_batch(channel, f"r{number}")
    together = threading.Barrier(4)
    claimed: list[int] = []

    def work() -> None:
        try:
            together.wait(30)
            for _ in range(12):
                claimed.extend(batch_id for batch_id, _lease in claim(1))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed.extend(batch_id for batch_id, _lease in claim(12))

    assert sorted(claimed) == sorted(Batch.objects.values_list("pk", flat=True))
    assert len(claimed) == 12


@pytest.mark.parametrize(
    ("attempts", "cid", "in_doubt", "state"),
    [
        (0, "", False, Batch.State.QUEUED),  # died before the call
        (1, "", False, Batch.State.QUEUED),  # before the second one; the first was refused
        (1, "c1", True, Batch.State.QUEUED),  # the cid makes a repetition safe
        (3, "c1", True, Batch.State.QUEUED),
        (1, "", True, Batch.State.UNKNOWN),  # nobody can tell
    ],
)
def test_what_a_dead_worker_left_is_returned(
    channel: Channel, attempts: int, cid: str, in_doubt: bool, state: Batch.State
) -> None:
    batch = leased(one_batch(channel))
    Batch.objects.update(
        attempts=attempts, cid=cid, in_doubt=in_doubt, lease_until=minutes_ago(0.01)
    )

    assert return_expired_leases() == 1

    batch.refresh_from_db()
    assert (batch.state, batch.lease, batch.lease_until) == (state, "", None)
    assert (batch.attempts, batch.cid, batch.in_doubt) == (attempts, cid, in_doubt)
    assert batch.error_message == ("The worker stopped during the call." if in_doubt else "")
    assert bool(claim(10)) == (state == Batch.State.QUEUED)


def test_a_lease_that_runs_is_left_alone(channel: Channel) -> None:
    batch = leased(one_batch(channel))

    assert return_expired_leases() == 0

    batch.refresh_from_db()
    assert batch.state == Batch.State.PUSHING
