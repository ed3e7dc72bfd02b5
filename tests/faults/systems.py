"""A whole system under test: its processes, its database, and what can be seen from outside."""

import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.databases import Database
from tests.faults.processes import Processes
from ums.lib.encryption import new_key
from ums.local.browser import call_api
from ums.local.stack import free_port

logger = logging.getLogger(__name__)

APP = (secrets.token_hex(12), secrets.token_hex(12))
MESSAGE = {"msg_app": [{"platform": "all", "notification": {"alert": "Once"}}]}
CROWD = """
from channels_app.models import Channel
from tests.messaging_app.makers import add_crowd
add_crowd(Channel.objects.get(), {people}, prefix={prefix!r})
"""
# In one process, as each start of `manage.py` takes its time.
SET_UP = """
import json
from channels_app.services import create_business_line, create_channel
create_channel(
    code="faults", name="Faults", app_key={app[0]!r}, master_secret={app[1]!r}, api_url={url!r}
)
line = create_business_line(name="Faults", channel_codes=["faults"])
print(json.dumps([line.channel_key, line.master_secret]))
"""


def userid(number: int, *, prefix: str = "") -> str:
    return f"{prefix}u{number}"


@dataclass(frozen=True, slots=True)
class System:
    processes: Processes
    database: Database
    web_port: int
    sandbox_port: int
    line: tuple[str, str]

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def start_web(self) -> None:
        self.processes.start_web("127.0.0.1", self.web_port)

    def wait_for_web(self) -> None:
        self.processes.wait_for("web", f"{self.web}/health")

    def add_people(self, number: int, *, prefix: str = "") -> None:
        """They are `userid(0, prefix=prefix)` and so on; each has one device of its own."""
        self.processes.manage("shell", "-c", CROWD.format(people=number, prefix=prefix))

    def send(self) -> str:
        """A message to everyone; its msgid."""
        return self._send("broadcast", {})

    def send_to(self, person: int) -> str:
        return self._send("sent", {"aud_userid": [userid(person)]})

    def _send(self, call: str, audience: dict[str, Any]) -> str:
        body = {**audience, **MESSAGE}
        answer = call_api(f"{self.web}/v1/{call}", self.line, json.dumps(body).encode())
        assert answer[0] == 200, answer
        return str(answer[1]["msgid"])

    def message(self, msgid: str) -> dict[str, Any]:
        """State and ledger, as the API shows them."""
        status, answer = call_api(f"{self.web}/v1/message/{msgid}", self.line)
        assert status == 200, answer
        found: dict[str, Any] = answer
        return found

    def unfinished(self) -> int:
        """Messages that are not done, by the rows: it needs no web process."""
        query = "SELECT COUNT(*) FROM messaging_app_message WHERE state <> 'done'"
        return int(self.database.rows(query)[0][0])

    def batches(self, state: str) -> int:
        query = f"SELECT COUNT(*) FROM messaging_app_batch WHERE state = '{state}'"
        return int(self.database.rows(query)[0][0])

    def stats(self) -> dict[str, Any]:
        _status, stats = call_api(f"{self.sandbox}/sandbox/stats")
        found: dict[str, Any] = stats
        return found

    def make_fast(self) -> None:
        """No call waits for the channel's limit any more."""
        self.database.rows("UPDATE channels_app_channel SET calls_per_minute = 100000")

    def change_faults(self, **values: float) -> None:
        answer = call_api(f"{self.sandbox}/sandbox/faults", body=json.dumps(values).encode())
        assert answer[0] == 200, answer


def migrate(folder: Path, database: Database) -> None:
    """Make the tables, once for all tests."""
    with Processes(_settings(folder, database)) as processes:
        processes.manage("migrate", "--no-input", "--verbosity", "0")


@contextmanager
def running(
    folder: Path,
    database: Database,
    *sandbox_options: str,
    environment: Mapping[str, str] | None = None,
) -> Iterator[System]:
    """Web and sandbox run, and a channel leads to the sandbox; workers are the test's to start."""
    web_port, sandbox_port = free_port(), free_port()
    settings = {
        **_settings(folder, database),
        "UMS_BASE_URL": f"http://127.0.0.1:{web_port}",
        "UMS_ALLOWED_PORTS": str(sandbox_port),
        **(environment or {}),
    }
    with Processes(settings, log=folder / "processes.log") as processes:
        try:
            processes.start_sandbox(sandbox_port, [APP], *sandbox_options)
            url = f"http://127.0.0.1:{sandbox_port}"
            made = processes.manage("shell", "-v", "0", "-c", SET_UP.format(app=APP, url=url))
            key, secret = json.loads(made)
            system = System(processes, database, web_port, sandbox_port, (key, secret))
            system.start_web()
            processes.wait_for("sandbox", f"{system.sandbox}/sandbox/stats")
            system.wait_for_web()
            yield system
        except BaseException:
            logger.exception("The last words of the processes:\n%s", processes.last_words())
            raise


def _settings(folder: Path, database: Database) -> dict[str, str]:
    return {
        "SECRET_KEY": "faults",
        "UMS_ENCRYPTION_KEYS": new_key(),
        "UMS_DATA_DIR": str(folder),
        "DATABASE_URL": database.url,
        "UMS_OUTBOUND_ALLOW": "127.0.0.0/8",
        "UMS_LANGUAGE": "en",
        "PYTHONUNBUFFERED": "1",  # what a process says is looked for in its log
        # A killed process writes no coverage, and measuring it would only slow it down.
        "COVERAGE_PROCESS_CONFIG": "",
        "COVERAGE_PROCESS_START": "",
    }
