"""Seconds to count a segment of three conditions among 1,000,000 people."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench import tagged
from bench.databases import openers
from bench.figures import BenchError, Figure, interleaved, say
from bench.instance import Instance, scratch_instance
from bench.people import fill

PEOPLE = 1_000_000
DEVICES = {"app": PEOPLE, "pad": 200_000}  # by channel
TAGS = {"vip": 0.3, "women": 0.5, "beijing": 0.5, "old": 0.2}  # by share of the people
MSGID, TARGETS = "4711", 400_000
ACTIVITIES = ("clicked", "received")
ROUNDS = 5
OURS, FLOOR = "ours", "one_statement"
GOAL_SECONDS = {"postgresql": 1.0}


@dataclass(frozen=True, slots=True)
class Count:
    seconds: float
    people: int


def run() -> Iterator[Figure]:
    for opener in openers():
        with opener() as database, scratch_instance(database) as instance:
            for code in DEVICES:
                instance.create_channel(code)
            say(f"segment: filling {database.backend} with {PEOPLE:,} people")
            fill(database, DEVICES)
            tagged.tag(database, PEOPLE, TAGS)
            tagged.send(database, "app", MSGID, TARGETS, of=PEOPLE)
            database.settle()
            for activity in ACTIVITIES:
                yield _figure(instance, activity)


def _figure(instance: Instance, activity: str) -> Figure:
    """People with the tag “vip” and a device in “pad” who did that with the message."""
    backend = instance.database.backend

    def measure(name: str) -> Count:
        answer = instance.call("bench.counting", name, "pad", "vip", activity, MSGID)
        took = Count(**json.loads(answer))
        say(f"  {activity}, {name}: {took.seconds:.3f} s for {took.people:,} people")
        return took

    results = interleaved([OURS, FLOOR], ROUNDS, measure)
    counts = {took.people for name in results for took in results[name]}
    if len(counts) != 1:
        raise BenchError(f"The segment was counted differently: {sorted(counts)} people.")
    seconds = {name: median(took.seconds for took in results[name]) for name in results}
    return Figure(
        name="segment",
        backend=backend,
        n=PEOPLE,
        value=seconds[OURS],
        unit="s",
        beside="floor",
        beside_name=FLOOR,
        beside_value=seconds[FLOOR],
        value_goal=GOAL_SECONDS.get(backend),
        details={"activity": activity, "people": counts.pop()},
    )
