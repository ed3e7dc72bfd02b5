"""How the sandbox's server stops, and what it makes of callers that go."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from urllib.parse import urlsplit

import pytest

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from tests.channels_app.sandbox.calling import Client, until


def test_a_call_that_hangs_does_not_hold_up_the_stop() -> None:
    faults = Faults(timeout_after_accept_rate=1.0, hang_seconds=1000)
    with ThreadPoolExecutor(1) as pool:
        with Sandbox(Options(faults=faults)) as sandbox:
            answer = pool.submit(Client(sandbox.url).push, "rid-1")
            until(lambda: sandbox.stats()["accepted"]["pushes"] == 1)
        assert isinstance(answer.exception(), HTTPException)


def test_the_stop_ends_kept_alive_connections() -> None:
    with Sandbox() as sandbox:
        parts = urlsplit(sandbox.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        for _ in range(2):
            connection.request("GET", "/sandbox/stats")
            connection.getresponse().read()
    with closing(connection):
        connection.request("GET", "/sandbox/stats")
        with pytest.raises(RemoteDisconnected):
            connection.getresponse()


def test_a_client_that_gives_up_is_no_event(capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox(Options(faults=Faults(latency=0.05))) as sandbox:
        parts = urlsplit(sandbox.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
            # Closing with unread data and no lingering is a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(b"POST /v3/push HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        assert Client(sandbox.url).push("rid-1").status == 200

    assert capfd.readouterr().err == ""


def test_the_sandbox_speaks_ipv6() -> None:
    with Sandbox(Options(host="::1")) as sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert Client(sandbox.url).push("rid-1").status == 200
