"""Reads a workbook in a process of its own, whose memory and time are limited.

A hostile or broken workbook may exhaust the memory or end the process that reads it; this one is
expendable. It is started with a path and speaks with `reader.Reader` over its standard streams: a
request is a line, an answer a frame of a length (4 bytes) and that many bytes of marshal. It
imports nothing of the project, so that it starts at once.
"""

import datetime
import marshal
import os
import resource
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import IO, Any

import python_calamine

MEMORY_BYTES = 500 * 1024 * 1024  # of address space, the interpreter included
CPU_SECONDS = 60
_CELLS_PER_FRAME = 6_000
# Neither references between objects nor interned strings: faster, and rows repeat little.
MARSHAL_VERSION = 2

Frame = tuple[str, Any]


def main() -> None:
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)
    try:
        serve(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        os._exit(0)  # nobody waits for the answer


def serve(path: str, requests: IO[bytes], answers: IO[bytes]) -> None:
    def answer(frame: Frame) -> None:
        content = marshal.dumps(frame, MARSHAL_VERSION)
        answers.write(struct.pack(">I", len(content)))
        answers.write(content)

    for frame in _guarded(lambda: _answers(path, requests)):
        answer(frame)
        if frame[0] != "rows":
            answers.flush()


def _answers(path: str, requests: IO[bytes]) -> Iterator[Frame]:
    with open(path, "rb") as file:  # a file, since a path is judged by its ending
        workbook = python_calamine.load_workbook(file)
    yield "sheets", workbook.sheet_names
    number, sheet = -1, None
    kinds = [sheet.typ for sheet in workbook.sheets_metadata]
    if kinds and kinds[0] == python_calamine.SheetTypeEnum.WorkSheet:  # the likely one
        number, sheet = 0, workbook.get_sheet_by_index(0)
    for line in requests:
        wanted, limit = map(int, line.split())
        if wanted != number:
            sheet = None  # give its memory back first
        if sheet is None:
            number, sheet = wanted, workbook.get_sheet_by_index(wanted)
        yield "start", sheet.start
        if sheet.start is not None:
            rows = sheet.iter_rows()
            yield from _frames(islice(rows, limit) if limit else rows, sheet.width)
        yield "end", None


def _frames(rows: Iterator[list[Any]], width: int) -> Iterator[Frame]:
    size = max(1, _CELLS_PER_FRAME // max(1, width))
    while chunk := list(islice(rows, size)):
        try:
            yield "rows", marshal.dumps(chunk, MARSHAL_VERSION)
        except ValueError:  # it knows no dates
            marked = [[_marked(value) for value in row] for row in chunk]
            yield "marked", marshal.dumps(marked, MARSHAL_VERSION)


def _marked(value: Any) -> Any:
    match value:
        case datetime.timedelta():
            return ("timedelta", value.total_seconds())
        case datetime.datetime() | datetime.date() | datetime.time():
            return (type(value).__name__, value.isoformat())
    return value


def _guarded(frames: Callable[[], Iterable[Frame]]) -> Iterator[Frame]:
    try:
        yield from frames()
    except MemoryError:
        yield "memory", None
    except python_calamine.PasswordError:
        yield "password", None
    except (BrokenPipeError, GeneratorExit):
        raise
    # A panic in the reader's Rust code does not derive from Exception.
    except BaseException as exc:  # noqa: BLE001  # whatever it is, the file is broken
        yield "broken", str(exc)[:200]


def _limit(what: int, value: int) -> None:
    with suppress(ValueError, OSError):  # it is lower already, or the system has no such limit
        resource.setrlimit(what, (value, value))


if __name__ == "__main__":
    main()
