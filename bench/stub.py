"""A JPush that costs almost nothing: `python -m bench.stub PORT LATENCY_SECONDS`.

It knows the two calls of a push, takes whatever comes and keeps it; `GET /stub/report` says what
that was, and begins anew. Only then are bodies read, so that it takes no processor time from those
who are measured.
"""

import asyncio
import itertools
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_CIDS = 10  # protocol/jpush.md 12, row 11
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CID_COUNT = re.compile(rb"count=(\d+)")
HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@dataclass(slots=True)
class Book:
    """What has come since the last report; the times are those of `time.time`."""

    bodies: list[bytes] = field(default_factory=list)
    cids: int = 0
    first_call_at: float = 0.0
    last_answer_at: float = 0.0

    def report(self) -> dict[str, float]:
        """How many pushes, cids among them, ids and different ids; when the calls were made."""
        ids: set[str] = set()
        cids: set[str] = set()
        named = 0
        for body in self.bodies:
            push = json.loads(body)
            registration_ids = push["audience"]["registration_id"]
            named += len(registration_ids)
            ids.update(registration_ids)
            cids.add(push.get("cid", ""))
        return {
            "pushes": len(self.bodies),
            "distinct_cids": len(cids),
            "cid_calls": self.cids,
            "ids": named,
            "distinct_ids": len(ids),
            "first_call_at": self.first_call_at,
            "last_answer_at": self.last_answer_at,
        }


class Stub:
    """What all connections share."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.book = Book()
        self._numbers = itertools.count(time.time_ns() // 100)

    def answer(self, head: bytes, body: bytes) -> tuple[float, bytes]:
        """After how many seconds to say what."""
        if head.startswith(b"GET /stub/report "):
            report, self.book = self.book.report(), Book()
            return 0.0, _response(200, report)
        self.book.first_call_at = self.book.first_call_at or time.time()
        if head.startswith(b"POST /v3/push "):
            self.book.bodies.append(body)
            number = str(next(self._numbers))
            return self.latency, _response(200, {"sendno": "0", "msg_id": number})
        if head.startswith(b"GET /v3/push/cid?"):
            self.book.cids += 1
            wanted = CID_COUNT.search(head)
            count = min(int(wanted.group(1)) if wanted else 1, MAX_CIDS)
            cids = [f"stub-{next(self._numbers)}" for _cid in range(count)]
            return self.latency, _response(200, {"cidlist": cids})
        return 0.0, _response(404, {})


class Connection(asyncio.Protocol):
    """One kept-alive caller, who waits for each answer."""

    def __init__(self, stub: Stub, later: Callable[..., object]) -> None:
        self._stub = stub
        self._later = later
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # of a server of streams
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        length = LENGTH.search(head)
        whole = end + 4 + (int(length.group(1)) if length else 0)
        if len(self._received) < whole:
            return
        body = bytes(self._received[end + 4 : whole])
        del self._received[:whole]
        wait, response = self._stub.answer(head, body)
        if wait:
            self._later(wait, self._send, response)
        else:
            self._send(response)

    def _send(self, response: bytes) -> None:
        self._transport.write(response)
        self._stub.book.last_answer_at = time.time()


def _response(status: int, content: object) -> bytes:
    body = json.dumps(content).encode()
    return HEAD % (status, len(body)) + body


async def serve(port: int, latency: float) -> None:
    loop = asyncio.get_running_loop()
    stub = Stub(latency)
    server = await loop.create_server(lambda: Connection(stub, loop.call_later), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
