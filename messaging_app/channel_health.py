"""Whether a channel works: since when its calls fail, and what follows for the next ones."""

import logging

from django.utils import timezone

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from channels_app.pausing import pause_channel
from messaging_app import quota
from messaging_app.models import ChannelQuota
from messaging_app.verdicts import retry_seconds

logger = logging.getLogger(__name__)


def note_success(channel: Channel) -> None:
    failing = ChannelQuota.objects.filter(pk=channel.pk, failing_since__isnull=False)
    if failing.exists():  # most calls succeed, and write nothing for that
        failing.update(failing_since=None, failure="")


def note_failure(channel: Channel, error: JPushError) -> None:
    """Show what may pass by itself; pause what a person must mend."""
    if error.stops_channel:
        pause_channel(channel_id=channel.pk, code=error.number, reason=error.message)
    elif error.is_outage:
        ChannelQuota.objects.filter(pk=channel.pk, failing_since=None).update(
            failing_since=timezone.now(), failure=str(error)[:500]
        )


def refill_failed(channel: Channel, error: JPushError, *, attempts: int) -> None:
    """Without cids nothing can be pushed, so any failure concerns the whole channel."""
    if error.retryable:
        note_failure(channel, error)
        quota.block(channel.pk, retry_seconds(attempts, error))
    else:
        pause_channel(channel_id=channel.pk, code=error.number, reason=error.message)
