"""Set-based SQL on SQLite and PostgreSQL: bulk loading, plans, one writer at a time."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction

ROWS_PER_LOAD = 10_000
ROWS_PER_STATEMENT = 50
MANY_ROWS = 10_000
_PLAIN_TYPES = {str, int}
_SCANNING_JOINS = ["enable_hashjoin", "enable_mergejoin"]


Params = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[Any, ...] = ()


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def execute(statement: str, params: Params = ()) -> int:
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


def rows(statement: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All that it gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


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
                _copy(cursor, f"COPY {table} ({names}) FROM STDIN", chunk)
            else:
                _insert(cursor, f"INSERT INTO {table} ({names}) VALUES ", chunk)
    return loaded


def refresh_statistics(rows: int, tables: Iterable[str]) -> None:
    """After writing `rows` to `tables`: PostgreSQL will look into them by and by, but plans now."""
    if is_postgresql() and rows > MANY_ROWS:
        execute(f"ANALYZE {', '.join(tables)}")


def plan_for(rows: int, tables: Iterable[str]) -> None:
    """Inside a transaction: tell PostgreSQL how much is in temporary `tables`, into which it never
    looks by itself. A few rows are to look up the rest by index, as SQLite always does.
    """
    if not is_postgresql():
        return
    if rows > MANY_ROWS:
        execute(f"ANALYZE {', '.join(tables)}")
    else:
        _join_by_index()


@contextmanager
def looking_up() -> Iterator[None]:
    """For queries that begin with a few rows: on PostgreSQL too they look up the rest by index."""
    if not is_postgresql():
        yield
        return
    with transaction.atomic():
        _join_by_index()
        yield


@contextmanager
def comparing(rows: int) -> Iterator[None]:
    """For queries that compare `rows` with what is stored. PostgreSQL takes a match in two columns
    for rare, and would look up one by one what it has to read as a whole.
    """
    if not is_postgresql() or rows <= MANY_ROWS:
        yield
        return
    with transaction.atomic():
        execute("SELECT set_config('enable_nestloop', 'off', true)")
        yield


def _join_by_index() -> None:
    execute(
        "SELECT set_config(name, 'off', true) FROM unnest(%s::text[]) AS name", [_SCANNING_JOINS]
    )


@contextmanager
def write() -> Iterator[None]:
    """A transaction for writing. On SQLite its writers queue for it, as far as they use this: those
    who meet at BEGIN only try again after naps of up to 100 ms, in which nobody writes.

    The queue makes nothing correct, and dies with the process that holds it.
    """
    with ExitStack() as stack:
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            stack.enter_context(_place_in_queue())
        stack.enter_context(transaction.atomic())
        yield


@contextmanager
def _place_in_queue() -> Iterator[None]:
    # A file of its own: closing the database's would drop the locks that SQLite has on it. Open
    # for reading, so that it does not matter which user has made it.
    path = f"{connection.settings_dict['NAME']}-queue"
    queue = os.open(path, os.O_RDONLY | os.O_CREAT, mode=0o644)
    try:
        fcntl.flock(queue, fcntl.LOCK_EX)
        yield
    finally:
        os.close(queue)


def take_turns(name: str) -> None:
    """Inside a transaction: wait until no other one holds `name`.

    On SQLite a transaction is the only writer anyway.
    """
    if is_postgresql():
        execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])


def share_turn(name: str) -> None:
    """Inside a transaction: wait until none holds `name` by `take_turns`, which then waits for us.

    On SQLite a transaction is the only writer anyway.
    """
    if is_postgresql():
        execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [name])


def _copy(cursor: Any, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    with cursor.copy(statement) as copy:
        if text := _plain_text(rows):
            copy.write(text)
        else:
            for row in rows:
                copy.write_row(row)


def _plain_text(rows: Sequence[Sequence[Any]]) -> str:
    """The rows as COPY takes them; "" where a value would have to be written in another way."""
    if not _PLAIN_TYPES.issuperset(map(type, chain.from_iterable(rows))):
        return ""
    line = "\t".join(["%s"] * len(rows[0])) + "\n"
    text = "".join([line % tuple(row) for row in rows])
    is_plain = text.count("\n") == len(rows) and text.count("\t") == len(rows) * line.count("\t")
    return text if is_plain and "\\" not in text and "\r" not in text else ""


def _insert(cursor: Any, head: str, rows: Sequence[Sequence[Any]]) -> None:
    """Many rows in a statement: SQLite ends a transaction after each."""
    marks = f"({', '.join(['%s'] * len(rows[0]))})"
    full = len(rows) - len(rows) % ROWS_PER_STATEMENT
    for first, end, size in ((0, full, ROWS_PER_STATEMENT), (full, len(rows), 1)):
        cursor.executemany(
            head + ", ".join([marks] * size),
            [list(chain.from_iterable(rows[n : n + size])) for n in range(first, end, size)],
        )


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, ROWS_PER_LOAD)):
        yield chunk
