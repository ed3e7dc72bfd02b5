"""Talks to the process that reads a workbook (reader_process.py)."""

import datetime
import fcntl
import marshal
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.files import reader_process
from users_app.files.kinds import broken, too_demanding
from users_app.files.values import Value

_MAX_FRAME_BYTES = 64 * 1024 * 1024
_PIPE_BYTES = 256 * 1024  # some frames: one is written while another is read


@contextmanager
def reading(path: Path) -> Iterator["Reader"]:
    """A process that reads the workbook while this is entered; it begins at once."""
    with subprocess.Popen(
        [sys.executable, "-I", reader_process.__file__, str(path.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None  # noqa: S101  # for mypy
        assert process.stdout is not None  # noqa: S101  # for mypy
        with suppress(AttributeError, OSError):  # Linux has it; a user may have used up their share
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            yield Reader(process.stdin.fileno(), process.stdout)
        finally:
            process.kill()


class Reader:
    """The sheets of one workbook; DomainError where its process cannot read it."""

    def __init__(self, requests: int, answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._names: list[str] | None = None
        self._answering = False

    def sheet_names(self) -> list[str]:
        if self._names is None:
            self._names = self._content("sheets")
        return self._names

    def first_column(self, sheet: int) -> int:
        """Where the sheet's rows begin: 0 for A. A sheet without a value has none: 0 too."""
        return self._ask(sheet, limit=1)

    def chunks(self, sheet: int, *, limit: int = 0) -> Iterator[list[list[Value]]]:
        """From row 1 on; all of them if `limit` is 0. Ask for one sheet's rows at a time."""
        self._ask(sheet, limit=limit)
        while self._answering:
            kind, content = self._frame()
            if kind == "rows":
                yield marshal.loads(content)  # noqa: S302  # our own process wrote it
            elif kind == "marked":
                rows = marshal.loads(content)  # noqa: S302  # our own process wrote it
                yield [[_unmarked(value) for value in row] for row in rows]
            elif kind == "end":
                self._answering = False
            else:
                raise _failure(kind, content)

    def _ask(self, sheet: int, *, limit: int) -> int:
        self.sheet_names()
        while self._answering:  # the rest of rows that nobody has read to the end
            self._answering = self._frame()[0] != "end"
        try:
            os.write(self._requests, b"%d %d\n" % (sheet, limit))
        except BrokenPipeError as exc:
            raise too_demanding() from exc
        start: Sequence[int] | None = self._content("start")
        self._answering = True
        return start[1] if start else 0

    def _content(self, wanted: str) -> Any:
        kind, content = self._frame()
        if kind != wanted:
            raise _failure(kind, content)
        return content

    def _frame(self) -> reader_process.Frame:
        length = self._answers.read(4)
        if len(length) < 4:
            raise too_demanding()  # it was ended by a limit
        (size,) = struct.unpack(">I", length)
        if size > _MAX_FRAME_BYTES:
            raise too_demanding()
        content = self._answers.read(size)
        if len(content) < size:
            raise too_demanding()
        frame: reader_process.Frame = marshal.loads(content)  # noqa: S302  # our own process's
        return frame


def _failure(kind: str, reason: Any) -> DomainError:
    match kind:
        case "memory":
            return too_demanding()
        case "password":
            return DomainError(
                _(
                    "The file is protected by a password. Save it in Excel without one and upload"
                    " it again."
                )
            )
    return broken(reason)


def _unmarked(value: Any) -> Value:
    match value:
        case ("date", str(text)):
            return datetime.date.fromisoformat(text)
        case ("time", str(text)):
            return datetime.time.fromisoformat(text)
        case ("datetime", str(text)):
            return datetime.datetime.fromisoformat(text)
        case ("timedelta", float(seconds)):
            return datetime.timedelta(seconds=seconds)
    plain: Value = value
    return plain
