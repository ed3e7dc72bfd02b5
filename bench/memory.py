"""How much memory a process has, by what Linux says of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WATCH_SECONDS = 0.02


def peak_mb(process: Path) -> float:
    """The most that it has had at once, with the pages of files that it has mapped.

    `process` is its folder below /proc.
    """
    return _mb(process, "VmHWM")


@contextmanager
def watched(process: Path) -> Iterator[list[float]]:
    """What the process has for itself, without mapped files: looked at again and again."""
    seen = [_mb(process, "RssAnon")]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_SECONDS):
            seen.append(_mb(process, "RssAnon"))

    thread = threading.Thread(target=watch, name="memory")
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _mb(process: Path, name: str) -> float:
    lines = (process / "status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) / 1024
