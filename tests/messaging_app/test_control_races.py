"""Cancelling, retracting and resuming at the same moment as something else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from channels_app.models import Channel
from messaging_app import inbox
from messaging_app.control import cancel, repeat_unknown, resume
from messaging_app.expansion import expand
from messaging_app.models import Batch, Delivery, Message
from messaging_app.retraction import retract
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import accept, add_crowd, expanded, one_batch, reread
from tests.messaging_app.races import ANY_NUMBER, held_open, in_thread, race, waiting
from tests.messaging_app.receipts import CLICKED, assert_counters_equal_the_rows, item, receive
from tests.messaging_app.running import until
from ums.lib.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)
ENDINGS = [pytest.param(cancel, id="cancel"), pytest.param(retract, id="retract")]


def assert_nothing_is_left_to_push() -> None:
    assert Message.objects.get().state in ("cancelled", "retracted")
    assert not Batch.objects.filter(state=Batch.State.QUEUED).exists()
    assert not Batch.objects.filter(state=Batch.State.PUSHING, stopped=False).exists()


def told(work: Callable[..., None], message: Message) -> list[str]:
    try:
        work(message=message)
    except DomainError as exc:
        return [exc.message]
    return []


@pytest.mark.parametrize("end", ENDINGS)
def test_a_message_that_is_being_expanded_is_expanded_and_stopped(
    channel: Channel, end: Callable[..., None]
) -> None:
    add_crowd(channel, 1500)
    message = accept(channel)

    race(lambda: expand(message.pk), lambda: end(message=message))

    assert_nothing_is_left_to_push()
    assert Batch.objects.count() == 2


@pytest.mark.parametrize("end", ENDINGS)
def test_a_message_that_is_being_stopped_is_not_expanded(
    channel: Channel, end: Callable[..., None]
) -> None:
    add_crowd(channel, 1500)
    message = accept(channel)

    race(lambda: end(message=message), lambda: expand(message.pk))

    assert_nothing_is_left_to_push()
    assert not Batch.objects.exists()


@pytest.mark.parametrize("end", ENDINGS)
def test_a_call_that_begins_at_that_moment_is_marked(
    channel: Channel, end: Callable[..., None]
) -> None:
    batch = one_batch(channel)

    race(
        # As `claiming.claim` does.
        lambda: settle(batch, Batch.State.PUSHING, lease="x", in_doubt=True),
        lambda: end(message=batch.message),
    )

    assert (reread(batch).state, batch.stopped, batch.lease) == ("pushing", True, "x")
    assert_nothing_is_left_to_push()


@pytest.mark.parametrize("end", ENDINGS)
def test_a_call_that_is_given_back_at_that_moment_is_stopped(
    channel: Channel, end: Callable[..., None]
) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.PUSHING, lease="x", in_doubt=True)

    race(
        lambda: settle(batch, Batch.State.QUEUED, lease="", in_doubt=False),
        lambda: end(message=batch.message),
    )

    assert reread(batch).state == "cancelled"
    assert_nothing_is_left_to_push()


@pytest.mark.parametrize("first", ENDINGS)
@pytest.mark.parametrize("second", ENDINGS)
def test_of_two_ends_at_the_same_moment_the_first_counts(
    channel: Channel, first: Callable[..., None], second: Callable[..., None]
) -> None:
    batch = one_batch(channel)
    words: list[str] = []

    race(lambda: first(message=batch.message), lambda: words.extend(told(second, batch.message)))

    assert_nothing_is_left_to_push()
    # What JPush has of a cancelled message may still be taken back.
    assert len(words) == (0 if (first, second) == (cancel, retract) else 1)


def test_a_message_is_not_resumed_after_a_cancellation_of_that_moment(channel: Channel) -> None:
    batch = one_batch(channel)
    Message.objects.update(state="paused")
    words: list[str] = []

    race(lambda: cancel(message=batch.message), lambda: words.extend(told(resume, batch.message)))

    assert "cannot be resumed: it is cancelled" in words[0]
    assert_nothing_is_left_to_push()


@pytest.mark.parametrize("retracted_first", [True, False])
def test_nothing_is_pushed_again_of_a_message_that_is_retracted_at_that_moment(
    channel: Channel, retracted_first: bool
) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.UNKNOWN, in_doubt=True)
    Message.objects.update(state="done")
    works = [
        lambda: told(retract, batch.message),
        lambda: told(repeat_unknown, batch.message),
    ]

    race(*(works if retracted_first else works[::-1]))

    assert_nothing_is_left_to_push()
    assert reread(batch).state == ("unknown" if retracted_first else "cancelled")


def test_two_operators_push_again_once(channel: Channel) -> None:
    batch = one_batch(channel)
    settle(batch, Batch.State.UNKNOWN, in_doubt=True)
    Message.objects.update(state="done")
    words: list[str] = []

    race(
        lambda: repeat_unknown(message=batch.message),
        lambda: words.extend(told(repeat_unknown, batch.message)),
    )

    assert len(words) == 1
    assert (reread(batch).state, Message.objects.get().state) == ("queued", "sending")


def apply_in_the_order_of_the_table() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # the plan that it would choose for many receipts
            cursor.execute("SET enable_nestloop = off; SET enable_mergejoin = off")
            cursor.execute("ANALYZE messaging_app_batch")
    inbox.apply_callbacks()


def click(batch: Batch) -> dict[str, Any]:
    device = Delivery.objects.filter(batch=batch).earliest("pk")
    return item(device.registration_id, CLICKED, batch=batch)


@pytest.mark.parametrize("end", ENDINGS)
def test_receipts_and_an_end_never_wait_for_each_other_in_a_circle(
    channel: Channel, end: Callable[..., None]
) -> None:
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
        in_thread(lambda: end(message=message)),
    ]

    with held_open(lambda: settle(middle, Batch.State.SENT)):
        for worker in workers:
            worker.start()
        until(lambda: waiting() in (2, ANY_NUMBER), what="both wait for the one in the middle")
    for worker in workers:
        worker.join()

    assert_nothing_is_left_to_push()
    assert_counters_equal_the_rows()
