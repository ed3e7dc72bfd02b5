"""Databases for the processes under test, looked into from outside; each lives for one test."""

import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.faults.patience import until
from tests.faults.presence import postgres_programs
from ums.local.stack import free_port

CONNECTIONS = 200


class Database(Protocol):
    @property
    def url(self) -> str: ...

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What `query` gives, read by a connection of its own; or what it changes."""
        ...


class Sqlite:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.url = f"sqlite:///{path}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
            return connection.execute(query).fetchall()


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    url: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []


class Postgres:
    """A server of its own, so that it may be stopped and killed without harm to anybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}

    def database(self, name: str) -> PostgresDatabase:
        return PostgresDatabase(f"postgres://postgres@127.0.0.1:{self._port}/{name}")

    @contextmanager
    def copy_of(self, template: str) -> Iterator[PostgresDatabase]:
        """A new database, dropped at the end."""
        name = f"faults_{secrets.token_hex(4)}"
        self.start()  # a test that failed may have left it stopped
        self.database("postgres").rows(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.database(name)
        finally:
            self.start()
            self.database("postgres").rows(f"DROP DATABASE {name} WITH (FORCE)")

    def create(self) -> None:
        program = postgres_programs() / "initdb"
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        subprocess.run(
            [program, "-D", self._folder / "data", *options],
            cwd=self._folder,
            check=True,
            capture_output=True,
            **self._as,
        )

    def start(self) -> None:
        """Unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        settings = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "max_connections": CONNECTIONS,
        }
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(postgres_programs() / "postgres", "-D", self._folder / "data"),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as,
            )
        until(self._answers, what="PostgreSQL answers")

    def stop(self, by: signal.Signals) -> None:
        """SIGINT: a fast shutdown, which breaks off what runs; SIGQUIT: as if it had crashed."""
        assert self._process is not None
        self._process.send_signal(by)
        self._process.wait(timeout=60)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
        try:
            return self.database("postgres").rows("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False


@contextmanager
def postgres() -> Iterator[Postgres]:
    # Not below pytest's folder, which is root's alone: PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="ums-faults-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        server = Postgres(folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)
