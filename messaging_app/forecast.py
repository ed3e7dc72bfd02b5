"""How many calls to JPush a message still needs, and about when the last of them is made.

An estimate: JPush's limit is the only thing that takes time, no call is repeated, and whatever
waits in more urgent lanes comes first.
"""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_app.jpush.payloads import MAX_IDS_PER_PUSH
from channels_app.models import Channel
from messaging_app.lanes import lane_of
from messaging_app.models import Batch, ChannelQuota, Message
from messaging_app.quota import calls_per_minute

MINUTE = timedelta(minutes=1)
ON_THE_WAY = (Message.State.SENDING, Message.State.PAUSED)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of one message in one channel."""

    number: int
    lane: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits in one channel, and how fast it goes on."""

    hindrance: str  # why nothing goes on, "" where it does
    starts_at: float  # seconds since 1970
    per_minute: int
    waiting: Mapping[int, int]  # calls by lane

    def done_at(self, calls: Calls, *, are_waiting: bool) -> float:
        """When the last of `calls` is made; `are_waiting`: they are part of what waits."""
        before = sum(number for lane, number in self.waiting.items() if lane <= calls.lane)
        number = before if are_waiting else before + calls.number
        return self.starts_at + number * 60 / max(self.per_minute, 1)


def forecasts(messages: Iterable[Message]) -> dict[int, str]:
    """Words for each message by its primary key, none where no call is left: four queries."""
    states = {message.pk: message.state for message in messages if message.state in ON_THE_WAY}
    left = _calls_left(states)
    queues = _queues({channel_id for calls in left.values() for channel_id in calls})
    return {
        pk: _paused_words(calls)
        if states[pk] == Message.State.PAUSED
        else _words(calls, queues, are_waiting=True)
        for pk, calls in left.items()
    }


def plan(devices: Mapping[int, int]) -> str:
    """Words for a message that would be sent now to so many devices by channel id."""
    calls = {
        channel_id: Calls(number, lane_of(Message(), batches=number))
        for channel_id, size in devices.items()
        if (number := math.ceil(size / MAX_IDS_PER_PUSH))
    }
    return _words(calls, _queues(calls), are_waiting=False) if calls else ""


def _calls_left(message_ids: Collection[int]) -> dict[int, dict[int, Calls]]:
    if not message_ids:
        return {}
    left: dict[int, dict[int, Calls]] = defaultdict(dict)
    rows = (
        Batch.objects.filter(
            message_id__in=message_ids, state__in=(Batch.State.QUEUED, Batch.State.PUSHING)
        )
        .values_list("message_id", "channel_id", "lane")
        .annotate(number=Count("pk"))
    )
    for message_id, channel_id, lane, number in rows:
        left[message_id][channel_id] = Calls(number, lane)
    return left


def _queues(channel_ids: Collection[int]) -> dict[int, Queue]:
    if not channel_ids:
        return {}
    now = time.time()
    waiting: dict[int, Counter[int]] = defaultdict(Counter)
    rows = (
        Batch.objects.filter(
            channel_id__in=channel_ids,
            state=Batch.State.QUEUED,
            message__state=Message.State.SENDING,
        )
        .values_list("channel_id", "lane")
        .annotate(number=Count("pk"))
    )
    for channel_id, lane, number in rows:
        waiting[channel_id][lane] = number
    quotas = ChannelQuota.objects.in_bulk(channel_ids)
    fields = ("name", "enabled", "paused_at", "calls_per_minute")
    channels = Channel.objects.filter(pk__in=channel_ids).only(*fields).order_by("name")
    return {
        channel.pk: _queue(channel, quotas.get(channel.pk), waiting[channel.pk], now)
        for channel in channels
    }


def _queue(
    channel: Channel, quota: ChannelQuota | None, waiting: Mapping[int, int], now: float
) -> Queue:
    hindrance = ""
    if not channel.enabled:
        hindrance = _("waits: channel “%(name)s” is closed") % {"name": channel.name}
    elif channel.paused_at is not None:
        hindrance = _("waits: channel “%(name)s” is paused") % {"name": channel.name}
    free_at = max(now, quota.next_call_at if quota else now)
    return Queue(hindrance, free_at, calls_per_minute(channel, quota), waiting)


def _words(calls: Mapping[int, Calls], queues: Mapping[int, Queue], *, are_waiting: bool) -> str:
    values = {"calls": _number(calls)}
    hindrances = [queue.hindrance for pk, queue in queues.items() if pk in calls]
    if hindrance := next(filter(None, hindrances), ""):
        return _("%(calls)s; %(hindrance)s") % {**values, "hindrance": hindrance}
    done_at = max(queues[pk].done_at(each, are_waiting=are_waiting) for pk, each in calls.items())
    return _("%(calls)s, done by about %(moment)s") % {**values, "moment": _moment(done_at)}


def _paused_words(calls: Mapping[int, Calls]) -> str:
    return _("%(calls)s once it is resumed") % {"calls": _number(calls)}


def _number(calls: Mapping[int, Calls]) -> str:
    number = sum(each.number for each in calls.values())
    return ngettext("%(count)s call to JPush", "%(count)s calls to JPush", number) % {
        "count": f"{number:,}"
    }


def _moment(seconds: float) -> str:
    """The full minute after it; with the date, unless it is today."""
    moment = timezone.localtime(datetime.fromtimestamp(seconds, UTC))
    up = moment.replace(second=0, microsecond=0) + MINUTE
    today = up.date() == timezone.localdate()
    return f"{up:%H:%M}" if today else date_format(up, "SHORT_DATETIME_FORMAT")
