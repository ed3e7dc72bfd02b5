"""Fixtures of the tests of the JPush sandbox."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from channels_app.jpush.sandbox import Options, Sandbox
from tests.channels_app.sandbox.calling import Client, Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    received = Receiver(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = received.statuses.pop(0) if received.statuses else 200
            if status == 200:
                received.posts.append(json.loads(body))
                received.authorizations.add(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        received.url = f"http://127.0.0.1:{server.server_port}/callback?from=jpush"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield received
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """For calls that are refused and leave nothing behind."""
    with Sandbox(Options(rate_limit=1_000_000)) as sandbox:
        yield Client(sandbox.url)
