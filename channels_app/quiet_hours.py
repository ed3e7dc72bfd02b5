"""When a business line's messages by API have to keep quiet (protocol/ums.md 8, 1015038)."""

from datetime import UTC, datetime, time, timedelta, tzinfo

from django.utils import timezone

from channels_app.models import BusinessLine

DAY = timedelta(days=1)


def quiet(line: BusinessLine, moment: datetime) -> datetime | None:
    """The end of the quiet hours that `moment` falls into; None outside of them.

    `moment` is aware. The hours are [from, until) of each day in TIME_ZONE, whatever zone is
    active; until the next day where `until` is the earlier one, and none where they are equal.
    """
    begins, ends = line.quiet_from, line.quiet_until
    if begins is None or ends is None or begins == ends:
        return None
    zone = timezone.get_default_timezone()
    today = moment.astimezone(zone)
    lasting = DAY if ends < begins else timedelta()
    found = [
        last
        # Those of yesterday may not be over; in doubt (see below) those of tomorrow have begun.
        for day in (today - DAY, today, today + DAY)
        if min(_readings(day, begins, zone)) <= moment
        if moment < (last := max(_readings(day + lasting, ends, zone)))
    ]
    return max(found).astimezone(zone) if found else None


def _readings(day: datetime, clock: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """The moments at which `clock` may be said to show; two where the clocks are changed.

    A time that comes twice, or is left out, is doubtful: quiet hours last from the first to the
    last. In UTC, because two times of one zone are compared without its changes.
    """
    local = datetime.combine(day.date(), clock, zone)
    return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)
