"""Loads rows into tables of SQLite and PostgreSQL, any number of them in constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from typing import Any, Self

from django.db import connection

from ums.lib.sql import is_postgresql

ROWS_PER_LOAD = 10_000
ROWS_PER_STATEMENT = 50
_PLAIN_TYPES = {str, int}


def load_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append `rows` to `table`; how many there were.

    `table` and `columns` are ours, never a caller's text.
    """
    with Loading() as loading:
        return loading.append(table, columns, rows)


class Loading:
    """Appends rows in many steps. PostgreSQL stores what it has while the next ones are made, as
    far as they are for the same table; until the end it answers no query.
    """

    def __enter__(self) -> Self:
        self._cursors = ExitStack()
        self._copies = ExitStack()
        self._cursor: Any = self._cursors.enter_context(connection.cursor())
        self._statement = ""
        self._copy: Any = None
        return self

    def __exit__(self, *exc_info: Any) -> None:
        with self._cursors, connection.wrap_database_errors:
            self._copies.__exit__(*exc_info)

    def append(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """As `load_rows`."""
        names = ", ".join(columns)
        loaded = 0
        for chunk in _chunks(rows):
            loaded += len(chunk)
            if is_postgresql():
                with connection.wrap_database_errors:
                    _write(self._copy_by(f"COPY {table} ({names}) FROM STDIN"), chunk)
            else:
                _insert(self._cursor, f"INSERT INTO {table} ({names}) VALUES ", chunk)
        return loaded

    def _copy_by(self, statement: str) -> Any:
        """The COPY under way if it is this one, else a new one in its place."""
        if statement != self._statement:
            self._copies.close()
            self._copy = self._copies.enter_context(self._cursor.copy(statement))
            self._statement = statement
        return self._copy


def _write(copy: Any, rows: Sequence[Sequence[Any]]) -> None:
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
