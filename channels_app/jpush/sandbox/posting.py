"""Posts bodies to receivers over kept-alive connections."""

import base64
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

POST_TIMEOUT_SECONDS = 5.0


def basic_header(app_key: str, master_secret: str) -> str:
    """protocol/jpush.md 1.3 and, for receipts, 9.3."""
    pair = f"{app_key}:{master_secret}".encode()
    return "Basic " + base64.b64encode(pair).decode("ascii")


class Poster:
    """One thread's connections, one per receiver."""

    def __init__(self) -> None:
        self._connections: dict[tuple[str, str], HTTPConnection] = {}

    def post(self, url: str, *, authorization: str, body: bytes) -> bool:
        """Whether the receiver answered 200."""
        parts = urlsplit(url)
        headers = {"Content-Type": "application/json", "Authorization": authorization}
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._connection(parts)
        was_open = connection.sock is not None
        try:
            connection.request("POST", path, body=body, headers=headers)
            with connection.getresponse() as response:
                response.read()
                return response.status == 200
        except ConnectionError:
            connection.close()
            # A receiver ends connections that were idle: that says nothing of it.
            return was_open and self.post(url, authorization=authorization, body=body)
        except (OSError, HTTPException, UnicodeError):  # the last one: no such host name can be
            connection.close()  # the next request opens it again
            return False

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        receiver = (parts.scheme, parts.netloc)
        if receiver not in self._connections:
            kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
            self._connections[receiver] = kind(
                parts.hostname or "", parts.port, timeout=POST_TIMEOUT_SECONDS
            )
        return self._connections[receiver]
