"""How the tests of the JPush sandbox call it, and where its receipts arrive."""

import base64
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from channels_app.jpush.sandbox import Options, Sandbox

KEY, SECRET = "key-of-the-app", "its-secret"
PROMPT = Options(callback_delay=0.0, callback_retry=0.0)
HOURS_24 = 24 * 60 * 60


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    data: Any


@dataclass(frozen=True)
class Client:
    """A caller with credentials; each call has its own connection."""

    url: str
    key: str = KEY
    secret: str = SECRET

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        token = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        parts = urlsplit(self.url)
        with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=10)) as connection:
            connection.request(
                method, path, content, {"Authorization": f"Basic {token}", **(headers or {})}
            )
            response = connection.getresponse()
            text = response.read()
            return Reply(response.status, dict(response.headers), json.loads(text or "null"))

    def push(self, *ids: str, **parts: Any) -> Reply:
        return self.call("POST", "/v3/push", push_body(*ids, **parts))

    def cid(self) -> str:
        return str(self.call("GET", "/v3/push/cid?type=push").data["cidlist"][0])

    def stats(self) -> Any:
        return self.call("GET", "/sandbox/stats").data


class Clock:
    """A time that only the test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Receiver:
    """Where receipts arrive; answers with the next of `statuses`, else 200."""

    url: str
    posts: list[list[dict[str, Any]]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)

    @property
    def receipts(self) -> list[dict[str, Any]]:
        return [receipt for post in self.posts for receipt in post]

    def kinds(self) -> Counter[int]:
        return Counter(receipt["callback_type"] for receipt in self.receipts)


def push_body(*ids: str, **parts: Any) -> dict[str, Any]:
    body = {
        "platform": "all",
        "audience": {"registration_id": list(ids)},
        "notification": {"alert": "Hello"},
        **parts,
    }
    return {name: part for name, part in body.items() if part is not None}


def until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.005)


def all_posted(sandbox: Sandbox) -> Callable[[], bool]:
    return lambda: sandbox.stats()["callbacks"]["pending"] == 0
