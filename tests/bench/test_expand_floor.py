"""The floor of expand writes the ledger that the product writes, or comparing them says nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from bench.expanding import CONTESTANTS, main
from bench.figures import BenchError
from bench.ledger import READY, check, clear, make_ready
from bench.people import fill
from channels_app.models import Channel
from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Delivery, Message
from tests.bench.tested import TestDatabase
from users_app.models import EndUser, Registration

DEVICES = 2300

# Real transactions: PostgreSQL empties no table that has constraints yet to be checked.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database(channel: Channel) -> Iterator[TestDatabase]:
    """People in the channel, and in another one that is not asked for."""
    other = Channel.objects.create(
        code="other", name="other", app_key="a" * 24, master_secret="s" * 24
    )
    database = TestDatabase()
    fill(database, {channel.code: DEVICES, other.code: 10})
    make_ready(database, channel.code)
    yield database
    database.execute(f"DROP TABLE {READY}")


def ledger() -> tuple[list[Any], list[Any], list[Any]]:
    """All that an expansion writes, without the message's own number."""
    first = Message.objects.get().pk * BATCHES_PER_MESSAGE
    deliveries = Delivery.objects.order_by("registration_id").values(
        *("batch_id", "channel_id", "userid", "registration_id", "state"),
        *("delivered_at", "clicked_at"),
    )
    hidden = ("id", "message_id", "not_before", "lane")  # no column costs another time
    return (
        [{**row, "batch_id": row["batch_id"] - first} for row in deliveries],
        [
            {key: value for key, value in batch.items() if key not in hidden}
            for batch in Batch.objects.order_by("pk").values()
        ],
        list(Message.objects.values_list("state", "targets", "no_device", "reason", "done_at")),
    )


def test_all_write_the_same(database: TestDatabase, channel: Channel) -> None:
    written = {}
    for name in CONTESTANTS:
        clear(database)
        Message.objects.all().delete()
        main(name, channel.code)
        check(database, name, DEVICES, numbered=name != "insert_select")
        written[name] = ledger()

    deliveries, batches, message = written["ours"]
    assert written["ready_rows"] == (deliveries, batches, message)
    unnumbered = [{**delivery, "batch_id": 0} for delivery in deliveries]
    assert written["insert_select"] == (unnumbered, batches, message)
    assert [batch["size"] for batch in batches] == [1000, 1000, 300]


def test_a_device_of_two_people_is_ready_once(database: TestDatabase, channel: Channel) -> None:
    shared = Registration.objects.filter(channel=channel).first()
    assert shared is not None
    first = EndUser.objects.create(userid="a_first")
    Registration.objects.create(
        end_user=first, channel=channel, registration_id=shared.registration_id
    )
    Registration.objects.create(
        end_user=first, channel=channel, registration_id="gone", invalid_at=timezone.now()
    )
    make_ready(database, channel.code)

    for name in ("ours", "ready_rows"):
        clear(database)
        main(name, channel.code)
        check(database, name, DEVICES, numbered=True)

    assert Delivery.objects.filter(userid="a_first").count() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).delete(),
        lambda: Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(userid="x"),
        lambda: Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(
            batch_id=Batch.objects.latest("pk").pk
        ),
        lambda: Batch.objects.filter(pk=Batch.objects.latest("pk").pk).update(size=299),
    ],
)
def test_a_wrong_ledger_is_no_measurement(
    database: TestDatabase, channel: Channel, spoil: Any
) -> None:
    clear(database)
    main("ours", channel.code)

    spoil()

    with pytest.raises(BenchError, match="has not written"):
        check(database, "ours", DEVICES, numbered=True)
