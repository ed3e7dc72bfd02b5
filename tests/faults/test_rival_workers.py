"""Workers that want the same batch: at the same moment, or after one of them was gone for long."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.databases import Sqlite
from tests.faults.engines import Servers, distributed, embedded
from tests.faults.judgement import assert_each_device_has_it_once, wait_until_settled
from tests.faults.kills import Victim
from tests.faults.patience import until
from tests.faults.systems import System

DEVICES = 3
MESSAGES = 40
LATENCY_SECONDS = 3.0
PROMPT = ("--callback-delay", "0.1")
EXPIRE_LEASES = """
UPDATE messaging_app_batch SET lease_until = '2020-01-01 00:00:00+00:00' WHERE state = 'pushing'
"""


def push_calls(system: System) -> int:
    calls: dict[str, int] = system.stats()["calls"]
    return calls.get("push", 0)


def answers(system: System) -> int:
    """Pushes that the sandbox has taken or refused."""
    stats = system.stats()
    return int(stats["accepted"]["pushes"]) + sum(map(int, stats["errors"].values()))


def batch_row(system: System) -> tuple[Any, ...]:
    [row] = system.database.rows("SELECT * FROM messaging_app_batch")
    return row


def check_a_frozen_worker(
    system: System, first: Victim, second: Victim, *, error_rate: float
) -> None:
    """Its machine pauses in the middle of a call, and goes on when another one has taken over."""
    system.add_people(DEVICES)
    system.change_faults(latency=LATENCY_SECONDS, error_rate=error_rate)
    msgid = system.send()
    first.start()
    until(lambda: push_calls(system) == 1, what="the first worker calls")
    system.processes.freeze(first.name)
    until(lambda: answers(system) == 1, what="the answer has left")

    system.change_faults(error_rate=0)
    system.database.rows(EXPIRE_LEASES)
    second.start()
    until(lambda: push_calls(system) == 2, what="the second worker calls")
    system.processes.freeze(second.name)
    before = batch_row(system)
    system.processes.thaw(first.name)
    # It finishes what it has in hand.
    system.processes.end(first.name)
    assert batch_row(system) == before

    system.processes.thaw(second.name)
    wait_until_settled(system)
    assert push_calls(system) == 2
    assert_each_device_has_it_once(system, devices=DEVICES, pushes=1)
    assert system.message(msgid)["state"] == "done"


def check_a_race(system: System) -> None:
    """Both workers wait for work when each batch appears."""
    system.make_fast()
    system.add_people(MESSAGES)
    for person in range(MESSAGES):
        system.send_to(person)
    wait_until_settled(system)

    assert push_calls(system) == MESSAGES
    assert_each_device_has_it_once(system, devices=MESSAGES, pushes=MESSAGES)


@pytest.mark.parametrize("error_rate", [0.0, 1.0], ids=["accepted", "refused"])
def test_an_answer_that_comes_after_the_lease_changes_nothing(
    tmp_path: Path, sqlite: Sqlite, error_rate: float
) -> None:
    with embedded(tmp_path, sqlite, *PROMPT) as engine:
        first, second = engine.worker("first"), engine.worker("second")
        check_a_frozen_worker(engine.system, first, second, error_rate=error_rate)


def test_an_answer_that_comes_to_celery_after_the_lease_changes_nothing(
    tmp_path: Path, servers: Servers
) -> None:
    with distributed(tmp_path, servers, *PROMPT) as engine:
        engine.beat().start()
        first, second = engine.worker("first"), engine.worker("second")
        check_a_frozen_worker(engine.system, first, second, error_rate=1)


def test_two_workers_never_call_for_the_same_batch(tmp_path: Path, sqlite: Sqlite) -> None:
    with embedded(tmp_path, sqlite, *PROMPT) as engine:
        for running, name in enumerate(("first", "second")):
            worker = engine.worker(name)
            worker.start()
            worker.wait_until_it_works(engine.system, said_before=running)
        check_a_race(engine.system)


def test_two_celery_workers_never_call_for_the_same_batch(tmp_path: Path, servers: Servers) -> None:
    with distributed(tmp_path, servers, *PROMPT) as engine:
        for victim in engine.start():
            victim.wait_until_it_works(engine.system)
        check_a_race(engine.system)
