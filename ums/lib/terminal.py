"""Shows a person at a terminal that something goes on; a file or a pipe gets nothing."""

import shutil
import time
from typing import TextIO
from unicodedata import east_asian_width

SECONDS_BETWEEN = 0.1
BAR_WIDTH = 24


class ProgressLine:
    """One line on `stream` that is written over and over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None
        self._shown_at = 0.0

    def due(self) -> bool:
        """Whether it is time to show something again; cheap enough to be asked for each row."""
        return self._stream is not None and time.monotonic() - self._shown_at >= SECONDS_BETWEEN

    def show(self, text: str, share: float | None = None) -> None:
        """`share`: how much of the work is done, from 0 to 1; None where nobody knows."""
        line = text if share is None else f"[{_bar(share)}] {share:4.0%} {text}"
        self._write(_cut(line, shutil.get_terminal_size().columns - 1))
        self._shown_at = time.monotonic()

    def clear(self) -> None:
        """Leave the line empty for what is written next."""
        if self._shown_at:
            self._write("")

    def _write(self, line: str) -> None:
        if self._stream is not None:
            self._stream.write(f"\r\x1b[K{line}")
            self._stream.flush()


def _bar(share: float) -> str:
    return "".ljust(round(share * BAR_WIDTH), "#").ljust(BAR_WIDTH, "-")


def _cut(line: str, columns: int) -> str:
    """A line that wraps could not be written over. Chinese characters take two columns."""
    taken = 0
    for place, character in enumerate(line):
        taken += 2 if east_asian_width(character) in "FW" else 1
        if taken > columns:
            return line[:place]
    return line
