"""A real web process with its own database, for calls that are checked from outside."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from messaging_app.api_docs.templates import TEMPLATE_ID
from ums.lib.encryption import new_key
from ums.local.stack import Stack, free_port

CHANNEL_CODE = "app123"  # that of the examples
MAKE_TEMPLATE = f"""
from channels_app.models import Channel
from messaging_app.models import Template
template = Template.objects.create(id={TEMPLATE_ID}, name="Offer", text="{{user}}, see {{url}}")
template.channels.set(Channel.objects.all())
"""


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy on the way to ourselves
    return session


@dataclass
class Service:
    """A running web process, its keys, and a look at its database from outside."""

    url: str
    keys: dict[str, str]  # security scheme -> Authorization header
    database: sqlite3.Connection
    msgid: str = ""
    msgids: set[str] = field(default_factory=set)
    session: requests.Session = field(default_factory=_session)

    def send(self) -> str:
        """The msgid of a new message."""
        body = {"msg_app": [{"platform": "all", "notification": {"alert": "Hi"}}]}
        return str(self._post("/v1/broadcast", body)["msgid"])

    def msgid_for(self, path: str) -> str:
        """Of a new message that is in a state for this call."""
        msgid = self.send()
        if path.endswith("/resume"):
            self._post(f"/v1/message/{msgid}/pause", None)
        return msgid

    def _post(self, path: str, body: object) -> dict[str, object]:
        headers = {"Authorization": self.keys["ChannelKey"]}
        answer = self.session.post(f"{self.url}{path}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def version(self) -> int:
        """Another number after anything has been written by anybody."""
        return int(self.database.execute("PRAGMA data_version").fetchone()[0])

    def messages(self) -> int:
        query = "SELECT COUNT(*) FROM messaging_app_message"
        return int(self.database.execute(query).fetchone()[0])

    def userids(self) -> set[str]:
        return {row[0] for row in self.database.execute("SELECT userid FROM users_app_enduser")}


@contextmanager
def running(folder: Path) -> Iterator[Service]:
    """With the channel and the template of the examples, and one message."""
    port = free_port()
    environment = {
        "SECRET_KEY": "test",
        "UMS_ENCRYPTION_KEYS": new_key(),
        "UMS_DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/api.sqlite3",
        "UMS_BASE_URL": f"http://127.0.0.1:{port}",
        "UMS_LANGUAGE": "en",
    }
    with Stack(environment, log=folder / "processes.log") as stack:
        stack.manage("migrate", "--no-input", "--verbosity", "0")
        stack.manage(
            *("create_channel", "--code", CHANNEL_CODE, "--name", "Guide"),
            *("--app-key", "a" * 24, "--master-secret", "s" * 24),
        )
        line = json.loads(
            stack.manage("create_business_line", "--name", "Shop", "--channel", CHANNEL_CODE)
        )
        stack.manage("shell", "-c", MAKE_TEMPLATE)
        access = json.loads(stack.manage("create_access_key", "--name", "People"))
        stack.start_web("127.0.0.1", port)
        stack.wait_for("web", f"http://127.0.0.1:{port}/health")
        database = sqlite3.connect(folder / "api.sqlite3", isolation_level=None)
        keys = {
            "ChannelKey": _basic(line["channel_key"], line["master_secret"]),
            "AccessKey": _basic(access["access_key"], access["master_secret"]),
        }
        service = Service(f"http://127.0.0.1:{port}", keys, database)
        service.msgid = service.send()
        yield service
        database.close()


def _basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()
