"""How much memory a process has, by what Linux says of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

WATCH_SECONDS = 0.02
WATCH_FAMILY_SECONDS = 0.25  # looking costs milliseconds, in which nobody touches a new page

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Memory:
    """`private_mb` is without the pages of files that are mapped, `all_mb` is with them."""

    private_mb: float
    all_mb: float


def peak_mb(process: Path) -> float:
    """The most that it has had at once, with the pages of files that it has mapped.

    `process` is its folder below /proc.
    """
    return _megabytes(process / "status")["VmHWM"]


def watched(process: Path) -> AbstractContextManager[list[float]]:
    """What the process has for itself, without mapped files: looked at again and again."""
    return _watched(lambda: _megabytes(process / "status")["RssAnon"], WATCH_SECONDS)


def watched_family(pid: int) -> AbstractContextManager[list[Memory]]:
    """What the process and all that it has started have together: looked at again and again.

    Each has its part of a page that several share.
    """
    return _watched(lambda: family_memory(pid), WATCH_FAMILY_SECONDS)


def family_memory(pid: int) -> Memory:
    """Of the process, its children, their children and so on, as they are now."""
    private = all_of_it = 0.0
    for member in _family(pid):
        try:
            parts = _megabytes(member / "smaps_rollup")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        private += parts.get("Pss_Anon", 0)  # a zombie has nothing
        all_of_it += parts.get("Pss", 0)
    return Memory(private, all_of_it)


def _family(pid: int) -> list[Path]:
    children: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # "pid (name) state parent …", where a name may hold anything
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(parent), []).append(int(process.name))
    family = [pid]
    for member in family:  # it grows meanwhile
        family += children.get(member, [])
    return [Path("/proc") / str(member) for member in family]


@contextmanager
def _watched(look: Callable[[], T], seconds: float) -> Iterator[list[T]]:
    seen = [look()]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(seconds):
            seen.append(look())

    thread = threading.Thread(target=watch, name="memory")
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _megabytes(file: Path) -> dict[str, float]:
    """All sizes in it, by their names."""
    lines = (line.split() for line in file.read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) / 1024 for words in lines if words[-1:] == ["kB"]}
