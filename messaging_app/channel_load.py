"""How a channel stands: running or not, JPush's calls that are left, our calls that wait."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_app.credentials import api_url_of
from channels_app.models import Channel
from channels_app.refusals import advice, jpush_words
from messaging_app.models import Batch, ChannelQuota, Message


@dataclass(frozen=True, slots=True)
class Load:
    """`limit` 0: JPush has said nothing of the running minute, since nothing was called in it."""

    channel: Channel
    tone: str
    state: str
    advice: str  # of a paused or failing channel
    jpush: str  # of a paused one: its words
    left: int
    limit: int
    left_words: str
    waiting: int
    waiting_words: str


def loads(channels: Sequence[Channel]) -> dict[int, Load]:
    """The load of each channel by its primary key: three queries."""
    ids = [channel.pk for channel in channels]
    quotas = ChannelQuota.objects.in_bulk(ids)
    pushes = _waiting(ids, state=Batch.State.QUEUED, message__state=Message.State.SENDING)
    withdrawals = _waiting(ids, withdrawal=Batch.Withdrawal.DUE, state=Batch.State.SENT)
    now = time.time()
    return {
        channel.pk: _load(
            channel,
            quotas.get(channel.pk),
            pushes.get(channel.pk, 0) + withdrawals.get(channel.pk, 0),
            now,
        )
        for channel in channels
    }


def _waiting(channel_ids: Sequence[int], **which: object) -> Mapping[int, int]:
    rows = Batch.objects.filter(channel_id__in=channel_ids, **which)
    return dict(rows.values_list("channel_id").annotate(number=Count("pk")))


def _load(channel: Channel, quota: ChannelQuota | None, waiting: int, now: float) -> Load:
    tone, state = _state(channel, quota)
    left, limit = _left(channel, quota, now)
    return Load(
        channel=channel,
        tone=tone,
        state=state,
        advice=_advice(channel, quota),
        jpush=jpush_words(channel) if channel.paused_at else "",
        left=left,
        limit=limit,
        left_words=_left_words(left, limit),
        waiting=waiting,
        waiting_words=ngettext("%(count)s call waits", "%(count)s calls wait", waiting)
        % {"count": f"{waiting:,}"}
        if waiting
        else _("no call waits"),
    )


def _state(channel: Channel, quota: ChannelQuota | None) -> tuple[str, str]:
    if not channel.enabled:
        return "bad", _("closed")
    if channel.paused_at is not None:
        return "bad", _("paused")
    if quota is not None and quota.failing_since:
        return "bad", _("failing")
    return ("good", _("verified")) if channel.verified_at else ("wait", _("not verified"))


def _advice(channel: Channel, quota: ChannelQuota | None) -> str:
    if channel.paused_at is not None:
        return advice(channel.pause_code, api_url_of(channel))
    if channel.enabled and quota is not None and quota.failing_since:
        return _("No call has succeeded since %(since)s: %(failure)s They are repeated.") % {
            "since": date_format(timezone.localtime(quota.failing_since), "SHORT_DATETIME_FORMAT"),
            "failure": f"{quota.failure.rstrip('.')}.",
        }
    return ""


def _left(channel: Channel, quota: ChannelQuota | None, now: float) -> tuple[int, int]:
    if quota is None or quota.remaining is None or quota.resets_at <= now:
        return 0, 0
    limit = quota.limit or channel.calls_per_minute
    return min(quota.remaining, limit), limit


def _left_words(left: int, limit: int) -> str:
    if not limit:
        return _("not used in this minute")
    return _("%(left)s of %(limit)s calls left this minute") % {
        "left": f"{left:,}",
        "limit": f"{limit:,}",
    }
