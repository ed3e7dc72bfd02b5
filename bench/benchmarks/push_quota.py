"""How much of 600 calls per minute a broadcast uses, and how fast an urgent message passes it."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.databases import openers
from bench.figures import BenchError, Figure, say
from bench.instance import Instance, scratch_instance
from bench.load import get_json, post_all
from bench.people import fill

CALLS_PER_MINUTE = 600
SECONDS = 120  # one run is enough: what is counted is no time
DEVICES = 1_150_000  # more than these calls reach
CHANNEL = "quota"
URGENT_AT = range(7, SECONDS, 12)  # seconds; at any time of the two minutes
IDLE = 5  # urgent messages when there is nothing else to do
WAIT_SECONDS = 120.0
POLL_SECONDS = 0.01
GOAL = 0.98
GOAL_SECONDS = 1.0
ALERT = [{"platform": "all", "notification": {"alert": "Benchmark"}}]


def run() -> Iterator[Figure]:
    for opener in openers():
        with opener() as database, scratch_instance(database) as instance:
            say(f"push_quota: {SECONDS} s on {database.backend}")
            trial = _trial(instance)
            with instance.worker():
                idle = [trial.urgent() for _time in range(IDLE)]
            trial.reset()
            with instance.worker():
                result = trial.broadcast()
            say(f"  {result.calls} calls, {result.refused} refused; urgent {max(result.urgent)} s")
            yield from _figures(database.backend, result, idle)


@dataclass(frozen=True, slots=True)
class Result:
    calls: int  # of the push family, for cids as well, in SECONDS
    refused: int  # 429
    urgent: Sequence[float]  # seconds


def _figures(backend: str, result: Result, idle: Sequence[float]) -> Iterator[Figure]:
    yield Figure(
        name="push_quota",
        backend=backend,
        n=result.calls,
        value=result.calls * 60 / SECONDS,
        unit="calls/min",
        beside="floor",
        beside_name="limit",
        beside_value=CALLS_PER_MINUTE,
        goal=GOAL,
        details={"phase": "broadcast", "rate_limited": result.refused},
    )
    yield Figure(
        name="push_quota",
        backend=backend,
        n=len(result.urgent),
        value=median(result.urgent),
        unit="s",
        beside="floor",
        beside_name="idle",
        beside_value=median(idle),
        details={
            "phase": "urgent",
            "slowest_s": max(result.urgent),
            "slowest_goal_s": GOAL_SECONDS,
        },
    )


def _trial(instance: Instance) -> "Trial":
    """A sandbox that counts calls, people in the database, and a web process."""
    command = ("manage.py", "jpush_sandbox", "--port", str(instance.jpush_port))
    limit = ("--rate-limit", str(CALLS_PER_MINUTE))
    instance.start_jpush("sandbox", *command, *limit, answers_at="/sandbox/stats")
    instance.create_channel(CHANNEL, calls_per_minute=CALLS_PER_MINUTE)
    # Nobody measures receipts here.
    instance.database.execute("UPDATE channels_app_channel SET send_callback = FALSE")
    headers = instance.create_business_line(CHANNEL)
    fill(instance.database, {CHANNEL: DEVICES})
    instance.database.settle()
    return Trial(instance, instance.start_web(), headers)


class Trial:
    def __init__(self, instance: Instance, web: str, headers: dict[str, str]) -> None:
        self._instance = instance
        self._web = web  # host:port
        self._headers = headers
        self._urgent = 0

    def reset(self) -> None:
        """Nothing that was called before counts."""
        post_all(self._sandbox, "/sandbox/reset", {}, [b"{}"], connections=1)
        self._urgent = 0

    def broadcast(self) -> Result:
        self._post("/v1/broadcast", {"msg_app": ALERT})
        self._wait(lambda: bool(_calls(self._stats())))
        began = time.monotonic()
        urgent = []
        for second in URGENT_AT:
            time.sleep(max(began + second - time.monotonic(), 0))
            urgent.append(self.urgent())
        time.sleep(max(began + SECONDS - time.monotonic(), 0))
        stats = self._stats()
        check(stats, waiting=self._waiting())
        return Result(_calls(stats), stats["rate_limited"], urgent)

    def urgent(self) -> float:
        """Seconds from our request to the moment in which JPush has the message."""
        self._urgent += 1
        began = time.monotonic()
        body = {
            "aud_app": [{"data": [f"1ffffff{self._urgent:012x}"]}],  # nobody else has it
            "msg_app": ALERT,
            "option": {"priority": 1},
        }
        self._post("/v1/sent", body)
        self._wait(lambda: self._urgent_seen() == self._urgent)
        return time.monotonic() - began

    def _urgent_seen(self) -> int:
        pushes = self._stats(messages=1)["messages"].values()
        return sum(push["targets"] == 1 for push in pushes)

    def _waiting(self) -> int:
        return self._instance.database.scalar(
            "SELECT COUNT(*) FROM messaging_app_batch WHERE state = 'queued'"
        )

    def _stats(self, *, messages: int = 0) -> dict[str, Any]:
        url = f"{self._instance.jpush_url}/sandbox/stats?messages={messages}"
        stats: dict[str, Any] = get_json(url)
        return stats

    @property
    def _sandbox(self) -> str:
        return self._instance.jpush_url.removeprefix("http://")

    def _post(self, path: str, body: object) -> None:
        post_all(self._web, path, self._headers, [json.dumps(body).encode()], connections=1)

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise BenchError(f"JPush has not been called within {WAIT_SECONDS:.0f} s.")
            time.sleep(POLL_SECONDS)


def _calls(stats: dict[str, Any]) -> int:
    return int(sum(stats["calls"].values()))


def check(stats: dict[str, Any], *, waiting: int) -> None:
    """BenchError unless no device came twice, nothing failed, and the quota was the limit.

    `stats` are the sandbox's, and so many batches are `waiting` for the quota.
    """
    errors = sum(stats["errors"].values()) - stats["rate_limited"]
    if errors or stats["accepted"]["repeated"] or not waiting:
        raise BenchError(f"{waiting} batches wait after {SECONDS} s; {stats}")
