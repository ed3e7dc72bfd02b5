"""Senders as one writes them first: `python -m bench.rivals.push_clients NAME URL CALLS THREADS`.

They know nothing of quotas, cids, repetitions and outcomes, and their bodies are ready before the
time begins: bytes are all that they have to move.
"""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

IDS_PER_CALL = 1000
TIMEOUT_SECONDS = 20


def serial(url: str, bodies: Sequence[bytes], _threads: int) -> float:
    """One call after another over one connection; seconds."""
    with requests.Session() as session:
        began = time.perf_counter()
        for body in bodies:
            _push(session, url, body)
        return time.perf_counter() - began


def pool(url: str, bodies: Sequence[bytes], threads: int) -> float:
    """As many calls at a time as there are threads, each over a connection of its own; seconds."""
    waiting = deque(bodies)
    ready = threading.Barrier(threads + 1, timeout=TIMEOUT_SECONDS)

    def work() -> None:
        with requests.Session() as session:
            ready.wait()
            while True:
                try:
                    body = waiting.popleft()
                except IndexError:
                    return
                _push(session, url, body)

    with ThreadPoolExecutor(threads) as workers:
        under_way = [workers.submit(work) for _thread in range(threads)]
        ready.wait()
        began = time.perf_counter()
        for each in under_way:
            each.result()
        return time.perf_counter() - began


def _push(session: requests.Session, url: str, body: bytes) -> None:
    response = session.post(
        f"{url}/v3/push",
        data=body,
        headers={"Content-Type": "application/json"},
        auth=("app-key", "master-secret"),
        timeout=TIMEOUT_SECONDS,
    )
    response.raise_for_status()
    response.json()["msg_id"]


def bodies(calls: int) -> list[bytes]:
    """What the product sends, to the byte but for the ids."""
    return [
        json.dumps(
            {
                "platform": "all",
                "notification": {"alert": "Benchmark"},
                "audience": {
                    "registration_id": [
                        f"1{call * IDS_PER_CALL + number:018x}" for number in range(IDS_PER_CALL)
                    ]
                },
                "cid": f"stub-{call:017d}",
                "options": {"apns_production": True},
                "callback": {"params": {"ums_batch": f"{call:07d}"}, "type": 3},
            },
            separators=(",", ":"),
        ).encode()
        for call in range(calls)
    ]


CLIENTS: dict[str, Callable[[str, Sequence[bytes], int], float]] = {"serial": serial, "pool": pool}

if __name__ == "__main__":
    name, url, calls, threads = sys.argv[1:]
    seconds = CLIENTS[name](url, bodies(int(calls)), int(threads))
    sys.stdout.write(json.dumps(seconds))
