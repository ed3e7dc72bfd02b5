"""What the database itself guards, and how rows name themselves."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.models import Batch, Callback, ChannelQuota, Delivery, Message, Receipt
from tests.messaging_app.makers import one_batch


@pytest.fixture
def batch(channel: Channel) -> Batch:
    return one_batch(channel, "r1", "r2")


def test_rows_name_themselves(batch: Batch, channel: Channel) -> None:
    now = timezone.now()
    ChannelQuota.objects.create(channel=channel)
    callback = Callback.objects.create(channel=channel, body=b"[]")
    receipt = Receipt(registration_id="r1", kind=Receipt.Kind.CLICKED, happened_at=now)

    assert str(Message.objects.get()) == batch.message.msgid
    assert str(batch) == str(batch.pk)
    assert str(Delivery(userid="u1", registration_id="r1")) == "u1 r1"
    assert str(ChannelQuota.objects.get()) == str(channel.pk)
    assert str(callback).startswith("App 1 (app1) 20")
    assert str(receipt) == "clicked r1"


@pytest.mark.parametrize(
    "counters",
    [{"delivered": 3}, {"delivered": 1, "clicked": 1, "failed": 1}, {"invalid": 2, "clicked": 1}],
)
def test_no_more_outcomes_than_devices_fit_into_a_batch(
    batch: Batch, counters: dict[str, int]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.update(**counters)


def test_a_device_is_on_a_messages_ledger_once(batch: Batch) -> None:
    row = Delivery.objects.get(registration_id="r1")
    row.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "no_device", "batch": None},
        {"batch": None},
        {"channel": None},
    ],
)
def test_only_a_person_without_device_is_without_batch(batch: Batch, wrong: dict[str, Any]) -> None:
    person = Delivery(message=batch.message, userid="u1", state="no_device")
    person.save()

    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.filter(registration_id="r1").update(**wrong)
