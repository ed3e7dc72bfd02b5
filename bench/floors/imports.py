"""A workbook of people by bare SQL: nothing is validated, and nobody's devices are replaced."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from python_calamine import CalamineWorkbook

from channels_app.models import Channel

Row = tuple[str, str, int]  # userid, registrationID, id of the channel

STAGED = "bench_staged"
COLUMNS = "userid, registration_id, channel_id"
# What is fastest: PostgreSQL takes all at once (35 s, where chunks of 10,000 take 45).
ROWS_PER_CHUNK = {"sqlite": 50_000, "postgresql": 1_000_000}


def read_only(path: Path) -> None:
    """The reader's time alone."""
    for _row in _rows(path):
        pass


def staged_upsert(path: Path) -> None:
    """Each chunk is a transaction of its own."""
    now = str(connection.ops.adapt_datetimefield_value(timezone.now()))
    rows = _rows(path)
    with connection.cursor() as cursor:
        _make_staged(cursor)
        while chunk := list(islice(rows, ROWS_PER_CHUNK[connection.vendor])):
            with transaction.atomic():
                cursor.execute(f"DELETE FROM {STAGED}")
                _stage(cursor, chunk)
                cursor.execute(
                    "INSERT INTO users_app_enduser (userid, created_at)"
                    f" SELECT userid, %s FROM (SELECT DISTINCT userid FROM {STAGED}) AS person"
                    " WHERE 1 = 1 ON CONFLICT DO NOTHING",
                    [now],
                )
                cursor.execute(
                    "INSERT INTO users_app_registration"
                    " (channel_id, registration_id, end_user_id, created_at, invalid_reason)"
                    " SELECT staged.channel_id, staged.registration_id, person.id, %s, ''"
                    f" FROM {STAGED} AS staged"
                    " JOIN users_app_enduser AS person ON person.userid = staged.userid"
                    " WHERE 1 = 1 ON CONFLICT DO NOTHING",
                    [now],
                )


def staged_comparison(path: Path) -> int:
    """How many people are new: one query looks up everybody and every device."""
    rows = _rows(path)
    with connection.cursor() as cursor, transaction.atomic():
        _make_staged(cursor)
        while chunk := list(islice(rows, ROWS_PER_CHUNK[connection.vendor])):
            _stage(cursor, chunk)
        cursor.execute(
            "SELECT COUNT(DISTINCT CASE WHEN person.id IS NULL THEN staged.userid END),"
            f" COUNT(*) - COUNT(device.id) FROM {STAGED} AS staged"
            " LEFT JOIN users_app_enduser AS person ON person.userid = staged.userid"
            " LEFT JOIN users_app_registration AS device ON device.end_user_id = person.id"
            " AND device.channel_id = staged.channel_id"
            " AND device.registration_id = staged.registration_id"
        )
        (people, _devices) = cursor.fetchone()
    return int(people)


def _rows(path: Path) -> Iterator[Row]:
    channels = dict(Channel.objects.values_list("code", "id"))
    workbook = CalamineWorkbook.from_path(str(path))
    rows: Iterator[list[Any]] = workbook.get_sheet_by_index(0).iter_rows()
    next(rows)  # the headings
    return ((userid, device, channels[code]) for userid, device, code in rows)


def _make_staged(cursor: Any) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS {STAGED}")
    cursor.execute(
        f"CREATE TEMPORARY TABLE {STAGED}"
        " (userid varchar(64), registration_id varchar(64), channel_id bigint)"
    )


def _stage(cursor: Any, rows: Sequence[Row]) -> None:
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {STAGED} ({COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        cursor.executemany(f"INSERT INTO {STAGED} ({COLUMNS}) VALUES (%s, %s, %s)", rows)
