"""The sandbox's posts to receivers whose connections end."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from channels_app.jpush.sandbox.posting import Poster


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """Ends each connection after its answer, without saying so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_kept_connection_that_has_ended_is_opened_again(server: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_port}/"
    poster = Poster()
    try:
        for _ in range(3):
            assert poster.post(url, authorization="", body=b"[]")
    finally:
        poster.close()


def test_a_receiver_that_is_gone_has_not_answered(server: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_port}/"
    poster = Poster()
    try:
        assert poster.post(url, authorization="", body=b"[]")
        server.shutdown()
        server.server_close()

        assert not poster.post(url, authorization="", body=b"[]")
    finally:
        poster.close()
