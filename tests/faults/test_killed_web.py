"""`kill -9` of the web process while clients call it: what was accepted is sent, and only once."""

import time
from pathlib import Path
from random import Random

from tests.faults.callers import calling
from tests.faults.databases import Sqlite
from tests.faults.engines import Servers, distributed, embedded
from tests.faults.judgement import (
    assert_each_device_has_it_once,
    assert_each_key_made_one_message,
    wait_until_settled,
)
from tests.faults.systems import System

CALLERS = 8
PAUSE_SECONDS = 0.1
KILLS = 6
LONGEST_SECONDS = 1.5
PROMPT = ("--rate-limit", "1000000", "--callback-delay", "0.1", "--callback-retry", "2")


def kill_web_at_random(system: System, random: Random) -> None:
    """The master with all of its workers."""
    for _ in range(KILLS):
        time.sleep(random.uniform(0.1, LONGEST_SECONDS))
        system.processes.kill("web")
        system.start_web()
        system.wait_for_web()


def check_kills(system: System, random: Random) -> None:
    system.make_fast()
    with calling(system, callers=CALLERS, pause=PAUSE_SECONDS) as callers:
        kill_web_at_random(system, random)
    wait_until_settled(system)

    assert_each_key_made_one_message(system, callers)
    messages = len(callers.answers)
    assert_each_device_has_it_once(system, devices=messages, pushes=messages)


def test_web_killed_while_clients_send_loses_no_accepted_message_and_doubles_none(
    tmp_path: Path, sqlite: Sqlite, random: Random
) -> None:
    with embedded(tmp_path, sqlite, *PROMPT) as engine:
        engine.worker("worker").start()
        check_kills(engine.system, random)


def test_web_killed_beside_celery_loses_no_accepted_message_and_doubles_none(
    tmp_path: Path, servers: Servers, random: Random
) -> None:
    with distributed(tmp_path, servers, *PROMPT) as engine:
        engine.start()
        check_kills(engine.system, random)
