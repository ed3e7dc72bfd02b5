"""Counts calls per AppKey and API family in windows of a minute (protocol/jpush.md 7)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from channels_app.jpush.sandbox.answers import RefusalError
from channels_app.jpush.sandbox.options import Faults


class Family(StrEnum):
    PUSH = "push"
    REPORT = "report"
    DEVICE = "device"


# Reports 2400 where pushes and devices have 600.
_SHARE = {Family.PUSH: 1, Family.REPORT: 4, Family.DEVICE: 1}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a window after one call."""

    granted: bool
    limit: int
    remaining: int
    reset_seconds: int

    def require(self) -> None:
        """RefusalError if the call was one too many."""
        if not self.granted:
            raise RefusalError(2002, "Rate limit exceeded")

    def headers(self, faults: Faults) -> dict[str, str]:
        """Sometimes missing, and JPush's documents have another name than its answers."""
        if faults.omit_rate_headers:
            return {}
        return {
            f"X-Rate-Limit-{'Quota' if faults.quota_header else 'Limit'}": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.remaining),
            "X-Rate-Limit-Reset": str(self.reset_seconds),
        }


@dataclass(slots=True)
class _Window:
    ends_at: float
    seen_at: float
    used: int = 0
    shared: float = 0.0
    """Calls that somebody else made with the same AppKey."""


class RateWindows:
    """A window starts with the first call of its family."""

    def __init__(self, *, limit: int, seconds: float, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._windows: dict[tuple[str, Family], _Window] = {}

    def take(self, app_key: str, family: Family, *, shared_calls: float) -> Allowance:
        """Use one call up, if one is left; somebody else makes `shared_calls` in each window."""
        limit = self._limit * _SHARE[family]
        with self._lock:
            now = self._clock()
            window = self._windows.get((app_key, family))
            if window is None or now >= window.ends_at:
                window = self._windows[app_key, family] = _Window(now + self._seconds, now)
            else:
                # Since the call before: a fault that is set late takes nothing back.
                window.shared += shared_calls * (now - window.seen_at) / self._seconds
                window.seen_at = now
            left = limit - window.used - math.floor(window.shared)
            granted = left > 0
            if granted:
                window.used += 1
                left -= 1
            return Allowance(
                granted=granted,
                limit=limit,
                remaining=max(left, 0),
                reset_seconds=math.ceil(window.ends_at - now),
            )
