"""Waits that end: for what comes soon on any machine; a test fails if it never does."""

import time
from collections.abc import Callable


def until(
    condition: Callable[[], bool], *, what: str, seconds: float = 60.0, pause: float = 0.1
) -> None:
    """`seconds` is no measure of speed, but when to give up."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"It never came: {what}"
        time.sleep(pause)
