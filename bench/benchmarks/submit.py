"""Requests per second of `POST /v1/sent`, 1,000 userids in each, by 2 web processes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from bench.databases import openers
from bench.figures import BenchError, Figure, interleaved, percentile, say
from bench.instance import Instance, scratch_instance
from bench.load import Load, post_all
from bench.people import fill, first_userids

USERIDS = 1000  # in each request; all of them exist
CHANNEL = "app123"
CONNECTIONS = 4
ROUNDS = 5
OURS, FLOOR = "ours", "two_inserts"  # bench/floors/submit.py
# In a round: some seconds' worth, so that p99 is the mean of more than a few.
REQUESTS = 1500
GOAL_PER_SECOND = 300.0


def run() -> Iterator[Figure]:
    for opener in openers():
        with opener() as database, scratch_instance(database) as instance:
            say(f"submit: {ROUNDS} rounds of {REQUESTS:,} requests on {database.backend}")
            results = interleaved([OURS, FLOOR], ROUNDS, _contest(instance).measure)
        yield _figure(database.backend, results)


def _figure(backend: str, results: Mapping[str, list[Load]]) -> Figure:
    rates = {name: median(REQUESTS / load.seconds for load in results[name]) for name in results}
    request_ms = [ms for load in results[OURS] for ms in load.request_ms]
    return Figure(
        name="submit",
        backend=backend,
        n=REQUESTS,
        value=rates[OURS],
        unit="requests/s",
        beside="floor",
        beside_name=FLOOR,
        beside_value=rates[FLOOR],
        details={
            "p50_ms": percentile(request_ms, 50),
            "p99_ms": percentile(request_ms, 99),
            "goal_requests_s": GOAL_PER_SECOND,
        },
    )


def _contest(instance: Instance) -> "Contest":
    """Ready to measure: people in the database, both contestants served and warm."""
    instance.create_channel(CHANNEL)
    headers = instance.create_business_line(CHANNEL)
    fill(instance.database, {CHANNEL: USERIDS})
    floor = instance.start_web(application="bench.floors.submit")
    contest = Contest(instance, headers, {OURS: instance.start_web(), FLOOR: floor})
    for name in (OURS, FLOOR):
        contest.post(name, CONNECTIONS * 5)
    instance.database.settle()
    return contest


@dataclass(slots=True)
class Contest:
    instance: Instance
    headers: Mapping[str, str]
    addresses: Mapping[str, str]  # contestant -> host:port

    def measure(self, name: str) -> Load:
        before = self._stored()
        load = self.post(name, REQUESTS)
        if self._stored() != before + REQUESTS:
            raise BenchError(f"{name} has not stored {REQUESTS} messages.")
        say(f"  {name}: {REQUESTS / load.seconds:,.0f} requests/s")
        return load

    def post(self, name: str, requests: int) -> Load:
        load = post_all(
            self.addresses[name],
            "/v1/sent",
            self.headers,
            [body()] * requests,
            connections=CONNECTIONS,
        )
        if len({json.loads(answer)["msgid"] for answer in load.answers}) != requests:
            raise BenchError(f"{name} has not made a message of each request.")
        return load

    def _stored(self) -> int:
        """Messages to all of these people through one channel."""
        return self.instance.database.scalar(
            "SELECT COUNT(*) FROM messaging_app_message AS message"
            " JOIN messaging_app_message_channels AS way ON way.message_id = message.id"
        )


def body() -> bytes:
    """One notification to everyone whom the benchmark knows."""
    return json.dumps(
        {
            "aud_userid": first_userids(USERIDS),
            "msg_app": [{"platform": "all", "notification": {"alert": "Benchmark"}}],
        }
    ).encode()
