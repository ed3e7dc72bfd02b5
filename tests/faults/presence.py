"""Which servers this machine can start; what is missing is left out aloud, or fails in CI."""

import os
import shutil
from pathlib import Path

import pytest

RABBITMQ_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def postgres_programs() -> Path:
    """The folder of the newest installed PostgreSQL's programs; it need not exist."""
    found = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(found, key=lambda folder: (len(folder.parent.name), folder.parent.name))
    return newest[-1] if newest else Path("/usr/lib/postgresql")


def require_servers() -> None:
    """Skip the test, or fail it where CI=true, unless PostgreSQL and RabbitMQ can be started."""
    programs = {
        "PostgreSQL": (postgres_programs() / "postgres").exists(),
        "RabbitMQ": RABBITMQ_SERVER.exists() and shutil.which("epmd") is not None,
    }
    missing = [name for name, present in programs.items() if not present]
    if not missing:
        return
    sentence = f"The distributed engine was left out: no {' and no '.join(missing)} is installed."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
