"""Names a few of those whom a message would reach."""

from django.db import connection

from messaging_app.audience import Audience
from messaging_app.targets import devices_query, people_query

SAMPLES = 10
# One person may have several devices, and counts as one sample.
ROWS_READ = 5 * SAMPLES


def samples(audience: Audience, channel_ids: list[int], line_key: str | None) -> list[str]:
    """Up to ten userids (registrationIDs where devices are asked for) that an expansion would find.

    Any ten, not the first ones: the database stops at the rows that it meets first.
    """
    people = people_query(audience, line_key)
    found: dict[str, None] = {}
    with connection.cursor() as cursor:
        for channel_id in channel_ids:
            query = devices_query(audience, people, channel_id)
            cursor.execute(
                f"SELECT userid, registration_id FROM ({query.sql}) AS device LIMIT %s",
                (*query.params, ROWS_READ),
            )
            found |= dict.fromkeys(userid or device for userid, device in cursor.fetchall())
            if len(found) >= SAMPLES:
                break
    return sorted(list(found)[:SAMPLES])
