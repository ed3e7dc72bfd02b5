"""Receipts on the ledger: each once, forward only, in any order."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models import Channel
from messaging_app import inbox
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Callback, Delivery, Receipt
from tests.messaging_app.makers import one_batch
from tests.messaging_app.receipts import (
    CLICKED,
    DELIVERED,
    FAILED,
    apply,
    assert_counters_equal_the_rows,
    item,
    states,
)


def sent(channel: Channel, *ids: str, msg_id: str = "77") -> Batch:
    """A batch that JPush has accepted."""
    batch = one_batch(channel, *ids)
    Batch.objects.filter(pk=batch.pk).update(
        state=Batch.State.SENT, jpush_msg_id=msg_id, pushed_at=timezone.now()
    )
    batch.refresh_from_db()
    return batch


@pytest.mark.parametrize(
    ("kind", "state", "counter"),
    [
        (DELIVERED, "delivered", "delivered"),
        (CLICKED, "clicked", "clicked"),
        (FAILED, "failed", "failed"),
    ],
)
@pytest.mark.parametrize("known_by", ["batch", "msg_id", "both"])
def test_a_receipt_changes_its_row_and_its_counter(
    channel: Channel, kind: int, state: str, counter: str, known_by: str
) -> None:
    batch = sent(channel, "r1", "r2")
    marks: dict[str, Any] = {"batch": batch, "msg_id": "77"}
    if known_by != "both":
        marks = {known_by: marks[known_by]}

    apply(channel, [item("r1", kind, **marks)])

    batch.refresh_from_db()
    assert states(batch) == {"r1": state, "r2": "pending"}
    assert getattr(batch, counter) == batch.delivered + batch.clicked + batch.failed == 1
    assert not Receipt.objects.exists()
    callback = Callback.objects.get()
    assert (callback.receipts, callback.problem) == (1, "")
    assert callback.applied_at is not None


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (order, "clicked" if CLICKED in order else "delivered" if DELIVERED in order else "failed")
        for length in (2, 3)
        for kinds in [(DELIVERED, CLICKED, FAILED), (DELIVERED, DELIVERED), (FAILED, DELIVERED)]
        for order in permutations(kinds, min(length, len(kinds)))
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_best_news_wins_in_any_order(
    channel: Channel, kinds: tuple[int, ...], state: str, together: bool
) -> None:
    batch = sent(channel, "r1")
    receipts = [item("r1", kind, batch=batch) for kind in kinds]

    if together:
        apply(channel, receipts)
    else:
        for receipt in receipts:
            apply(channel, [receipt])

    assert states(batch) == {"r1": state}
    assert_counters_equal_the_rows()


def test_the_same_receipts_again_change_nothing(channel: Channel) -> None:
    batch = sent(channel, "r1", "r2")
    receipts = [item("r1", DELIVERED, batch=batch), item("r2", CLICKED, batch=batch)]

    apply(channel, receipts + receipts, receipts)
    apply(channel, receipts)

    assert states(batch) == {"r1": "delivered", "r2": "clicked"}
    assert_counters_equal_the_rows()
    assert not Receipt.objects.exists()


def test_the_first_time_is_kept(channel: Channel) -> None:
    batch = sent(channel, "r1")
    times = [1_772_596_800, 1_772_600_000, 1_772_700_000]

    apply(channel, [item("r1", DELIVERED, batch=batch, sent_time=times[0])])
    apply(channel, [item("r1", CLICKED, batch=batch, sent_time=times[1])])
    apply(channel, [item("r1", kind, batch=batch, sent_time=times[2]) for kind in (1, 2)])

    row = Delivery.objects.get()
    assert row.delivered_at == datetime.fromtimestamp(times[0], UTC)
    assert row.clicked_at == datetime.fromtimestamp(times[1], UTC)


def test_a_row_that_is_final_is_not_touched(channel: Channel) -> None:
    batch = sent(channel, "r1")
    Delivery.objects.update(state=Delivery.State.INVALID_ID)
    Batch.objects.update(invalid=1)

    apply(channel, [item("r1", kind, batch=batch) for kind in (DELIVERED, CLICKED, FAILED)])

    assert states(batch) == {"r1": "invalid_id"}
    assert_counters_equal_the_rows()


def test_receipts_count_even_if_our_side_thought_that_the_push_failed(channel: Channel) -> None:
    batch = sent(channel, "r1", "r2")
    Batch.objects.update(state=Batch.State.UNKNOWN)

    apply(channel, [item("r1", DELIVERED, batch=batch)])

    counts = ledger(batch.message)
    assert (counts.delivered, counts.unknown, counts.total) == (1, 1, 2)


def test_a_receipt_finds_a_row_that_has_moved_to_another_batch(channel: Channel) -> None:
    batch = sent(channel, "r1", "r2")
    fresh = Batch.objects.create(
        id=batch.pk + 1, message=batch.message, channel=channel, size=1, not_before=timezone.now()
    )
    Delivery.objects.filter(registration_id="r2").update(batch=fresh)
    Batch.objects.filter(pk=batch.pk).update(size=1)

    apply(channel, [item("r2", DELIVERED, batch=batch)])

    fresh.refresh_from_db()
    assert fresh.delivered == 1
    assert_counters_equal_the_rows()


def test_a_receipt_that_comes_before_the_msg_id_is_matched_later(channel: Channel) -> None:
    batch = sent(channel, "r1", "r2", msg_id="")
    early = [item("r1", CLICKED, msg_id="77"), item("r2", FAILED, msg_id="77")]

    apply(channel, early, early)

    assert states(batch) == {"r1": "pending", "r2": "pending"}
    assert Receipt.objects.count() == 2
    assert inbox.match_early_receipts() == 0
    Batch.objects.update(jpush_msg_id="77", pushed_at=timezone.now())
    assert inbox.match_early_receipts() == 2
    assert states(batch) == {"r1": "clicked", "r2": "failed"}
    assert_counters_equal_the_rows()
    assert not Receipt.objects.exists()
    assert inbox.match_early_receipts() == 0


def test_a_receipt_before_the_answer_is_applied_at_once_if_it_echoes_the_batch(
    channel: Channel,
) -> None:
    batch = one_batch(channel, "r1")

    apply(channel, [item("r1", DELIVERED, batch=batch, msg_id="77")])

    assert states(batch) == {"r1": "delivered"}
    assert_counters_equal_the_rows()


def test_receipts_of_unknown_messages_are_kept_and_found_once(channel: Channel) -> None:
    batch = sent(channel, "r1")
    strange = [
        item("r1", DELIVERED, msg_id="99"),
        item("stranger", DELIVERED, msg_id="77"),
        item("r1", DELIVERED),
        item("r1", DELIVERED, params={"ums_batch": str(batch.pk + (1 << 30))}),
    ]

    apply(channel, strange, strange)

    assert states(batch) == {"r1": "pending"}
    assert Receipt.objects.count() == len(strange)
    assert inbox.match_early_receipts() == 0
    assert_counters_equal_the_rows()


def test_an_echo_of_nonsense_still_leaves_the_msg_id(channel: Channel) -> None:
    batch = sent(channel, "r1", "r2", "r3", "r4", "r5")
    echoes: list[Any] = ["not ours", 5, str(batch.pk + (1 << 30)), None, ["x"]]

    apply(
        channel,
        [
            item(f"r{n}", DELIVERED, msg_id="77", params={"ums_batch": echo})
            for n, echo in enumerate(echoes, start=1)
        ],
    )
    inbox.match_early_receipts()

    assert set(states(batch).values()) == {"delivered"}
    assert not Receipt.objects.exists()
    assert_counters_equal_the_rows()


def test_receipts_of_another_channel_never_touch_this_ones_ledger(channel: Channel) -> None:
    other = Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    batch = sent(channel, "r1")

    apply(
        other,
        [
            item("r1", DELIVERED, batch=batch),
            item("r1", CLICKED, msg_id="77"),
            item("r1", FAILED, batch=batch, msg_id="77"),
        ],
    )
    inbox.match_early_receipts()

    assert states(batch) == {"r1": "pending"}
    assert_counters_equal_the_rows()
    assert list(Receipt.objects.values_list("channel_id", flat=True)) == [other.pk] * 3
    channel.refresh_from_db()
    other.refresh_from_db()
    assert (channel.last_callback_at, other.last_callback_at) == (
        None,
        Callback.objects.get().received_at,
    )


def test_two_messages_to_one_device_are_told_apart(channel: Channel) -> None:
    first = sent(channel, "r1", msg_id="1")
    second = sent(channel, "r1", msg_id="2")

    apply(channel, [item("r1", DELIVERED, batch=first), item("r1", CLICKED, msg_id="2")])

    assert (states(first), states(second)) == ({"r1": "delivered"}, {"r1": "clicked"})
    assert_counters_equal_the_rows()
