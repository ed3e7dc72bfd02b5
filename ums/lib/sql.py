"""Set-based SQL on SQLite and PostgreSQL: plans, turns, one writer at a time."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

MANY_ROWS = 10_000
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


def refresh_statistics(rows: int, tables: Iterable[str]) -> None:
    """After writing `rows` to `tables`: PostgreSQL will look into them by and by, but plans now."""
    if is_postgresql() and rows > MANY_ROWS:
        execute(f"ANALYZE {', '.join(tables)}")


def plan_for(rows: int, tables: Iterable[str]) -> None:
    """Tell PostgreSQL how much is in temporary `tables`, into which it never looks by itself. A few
    rows are to look up the rest by index until the transaction ends, as SQLite always does.
    """
    if not is_postgresql():
        return
    if rows > MANY_ROWS:
        execute(
            "SET default_statistics_target = 10;"  # a glance will do
            f" ANALYZE {', '.join(tables)};"
            " RESET default_statistics_target"
        )
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
    for rare, and would look up one by one what it has to read as a whole; and compiling such a
    query (jit) takes longer than it saves.
    """
    if not reads_whole_tables(rows):
        yield
        return
    with transaction.atomic():
        execute("SELECT set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)")
        yield


def reads_whole_tables(rows: int) -> bool:
    """How the database compares `rows` with what is stored: else it looks each of them up."""
    return is_postgresql() and rows > MANY_ROWS


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
