"""Temporary tables on SQLite and PostgreSQL, for uploads of a few rows and of a million."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction

from ums.lib import sql

# Not of work_mem: a hash table is faster if it fits into a processor's cache.
_ROOM = {"temp_buffers": "64MB", "maintenance_work_mem": "128MB"}


@dataclass(frozen=True, slots=True)
class TemporaryTables:
    """Tables that a connection makes when it first needs them, and keeps, since making costs more
    than a small upload does: on PostgreSQL it writes to the catalogue, and so to the disk.
    """

    columns: Mapping[str, str]  # table -> its columns
    indexes: Mapping[str, str] = field(default_factory=dict)  # index -> "table (columns)"

    @contextmanager
    def empty(self) -> Iterator[None]:
        """All of them, empty at the start of the block.

        On PostgreSQL the block is one transaction, so that a connection pooler cannot split it. On
        SQLite it is not: filling a temporary table there needs no lock on the database, and a
        transaction would take that lock at its BEGIN.
        """
        if sql.is_postgresql():
            nested = connection.in_atomic_block
            with transaction.atomic():
                self._make()
                if nested:  # else the last commit has emptied them
                    self._clear()
                yield
            return
        self._make()
        self._clear()
        yield

    @contextmanager
    def made(self) -> Iterator[None]:
        """All of them for the time of the block, made anew and without indexes: for a lot of rows,
        and over several transactions. The connection must be a session of its own.
        """
        with _roomy_session():
            self._drop()
            for table, columns in self.columns.items():
                sql.execute(f"CREATE TEMPORARY TABLE {table} ({columns})")
            try:
                yield
            finally:
                self._drop()

    def index(self, tables: Iterable[str]) -> None:
        """Once their rows are in: that is faster than keeping order while they come."""
        for table in tables:
            for index, place in self.indexes.items():
                if place.startswith(f"{table} "):
                    sql.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {place}")

    def _drop(self) -> None:
        for table in self.columns:
            sql.execute(f"DROP TABLE IF EXISTS {table}")

    def _make(self) -> None:
        """Another version's tables give way: a pooler keeps connections for longer than we run."""
        definitions = repr((sorted(self.columns.items()), sorted(self.indexes.items())))
        mark = f"made_{hashlib.sha256(definitions.encode()).hexdigest()[:16]}"
        if sql.scalar(
            "SELECT to_regclass('pg_temp.' || %s)"
            if sql.is_postgresql()
            else "SELECT 1 FROM temp.sqlite_master WHERE name = %s",
            [mark],
        ):
            return
        kept = "ON COMMIT DELETE ROWS" if sql.is_postgresql() else ""
        self._drop()
        for table, columns in self.columns.items():
            sql.execute(f"CREATE TEMPORARY TABLE {table} ({columns}) {kept}")
        for index, place in self.indexes.items():
            sql.execute(f"CREATE INDEX {index} ON {place}")
        # An index that holds nothing, and goes with its table.
        sql.execute(f"CREATE INDEX {mark} ON {next(iter(self.columns))} ((1)) WHERE 1 = 0")

    def _clear(self) -> None:
        for table in self.columns:
            sql.execute(f"DELETE FROM {table}")


@contextmanager
def _roomy_session() -> Iterator[None]:
    """PostgreSQL gives a session little memory, since there may be many of them."""
    if not sql.is_postgresql() or connection.in_atomic_block:
        yield
        return
    connection.close()  # a session has its room for temporary tables from the start
    for name, size in _ROOM.items():
        sql.execute("SELECT set_config(%s, %s, false)", [name, size])
    try:
        yield
    finally:
        connection.close()
