"""Every target in exactly one box."""

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels_app.models import Channel
from messaging_app.ledger import BOX_OF_BATCH, BOXES, deliveries, ledger, ledgers
from messaging_app.models import Batch, Delivery, Message
from tests.messaging_app.makers import accept, add_crowd, add_person, expanded, one_batch


@pytest.mark.parametrize("state", list(Batch.State))
def test_devices_without_an_outcome_of_their_own_share_that_of_their_batch(
    channel: Channel, state: Batch.State
) -> None:
    batch = one_batch(channel, *(f"r{n}" for n in range(9)))
    Batch.objects.update(state=state, delivered=1, clicked=2, failed=1, invalid=1)

    counts = ledger(batch.message)

    expected = {"delivered": 1, "clicked": 2, "failed": 1, "invalid_id": 1}
    box = BOX_OF_BATCH[state]
    expected[box] = expected.get(box, 0) + 4
    assert {name: getattr(counts, name) for name in BOXES} == {
        **dict.fromkeys(BOXES, 0),
        **expected,
    }
    assert counts.total == counts.targets == 9
    assert counts.reached == 3
    assert counts.finished == 9 - counts.queued
    assert counts.not_delivered == (1 if state == Batch.State.SENT else 0)


def test_a_batch_that_was_taken_counts_as_pushed_whatever_came_of_it(channel: Channel) -> None:
    batch = one_batch(channel, *(f"r{n}" for n in range(9)))
    Batch.objects.update(state=Batch.State.SENT, delivered=1, clicked=2, failed=3)

    counts = ledger(batch.message)

    assert (counts.sent, counts.pushed) == (3, 9)


def test_the_boxes_of_the_rows_are_those_of_the_counters(channel: Channel) -> None:
    add_crowd(channel, 2100)
    message = expanded(channel, userids=tuple(f"u{n}" for n in range(2200)))
    first, second, third = Batch.objects.order_by("pk")
    Batch.objects.filter(pk=first.pk).update(state="sent", delivered=2, clicked=1, failed=3)
    Batch.objects.filter(pk=second.pk).update(state="failed", invalid=4)
    ids = iter(Delivery.objects.filter(batch=first).values_list("pk", flat=True))
    for state, number in (("delivered", 2), ("clicked", 1), ("failed", 3)):
        chosen = [next(ids) for _ in range(number)]
        Delivery.objects.filter(pk__in=chosen).update(state=state)
    invalid = Delivery.objects.filter(batch=second)[:4].values_list("pk", flat=True)
    Delivery.objects.filter(pk__in=list(invalid)).update(state="invalid_id")

    counts = ledger(message)

    for box in BOXES:
        assert deliveries(message, box=box).count() == getattr(counts, box), box
    assert counts.total == deliveries(message).count() == 2200
    assert (counts.queued, counts.no_device) == (third.size, 100)


def test_rows_are_found_by_the_beginning_of_userid_or_registration_id(channel: Channel) -> None:
    add_person("alice", devices={channel: ["1104a", "1104b"]})
    add_person("bob", devices={channel: ["alpha"]})
    message = expanded(channel, userids=("alice", "bob", "alan"))

    def found(**filters: str) -> list[tuple[str, str]]:
        rows = deliveries(message, **filters).values_list("userid", "registration_id")
        return sorted(rows)

    assert found(search="al") == [
        *(("alan", ""), ("alice", "1104a"), ("alice", "1104b"), ("bob", "alpha")),
    ]
    assert found(search="1104b") == [("alice", "1104b")]
    assert found(search="al", box="no_device") == [("alan", "")]
    assert found(search="%") == found(search="_") == found(search="lice") == []


def test_rows_are_ordered_as_the_index_has_them(channel: Channel) -> None:
    message = expanded(channel, registration_ids=tuple(f"r{n}" for n in range(20)))

    ids = list(deliveries(message).values_list("registration_id", flat=True))

    assert all(one < next_ for one, next_ in pairwise(ids))


def test_messages_do_not_mix(channel: Channel) -> None:
    first = expanded(channel, registration_ids=("r1", "r2"))
    second = expanded(channel, registration_ids=("r3",))

    both = ledgers([first, second])

    assert (both[first.pk].targets, both[second.pk].targets) == (2, 1)
    assert deliveries(second).get().registration_id == "r3"


def test_a_message_without_batches_has_an_empty_ledger(channel: Channel) -> None:
    message = accept(channel)

    assert ledger(message).total == ledger(message).targets == 0
    assert ledgers([]) == {}


def test_any_number_of_ledgers_takes_one_query(channel: Channel) -> None:
    for n in range(3):
        expanded(channel, registration_ids=(f"r{n}",))
    message_list = list(Message.objects.all())

    with CaptureQueriesContext(connection) as queries:
        assert len(ledgers(message_list)) == 3

    assert len(queries) == 1
