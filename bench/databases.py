"""Fresh databases of each kind that UMS runs on, gone again after use."""

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.figures import BenchError, say

POSTGRES = "UMS_BENCH_POSTGRES"
DEFAULT_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Database:
    backend: str
    url: str
    # A statement of ours -> the first column of its first row, outside of UMS.
    scalar: Callable[[str], int]


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


@contextmanager
def sqlite_database() -> Iterator[Database]:
    """A file in a temporary folder: TMPDIR decides on which disk."""
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as folder:
        path = f"{folder}/ums.sqlite3"

        def scalar(statement: str) -> int:
            with closing(sqlite3.connect(path)) as connection:
                return int(connection.execute(statement).fetchone()[0])

        yield Database("sqlite", f"sqlite:///{path}", scalar)


@contextmanager
def postgresql_database(server: str) -> Iterator[Database]:
    """A database of its own on `server`, a postgres:// address of one who may create databases."""
    name = f"ums_bench_{secrets.token_hex(6)}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()

    def scalar(statement: str) -> int:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
            return int(row[0]) if row else 0

    try:
        _administer(server, "CREATE DATABASE {}", name)
    except psycopg.Error as exc:
        raise BenchError(f"{POSTGRES} names somebody who may not create a database: {exc}") from exc
    try:
        yield Database("postgresql", url, scalar)
    finally:
        _administer(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _administer(server: str, statement: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
