"""Kills at random moments, the same ones for the same seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.faults.patience import until
from tests.faults.systems import System

LONGEST_SECONDS = 1.5
EARLY_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Victim:
    """A process to kill: how it is started, and what it says once it works."""

    name: str
    start: Callable[[], None]
    ready: str

    def wait_until_it_works(self, system: System, *, said_before: int = 0) -> None:
        until(lambda: system.processes.said(self.ready) > said_before, what=f"{self.name} works")


def kill_at_random(system: System, victims: list[Victim], random: Random, *, times: int) -> None:
    """Kill one of the running victims and start it again at once, `times` times.

    Mostly some time after it has begun to work, and now and then while it still starts. Fails if
    everything is sent before: then the work was too small for this test.
    """
    said = {victim.name: 0 for victim in victims}
    for number in range(times):
        victim = random.choice(victims)
        if random.random() >= EARLY_SHARE:
            victim.wait_until_it_works(system, said_before=said[victim.name])
        time.sleep(random.uniform(0, LONGEST_SECONDS))
        assert system.unfinished(), f"All was sent after {number} of {times} kills."
        system.processes.kill(victim.name)
        said[victim.name] = system.processes.said(victim.ready)
        victim.start()
