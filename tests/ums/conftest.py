"""Fixtures of the tests with a real web server."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ums.web import Web
from ums.lib.encryption import new_key
from ums.local.stack import Stack, free_port


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    port = free_port()
    environment = {
        "SECRET_KEY": secrets.token_hex(),
        "UMS_ENCRYPTION_KEYS": new_key(),
        "UMS_DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/web.sqlite3",
        "UMS_LANGUAGE": "en",
    }
    with Stack(environment, log=tmp_path / "log.txt") as stack:
        stack.manage("migrate", "--no-input", "--verbosity", "0")
        key = json.loads(stack.manage("create_access_key", "--name", "Test"))
        line = json.loads(stack.manage("create_business_line", "--name", "Test"))
        stack.start_web("127.0.0.1", port)
        stack.wait_for("web", f"http://127.0.0.1:{port}/health")
        yield Web(
            port,
            user=f"{key['access_key']}:{key['master_secret']}",
            line=f"{line['channel_key']}:{line['master_secret']}",
        )
