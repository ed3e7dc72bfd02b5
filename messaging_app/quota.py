"""Keeps each channel within JPush's calls per minute, over all workers (protocol/jpush.md 7)."""

import time
from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from channels_app.jpush.client import Rate
from channels_app.models import Channel
from messaging_app.models import ChannelQuota

# Calls are spaced a little wider than the limit, so that no minute can hold one too many.
SAFETY = 1.005
# A pause earns this many calls ahead of their time, fewer where the limit is low; the spacing makes
# up for them.
BURST_CALLS = 5
BURST_SHARE = 20  # at most one call of so many


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave now (`wait` 0.0), or ask again in `wait` seconds."""

    wait: float

    @property
    def granted(self) -> bool:
        return self.wait <= 0


def take_slot(channel: Channel) -> Slot:
    """Take the right to make one call: one conditional UPDATE, whoever comes first."""
    per_minute = max(channel.calls_per_minute, 1)
    burst = min(BURST_CALLS, per_minute // BURST_SHARE)
    interval = 60.0 / (per_minute - burst) * SAFETY
    now = time.time()
    taken = ChannelQuota.objects.filter(pk=channel.pk, next_call_at__lte=now).update(
        next_call_at=Greatest(F("next_call_at"), now - burst * interval) + interval
    )
    if taken:
        return Slot(0.0)
    quota, _created = ChannelQuota.objects.get_or_create(pk=channel.pk)
    return Slot(min(max(quota.next_call_at - now, 0.001), 60.0))


def block(channel: Channel, seconds: float) -> None:
    """No call for a while: JPush has said that the minute is used up."""
    until = time.time() + seconds
    ChannelQuota.objects.get_or_create(pk=channel.pk)
    ChannelQuota.objects.filter(pk=channel.pk, next_call_at__lt=until).update(next_call_at=until)


def paused_channels(seconds: float) -> QuerySet[ChannelQuota, int]:
    """Ids of the channels that may make no call for longer than `seconds`."""
    paused = ChannelQuota.objects.filter(next_call_at__gt=time.time() + seconds)
    return paused.values_list("pk", flat=True)


def learn(channel: Channel, rate: Rate) -> None:
    """Stop before JPush has to: nothing remains of the running minute."""
    if rate.remaining == 0 and rate.reset_seconds:
        block(channel, float(rate.reset_seconds))
