"""Calls per minute of one channel, over all workers (protocol/jpush.md 7)."""

import threading
from bisect import bisect_right

import pytest
from django.db import connection

from channels_app.jpush.client import Rate
from channels_app.models import Channel
from messaging_app.models import ChannelQuota
from messaging_app.quota import BURST_CALLS, block, learn, paused_channels, take_slot

START = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("messaging_app.quota.time.time", clock.time)
    return clock


def limited(channel: Channel, calls_per_minute: int) -> Channel:
    Channel.objects.update(calls_per_minute=calls_per_minute)
    channel.refresh_from_db()
    return channel


def busy(channel: Channel, clock: Clock, *, seconds: float) -> list[float]:
    """The moments of all calls, by workers that ask again exactly when they are told to."""
    end, moments = clock.now + seconds, []
    while clock.now <= end:
        slot = take_slot(channel)
        if slot.granted:
            moments.append(clock.now)
        else:
            clock.now += slot.wait
    return moments


def test_a_new_channel_may_call_at_once(channel: Channel, clock: Clock) -> None:
    assert not take_slot(channel).granted  # its row comes into being
    assert take_slot(channel).granted


@pytest.mark.parametrize("calls_per_minute", [1, 2, 5, 10, 20, 60, 100, 600])
def test_no_minute_holds_more_calls_than_jpush_allows(
    channel: Channel, clock: Clock, calls_per_minute: int
) -> None:
    channel = limited(channel, calls_per_minute)

    moments = busy(channel, clock, seconds=90 if calls_per_minute > 60 else 150)

    fullest = max(
        bisect_right(moments, moment + 60) - place for place, moment in enumerate(moments)
    )
    assert fullest <= calls_per_minute
    # … and hardly fewer.
    assert len(moments) / (moments[-1] - START) * 60 > calls_per_minute * 0.9


def test_a_pause_earns_a_short_burst_only(channel: Channel, clock: Clock) -> None:
    busy(channel, clock, seconds=1)
    clock.now += 3600

    granted = [take_slot(channel).granted for _ in range(20)]

    assert granted == sorted(granted, reverse=True)
    assert granted.count(True) in (BURST_CALLS, BURST_CALLS + 1)  # the last hangs on a rounding


def test_a_refused_taker_is_told_how_long_to_wait(channel: Channel, clock: Clock) -> None:
    channel = limited(channel, 6)
    while not take_slot(channel).granted:
        clock.now += 0.01

    slot = take_slot(channel)

    assert 9 < slot.wait < 11
    clock.now += slot.wait
    assert take_slot(channel).granted


def test_the_wait_is_never_longer_than_a_minute_nor_nothing(channel: Channel, clock: Clock) -> None:
    take_slot(channel)
    block(channel, 3600)
    assert take_slot(channel).wait == 60.0

    ChannelQuota.objects.update(next_call_at=START + 1e-6)
    assert 0.001 <= take_slot(channel).wait < 0.01


def test_a_blocked_channel_makes_no_call_until_the_block_ends(
    channel: Channel, clock: Clock
) -> None:
    take_slot(channel)
    block(channel, 30)

    assert take_slot(channel).wait == pytest.approx(30)
    clock.now += 29
    assert not take_slot(channel).granted
    clock.now += 1.01
    assert take_slot(channel).granted


def test_a_block_holds_before_the_first_call(channel: Channel, clock: Clock) -> None:
    block(channel, 30)

    assert take_slot(channel).wait == pytest.approx(30)


def test_a_shorter_block_does_not_end_a_longer_one(channel: Channel, clock: Clock) -> None:
    take_slot(channel)
    block(channel, 30)
    block(channel, 5)

    assert take_slot(channel).wait == pytest.approx(30)


@pytest.mark.parametrize(
    ("rate", "wait"),
    [
        (Rate(limit=600, remaining=0, reset_seconds=42), 42.0),
        (Rate(limit=600, remaining=1, reset_seconds=42), 0.0),
        (Rate(limit=600, remaining=0, reset_seconds=0), 0.0),
        (Rate(limit=600, remaining=0), 0.0),
        (Rate(), 0.0),
    ],
)
def test_a_used_up_minute_is_waited_for(
    channel: Channel, clock: Clock, rate: Rate, wait: float
) -> None:
    take_slot(channel)

    learn(channel, rate)

    assert take_slot(channel).wait == pytest.approx(wait)


def test_one_channel_does_not_slow_another(channel: Channel, clock: Clock) -> None:
    other = Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    for each in (channel, other):
        take_slot(each)

    block(channel, 30)

    assert not take_slot(channel).granted
    assert take_slot(other).granted


def test_a_channel_is_paused_when_it_has_to_wait_longer_than_asked(
    channel: Channel, clock: Clock
) -> None:
    take_slot(channel)
    assert not paused_channels(20.0).exists()

    block(channel, 30)

    assert list(paused_channels(20.0)) == [channel.pk]
    assert not paused_channels(31.0).exists()


@pytest.mark.django_db(transaction=True)
def test_takers_at_the_same_moment_share_the_slots(channel: Channel) -> None:
    take_slot(channel)
    limited(channel, 1)
    together = threading.Barrier(4)
    granted: list[bool] = []

    def take() -> None:
        try:
            together.wait(30)
            granted.extend(take_slot(channel).granted for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(granted) == 20
    assert granted.count(True) == 1
