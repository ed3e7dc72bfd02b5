"""How long a message may be retried."""

from datetime import UTC, datetime, timedelta

import pytest

from messaging_app.lifetime import MAX_RETRY_SECONDS, MIN_RETRY_SECONDS, expires_at
from tests.messaging_app.makers import CONTENT


@pytest.mark.parametrize(
    ("time_to_live", "retry"),
    [(0, MIN_RETRY_SECONDS), (3600, 3600), (864_000, MAX_RETRY_SECONDS)],
)
def test_retries_end_with_the_time_to_live_within_bounds(time_to_live: int, retry: int) -> None:
    starts_at = datetime(2026, 11, 24, tzinfo=UTC)

    ends_at = expires_at({**CONTENT, "options": {"time_to_live": time_to_live}}, starts_at)

    assert ends_at == starts_at + timedelta(seconds=retry)
