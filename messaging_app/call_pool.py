"""Threads that make calls, with a count of those of each channel that are under way."""

import logging
import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)


class CallPool:
    """`changed` is notified whenever a call has ended; several pools may share it."""

    def __init__(self, threads: int, *, name: str, changed: threading.Condition) -> None:
        self._pool = ThreadPoolExecutor(
            threads, thread_name_prefix=name, initializer=self._keep_connection
        )
        self._connections: list[BaseDatabaseWrapper] = []
        self._changed = changed
        self._under_way: Counter[int] = Counter()
        self._began: defaultdict[int, dict[object, float]] = defaultdict(dict)
        self._last_seconds: dict[int, float] = {}

    def submit(self, channel_id: int, work: Callable[..., object], *args: object) -> None:
        with self._changed:
            self._under_way[channel_id] += 1
        self._pool.submit(self._call, channel_id, work, *args)

    def under_way(self, channel_id: int | None = None) -> int:
        """Calls that are submitted and have not ended: of one channel, or of all."""
        with self._changed:
            return self._under_way.total() if channel_id is None else self._under_way[channel_id]

    def seconds(self, channel_id: int) -> float:
        """How long the channel's calls take: the last that has ended, or the oldest under way.

        Infinite as long as none has ended.
        """
        now = time.monotonic()
        with self._changed:
            oldest = now - min(self._began[channel_id].values(), default=now)
            return max(oldest, self._last_seconds.get(channel_id, math.inf))

    def close(self) -> None:
        """Wait for the calls under way."""
        self._pool.shutdown(wait=True)
        for kept in self._connections:
            kept.close()

    def _call(self, channel_id: int, work: Callable[..., object], *args: object) -> None:
        """A fault in one call must not end the others; the sweep of leases finds its batch."""
        call = object()
        with self._changed:
            self._began[channel_id][call] = time.monotonic()
        try:
            work(*args)
        except Exception:
            logger.exception("a call failed: %s%s", getattr(work, "__name__", work), args)
        finally:
            close_old_connections()
            with self._changed:
                began = self._began[channel_id].pop(call)
                self._last_seconds[channel_id] = time.monotonic() - began
                self._under_way[channel_id] -= 1
                self._changed.notify()

    def _keep_connection(self) -> None:
        """A thread cannot clean up at its end: whoever ends the pool closes what it has opened."""
        connection = connections[DEFAULT_DB_ALIAS]
        connection.inc_thread_sharing()
        self._connections.append(connection)
