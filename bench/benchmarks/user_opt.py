"""Users per second through `POST /v1/user/opt`, 1,000 users with 2 devices in each request."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.databases import Database, openers
from bench.figures import BenchError, Figure, interleaved, percentile, say
from bench.instance import Instance, scratch_instance
from bench.load import Load, post_all

USERS = 1000  # per request
DEVICES = 2
CHANNEL = "app123"
CONNECTIONS = 4
ROUNDS = 5
OURS = "ours"
RIVALS = ("per_row", "bulk")  # bench/rivals
# In one phase of a round: enough for all web processes, and about a second's worth.
REQUESTS = {OURS: 20, "per_row": 2, "bulk": 8}
PHASES = ("new", "repeated")
GOALS = {
    ("sqlite", "new", "per_row"): 40.0,
    ("sqlite", "repeated", "per_row"): 40.0,
    ("sqlite", "new", "bulk"): 4.0,
    ("sqlite", "repeated", "bulk"): 4.0,
    ("postgresql", "new", "bulk"): 2.5,
    ("postgresql", "repeated", "bulk"): 5.0,
}


def run() -> Iterator[Figure]:
    for opener in openers():
        with opener() as database, scratch_instance(database) as instance:
            say(f"user_opt: {ROUNDS} rounds on {database.backend}")
            results = interleaved(list(REQUESTS), ROUNDS, _contest(instance).measure)
        for phase in PHASES:
            loads = {name: [result[phase] for result in results[name]] for name in results}
            yield from _figures(database.backend, phase, loads)


def _figures(backend: str, phase: str, loads: Mapping[str, Sequence[Load]]) -> Iterator[Figure]:
    rates = {
        name: median(REQUESTS[name] * USERS / load.seconds for load in loads[name])
        for name in loads
    }
    request_ms = [ms for load in loads[OURS] for ms in load.request_ms]
    for rival in RIVALS:
        yield Figure(
            name="user_opt",
            backend=backend,
            n=REQUESTS[OURS] * USERS,
            value=rates[OURS],
            unit="users/s",
            beside="rival",
            beside_name=rival,
            beside_value=rates[rival],
            goal=GOALS.get((backend, phase, rival)),
            details={
                "phase": phase,
                "p50_ms": percentile(request_ms, 50),
                "p99_ms": percentile(request_ms, 99),
            },
        )


def _contest(instance: Instance) -> "Contest":
    """Ready to measure: every contestant is served, and its processes are warm."""
    instance.create_channel(CHANNEL)
    headers = instance.create_access_key()
    addresses = dict.fromkeys(RIVALS, instance.start_web("bench.rivals.settings"))
    contest = Contest(instance.database, headers, {OURS: instance.start_web(), **addresses})
    for name in REQUESTS:
        contest.post(name, new_bodies(min(REQUESTS[name], CONNECTIONS)))
    return contest


@dataclass(slots=True)
class Contest:
    """All contestants on one database, so that each finds its tables as full as the others do."""

    database: Database
    headers: Mapping[str, str]
    addresses: Mapping[str, str]  # contestant -> host:port

    def measure(self, name: str) -> dict[str, Load]:
        """What each phase took: people whom nobody has stored, then the same bodies again."""
        bodies = new_bodies(REQUESTS[name])
        before = self.stored()
        loads = {phase: self.post(name, bodies) for phase in PHASES}
        users = len(bodies) * USERS
        if self.stored() != (before[0] + users, before[1] + users * DEVICES):
            raise BenchError(f"{name} has not stored the {users} users that were posted to it.")
        rates = (f"{phase} {users / load.seconds:,.0f} users/s" for phase, load in loads.items())
        say(f"  {name}: {', '.join(rates)}")
        return loads

    def post(self, name: str, bodies: Sequence[bytes]) -> Load:
        path = "/v1/user/opt" if name == OURS else f"/{name}/v1/user/opt"
        load = post_all(self.addresses[name], path, self.headers, bodies, connections=CONNECTIONS)
        for answer in load.answers:
            data = json.loads(answer)["data"]
            if len(data["success"]) != USERS or data["fail"]:
                raise BenchError(f"{name} has not accepted every user: {answer[-300:]!r}")
        return load

    def stored(self) -> tuple[int, int]:
        """EndUsers and Registrations."""
        return (
            self.database.scalar("SELECT COUNT(*) FROM users_app_enduser"),
            self.database.scalar("SELECT COUNT(*) FROM users_app_registration"),
        )


def new_bodies(count: int) -> list[bytes]:
    """Requests with people and devices that no other request has, in no order."""
    return [
        json.dumps(
            [
                {
                    "userid": f"user_{secrets.token_hex(6)}",
                    "set": {"app": {CHANNEL: [new_device() for _device in range(DEVICES)]}},
                }
                for _user in range(USERS)
            ]
        ).encode()
        for _request in range(count)
    ]


def new_device() -> str:
    """19 hex digits, the form of JPush's registrationIDs (protocol/jpush.md 11)."""
    return secrets.token_hex(10)[1:]
