"""Seconds from an accepted message to its ledger and its batches, for up to 1,000,000 devices."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.databases import openers
from bench.figures import Figure, interleaved, say
from bench.instance import Instance, scratch_instance
from bench.ledger import check, clear, make_ready
from bench.people import fill

SIZES = {"c10000": 10_000, "c100000": 100_000, "c1000000": 1_000_000}  # by channel
ROUNDS = 3
OURS = "ours"
INSERT_SELECT, READY_ROWS = "insert_select", "ready_rows"  # bench/floors/expand.py
GOALS = {(1_000_000, INSERT_SELECT): 1.5}


@dataclass(frozen=True, slots=True)
class Expansion:
    seconds: float
    peak_mb: float
    private_mb: float


def run() -> Iterator[Figure]:
    for opener in openers():
        with opener() as database, scratch_instance(database) as instance:
            for code in SIZES:
                instance.create_channel(code)
            fill(database, SIZES)
            for code, devices in SIZES.items():
                say(f"expand: {ROUNDS} rounds of {devices:,} devices on {database.backend}")
                yield from _figures(database.backend, devices, _measured(instance, code, devices))


def _measured(instance: Instance, code: str, devices: int) -> dict[str, list[Expansion]]:
    make_ready(instance.database, code)

    def measure(name: str) -> Expansion:
        clear(instance.database)
        took = Expansion(**json.loads(instance.call("bench.expanding", name, code)))
        check(instance.database, name, devices, numbered=name != INSERT_SELECT)
        say(f"  {name}: {took.seconds:.2f} s, {took.private_mb:.0f} to {took.peak_mb:.0f} MB")
        return took

    return interleaved([OURS, INSERT_SELECT, READY_ROWS], ROUNDS, measure)


def _figures(
    backend: str, devices: int, results: Mapping[str, Sequence[Expansion]]
) -> Iterator[Figure]:
    seconds = {name: median(took.seconds for took in results[name]) for name in results}
    for floor in (INSERT_SELECT, READY_ROWS):
        yield Figure(
            name="expand",
            backend=backend,
            n=devices,
            value=seconds[OURS],
            unit="s",
            beside="floor",
            beside_name=floor,
            beside_value=seconds[floor],
            goal=GOALS.get((devices, floor)),
            details={
                "us_per_device": seconds[OURS] * 1e6 / devices,
                "peak_mb": max(took.peak_mb for took in results[OURS]),
                "private_mb": max(took.private_mb for took in results[OURS]),
            },
        )
