"""What JPush says of its own count, and how a channel slows down for it (protocol/jpush.md 7)."""

import pytest

from channels_app.jpush.client import Rate
from channels_app.models import Channel
from messaging_app.models import ChannelQuota
from messaging_app.quota import calls_per_minute, learn
from tests.messaging_app.clocks import START, Clock
from tests.messaging_app.makers import available_now


@pytest.fixture(autouse=True)
def quota(channel: Channel, clock: Clock) -> ChannelQuota:
    """The channel's, of which JPush has said nothing yet."""
    assert available_now(channel)
    clock.now += 10
    return ChannelQuota.objects.get()


@pytest.mark.parametrize(
    "rate",
    [Rate(), Rate(limit=600), Rate(limit=600, remaining=0), Rate(limit=1, reset_seconds=42)],
)
def test_missing_headers_change_nothing(channel: Channel, rate: Rate) -> None:
    before = ChannelQuota.objects.values().get()

    learn(channel, rate)

    assert ChannelQuota.objects.values().get() == before


def test_what_jpush_says_is_kept(channel: Channel, clock: Clock) -> None:
    learn(channel, Rate(limit=600, remaining=500, reset_seconds=42))

    quota = ChannelQuota.objects.get()
    assert (quota.limit, quota.remaining, quota.resets_at) == (600, 500, clock.now + 42)
    assert quota.next_call_at <= START


def test_a_used_up_minute_is_waited_for(channel: Channel, clock: Clock) -> None:
    learn(channel, Rate(limit=600, remaining=0, reset_seconds=42))

    assert available_now(channel) == 0
    clock.now += 41.9
    assert available_now(channel) == 0
    clock.now += 0.2
    assert available_now(channel) == 1


def test_a_minute_that_ends_now_is_not_waited_for(channel: Channel) -> None:
    learn(channel, Rate(limit=600, remaining=0, reset_seconds=0))

    assert available_now(channel) > 0


@pytest.mark.parametrize(
    ("limit", "expected"), [(300, 300), (600, 600), (1200, 600), (None, 600), (0, 600)]
)
def test_the_lower_of_both_limits_holds(channel: Channel, limit: int | None, expected: int) -> None:
    quota = ChannelQuota(channel=channel, limit=limit)

    assert calls_per_minute(channel, quota) == expected
    assert calls_per_minute(channel, None) == 600


def test_a_limit_below_the_setting_slows_the_channel_down(channel: Channel, clock: Clock) -> None:
    learn(channel, Rate(limit=6, remaining=6, reset_seconds=60))
    ChannelQuota.objects.update(next_call_at=clock.now)

    assert available_now(channel) == 1
    ChannelQuota.objects.update(next_call_at=clock.now - 9.9)
    assert available_now(channel) == 1
    ChannelQuota.objects.update(next_call_at=clock.now - 3600)
    assert available_now(channel) == 1  # so low a limit earns no burst


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [
        (300, 30),  # half of the minute, half of the calls
        (599, 60),  # the first call of the minute
        (1, 1),  # JPush counts whole seconds
        (10, 3),
    ],
)
def test_a_count_that_fits_our_own_pace_slows_nothing_down(
    channel: Channel, remaining: int, reset: int
) -> None:
    learn(channel, Rate(limit=600, remaining=remaining, reset_seconds=reset))

    assert ChannelQuota.objects.get().next_call_at <= START


def test_somebody_elses_calls_slow_the_channel_down(channel: Channel, clock: Clock) -> None:
    """Less is left than our own pace needs until the reset."""
    learn(channel, Rate(limit=600, remaining=20, reset_seconds=40))

    assert ChannelQuota.objects.get().next_call_at == pytest.approx(clock.now + 2)
    assert available_now(channel) == 0


def test_slowing_down_never_shortens_a_longer_wait(channel: Channel, clock: Clock) -> None:
    ChannelQuota.objects.update(next_call_at=clock.now + 30)

    learn(channel, Rate(limit=600, remaining=20, reset_seconds=40))

    assert ChannelQuota.objects.get().next_call_at == clock.now + 30


def test_a_channel_learns_for_itself_alone(channel: Channel, second: Channel) -> None:
    available_now(second)

    learn(channel, Rate(limit=600, remaining=0, reset_seconds=42))

    assert ChannelQuota.objects.get(pk=second.pk).limit is None
    assert available_now(second) > 0
