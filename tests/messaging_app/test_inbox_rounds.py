"""Applying callbacks in rounds: set-based, in order, with counters that always add up."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import Channel
from messaging_app import inbox, sweeps
from messaging_app.models import Batch, Delivery
from tests.messaging_app.makers import add_crowd, expanded, one_batch
from tests.messaging_app.receipts import (
    CLICKED,
    DELIVERED,
    FAILED,
    apply,
    assert_counters_equal_the_rows,
    item,
    receive,
    states,
)


def test_with_nothing_to_do_nothing_is_done(channel: Channel) -> None:
    assert inbox.apply_callbacks() == 0
    assert inbox.match_early_receipts() == 0
    with CaptureQueriesContext(connection) as queries:
        inbox.apply_callbacks()
        inbox.match_early_receipts()
    assert len(queries) == 2


def test_callbacks_are_applied_in_rounds_the_oldest_first(channel: Channel) -> None:
    batch = one_batch(channel, "r1")
    for _ in range(inbox.CALLBACKS_PER_ROUND):
        receive(channel, [item("r1", DELIVERED, batch=batch)])
    receive(channel, [item("r1", CLICKED, batch=batch)])

    assert inbox.apply_callbacks() == inbox.CALLBACKS_PER_ROUND
    assert states(batch) == {"r1": "delivered"}
    assert inbox.apply_callbacks() == 1
    assert states(batch) == {"r1": "clicked"}
    assert inbox.apply_callbacks() == 0


def test_the_work_does_not_grow_with_the_receipts(channel: Channel) -> None:
    add_crowd(channel, 1000)
    expanded(channel)
    batch = Batch.objects.get()

    def queries_for(first: int, last: int) -> int:
        receive(channel, [item(f"r{n}", DELIVERED, batch=batch) for n in range(first, last)])
        with CaptureQueriesContext(connection) as queries:
            inbox.apply_callbacks()
        return len(queries)

    assert queries_for(0, 10) == queries_for(10, 1000) < 20
    batch.refresh_from_db()
    assert batch.delivered == 1000


@pytest.mark.parametrize("seed", range(8))
def test_counters_always_equal_the_rows(channel: Channel, seed: int) -> None:
    chance = random.Random(seed)
    add_crowd(channel, 30)
    other = Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    batches = [Batch.objects.get(message=expanded(channel)) for _ in range(3)]
    best = {(batch.pk, f"r{n}"): 0 for batch in batches for n in range(30)}
    worth = {0: "pending", FAILED: "failed", DELIVERED: "delivered", CLICKED: "clicked"}
    ranking = [0, FAILED, DELIVERED, CLICKED]
    for step in range(12):
        receipts = []
        for _ in range(chance.randrange(1, 25)):
            batch, n = chance.choice(batches), chance.randrange(33)
            kind = chance.choice((DELIVERED, CLICKED, FAILED))
            by_batch = chance.random() < 0.6
            receipts.append(
                item(f"r{n}", kind, batch=batch if by_batch else None, msg_id=f"m{batch.pk}")
            )
            if n < 30:
                before = best[batch.pk, f"r{n}"]
                best[batch.pk, f"r{n}"] = max(before, kind, key=ranking.index)
        receipts += chance.sample(receipts, len(receipts) // 3)
        chance.shuffle(receipts)
        half = len(receipts) // 2
        receive(other, receipts)
        apply(channel, receipts[:half], receipts[half:])
        if step == 6:  # from here on the msg_ids are known
            for batch in batches:
                Batch.objects.filter(pk=batch.pk).update(
                    jpush_msg_id=f"m{batch.pk}", pushed_at=timezone.now()
                )
        inbox.match_early_receipts()
        assert_counters_equal_the_rows()

    found = {(row.batch_id, row.registration_id): row.state for row in Delivery.objects.all()}
    assert found == {key: worth[kind] for key, kind in best.items()}


def test_a_round_holds_no_more_than_fits_into_memory(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BYTES_PER_ROUND", 50)
    for _number in range(3):
        inbox.store(channel=channel, body=b" " * 30 + b"[]")
    inbox.store(channel=channel, body=b" " * 100 + b"[]")

    # Each round takes what fits, and one that fits nowhere by itself.
    assert [inbox.apply_callbacks() for _round in range(5)] == [1, 1, 1, 1, 0]


def test_a_receipt_meets_a_batch_of_long_ago_in_the_hourly_sweep(channel: Channel) -> None:
    batch = one_batch(channel, "r1")
    body = b'[{"msg_id": "9", "registration_id": "r1", "callback_type": 1, "sent_time": 1}]'
    inbox.store(channel=channel, body=body)
    inbox.apply_callbacks()
    hours_ago = timezone.now() - timedelta(hours=2)
    Batch.objects.filter(pk=batch.pk).update(jpush_msg_id="9", pushed_at=hours_ago)

    assert inbox.match_early_receipts() == 0
    sweeps.forget()

    batch.refresh_from_db()
    assert batch.delivered == 1
