"""The two runners, each as processes that work side by side on one database."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.brokers import RabbitMQ
from tests.faults.databases import Postgres, Sqlite
from tests.faults.kills import Victim
from tests.faults.systems import System, running

QUEUES = ("urgent", "bulk", "callbacks", "imports")
PROCESSES = 2  # of each Celery worker


@dataclass(frozen=True, slots=True)
class Servers:
    """They serve one test after the other, each with a database and queues of its own."""

    postgres: Postgres
    broker: RabbitMQ
    template: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """SQLite and `manage.py worker`."""

    system: System
    threads: int

    def worker(self, name: str) -> Victim:
        """One that is not started yet."""

        def start() -> None:
            self.system.processes.start(name, "manage.py", "worker", "--threads", str(self.threads))

        return Victim(name, start, "The worker is running.")


@dataclass(frozen=True, slots=True)
class Distributed:
    """PostgreSQL, RabbitMQ, and Celery's workers and beat."""

    system: System
    servers: Servers
    prefix: str

    def worker(self, name: str) -> Victim:
        queues = ",".join(self.prefix + queue for queue in QUEUES)
        options = ("--concurrency", str(PROCESSES), "--queues", queues, "--loglevel", "INFO")
        return self._victim(name, "worker", "-n", f"{name}@faults", *options)

    def beat(self) -> Victim:
        return self._victim("beat", "beat", "--loglevel", "INFO")

    def start(self) -> list[Victim]:
        """Two workers and beat."""
        victims = [self.worker("first"), self.worker("second"), self.beat()]
        for victim in victims:
            victim.start()
        return victims

    def _victim(self, name: str, *command: str) -> Victim:
        ready = "celery beat v" if name == "beat" else f"{name}@faults ready."

        def start() -> None:
            self.system.processes.start(name, "-m", "celery", "-A", "ums", *command)

        return Victim(name, start, ready)


@contextmanager
def embedded(
    folder: Path, database: Sqlite, *sandbox_options: str, threads: int = 8
) -> Iterator[Embedded]:
    with running(folder, database, *sandbox_options) as system:
        yield Embedded(system, threads)


@contextmanager
def distributed(
    folder: Path, servers: Servers, *sandbox_options: str, threads: int = 8
) -> Iterator[Distributed]:
    """`threads` are those of each process of a worker."""
    prefix = f"{secrets.token_hex(4)}."  # queues of its own: what others have left is not for it
    servers.broker.start()
    environment = {
        "CELERY_BROKER_URL": servers.broker.url,
        "UMS_QUEUE_PREFIX": prefix,
        "UMS_CALL_THREADS": str(threads),
    }
    with (
        servers.postgres.copy_of(servers.template) as database,
        running(folder, database, *sandbox_options, environment=environment) as system,
    ):
        yield Distributed(system, servers, prefix)
