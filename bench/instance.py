"""A scratch installation of UMS with keys of its own, served by real web servers on loopback."""

import base64
import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import Database
from bench.figures import say
from ums.lib.encryption import new_key
from ums.local.stack import Stack, free_port

WEB_PROCESSES = 2
LOG_CHARACTERS = 3000


@dataclass(frozen=True, slots=True)
class Instance:
    database: Database
    _environment: Mapping[str, str]
    _log: Path
    _servers: ExitStack

    def manage(self, *arguments: str) -> str:
        """Run `manage.py arguments…`; what it printed."""
        return Stack(self._environment).manage(*arguments)

    def start_web(self, settings: str = "ums.settings") -> str:
        """Start gunicorn's sync workers on `ums.wsgi`; their address."""
        environment = {**self._environment, "DJANGO_SETTINGS_MODULE": settings}
        stack = self._servers.enter_context(Stack(environment, log=self._log))
        address = f"127.0.0.1:{free_port()}"
        stack.start(
            "web",
            *("-m", "gunicorn", "ums.wsgi", "--bind", address, "--log-level", "warning"),
            *("--worker-class", "sync", "--workers", str(WEB_PROCESSES), "--timeout", "120"),
        )
        stack.wait_for("web", f"http://{address}/health")
        return address

    def create_access_key(self) -> dict[str, str]:
        """The headers of a caller with a fresh global access key."""
        made = json.loads(self.manage("create_access_key", "--name", "Benchmark"))
        pair = f"{made['access_key']}:{made['master_secret']}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def create_channel(self, code: str) -> None:
        self.manage(
            *("create_channel", "--code", code, "--name", code),
            *("--app-key", secrets.token_hex(12), "--master-secret", secrets.token_hex(12)),
        )


@contextmanager
def scratch_instance(database: Database) -> Iterator[Instance]:
    """UMS on `database`, migrated and otherwise empty; its servers end with the block."""
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as folder, ExitStack() as servers:
        environment = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "UMS_ENCRYPTION_KEYS": new_key(),
            "UMS_DATA_DIR": folder,
            "DATABASE_URL": database.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "DEBUG": "false",
        }
        log = Path(folder) / "processes.log"
        instance = Instance(database, environment, log, servers)
        instance.manage("migrate", "--no-input", "--verbosity", "0")
        try:
            yield instance
        except Exception:
            say(log.read_text()[-LOG_CHARACTERS:] if log.exists() else "")
            raise
