"""The real web server, and what a client says to it byte by byte."""

import base64
import http.client
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Web:
    port: int
    user: str  # AccessKey:MasterSecret
    line: str  # ChannelKey:MasterSecret

    def post_in_chunks(self, path: str, *chunks: bytes, **headers: str) -> tuple[int, bytes]:
        """As the user API's caller, without a Content-Length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                "POST",
                path,
                body=iter(chunks),
                headers={"Authorization": basic(self.user), **headers},
                encode_chunked=True,
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def say(self, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer to these very lines."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as sock:
            sock.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode() + body)
            answer = http.client.HTTPResponse(sock, method=lines[0].split()[0])
            answer.begin()
            with answer:
                return answer.status, answer.read()


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
