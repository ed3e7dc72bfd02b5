"""`kill -9` of the web process while clients call it: what was accepted is sent, and only once."""

import time
from pathlib import Path
from random import Random

from tests.faults.callers import CALLERS, PEOPLE_OF_A_CALLER, Callers, calling
from tests.faults.engines import EMBEDDED, embedded_system
from tests.faults.judgement import assert_each_device_has_it_once, wait_until_settled
from tests.faults.systems import System

KILLS = 8
LONGEST_SECONDS = 1.5
FAST = ("--rate-limit", "1000000", "--callback-delay", "0.1", "--callback-retry", "2")


def kill_web_at_random(system: System, random: Random) -> None:
    """The master with all of its workers."""
    for _ in range(KILLS):
        time.sleep(random.uniform(0.1, LONGEST_SECONDS))
        system.processes.kill("web")
        system.start_web()
        system.wait_for_web()


def assert_each_key_made_one_message(system: System, callers: Callers) -> None:
    assert callers.failures == []
    answered = {next(iter(msgids)) for msgids in callers.answers.values() if len(msgids) == 1}
    assert len(answered) == len(callers.answers)
    kept = system.database.rows(
        "SELECT kept.key, message.msgid FROM messaging_app_idempotencykey AS kept"
        " JOIN messaging_app_message AS message ON message.id = kept.message_id"
    )
    assert {key: {msgid} for key, msgid in kept} == callers.answers
    assert {row[0] for row in system.database.rows("SELECT msgid FROM messaging_app_message")} == (
        answered
    )


def test_web_killed_while_clients_send_loses_no_accepted_message_and_doubles_none(
    tmp_path: Path, random: Random
) -> None:
    with embedded_system(tmp_path, *FAST) as system:
        system.make_fast()
        system.add_people(CALLERS * PEOPLE_OF_A_CALLER)
        EMBEDDED.worker(system, "worker").start()
        with calling(system) as callers:
            kill_web_at_random(system, random)
        wait_until_settled(system)

        assert_each_key_made_one_message(system, callers)
        messages = len(callers.answers)
        assert_each_device_has_it_once(system, devices=messages, pushes=messages)
