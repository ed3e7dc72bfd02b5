"""The embedded runner: one process whose threads do everything that waits in the rows."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import close_old_connections, connections

from messaging_app import inbox, sweeps
from messaging_app.expansion import expand, to_expand
from messaging_app.pump import Pump
from users_app.import_lease import IMPORTS_AT_ONCE
from users_app.import_turns import ImportTurns

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
FORGET_SECONDS = 3600.0
FAILED_EXPANSION_SECONDS = 10.0


@dataclass(slots=True)
class Duty:
    """A kind of work that is not a call to JPush; `work` returns how much it has found."""

    work: Callable[[], object]
    every: float = 0.0  # seconds; 0: again at once while it finds something
    next_at: float = field(default=0.0, init=False)

    def is_due(self) -> bool:
        return time.monotonic() >= self.next_at


class Runner:
    """Runs until `stop`; whatever it leaves undone, the next one finds in the rows."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._stopping = threading.Event()
        # Each in a thread of its own: a big audience must hold up nothing else.
        self._duties = {
            "audience": [Duty(_Audience().expand)],
            "sweeps": [Duty(sweeps.sweep, every=0.5)],
            "receipts": [
                Duty(inbox.apply_callbacks),
                Duty(inbox.match_early_receipts, every=1.0),
                Duty(sweeps.forget, every=FORGET_SECONDS),
            ],
        }
        imports = ImportTurns(self._stopping)
        for number in range(IMPORTS_AT_ONCE):
            self._duties[f"imports-{number}"] = [Duty(imports.work_on_next)]

    def stop(self) -> None:
        """Finish the calls under way, begin no other."""
        self._stopping.set()

    def run(self) -> None:
        workers = [
            threading.Thread(target=self._work, args=(duties,), name=name)
            for name, duties in self._duties.items()
        ]
        pump = Pump(threads=self._threads)
        for worker in workers:
            worker.start()
        try:
            pump.run(stopping=self._stopping)
        finally:
            self._stopping.set()
            for worker in workers:
                worker.join()
            pump.close()
            connections.close_all()

    def _work(self, duties: list[Duty]) -> None:
        try:
            while not self._stopping.is_set():
                busy = [self._do(duty) for duty in duties if duty.is_due()]
                if not any(busy):
                    self._stopping.wait(IDLE_SECONDS)
        finally:
            connections.close_all()

    def _do(self, duty: Duty) -> bool:
        """A fault in one duty must not end the others; it is repeated by and by."""
        duty.next_at = time.monotonic() + duty.every
        try:
            return bool(duty.work()) and not duty.every
        except Exception:
            logger.exception("a duty failed: %s", duty.work)
            return False
        finally:
            close_old_connections()


class _Audience:
    """Expands what waits; one message that cannot be must not keep the others."""

    def __init__(self) -> None:
        self._failed_until: dict[int, float] = {}

    def expand(self) -> int:
        """How many were expanded."""
        now = time.monotonic()
        waiting = to_expand()
        self._failed_until = {pk: t for pk, t in self._failed_until.items() if pk in waiting}
        return sum(
            self._try(message_id)
            for message_id in waiting
            if self._failed_until.get(message_id, 0.0) <= now
        )

    def _try(self, message_id: int) -> bool:
        try:
            return expand(message_id)
        except Exception:
            logger.exception("message %s could not be expanded", message_id)
            self._failed_until[message_id] = time.monotonic() + FAILED_EXPANSION_SECONDS
            return False
        finally:
            close_old_connections()
