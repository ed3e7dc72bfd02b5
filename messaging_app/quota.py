"""Keeps each channel within JPush's calls per minute, over all workers (protocol/jpush.md 7)."""

import time
from dataclasses import dataclass

from django.db import connection
from django.db.models.functions import Greatest

from channels_app.jpush.client import Rate
from channels_app.models import Channel
from messaging_app.models import ChannelQuota

# Calls are spaced a little wider than the limit, so that no minute can hold one too many.
SAFETY = 1.005
# A pause earns a few calls ahead of their time, fewer where the limit is low; the spacing makes up
# for them.
BURST_CALLS = 5
BURST_SECONDS = 0.1  # where that is more
BURST_SHARE = 20  # at most one call of so many
MAX_WAIT_SECONDS = 60.0
# JPush counts whole seconds until its reset, and our own calls are a little behind.
TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two calls, and how many may leave at once after a pause."""

    interval: float
    burst: int


def pace(per_minute: int) -> Pace:
    per_minute = max(per_minute, 1)
    earned = max(BURST_CALLS, int(per_minute * BURST_SECONDS / 60))
    burst = min(earned, per_minute // BURST_SHARE)
    return Pace(60.0 / (per_minute - burst) * SAFETY, burst)


def calls_per_minute(channel: Channel, quota: ChannelQuota | None) -> int:
    """The channel's setting, unless JPush has named a lower limit."""
    if quota is None or not quota.limit:
        return channel.calls_per_minute
    return min(channel.calls_per_minute, quota.limit)


class Turn:
    """One worker's turn with a channel's quota; nobody else takes calls until it commits."""

    def __init__(self, quota: ChannelQuota, pace: Pace, now: float) -> None:
        self._quota, self._pace, self._now = quota, pace, now
        self._earliest = max(quota.next_call_at, now - pace.burst * pace.interval)
        behind = now - self._earliest
        self.available = 0 if behind < 0 else int(behind / pace.interval) + 1

    def spend(self, calls: int) -> float:
        """Take at most `available`; seconds until a further one may leave."""
        next_call_at = self._earliest + calls * self._pace.interval
        if calls:
            ChannelQuota.objects.filter(pk=self._quota.pk).update(next_call_at=next_call_at)
        return min(max(next_call_at - self._now, 0.0), MAX_WAIT_SECONDS)


def take_turn(channel: Channel) -> Turn:
    """Inside a transaction: wait for one's turn, and see how many calls may leave now."""
    rows = ChannelQuota.objects.filter(pk=channel.pk)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()  # on SQLite a transaction is the only writer anyway
    quota = rows.first()
    if quota is None:
        ChannelQuota.objects.bulk_create([ChannelQuota(pk=channel.pk)], ignore_conflicts=True)
        quota = rows.get()
    return Turn(quota, pace(calls_per_minute(channel, quota)), time.time())


def block(channel_id: int, seconds: float) -> None:
    """No call for a while: JPush has said that the minute is used up, or it is not reachable."""
    until = time.time() + min(seconds, MAX_WAIT_SECONDS)
    ChannelQuota.objects.filter(pk=channel_id, next_call_at__lt=until).update(next_call_at=until)


def learn(channel: Channel, rate: Rate) -> None:
    """Keep what JPush says of its own count, and slow down before it has to stop us.

    Where less is left than our own pace needs, somebody else calls with the same AppKey.
    """
    if rate.remaining is None or rate.reset_seconds is None:
        return  # the headers are sometimes missing
    now = time.time()
    rows = ChannelQuota.objects.filter(pk=channel.pk)
    rows.update(limit=rate.limit, remaining=rate.remaining, resets_at=now + rate.reset_seconds)
    if not rate.remaining:
        block(channel.pk, rate.reset_seconds)
        return
    interval = pace(min(channel.calls_per_minute, rate.limit or channel.calls_per_minute)).interval
    if rate.remaining * interval + TOLERANCE_SECONDS < rate.reset_seconds:
        slower = now + rate.reset_seconds / rate.remaining
        rows.update(next_call_at=Greatest("next_call_at", slower))
