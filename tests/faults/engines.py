"""The two runners, each as processes that work side by side on one database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.faults.databases import Sqlite
from tests.faults.kills import Victim
from tests.faults.systems import System, running


class Engine(Protocol):
    def worker(self, system: System, name: str, *, threads: int = 4) -> Victim:
        """A worker that is not started yet, with that many calls at the same time."""
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """`manage.py worker`."""

    def worker(self, system: System, name: str, *, threads: int = 4) -> Victim:
        def start() -> None:
            system.processes.start(name, "manage.py", "worker", "--threads", str(threads))

        return Victim(name, start, "The worker is running.")


EMBEDDED = Embedded()


@contextmanager
def embedded_system(folder: Path, *sandbox_options: str) -> Iterator[System]:
    with running(folder, Sqlite(folder), *sandbox_options) as system:
        yield system
