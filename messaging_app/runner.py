"""The embedded runner: one process, one loop that finds work and a pool of threads that push."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import close_old_connections, connections

from messaging_app import delivery, inbox, outcomes
from messaging_app.expansion import expand
from messaging_app.models import Message

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
SWEEP_SECONDS = 5.0
FORGET_SECONDS = 3600.0


class Runner:
    """Runs until `stop`; whatever it leaves undone, the next one finds in the rows."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._stopping = threading.Event()
        self._pushing: set[Future[None]] = set()
        self._pusher = delivery.Pusher(self._stopping)
        self._sweeps = (
            _Every(SWEEP_SECONDS, delivery.return_expired_leases),
            _Every(SWEEP_SECONDS / 5, inbox.match_early_receipts),
            _Every(FORGET_SECONDS, inbox.forget_old),
        )

    def stop(self) -> None:
        """Finish the calls under way, begin no other."""
        self._stopping.set()

    def run(self) -> None:
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="push")
        try:
            while not self._stopping.is_set():
                if not self._step(self._find_work, pool):
                    self._stopping.wait(IDLE_SECONDS)
        finally:
            pool.shutdown(wait=True)
            self._pusher.close()
            connections.close_all()

    def _find_work(self, pool: ThreadPoolExecutor) -> bool:
        """One round over everything that may wait; False if there was nothing at all."""
        for sweep in self._sweeps:
            sweep.when_due()
        expanding = Message.objects.filter(state=Message.State.EXPANDING).order_by("pk")
        busy = [expand(pk) for pk in expanding.values_list("pk", flat=True)[:10]]
        busy.append(inbox.apply_callbacks() > 0)
        self._pushing = {future for future in self._pushing if not future.done()}
        free = self._threads - len(self._pushing)
        claimed = delivery.claim(free) if free else []
        for batch_id, lease in claimed:
            self._pushing.add(pool.submit(self._push, batch_id, lease))
        outcomes.finish_messages()
        return any(busy) or bool(claimed)

    def _push(self, batch_id: int, lease: str) -> None:
        self._step(self._pusher.push, batch_id, lease)

    def _step(self, work: Callable[..., bool | None], *args: object) -> bool | None:
        """A fault in one piece of work must not end the others; the sweeper repeats it."""
        try:
            return work(*args)
        except Exception:
            logger.exception("a step failed: %s", getattr(work, "__name__", work))
            return False
        finally:
            close_old_connections()


class _Every:
    def __init__(self, seconds: float, work: Callable[[], object]) -> None:
        self._seconds = seconds
        self._work = work
        self._next = 0.0

    def when_due(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._seconds
            self._work()
