"""Calls per minute of one channel, over all workers (protocol/jpush.md 7)."""

import random
import threading
from bisect import bisect_right
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from channels_app.models import Channel
from messaging_app.models import ChannelQuota
from messaging_app.quota import block, pace, take_turn
from tests.messaging_app.clocks import START, Clock
from tests.messaging_app.makers import available_now

LIMITS = [1, 2, 5, 10, 19, 20, 39, 40, 60, 100, 119, 600]


def limited(channel: Channel, calls_per_minute: int) -> Channel:
    channel.calls_per_minute = calls_per_minute
    channel.save()
    return channel


def spend(channel: Channel, most: int) -> tuple[int, float]:
    """As the pump takes them: how many calls leave now, and seconds until a further one may."""
    with transaction.atomic():
        turn = take_turn(channel)
        calls = min(most, turn.available)
        return calls, turn.spend(calls)


def fullest_minute(moments: list[float]) -> int:
    return max(bisect_right(moments, moment + 60) - place for place, moment in enumerate(moments))


def called(
    channel: Channel, clock: Clock, *, seconds: float, pause: Callable[[float], float]
) -> list[float]:
    """The moments of all calls that leave; `pause` says how long a worker stays away."""
    end, moments = clock.now + seconds, []
    while clock.now <= end:
        calls, wait = spend(channel, 1000)
        moments += [clock.now] * calls
        clock.now += pause(wait)
    return moments


@pytest.mark.parametrize("calls_per_minute", LIMITS)
def test_no_minute_holds_more_calls_than_jpush_allows(
    channel: Channel, clock: Clock, calls_per_minute: int
) -> None:
    limited(channel, calls_per_minute)
    seconds = 80 if calls_per_minute > 60 else 200  # a minute, and some more

    moments = called(channel, clock, seconds=seconds, pause=lambda wait: max(wait, 1e-3))

    assert fullest_minute(moments) <= calls_per_minute
    # … and hardly fewer, from the first minute on.
    assert len(moments) / (moments[-1] - START + 1e-9) * 60 > calls_per_minute * 0.9


@pytest.mark.parametrize("calls_per_minute", LIMITS)
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_pauses_no_minute_holds_too_many(
    channel: Channel, clock: Clock, calls_per_minute: int, seed: int
) -> None:
    limited(channel, calls_per_minute)
    draw = random.Random(seed)
    interval = pace(calls_per_minute).interval

    def pause(_wait: float) -> float:
        """Mostly busy; now and then so long away that a burst is earned."""
        pauses = (0.0, interval / 3, interval, 7 * interval, 20.0)
        return draw.choices(pauses, (50, 200, 200, 20, 2))[0]

    moments = called(channel, clock, seconds=max(200, 60 * interval), pause=pause)

    assert fullest_minute(moments) <= calls_per_minute


def test_a_long_pause_before_a_busy_minute_earns_no_call_too_many(
    channel: Channel, clock: Clock
) -> None:
    for _round in range(3):
        clock.now += 3600
        moments = called(channel, clock, seconds=61, pause=lambda wait: max(wait, 1e-3))
        assert 590 <= fullest_minute(moments) <= 600


@pytest.mark.parametrize(
    ("calls_per_minute", "burst"), [(2, 0), (19, 0), (20, 1), (60, 3), (600, 5), (12_000, 20)]
)
def test_a_pause_earns_a_short_burst_only(
    channel: Channel, clock: Clock, calls_per_minute: int, burst: int
) -> None:
    limited(channel, calls_per_minute)
    spend(channel, 1)
    clock.now += 3600

    calls, wait = spend(channel, 1000)

    assert calls in (max(burst, 1), burst + 1)  # the last hangs on a rounding
    assert 0 <= wait <= pace(calls_per_minute).interval + 1e-5


def test_calls_that_are_not_made_are_left_to_the_next(channel: Channel, clock: Clock) -> None:
    spend(channel, 1)
    clock.now += 3600

    assert spend(channel, 0) == (0, 0.0)
    assert spend(channel, 2) == (2, 0.0)
    assert spend(channel, 1000)[0] in (3, 4)  # the last hangs on a rounding


def test_a_new_channel_may_call_at_once(channel: Channel, clock: Clock) -> None:
    assert spend(channel, 1)[0] == 1
    assert ChannelQuota.objects.get().channel == channel


def test_who_may_not_call_is_told_how_long_to_wait(channel: Channel, clock: Clock) -> None:
    limited(channel, 6)
    assert spend(channel, 9)[0] == 1

    calls, wait = spend(channel, 9)

    assert calls == 0
    assert 9 < wait < 11
    clock.now += wait
    assert spend(channel, 9)[0] == 1


def test_the_wait_is_never_longer_than_a_minute(channel: Channel, clock: Clock) -> None:
    spend(channel, 1)
    ChannelQuota.objects.update(next_call_at=START + 3600)
    assert spend(channel, 1) == (0, 60.0)

    block(channel.pk, 3600)
    ChannelQuota.objects.update(next_call_at=START)
    block(channel.pk, 3600)

    assert ChannelQuota.objects.get().next_call_at == START + 60


def test_a_blocked_channel_makes_no_call_until_the_block_ends(
    channel: Channel, clock: Clock
) -> None:
    spend(channel, 1)
    block(channel.pk, 30)

    calls, wait = spend(channel, 1)
    assert (calls, round(wait, 3)) == (0, 30)
    clock.now += 29
    assert spend(channel, 1)[0] == 0
    clock.now += 1.01
    # The pause that JPush has asked for earns nothing.
    assert spend(channel, 9)[0] == 1


def test_a_shorter_block_does_not_end_a_longer_one(channel: Channel, clock: Clock) -> None:
    spend(channel, 1)
    block(channel.pk, 30)
    block(channel.pk, 5)

    calls, wait = spend(channel, 1)
    assert (calls, round(wait, 3)) == (0, 30)


def test_one_channel_does_not_slow_another(channel: Channel, second: Channel, clock: Clock) -> None:
    for each in (channel, second):
        spend(each, 1)
    clock.now += 1

    block(channel.pk, 30)

    assert available_now(channel) == 0
    assert available_now(second) > 0


def test_a_limit_of_nothing_is_one_call_a_minute(channel: Channel, clock: Clock) -> None:
    limited(channel, 0)
    assert spend(channel, 9)[0] == 1
    assert spend(channel, 9) == (0, 60.0)


@pytest.mark.django_db(transaction=True)
def test_takers_at_the_same_moment_share_the_slots(channel: Channel) -> None:
    limited(channel, 1)
    together = threading.Barrier(4)
    taken: list[int] = []

    def take() -> None:
        try:
            together.wait(30)
            taken.extend(spend(channel, 1)[0] for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 20
    assert sum(taken) == 1
