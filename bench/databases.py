"""Fresh databases of each kind that UMS runs on, gone again after use."""

import os
import secrets
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.figures import BenchError, say

POSTGRES = "UMS_BENCH_POSTGRES"
DEFAULT_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
CONNECT_SECONDS = 5
BUSY_SECONDS = 60


class Database(ABC):
    """A database that UMS uses, as seen from outside of UMS. Every statement is ours."""

    backend: str

    def __init__(self, url: str) -> None:
        self.url = url

    @abstractmethod
    def scalar(self, statement: str) -> int:
        """The first column of the first row."""

    @abstractmethod
    def execute(self, statement: str) -> None:
        """Run it, and commit."""

    @abstractmethod
    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Append `rows` to `table`, in one transaction."""

    @abstractmethod
    def latest(self, column: str, source: str) -> float:
        """The greatest time in `column` of `source` (a table, perhaps with WHERE), as time.time."""

    @abstractmethod
    def settle(self) -> None:
        """Do now what the server would do by and by, so that it falls into nobody's time."""


Opener = Callable[[], AbstractContextManager[Database]]


def openers() -> list[Opener]:
    """One for SQLite, and one for PostgreSQL if its server answers; else stderr says so."""
    server = os.environ.get(POSTGRES, "") or DEFAULT_POSTGRES
    try:
        psycopg.connect(server, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.OperationalError as exc:
        say(
            f"PostgreSQL is left out: no server to use at {urlsplit(server).hostname}"
            f" ({POSTGRES} names another): {exc}"
        )
        return [sqlite_database]
    return [sqlite_database, lambda: postgresql_database(server)]


class _Sqlite(Database):
    backend = "sqlite"

    def __init__(self, path: str) -> None:
        super().__init__(f"sqlite:///{path}")
        self._path = path

    def scalar(self, statement: str) -> int:
        with self._connected() as connection:
            return int(connection.execute(statement).fetchone()[0])

    def execute(self, statement: str) -> None:
        with self._connected() as connection:
            connection.execute(statement)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        marks = ", ".join("?" * len(columns))
        with self._connected() as connection:
            connection.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows
            )

    def latest(self, column: str, source: str) -> float:
        days = f"JULIANDAY(MAX({column})) - JULIANDAY('1970-01-01')"
        return self.scalar(f"SELECT CAST(({days}) * 86400000 AS INTEGER) FROM {source}") / 1000

    def settle(self) -> None:
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as connection, connection:
            yield connection


class _Postgresql(Database):
    backend = "postgresql"

    def scalar(self, statement: str) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(_trusted(statement)).fetchone()
            return int(row[0]) if row else 0

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_trusted(statement))

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        statement = _trusted(f"COPY {table} ({', '.join(columns)}) FROM STDIN")
        with (
            psycopg.connect(self.url) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def latest(self, column: str, source: str) -> float:
        seconds = f"EXTRACT(EPOCH FROM MAX({column}))"
        return self.scalar(f"SELECT FLOOR({seconds} * 1000) FROM {source}") / 1000

    def settle(self) -> None:
        self.execute("VACUUM ANALYZE")
        self.execute("CHECKPOINT")


@contextmanager
def sqlite_database() -> Iterator[Database]:
    """A file in a temporary folder: TMPDIR decides on which disk."""
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as folder:
        yield _Sqlite(f"{folder}/ums.sqlite3")


@contextmanager
def postgresql_database(server: str) -> Iterator[Database]:
    """A database of its own on `server`, a postgres:// address of one who may create databases."""
    name = f"ums_bench_{secrets.token_hex(6)}"
    try:
        _administer(server, "CREATE DATABASE {}", name)
    except psycopg.Error as exc:
        raise BenchError(f"{POSTGRES} names somebody who may not create a database: {exc}") from exc
    try:
        yield _Postgresql(urlsplit(server)._replace(path=f"/{name}").geturl())
    finally:
        _administer(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _administer(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _trusted(statement: str) -> bytes:
    return statement.encode()
