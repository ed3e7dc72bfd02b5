"""Which calls come first: a small message is not stuck behind a big one."""

import random
from collections import Counter

import pytest

from channels_app.models import Channel
from messaging_app.lanes import SHARES, SMALL_BATCHES, draw, lane_of
from messaging_app.models import Batch, Message
from tests.messaging_app.makers import add_crowd, claim_now, expanded, one_batch

Lane = Batch.Lane


@pytest.fixture(autouse=True)
def _same_chances() -> None:
    random.seed(1)


def rows(lane: Lane, number: int) -> list[tuple[Lane, int]]:
    return [(lane, place) for place in range(number)]


def test_each_lane_gets_its_share() -> None:
    waiting = {lane: rows(lane, 12_000) for lane in Lane}

    found = Counter(lane for lane, _place in draw(waiting, 12_000))

    for lane, share in SHARES.items():
        assert found[lane] == pytest.approx(share * 1000, rel=0.1)


def test_within_a_lane_the_first_is_first() -> None:
    waiting = {lane: rows(lane, 50) for lane in Lane}

    drawn = draw(waiting, 100)

    for lane in Lane:
        places = [place for each, place in drawn if each == lane]
        assert places == list(range(len(places)))


@pytest.mark.parametrize("lane", list(Lane))
def test_a_lane_alone_gets_everything(lane: Lane) -> None:
    waiting: dict[Lane, list[tuple[Lane, int]]] = {each: [] for each in Lane}
    waiting[lane] = rows(lane, 30)

    assert draw(waiting, 30) == waiting[lane]


def test_what_a_lane_does_not_need_is_left_to_the_others() -> None:
    waiting = {Lane.URGENT: rows(Lane.URGENT, 2), Lane.BULK: rows(Lane.BULK, 50)}

    drawn = draw(waiting, 52)

    assert Counter(lane for lane, _place in drawn) == {Lane.URGENT: 2, Lane.BULK: 50}


@pytest.mark.parametrize(("number", "drawn"), [(0, 0), (3, 3), (4, 4), (99, 4)])
def test_no_more_are_drawn_than_asked_for_or_waiting(number: int, drawn: int) -> None:
    assert len(draw({Lane.NORMAL: rows(Lane.NORMAL, 4)}, number)) == drawn


def test_nobody_waits() -> None:
    assert draw({}, 5) == []


@pytest.mark.parametrize("lane", list(Lane))
def test_every_lane_gets_something_in_the_long_run(lane: Lane) -> None:
    """One call at a time, as under a low limit: each time all lanes have some."""
    waiting = {each: rows(each, 1) for each in Lane}

    assert any(draw(waiting, 1)[0][0] == lane for _turn in range(200))


@pytest.mark.parametrize(
    ("priority", "batches", "lane"),
    [
        (Message.Priority.HIGH, 1, Lane.URGENT),
        (Message.Priority.HIGH, SMALL_BATCHES, Lane.URGENT),
        (Message.Priority.HIGH, SMALL_BATCHES + 1, Lane.NORMAL),
        (Message.Priority.MEDIUM, SMALL_BATCHES, Lane.NORMAL),
        (Message.Priority.MEDIUM, SMALL_BATCHES + 1, Lane.BULK),
        (Message.Priority.LOW, 1, Lane.BULK),
        (Message.Priority.LOW, 10_000, Lane.BULK),
    ],
)
def test_the_lane_is_that_of_priority_and_size(priority: int, batches: int, lane: Lane) -> None:
    assert lane_of(Message(priority=priority), batches=batches) == lane


def test_a_small_message_is_not_behind_a_big_one(channel: Channel) -> None:
    add_crowd(channel, 30_000)
    big = expanded(channel)
    small = one_batch(channel, "other")
    assert set(Batch.objects.filter(message=big).values_list("lane", flat=True)) == {Lane.BULK}
    assert small.lane == Lane.NORMAL

    # Three of four calls are its lane's, so that it does not wait for thirty.
    turns = 0
    while claim_now(channel, 1) != [small.pk]:
        turns += 1

    assert turns < 10


def test_urgent_batches_mostly_come_before_older_ones(channel: Channel) -> None:
    for lane in (Lane.BULK, Lane.URGENT):
        for number in range(20):
            batch = one_batch(channel, f"{lane}-{number}")
            Batch.objects.filter(pk=batch.pk).update(lane=lane)

    first = claim_now(channel, 20)

    urgent = Batch.objects.filter(pk__in=first, lane=Lane.URGENT).count()
    assert 14 <= urgent < 20
