"""What the console's pages say of channels that are paused."""

from dataclasses import dataclass
from typing import Any

from django import template

from channels_app.credentials import api_url_of
from channels_app.models import Channel
from channels_app.refusals import advice, jpush_words

register = template.Library()


@dataclass(frozen=True, slots=True)
class Paused:
    """A paused channel; `advice` says what to do, "" where JPush's own words must do."""

    channel: Channel
    jpush: str
    advice: str


@register.simple_tag
def paused_words(channel: Channel) -> Paused:
    return Paused(channel, jpush_words(channel), advice(channel.pause_code, api_url_of(channel)))


@register.simple_tag(takes_context=True)
def paused_channels(context: template.Context) -> list[Paused]:
    """For every page: those whose messages wait, for people who may look at channels.

    Without the channel whose own page it is, which says more.
    """
    request: Any = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.has_perm("channels_app.view_channel"):
        return []
    shown = context.get("original")
    paused = Channel.objects.enabled().filter(paused_at__isnull=False)
    return [paused_words(channel) for channel in paused.defer("master_secret") if channel != shown]
