"""The sandbox as an HTTP server: threads, connections, start and stop."""

import ipaddress
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from channels_app.jpush.sandbox.answers import DropError
from channels_app.jpush.sandbox.options import Options
from channels_app.jpush.sandbox.routes import Answer, Request, answer
from channels_app.jpush.sandbox.service import Service

MAX_BODY_BYTES = 4 * 1024 * 1024


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Sandbox:
    """A running JPush: `with Sandbox(Options()) as sandbox:` and call `sandbox.url`."""

    def __init__(
        self, options: Options | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._options = options or Options()
        self._service = Service(self._options, clock=clock)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if self._server.is_ipv6 else f"http://{host!s}:{port}"

    def start(self) -> None:
        """OSError if the address is taken or is not this machine's."""
        self._server = _Server(self._options, self._service)
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.05,), name="sandbox-server"
        )
        self._service.callbacks.start()
        self._thread.start()

    def stop(self) -> None:
        """Calls that run are answered; pending receipts are dropped."""
        self._service.stopping.set()
        self._service.callbacks.stop()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def stats(self) -> dict[str, Any]:
        """As GET /sandbox/stats."""
        return self._service.stats()

    def change_faults(self, **values: float | bool) -> None:
        """As POST /sandbox/faults."""
        self._service.change_faults(values)

    def reset(self) -> None:
        """As POST /sandbox/reset."""
        self._service.reset()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the calls that run
    request_queue_size = 128

    def __init__(self, options: Options, service: Service) -> None:
        self.service = service
        self.is_ipv6 = ":" in options.host
        if self.is_ipv6:
            self.address_family = socket.AF_INET6
        self._connections: set[socket.socket] = set()
        super().__init__((options.host, options.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends the kept-alive connections: their threads wait for a next request."""
        for connection in self._connections.copy():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that gave up is everyday life here.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "JPushSandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet per answer
    server: _Server

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True  # where the body ends is not known
            return self._send(Answer(411, {"message": "Content-Length is required."}))
        if len(length) > 9 or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return self._send(Answer(413, {"message": "The body is too large."}))
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=unquote(path),
            query=dict(parse_qsl(query)),
            authorization=self.headers.get("Authorization", ""),
            body=self.rfile.read(int(length)),
        )
        try:
            self._send(answer(self.server.service, request))
        except DropError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 — the base looks for them

    def _send(self, answered: Answer) -> None:
        body = answered.body()
        self.send_response(answered.status)
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base's name
        """Nothing: the service logs what matters."""
