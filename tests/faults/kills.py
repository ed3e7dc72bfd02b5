"""Kills at random moments, the same ones for the same seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.faults.patience import until
from tests.faults.systems import System

LONGEST_SECONDS = 4.0


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

    Whether it has work in hand then, or has just begun, or not yet, is left to chance. Fails if
    everything is sent before: then the work was too small.
    """
    for number in range(times):
        time.sleep(random.uniform(0, LONGEST_SECONDS))
        assert system.unfinished(), f"All was sent after {number} of {times} kills."
        victim = random.choice(victims)
        system.processes.kill(victim.name)
        victim.start()
