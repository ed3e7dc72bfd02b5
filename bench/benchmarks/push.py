"""Devices per second of a broadcast, by a real worker to a JPush that answers after 50 ms."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from bench.databases import openers
from bench.figures import BenchError, Figure, interleaved, say
from bench.instance import Instance, scratch_instance
from bench.load import get_json, post_all
from bench.memory import peak_mb, watched
from bench.people import fill
from ums.local.stack import ROOT

SIZES = {"c10000": 10_000, "c100000": 100_000, "c1000000": 1_000_000}  # by channel
DEVICES_PER_CALL = 1000
LATENCY_SECONDS = 0.05
NO_LIMIT = 10_000_000  # calls per minute
THREADS = 16  # the worker's default
ROUNDS = 3
WAIT_SECONDS = 300.0
POLL_SECONDS = 0.1
OURS = "ours"
SERIAL, POOL = "serial", "pool"  # bench/rivals/push_clients.py
SERIAL_CALLS = 100  # at most: each of the others would take as long
GOALS = {(1_000_000, SERIAL): 10.0, (1_000_000, POOL): 0.8}
BODY = b'{"msg_app": [{"platform": "all", "notification": {"alert": "Benchmark"}}]}'


@dataclass(frozen=True, slots=True)
class Run:
    """How fast one contestant was; the memory is that of our worker."""

    devices: int
    seconds: float
    peak_mb: float = 0.0
    private_mb: float = 0.0

    @property
    def rate(self) -> float:
        return self.devices / self.seconds


def run() -> Iterator[Figure]:
    for opener in openers():
        with opener() as database, scratch_instance(database) as instance:
            contest = _contest(instance)
            for code, devices in SIZES.items():
                # Of several channels none may have all threads.
                database.execute(f"UPDATE channels_app_channel SET enabled = (code = '{code}')")
                say(f"push: {ROUNDS} rounds of {devices:,} devices on {database.backend}")
                measure = partial(contest.measure, code=code, devices=devices)
                results = interleaved([OURS, SERIAL, POOL], ROUNDS, measure)
                yield from _figures(database.backend, devices, results)


def _figures(backend: str, devices: int, results: Mapping[str, list[Run]]) -> Iterator[Figure]:
    rates = {name: median(each.rate for each in results[name]) for name in results}
    for rival in (SERIAL, POOL):
        yield Figure(
            name="push",
            backend=backend,
            n=devices,
            value=rates[OURS],
            unit="devices/s",
            beside="rival",
            beside_name=rival,
            beside_value=rates[rival],
            goal=GOALS.get((devices, rival)),
            details={
                "peak_mb": max(each.peak_mb for each in results[OURS]),
                "private_mb": max(each.private_mb for each in results[OURS]),
                "rival_calls": calls_of(rival, devices),
            },
        )


def _contest(instance: Instance) -> "Contest":
    """People in the database, a JPush that answers, and a web process that takes broadcasts."""
    arguments = (str(instance.jpush_port), str(LATENCY_SECONDS))
    instance.start_jpush("stub", "-m", "bench.stub", *arguments, answers_at="/stub/report")
    for code in SIZES:
        instance.create_channel(code, calls_per_minute=NO_LIMIT)
    headers = {code: instance.create_business_line(code) for code in SIZES}
    fill(instance.database, SIZES)
    instance.database.settle()
    return Contest(instance, instance.start_web(), headers)


@dataclass(slots=True)
class Contest:
    instance: Instance
    web: str  # host:port
    headers: Mapping[str, Mapping[str, str]] = field(repr=False)  # of each channel's line

    def measure(self, name: str, *, code: str, devices: int) -> Run:
        self._report()  # begins anew
        result = self._broadcast(code, devices) if name == OURS else self._client(name, devices)
        memory = f", {result.private_mb:.0f} to {result.peak_mb:.0f} MB" if name == OURS else ""
        say(f"  {name}: {result.rate:,.0f} devices/s{memory}")
        return result

    def _broadcast(self, code: str, devices: int) -> Run:
        """From the first call that JPush sees to the moment in which the last outcome is stored."""
        database = self.instance.database
        with self.instance.worker() as process, watched(process) as private_mb:
            load = post_all(self.web, "/v1/broadcast", self.headers[code], [BODY], connections=1)
            msgid = json.loads(load.answers[0])["msgid"]
            self._wait(f"msgid = '{msgid}' AND state = 'done'")
            peak = peak_mb(process)
        message = database.scalar(f"SELECT id FROM messaging_app_message WHERE msgid = '{msgid}'")
        batches = f"messaging_app_batch WHERE message_id = {message}"
        report = self._report()
        check(OURS, report, calls=devices // DEVICES_PER_CALL)
        sent = database.scalar(f"SELECT SUM(size) FROM {batches} AND state = 'sent'")
        if sent != devices or report["distinct_cids"] != report["pushes"]:
            raise BenchError(f"{sent} of {devices} devices are recorded as sent; {report}")
        seconds = database.latest("pushed_at", batches) - report["first_call_at"]
        return Run(devices, seconds, peak, max(private_mb))

    def _client(self, name: str, devices: int) -> Run:
        calls = calls_of(name, devices)
        arguments = (name, self.instance.jpush_url, str(calls), str(THREADS))
        command = [sys.executable, "-m", "bench.rivals.push_clients", *arguments]
        client = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if client.returncode:
            raise BenchError(f"The client {name} has failed: {client.stderr[-500:]}")
        check(name, self._report(), calls=calls)
        return Run(calls * DEVICES_PER_CALL, float(client.stdout))

    def _report(self) -> dict[str, float]:
        report: dict[str, float] = get_json(f"{self.instance.jpush_url}/stub/report")
        return report

    def _wait(self, condition: str) -> None:
        """Until the message is so."""
        deadline = time.monotonic() + WAIT_SECONDS
        statement = f"SELECT COUNT(*) FROM messaging_app_message WHERE {condition}"
        while not self.instance.database.scalar(statement):
            if time.monotonic() > deadline:
                raise BenchError(f"After {WAIT_SECONDS:.0f} s the message is not done.")
            time.sleep(POLL_SECONDS)


def calls_of(name: str, devices: int) -> int:
    """How many calls one round measures."""
    calls = devices // DEVICES_PER_CALL
    return min(calls, SERIAL_CALLS) if name == SERIAL else calls


def check(name: str, report: Mapping[str, float], *, calls: int) -> None:
    """BenchError unless JPush has seen every device once, in full calls."""
    devices = calls * DEVICES_PER_CALL
    if [report["pushes"], report["ids"], report["distinct_ids"]] != [calls, devices, devices]:
        raise BenchError(f"{name} was to make {calls} calls; JPush has seen {report}.")
