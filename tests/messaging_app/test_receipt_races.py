"""Receipts that are applied at the same moment as their message is retracted: both count."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from channels_app.models import Channel
from messaging_app import inbox
from messaging_app.models import Batch, Delivery, Message
from messaging_app.retraction import Figures, figures, retract
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import add_crowd, expanded
from tests.messaging_app.races import ANY_NUMBER, held_open, in_thread, in_turn, waiting
from tests.messaging_app.receipts import CLICKED, assert_counters_equal_the_rows, item, receive
from tests.messaging_app.running import until

pytestmark = pytest.mark.django_db(transaction=True)


def apply_in_the_order_of_the_table() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # the plan that it would choose for many receipts
            cursor.execute("SET enable_nestloop = off; SET enable_mergejoin = off")
            cursor.execute("ANALYZE messaging_app_batch")
    inbox.apply_callbacks()


def click(batch: Batch) -> dict[str, Any]:
    device = Delivery.objects.filter(batch=batch).earliest("pk")
    return item(device.registration_id, CLICKED, batch=batch)


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

    assert Message.objects.get().state == Message.State.RETRACTED
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

    assert Message.objects.get().state == Message.State.RETRACTED
    assert figures(Message.objects.get()) == Figures(pending=2497)
    assert_counters_equal_the_rows()
