"""`kill -9` of workers again and again during one large send: nothing is lost, nothing doubled."""

from pathlib import Path
from random import Random

from tests.faults.databases import Sqlite
from tests.faults.engines import Servers, distributed, embedded
from tests.faults.judgement import (
    assert_each_device_has_it_once,
    assert_the_ledger_adds_up,
    wait_until_settled,
)
from tests.faults.kills import Victim, kill_at_random
from tests.faults.systems import System

DEVICES = 100_000
PUSHES = 100
KILLS = 30
FAULTS = ("--error-rate", "0.05", "--timeout-after-accept-rate", "0.02")


def sandbox_options(random: Random, *, latency: float) -> tuple[str, ...]:
    seed = str(random.randrange(1_000_000))
    return ("--seed", seed, *FAULTS, "--latency", str(latency))


def check_kills(system: System, victims: list[Victim], random: Random, msgid: str) -> None:
    kill_at_random(system, victims, random, times=KILLS)
    system.change_faults(latency=0.1)
    wait_until_settled(system)

    assert_each_device_has_it_once(system, devices=DEVICES, pushes=PUSHES)
    assert_the_ledger_adds_up(system, msgid, devices=DEVICES)


# With so few threads and so slow calls, 100 pushes take 75 s, and 30 kills about 60: there is work
# left for each of them on any machine.


def test_the_embedded_worker_killed_thirty_times_sends_each_device_its_message_once(
    tmp_path: Path, sqlite: Sqlite, random: Random
) -> None:
    with embedded(tmp_path, sqlite, *sandbox_options(random, latency=1.5), threads=2) as engine:
        engine.system.add_people(DEVICES)
        msgid = engine.system.send()
        worker = engine.worker("worker")
        worker.start()

        check_kills(engine.system, [worker], random, msgid)


def test_two_celery_workers_killed_thirty_times_send_each_device_its_message_once(
    tmp_path: Path, servers: Servers, random: Random
) -> None:
    with distributed(tmp_path, servers, *sandbox_options(random, latency=3.0), threads=1) as engine:
        engine.system.add_people(DEVICES)
        msgid = engine.system.send()
        first, second, beat = engine.start()

        check_kills(engine.system, [first, second, first, second, beat], random, msgid)
