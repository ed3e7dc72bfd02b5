"""Callbacks that nobody can understand, or that mean harm."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models import Channel
from messaging_app import inbox
from messaging_app.models import Callback, Receipt
from tests.messaging_app.makers import one_batch
from tests.messaging_app.receipts import (
    CLICKED,
    DELIVERED,
    apply,
    assert_counters_equal_the_rows,
    item,
    receive,
    states,
)

MONSTERS = [
    *(b"[" * depth + b"]" * depth for depth in (100, 500, 800, 900, 950, 980, 2000, 50_000)),
    *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (500, 900, 50_000)),
    *(b"9" * length for length in (18, 19, 20, 30, 400, 4299, 4301, 6000)),
    *(b'"' + b"9" * length + b'"' for length in (18, 19, 20, 400, 6000)),
    *(b"-1", b"-" + b"9" * 30, b"1e400", b"1e-400", b"0.5", b"1e30"),
    *(b'"\\u0000"', b'"\\ud800"', b'"\xff"', b'"\\u0663"', b'"r\\n"', b'"' + b"x" * 70_000 + b'"'),
    *(b"null", b"true", b"{}", b"[]", b'""', b'[{"registration_id": "r1"}]', b'{"rows": {}}'),
    *(b'"0001-01-01 00:00:00"', b'"9999-12-31T23:59:59-12:00"', b"-62135596800", b"253402300799"),
]
PLACES = ("registration_id", "msg_id", "callback_type", "sent_time", "params", "status", "rows")


def with_monster(place: str, monster: bytes) -> bytes:
    """A good receipt with something monstrous at one place."""
    good = {"registration_id": "r1", "msg_id": "1", "callback_type": 1, "sent_time": 1, "params": 1}
    return json.dumps([{**good, place: "HERE"}]).encode().replace(b'"HERE"', monster)


@pytest.mark.parametrize("place", PLACES)
def test_a_monstrous_callback_never_stops_those_after_it(channel: Channel, place: str) -> None:
    batch = one_batch(channel, "r1", "good")
    for monster in MONSTERS:
        receive(channel, with_monster(place, monster))
    receive(channel, [item("good", CLICKED, batch=batch)])

    assert inbox.apply_callbacks() == len(MONSTERS) + 1
    inbox.match_early_receipts()

    assert states(batch)["good"] == "clicked"
    assert_counters_equal_the_rows()
    assert not Callback.objects.filter(applied_at=None).exists()


@pytest.mark.parametrize("monster", [*MONSTERS, b'{"ums_batch": 5}'])
def test_a_monstrous_echo_never_stops_a_receipt(channel: Channel, monster: bytes) -> None:
    batch = one_batch(channel, "r1", "good")
    body = with_monster("params", b'{"ums_batch": ' + monster + b"}")

    apply(channel, body, [item("good", DELIVERED, batch=batch)])
    inbox.match_early_receipts()

    assert states(batch) == {"r1": "pending", "good": "delivered"}
    assert_counters_equal_the_rows()
    # What is kept of it is what fits.
    assert all(0 <= receipt.batch_id < 10**18 for receipt in Receipt.objects.all())


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"hello", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b'["\xff"]', "not JSON"),
        (b"[" * 100_000, ""),
        (b"[]", "no receipt"),
        (b'{"\\u0000": 1, "x": "\\u0000"}', "No known field"),
        (b'[{"' + b"k" * 1000 + b'": 1}]', "No known field"),
    ],
)
def test_what_cannot_be_read_is_kept_with_the_reason(
    channel: Channel, body: bytes, problem: str
) -> None:
    apply(channel, body)

    callback = Callback.objects.get()
    assert bytes(callback.body) == body
    assert callback.applied_at is not None
    assert callback.receipts == 0
    assert problem in callback.problem
    assert 0 < len(callback.problem) <= 255


@pytest.mark.parametrize("kind", [8, "sent", 3])
def test_a_receipt_of_a_kind_that_means_nothing_here_is_no_problem(
    channel: Channel, kind: Any
) -> None:
    batch = one_batch(channel, "r1")

    apply(channel, [item("r1", kind, batch=batch)])

    callback = Callback.objects.get()
    assert (callback.receipts, callback.problem) == (0, "")
    assert states(batch) == {"r1": "pending"}


def test_a_channel_shows_when_its_last_callback_came(channel: Channel) -> None:
    apply(channel, b"junk", [item("r1", DELIVERED)])

    channel.refresh_from_db()
    assert channel.last_callback_at == Callback.objects.order_by("pk").last().received_at  # type: ignore[union-attr]  # two are there


def test_old_callbacks_and_receipts_are_forgotten(channel: Channel) -> None:
    for body in (b"old", b"young", b"waiting"):
        receive(channel, body)
    ages = {b"old": inbox.KEEP_CALLBACKS * 1.01, b"young": inbox.KEEP_CALLBACKS * 0.99}
    now = timezone.now()
    for callback in Callback.objects.all():
        if age := ages.get(bytes(callback.body)):
            Callback.objects.filter(pk=callback.pk).update(applied_at=now - age)
        else:
            Callback.objects.filter(pk=callback.pk).update(received_at=now - timedelta(days=99))
    for name, days in (("old", 29), ("young", 27)):
        Receipt.objects.create(
            channel=channel,
            registration_id=name,
            kind=1,
            happened_at=now,
            received_at=now - timedelta(days=days),
        )

    inbox.forget_old()

    assert {bytes(callback.body) for callback in Callback.objects.all()} == {b"young", b"waiting"}
    assert Receipt.objects.get().registration_id == "young"
