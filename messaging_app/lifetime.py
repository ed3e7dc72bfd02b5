"""How long a message may be retried."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from messaging_app import content as contents

# Shorter than a cid may be used (delivery.CID_LIFE): a failure that is certain is then recorded as
# one, before the age of the cid leaves only "unknown" to say.
MAX_RETRY_SECONDS = 22 * 3600
MIN_RETRY_SECONDS = 600


def expires_at(content: Mapping[str, Any], starts_at: datetime) -> datetime:
    """When retries end of a message that may be sent from `starts_at` on: with its time-to-live."""
    seconds = min(max(contents.time_to_live(content), MIN_RETRY_SECONDS), MAX_RETRY_SECONDS)
    return starts_at + timedelta(seconds=seconds)
