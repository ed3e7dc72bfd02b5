"""Servers, databases, and chance that can be repeated."""

import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.brokers import rabbitmq
from tests.faults.databases import Sqlite, postgres
from tests.faults.engines import Servers
from tests.faults.presence import require_servers
from tests.faults.systems import migrate

logger = logging.getLogger(__name__)


@pytest.fixture
def random() -> Random:
    """Another one in each run; a failure shows the seed, and UMS_FAULTS_SEED repeats it."""
    seed = int(os.environ.get("UMS_FAULTS_SEED") or secrets.randbelow(1_000_000))
    logger.warning("UMS_FAULTS_SEED=%d repeats this run.", seed)
    return Random(seed)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no rows."""
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.sqlite3"
    migrate(folder, Sqlite(path))
    return path


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Sqlite:
    path = tmp_path / "faults.sqlite3"
    shutil.copy(sqlite_template, path)
    return Sqlite(path)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """PostgreSQL and RabbitMQ of these tests alone; skips where they are not installed."""
    require_servers()
    with postgres() as server, rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as broker:
        template = server.database("template_of_ums")
        server.database("postgres").rows("CREATE DATABASE template_of_ums")
        migrate(tmp_path_factory.mktemp("postgres"), template)
        yield Servers(server, broker, "template_of_ums")
