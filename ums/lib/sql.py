"""Set-based SQL on SQLite and PostgreSQL: temporary tables, bulk loading, one writer at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection, transaction

ROWS_PER_LOAD = 10_000


@dataclass(frozen=True, slots=True)
class Query:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[Any, ...] = ()


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def execute(statement: str, params: Sequence[Any] = ()) -> int:
    """Run one statement; the number of rows that it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def scalar(statement: str, params: Sequence[Any] = ()) -> Any:
    """The first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    return None if row is None else row[0]


def load_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append `rows` to `table` in constant memory; how many there were.

    `table` and `columns` are ours, never a caller's text.
    """
    names = ", ".join(columns)
    loaded = 0
    with connection.cursor() as cursor:
        for chunk in _chunks(rows):
            loaded += len(chunk)
            if is_postgresql():
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in chunk:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", chunk)
    return loaded


@contextmanager
def temporary_tables(tables: Mapping[str, str]) -> Iterator[None]:
    """`tables` (name to column definitions) for the length of the block, empty at its start.

    On PostgreSQL the block is one transaction, so that a connection pooler cannot split it. On
    SQLite it is not: filling a temporary table there needs no lock on the database, and a
    transaction would take that lock at its BEGIN.
    """
    if is_postgresql():
        with transaction.atomic():
            _create(tables)
            yield
            _drop(tables)  # a rollback drops them by itself
        return
    _create(tables)
    try:
        yield
    finally:
        _drop(tables)


def analyze(*tables: str) -> None:
    """Tell PostgreSQL how much is in `tables`: it never looks into temporary ones by itself."""
    if is_postgresql():
        execute(f"ANALYZE {', '.join(tables)}")


def take_turns(name: str) -> None:
    """Inside a transaction: wait until no other one holds `name`.

    On SQLite a transaction is the only writer anyway.
    """
    if is_postgresql():
        execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])


def _create(tables: Mapping[str, str]) -> None:
    _drop(tables)
    for name, columns in tables.items():
        execute(f"CREATE TEMPORARY TABLE {name} ({columns})")


def _drop(tables: Iterable[str]) -> None:
    for name in tables:
        execute(f"DROP TABLE IF EXISTS {name}")


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, ROWS_PER_LOAD)):
        yield chunk
