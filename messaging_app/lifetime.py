"""When a message may begin, and how long it may be retried."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from messaging_app import content as contents
from ums.lib.errors import DomainError

# Shorter than a cid may be used (models.CID_LIFE): a failure that is certain is then recorded as
# one, before the age of the cid leaves only "unknown" to say.
MAX_RETRY_SECONDS = 22 * 3600
MIN_RETRY_SECONDS = 600
MAX_AHEAD = timedelta(days=366)


def expires_at(content: Mapping[str, Any], starts_at: datetime) -> datetime:
    """When retries end of a message that may be sent from `starts_at` on: with its time-to-live."""
    seconds = min(max(contents.time_to_live(content), MIN_RETRY_SECONDS), MAX_RETRY_SECONDS)
    return starts_at + timedelta(seconds=seconds)


def check_send_at(content: Mapping[str, Any], send_at: datetime, now: datetime) -> None:
    """DomainError for a time at which the message would be stale, or that is far too late."""
    seconds = contents.time_to_live(content)
    if send_at < now - timedelta(seconds=seconds):
        raise DomainError(
            _(
                "option.send_time %(value)s is past by more than the time-to-live of %(seconds)d"
                " seconds: the message would be stale."
            )
            % {"value": send_at.isoformat(), "seconds": seconds}
        )
    if send_at > now + MAX_AHEAD:
        raise DomainError(
            _("option.send_time %(value)s is more than a year ahead.")
            % {"value": send_at.isoformat()}
        )
