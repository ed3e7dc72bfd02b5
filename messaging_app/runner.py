"""The embedded runner: one process, one loop that finds work and a pool of threads that push."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from messaging_app import delivery, idempotency, inbox, material, outcomes, withdrawal
from messaging_app.expansion import expand, start_scheduled
from messaging_app.models import Message

logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

IDLE_SECONDS = 0.2
SWEEP_SECONDS = 5.0
FORGET_SECONDS = 3600.0
MESSAGES_PER_ROUND = 10


class Runner:
    """Runs until `stop`; whatever it leaves undone, the next one finds in the rows."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._stopping = threading.Event()
        self._calling: set[Future[None]] = set()
        self._connections: list[BaseDatabaseWrapper] = []
        self._pusher = delivery.Pusher(self._stopping)
        self._withdrawer = withdrawal.Withdrawer(self._stopping)
        self._sweeps = (
            _Every(SWEEP_SECONDS, delivery.return_expired_leases),
            _Every(SWEEP_SECONDS / 5, inbox.match_early_receipts),
            _Every(FORGET_SECONDS, inbox.forget_old),
            _Every(FORGET_SECONDS, idempotency.forget_old),
            _Every(FORGET_SECONDS, material.forget_expired),
        )

    def stop(self) -> None:
        """Finish the calls under way, begin no other."""
        self._stopping.set()

    def run(self) -> None:
        pool = ThreadPoolExecutor(
            self._threads, thread_name_prefix="push", initializer=self._keep_connection
        )
        try:
            while not self._stopping.is_set():
                if not self._find_work(pool):
                    self._stopping.wait(IDLE_SECONDS)
        finally:
            pool.shutdown(wait=True)
            self._pusher.close()
            self._withdrawer.close()
            for kept in self._connections:
                kept.close()
            connections.close_all()

    def _keep_connection(self) -> None:
        """A thread cannot clean up at its end: whoever ends the pool closes what it has opened."""
        connection = connections[DEFAULT_DB_ALIAS]
        connection.inc_thread_sharing()
        self._connections.append(connection)

    def _find_work(self, pool: ThreadPoolExecutor) -> bool:
        """One round over everything that may wait; False if there was nothing at all."""
        for sweep in self._sweeps:
            if sweep.is_due():
                self._step(sweep.work)
        self._step(start_scheduled)
        busy = [self._step(expand, message_id) for message_id in self._step(_to_expand) or ()]
        busy.append(bool(self._step(inbox.apply_callbacks)))
        # First what is to be taken back: each second counts, and it is little beside the pushes.
        busy.append(self._hand_out(pool, withdrawal.claim, self._withdrawer.withdraw))
        busy.append(self._hand_out(pool, delivery.claim, self._pusher.push))
        self._step(outcomes.finish_messages)
        return any(busy)

    def _hand_out(
        self,
        pool: ThreadPoolExecutor,
        claim: Callable[[int], list[tuple[int, str]]],
        work: Callable[[int, str], None],
    ) -> bool:
        """Claim as many batches as there are free threads; False if there was none."""
        self._calling = {future for future in self._calling if not future.done()}
        free = self._threads - len(self._calling)
        claimed = (self._step(claim, free) if free else None) or []
        for batch_id, lease in claimed:
            self._calling.add(pool.submit(self._call, work, batch_id, lease))
        return bool(claimed)

    def _call(self, work: Callable[[int, str], None], batch_id: int, lease: str) -> None:
        self._step(work, batch_id, lease)

    def _step(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """A fault in one piece of work must not end the others; it is repeated by and by."""
        try:
            return work(*args, **kwargs)
        except Exception:
            logger.exception("a step failed: %s%s", getattr(work, "__name__", work), args)
            return None
        finally:
            close_old_connections()


def _to_expand() -> list[int]:
    expanding = Message.objects.filter(state=Message.State.EXPANDING).order_by("pk")
    return list(expanding.values_list("pk", flat=True)[:MESSAGES_PER_ROUND])


class _Every:
    def __init__(self, seconds: float, work: Callable[[], object]) -> None:
        self._seconds = seconds
        self._next = 0.0
        self.work = work

    def is_due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._seconds
        return True
