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
    jpush_port: int  # of whatever plays JPush; channels may reach it
    _environment: Mapping[str, str]
    _log: Path
    _servers: ExitStack

    @property
    def jpush_url(self) -> str:
        return f"http://127.0.0.1:{self.jpush_port}"

    def manage(self, *arguments: str) -> str:
        """Run `manage.py arguments…`; what it printed."""
        return Stack(self._environment).manage(*arguments)

    def call(self, module: str, *arguments: str) -> str:
        """Run `main` of `module` in a process of UMS; what it printed."""
        code = f"from {module} import main; main(*{arguments!r})"
        return self.manage("shell", "--no-imports", "--command", code)

    def start_web(self, settings: str = "ums.settings", application: str = "ums.wsgi") -> str:
        """Start gunicorn's sync workers on `application`; their address."""
        environment = {**self._environment, "DJANGO_SETTINGS_MODULE": settings}
        stack = self._servers.enter_context(Stack(environment, log=self._log))
        address = f"127.0.0.1:{free_port()}"
        stack.start(
            "web",
            *("-m", "gunicorn", application, "--bind", address, "--log-level", "warning"),
            *("--worker-class", "sync", "--workers", str(WEB_PROCESSES), "--timeout", "120"),
        )
        stack.wait_for("web", f"http://{address}/health")
        return address

    def start_jpush(self, name: str, *command: str, answers_at: str) -> None:
        """Start `python command…`, which listens at `jpush_port`, until the benchmark ends."""
        stack = self._servers.enter_context(Stack(self._environment, log=self._log))
        stack.start(name, *command)
        stack.wait_for(name, f"{self.jpush_url}{answers_at}")

    @contextmanager
    def worker(self) -> Iterator[Path]:
        """`manage.py worker` as a process; its folder below /proc."""
        with Stack(self._environment, log=self._log) as stack:
            stack.start_worker()
            yield Path("/proc") / str(stack.pid("worker"))
            stack.check()

    def create_access_key(self) -> dict[str, str]:
        """The headers of a caller with a fresh global access key."""
        made = json.loads(self.manage("create_access_key", "--name", "Benchmark"))
        return basic_headers(made["access_key"], made["master_secret"])

    def create_business_line(self, code: str) -> dict[str, str]:
        """The headers of a caller that may use the channel `code` and no other."""
        made = json.loads(
            self.manage("create_business_line", "--name", f"Line {code}", "--channel", code)
        )
        return basic_headers(made["channel_key"], made["master_secret"])

    def create_channel(self, code: str, *, calls_per_minute: int | None = None) -> None:
        """A channel to whatever plays JPush."""
        self.manage(
            *("create_channel", "--code", code, "--name", code, "--api-url", self.jpush_url),
            *("--app-key", secrets.token_hex(12), "--master-secret", secrets.token_hex(12)),
        )
        if calls_per_minute is not None:
            self.database.execute(
                f"UPDATE channels_app_channel SET calls_per_minute = {calls_per_minute}"
                f" WHERE code = '{code}'"
            )


@contextmanager
def scratch_instance(database: Database) -> Iterator[Instance]:
    """UMS on `database`, migrated and otherwise empty; its servers end with the block."""
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as folder, ExitStack() as servers:
        jpush_port = free_port()
        environment = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "UMS_ENCRYPTION_KEYS": new_key(),
            "UMS_DATA_DIR": folder,
            "DATABASE_URL": database.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "UMS_OUTBOUND_ALLOW": "127.0.0.0/8",
            "UMS_ALLOWED_PORTS": str(jpush_port),
            "DEBUG": "false",
        }
        log = Path(folder) / "processes.log"
        instance = Instance(database, jpush_port, environment, log, servers)
        instance.manage("migrate", "--no-input", "--verbosity", "0")
        try:
            yield instance
        except Exception:
            say(log.read_text()[-LOG_CHARACTERS:] if log.exists() else "")
            raise


def basic_headers(key: str, secret: str) -> dict[str, str]:
    pair = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}
