"""Retracting at the same moment as somebody else works on the message: nothing slips through."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app import inbox, outcomes
from messaging_app.delivery import Pusher, claim, return_expired_leases
from messaging_app.expansion import expand
from messaging_app.models import Batch, ChannelQuota, Delivery, Message
from messaging_app.retraction import Figures, figures, retract
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import (
    accept,
    add_crowd,
    calling,
    expanded,
    leased,
    one_batch,
    reread,
)
from tests.messaging_app.receipts import CLICKED, assert_counters_equal_the_rows, item, receive
from tests.messaging_app.running import PATIENCE_SECONDS, until
from ums.lib.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)
BAD_ID = JPushError("x", code=1003, http_status=400, illegal_ids=("r1",))
ANY_NUMBER = 1000
REPEATABLE = JPushError("full", code=2002, http_status=429)


def waiting() -> int:
    """Connections that wait for a lock that another one holds."""
    if connection.vendor != "postgresql":
        return ANY_NUMBER  # its one writer keeps all others out, and does not tell
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def held_open(work: Callable[[], object]) -> Iterator[None]:
    """`work` is done by another connection, which commits at the end of the block."""
    done, commit = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                done.set()
                assert commit.wait(PATIENCE_SECONDS)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(PATIENCE_SECONDS)
    try:
        yield
    finally:
        commit.set()
        thread.join()


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    return threading.Thread(target=run)


def race(first: Callable[[], object], second: Callable[[], object]) -> None:
    """`second` begins before `first` has committed, waits for it, and ends after it."""

    thread = in_thread(second)
    with held_open(first):
        thread.start()
        time.sleep(0.1)
        until(lambda: waiting() > 0, what="the second one waits for the first")
    thread.join()


def in_turn(retraction: Callable[[], object], other: Callable[[], object], *, first: bool) -> None:
    if first:
        race(retraction, other)
    else:
        race(other, retraction)


def apply_in_the_order_of_the_table() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # the plan that it would choose for many receipts
            cursor.execute("SET enable_nestloop = off; SET enable_mergejoin = off")
            cursor.execute("ANALYZE messaging_app_batch")
    inbox.apply_callbacks()


def click(batch: Batch) -> dict[str, Any]:
    device = Delivery.objects.filter(batch=batch).earliest("pk")
    return item(device.registration_id, CLICKED, batch=batch)


def assert_nothing_is_left_to_push() -> None:
    assert Message.objects.get().state == Message.State.RETRACTED
    open_ = (Batch.State.QUEUED, Batch.State.PUSHING)
    assert not Batch.objects.filter(state__in=open_).exists()
    assert claim(1000) == []


def test_a_message_retracted_while_it_expands_is_expanded_and_stopped(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = accept(channel)

    race(lambda: expand(message.pk), lambda: retract(message=message))

    assert_nothing_is_left_to_push()
    assert figures(Message.objects.get()) == Figures(stopped=1500)


def test_a_message_that_is_being_retracted_is_not_expanded(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = accept(channel)

    race(lambda: retract(message=message), lambda: expand(message.pk))

    assert_nothing_is_left_to_push()
    assert not Batch.objects.exists()


def test_a_batch_that_is_being_claimed_is_taken_back(channel: Channel) -> None:
    batch = one_batch(channel)

    race(lambda: claim(1), lambda: retract(message=batch.message))

    assert_nothing_is_left_to_push()
    assert reread(batch).lease == ""


def test_a_batch_that_is_being_retracted_is_not_claimed(channel: Channel) -> None:
    batch = one_batch(channel)
    claimed: list[tuple[int, str]] = []

    race(lambda: retract(message=batch.message), lambda: claimed.extend(claim(1)))

    assert claimed == []
    assert_nothing_is_left_to_push()


def test_an_attempt_that_begins_while_it_is_retracted_is_not_made(
    pusher: Pusher, channel: Channel
) -> None:
    """No JPush is stubbed: a call would fail the batch."""
    batch = leased(one_batch(channel))
    Batch.objects.update(cid="c", cid_at=timezone.now())
    ChannelQuota.objects.create(channel=channel)

    race(lambda: retract(message=batch.message), lambda: pusher.push(batch.pk, batch.lease))

    assert_nothing_is_left_to_push()
    assert (reread(batch).state, batch.attempts) == (Batch.State.CANCELLED, 0)


def test_an_attempt_that_has_begun_while_it_is_retracted_is_withdrawn(channel: Channel) -> None:
    batch = leased(one_batch(channel))

    race(
        # As `Pusher` does right before its call.
        lambda: Batch.objects.update(cid="c", attempts=1, in_doubt=True),
        lambda: retract(message=batch.message),
    )
    outcomes.record_sent(reread(batch), msg_id="1")

    assert_nothing_is_left_to_push()
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.SENT, Batch.Withdrawal.DUE)


@pytest.mark.parametrize("retracted_first", [True, False])
def test_a_batch_that_jpush_takes_at_that_moment_is_withdrawn(
    channel: Channel, retracted_first: bool
) -> None:
    batch = calling(one_batch(channel))

    in_turn(
        lambda: retract(message=batch.message),
        lambda: outcomes.record_sent(batch, msg_id="1"),
        first=retracted_first,
    )

    assert_nothing_is_left_to_push()
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.SENT, Batch.Withdrawal.DUE)


@pytest.mark.parametrize("in_doubt", [True, False])
@pytest.mark.parametrize("retracted_first", [True, False])
def test_a_batch_that_is_given_back_at_that_moment_is_stopped(
    channel: Channel, retracted_first: bool, in_doubt: bool
) -> None:
    batch = calling(one_batch(channel))
    batch.in_doubt = in_doubt

    in_turn(
        lambda: retract(message=batch.message),
        lambda: outcomes.release(batch, seconds=0, error=REPEATABLE),
        first=retracted_first,
    )

    assert_nothing_is_left_to_push()
    state = Batch.State.UNKNOWN if in_doubt else Batch.State.CANCELLED
    assert reread(batch).state == state


@pytest.mark.parametrize("retracted_first", [True, False])
def test_what_is_split_off_at_that_moment_is_stopped(
    channel: Channel, retracted_first: bool
) -> None:
    batch = calling(one_batch(channel, "r1", "r2", "r3"))

    in_turn(
        lambda: retract(message=batch.message),
        lambda: outcomes.drop_bad_ids(batch, BAD_ID),
        first=retracted_first,
    )

    assert_nothing_is_left_to_push()
    assert Batch.objects.exclude(pk=batch.pk).get().size == 2
    assert figures(Message.objects.get()) == Figures(stopped=2)


@pytest.mark.parametrize("retracted_first", [True, False])
def test_what_a_dead_worker_left_is_not_queued_again_at_that_moment(
    channel: Channel, retracted_first: bool
) -> None:
    batch = calling(one_batch(channel))
    Batch.objects.update(lease_until=timezone.now())

    in_turn(
        lambda: retract(message=batch.message),
        return_expired_leases,
        first=retracted_first,
    )

    return_expired_leases()  # the next sweep
    assert_nothing_is_left_to_push()
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.UNKNOWN, "failed")


@pytest.mark.parametrize("retracted_first", [True, False])
def test_receipts_and_a_retraction_wait_for_each_other_and_both_count(
    channel: Channel, retracted_first: bool
) -> None:
    add_crowd(channel, 2500)
    message = expanded(channel)
    Batch.objects.update(state=Batch.State.SENT, jpush_msg_id="1")
    first, *_middle, last = Batch.objects.order_by("pk")
    receive(channel, [click(last), click(first)])

    in_turn(lambda: retract(message=message), inbox.apply_callbacks, first=retracted_first)

    assert_nothing_is_left_to_push()
    assert_counters_equal_the_rows()
    assert figures(Message.objects.get()) == Figures(pending=2498)


def test_receipts_and_a_retraction_never_wait_for_each_other_in_a_circle(channel: Channel) -> None:
    add_crowd(channel, 2500)
    message = expanded(channel)
    first, middle, last = Batch.objects.order_by("pk")
    # PostgreSQL may read its rows as they were written last: here against the order of their ids.
    for batch in (last, middle, first):
        settle(batch, Batch.State.SENT, jpush_msg_id="1")
    # So many that one pass over the table costs less than a look at each.
    Batch.objects.bulk_create(
        Batch(
            id=last.pk + number,
            message=message,
            channel=channel,
            size=0,
            state=Batch.State.FAILED,
            not_before=timezone.now(),
        )
        for number in range(1, 1000)
    )
    receive(channel, [click(batch) for batch in (first, middle, last)])
    workers = [
        in_thread(apply_in_the_order_of_the_table),
        in_thread(lambda: retract(message=message)),
    ]

    with held_open(lambda: settle(middle, Batch.State.SENT)):
        for worker in workers:
            worker.start()
        until(lambda: waiting() in (2, ANY_NUMBER), what="both wait for the one in the middle")
    for worker in workers:
        worker.join()

    assert_nothing_is_left_to_push()
    assert figures(Message.objects.get()) == Figures(pending=2497)
    assert_counters_equal_the_rows()


def test_of_two_retractions_at_the_same_moment_one_is_told(channel: Channel) -> None:
    batch = one_batch(channel)
    told: list[str] = []

    def second() -> None:
        try:
            retract(message=batch.message)
        except DomainError as exc:
            told.append(exc.message)

    race(lambda: retract(message=batch.message), second)

    assert len(told) == 1
    assert "retracted already" in told[0]
