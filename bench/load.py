"""Callers of the API: bodies posted over a few connections at once, and timed."""

import http.client
import json
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.figures import BenchError

TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Load:
    """What it took: from the first byte sent to the last one received, and for each request."""

    seconds: float
    request_ms: list[float]
    answers: list[bytes]  # in the order in which they came


def post_all(
    address: str,
    path: str,
    headers: Mapping[str, str],
    bodies: Sequence[bytes],
    *,
    connections: int,
) -> Load:
    """Post each of `bodies` once, over that many connections that each wait for the answer.

    They are kept alive as far as the server allows; gunicorn's sync workers close each.
    """
    waiting = deque(bodies)
    request_ms: list[float] = []
    answers: list[bytes] = []
    ready = threading.Barrier(connections + 1, timeout=TIMEOUT_SECONDS)

    def call() -> None:
        connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
        ready.wait()
        try:
            while body := _next(waiting):
                began = time.perf_counter()
                answer = _post(connection, path, headers, body)
                request_ms.append((time.perf_counter() - began) * 1000)
                answers.append(answer)
        finally:
            waiting.clear()  # one failure ends it for all
            connection.close()

    with ThreadPoolExecutor(connections) as threads:
        calls = [threads.submit(call) for _number in range(connections)]
        ready.wait()
        began = time.perf_counter()
        try:
            for each in calls:
                each.result()
        finally:
            waiting.clear()
        seconds = time.perf_counter() - began
    return Load(seconds, request_ms, answers)


def get_json(url: str) -> Any:
    """What one of our own processes answers."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # http
        return json.load(answer)


def _next(waiting: deque[bytes]) -> bytes | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _post(
    connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str], body: bytes
) -> bytes:
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    answer = response.read()
    if response.status != http.HTTPStatus.OK:
        raise BenchError(f"POST {path} was answered with {response.status}: {answer[:300]!r}")
    return answer
