"""The broker comes back empty, the database is restarted, while a message is sent and others come.

Nobody helps: web, workers and beat go on by themselves.
"""

import signal
from pathlib import Path

from tests.faults.callers import Callers, calling
from tests.faults.engines import Distributed, Servers, distributed
from tests.faults.judgement import (
    assert_each_device_has_it_once,
    assert_each_key_made_one_message,
    wait_until_settled,
)
from tests.faults.patience import until
from tests.faults.systems import System

DEVICES = 20_000
PUSHES = 20
CALLERS = 4
PAUSE_SECONDS = 0.25
# So slow that much waits in the rows and in the queues when a server is lost.
SLOW = (
    *("--rate-limit", "1000000", "--latency", "2"),
    *("--callback-delay", "0.1", "--callback-retry", "2"),
)


def wait_for_more(system: System, callers: Callers) -> None:
    """The sending goes on, and callers are answered."""
    pushes, answers = int(system.stats()["accepted"]["pushes"]), len(callers.answers)
    until(
        lambda: (
            system.stats()["accepted"]["pushes"] > pushes + 3 and len(callers.answers) > answers
        ),
        what="it goes on",
        seconds=120,
    )


def lose_the_broker(engine: Distributed, callers: Callers) -> None:
    engine.servers.broker.stop()
    engine.servers.broker.empty()
    answers = len(callers.answers)
    until(lambda: len(callers.answers) > answers, what="messages are accepted without a broker")
    engine.servers.broker.start()


def restart_the_database(engine: Distributed, by: signal.Signals) -> None:
    engine.servers.postgres.stop(by)
    engine.servers.postgres.start()


def assert_all_is_sent_once(system: System, callers: Callers) -> None:
    system.change_faults(latency=0)
    wait_until_settled(system)

    assert_each_key_made_one_message(system, callers)
    messages = len(callers.answers)
    assert_each_device_has_it_once(system, devices=DEVICES + messages, pushes=PUSHES + messages)


def send_to_the_crowd(system: System) -> None:
    system.make_fast()
    system.add_people(DEVICES)
    system.send()
    # The callers' people come later, and are not in its audience.
    until(lambda: system.batches("sent") > 0, what="it is under way")


def test_a_broker_that_is_killed_and_comes_back_empty_loses_nothing(
    tmp_path: Path, servers: Servers
) -> None:
    with distributed(tmp_path, servers, *SLOW, threads=1) as engine:
        engine.start()
        send_to_the_crowd(engine.system)
        with calling(engine.system, callers=CALLERS, pause=PAUSE_SECONDS) as callers:
            wait_for_more(engine.system, callers)
            lose_the_broker(engine, callers)
            wait_for_more(engine.system, callers)

        assert_all_is_sent_once(engine.system, callers)


def test_a_database_that_is_shut_down_and_one_that_crashes_lose_nothing_accepted(
    tmp_path: Path, servers: Servers
) -> None:
    with distributed(tmp_path, servers, *SLOW, threads=1) as engine:
        engine.start()
        send_to_the_crowd(engine.system)
        with calling(engine.system, callers=CALLERS, pause=PAUSE_SECONDS) as callers:
            for by in (signal.SIGINT, signal.SIGQUIT):
                wait_for_more(engine.system, callers)
                restart_the_database(engine, by)
            wait_for_more(engine.system, callers)

        assert_all_is_sent_once(engine.system, callers)
