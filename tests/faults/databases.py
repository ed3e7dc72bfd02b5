"""Databases for the processes under test, looked into from outside; each lives for one test."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.faults.patience import until
from tests.faults.presence import postgres_programs
from ums.local.stack import free_port

CONNECTIONS = 200


class Database(Protocol):
    url: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What `query` gives, read by a connection of its own; or what it changes."""
        ...


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "faults.sqlite3"
        self.url = f"sqlite:///{self._path}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
            return connection.execute(query).fetchall()


class Postgres:
    """A server of its own, so that it may be stopped and killed without harm to anybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        # PostgreSQL refuses to run as root.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self.url = f"postgres://postgres@127.0.0.1:{self._port}/postgres"

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

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: a fast shutdown, which breaks off what runs; SIGQUIT: as if it had crashed."""
        self._process.send_signal(by)
        self._process.wait(timeout=60)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
        try:
            return self.rows("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False


@contextmanager
def postgres() -> Iterator[Postgres]:
    # Not below pytest's folder, which is root's alone: PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="ums-faults-") as name:
        folder = Path(name)
        server = Postgres(folder)
        if os.geteuid() == 0:
            _give_to_postgres(folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)


def _give_to_postgres(folder: Path) -> None:
    shutil.chown(folder, "postgres", "postgres")
