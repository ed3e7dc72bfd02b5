"""`kill -9` of workers again and again during one large send: nothing is lost, nothing doubled."""

from pathlib import Path
from random import Random

from tests.faults.engines import EMBEDDED, embedded_system
from tests.faults.judgement import (
    assert_each_device_has_it_once,
    assert_the_ledger_adds_up,
    wait_until_settled,
)
from tests.faults.kills import kill_at_random

DEVICES = 100_000
PUSHES = 100
KILLS = 30
# So few, and so slow, that there is work left for each of 30 kills: what a killed worker had in
# hand waits for the end of its lease.
THREADS = 2
LATENCY_SECONDS = 1.0
FAULTS = (
    *("--error-rate", "0.05", "--timeout-after-accept-rate", "0.02"),
    *("--latency", str(LATENCY_SECONDS)),
)


def sandbox_options(random: Random) -> tuple[str, ...]:
    return ("--seed", str(random.randrange(1_000_000)), *FAULTS)


def test_the_embedded_worker_killed_thirty_times_sends_each_device_its_message_once(
    tmp_path: Path, random: Random
) -> None:
    with embedded_system(tmp_path, *sandbox_options(random)) as system:
        system.add_people(DEVICES)
        worker = EMBEDDED.worker(system, "worker", threads=THREADS)
        msgid = system.send()
        worker.start()

        kill_at_random(system, [worker], random, times=KILLS)
        system.change_faults(latency=0.1)
        wait_until_settled(system)

        assert_each_device_has_it_once(system, devices=DEVICES, pushes=PUSHES)
        assert_the_ledger_adds_up(system, msgid, devices=DEVICES)
