"""The quiet hours of a business line: [from, until) of each day in the server's zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from channels_app.models import BusinessLine
from channels_app.quiet_hours import quiet

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _in_shanghai(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"


def line(begins: str, ends: str) -> BusinessLine:
    return BusinessLine(
        name="Shop", quiet_from=time.fromisoformat(begins), quiet_until=time.fromisoformat(ends)
    )


def at(text: str, zone: ZoneInfo = SHANGHAI, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def end_of(hours: BusinessLine, moment: datetime) -> str | None:
    end = quiet(hours, moment)
    return None if end is None else f"{end:%d. %H:%M}"


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-03-10 11:59:59.999999", None),
        ("2026-03-10 12:00", "10. 14:30"),
        ("2026-03-10 14:29:59.999999", "10. 14:30"),
        ("2026-03-10 14:30", None),
        ("2026-03-10 23:00", None),
    ],
)
def test_hours_within_a_day(moment: str, end: str | None) -> None:
    assert end_of(line("12:00", "14:30"), at(moment)) == end


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-03-10 21:59:59", None),
        ("2026-03-10 22:00", "11. 08:00"),
        ("2026-03-11 00:00", "11. 08:00"),
        ("2026-03-11 07:59:59.999999", "11. 08:00"),
        ("2026-03-11 08:00", None),
        ("2026-02-28 23:00", "01. 08:00"),
    ],
)
def test_hours_over_midnight(moment: str, end: str | None) -> None:
    assert end_of(line("22:00", "08:00"), at(moment)) == end


@pytest.mark.parametrize(
    ("begins", "ends", "end"), [("18:00", "00:00", "11. 00:00"), ("00:00", "23:59", "10. 23:59")]
)
def test_hours_that_touch_midnight(begins: str, ends: str, end: str) -> None:
    assert end_of(line(begins, ends), at("2026-03-10 20:00")) == end


def test_a_line_without_hours_is_never_quiet() -> None:
    assert quiet(BusinessLine(name="Shop"), at("2026-03-10 00:00")) is None


def test_equal_ends_are_no_hours() -> None:
    assert quiet(line("12:00", "12:00"), at("2026-03-10 12:00")) is None


@pytest.mark.parametrize("active", ["UTC", "America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("given", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_only_the_server_s_zone_counts(active: str, given: str) -> None:
    hours = line("22:00", "08:00")
    inside, outside = at("2026-03-10 23:00"), at("2026-03-10 12:00")

    with timezone.override(active):
        end = quiet(hours, inside.astimezone(ZoneInfo(given)))
        none = quiet(hours, outside.astimezone(ZoneInfo(given)))

    assert (end, none) == (at("2026-03-11 08:00"), None)
    assert end is not None
    assert end.utcoffset() == timedelta(hours=8)


def test_a_night_with_a_clock_change_ends_by_the_clock(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    nights = line("22:00", "07:00")

    # 29 March 2026: 02:00 becomes 03:00. 25 October 2026: 03:00 becomes 02:00.
    for evening, hours in (("2026-03-28 22:00", 8), ("2026-10-24 22:00", 10)):
        begin = at(evening, BERLIN)
        end = quiet(nights, begin)
        assert end is not None
        assert (f"{end:%H:%M}", end.astimezone(UTC) - begin.astimezone(UTC)) == (
            "07:00",
            timedelta(hours=hours),
        )
        assert quiet(nights, end - timedelta(microseconds=1)) == end
        assert quiet(nights, end) is None


@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_that_comes_twice_is_quiet_both_times(settings: Settings, fold: int) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    moment = at("2026-10-25 02:20", BERLIN, fold=fold)

    assert quiet(line("22:00", "02:30"), moment) == at("2026-10-25 02:30", BERLIN, fold=1)
    assert quiet(line("02:10", "05:00"), moment) == at("2026-10-25 05:00", BERLIN)
    assert quiet(line("02:25", "05:00"), at("2026-10-25 02:20", BERLIN)) is None


def test_a_time_that_is_left_out_neither_opens_nor_closes_too_early(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    before, after = at("2026-03-29 01:59", BERLIN), at("2026-03-29 03:00", BERLIN)

    for moment in (before, after):
        assert quiet(line("22:00", "02:30"), moment) == at("2026-03-29 03:30", BERLIN)
    assert quiet(line("02:30", "05:00"), after) == at("2026-03-29 05:00", BERLIN)
    assert quiet(line("02:30", "05:00"), at("2026-03-29 01:29", BERLIN)) is None


def test_hours_agree_with_the_clock_on_the_wall_all_year(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    nights = line("22:30", "06:15")
    moment, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)

    while moment < last:
        clock = moment.astimezone(BERLIN).time()
        on_the_wall = clock >= time(22, 30) or clock < time(6, 15)
        assert (quiet(nights, moment) is not None) == on_the_wall, moment
        moment += timedelta(minutes=45)
