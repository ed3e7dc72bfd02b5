"""Pauses a channel that JPush refuses as such, until a person has mended it."""

import logging

from django.utils import timezone

from channels_app.models import Channel

logger = logging.getLogger(__name__)


def pause_channel(*, channel_id: int, code: int | None, reason: str) -> bool:
    """Its messages wait from now on; False if it was paused already."""
    running = Channel.objects.filter(pk=channel_id, paused_at=None)
    paused = running.update(paused_at=timezone.now(), pause_code=code, pause_reason=reason[:500])
    if paused:
        logger.error("channel %s is paused: %s %s", channel_id, code, reason)
    return bool(paused)


def resume_channel(*, channel_id: int) -> bool:
    """Its messages go on; False if it was not paused."""
    paused = Channel.objects.filter(pk=channel_id, paused_at__isnull=False)
    return bool(paused.update(paused_at=None, pause_code=None, pause_reason=""))
