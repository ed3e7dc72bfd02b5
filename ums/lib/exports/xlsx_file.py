"""Writes a table as a workbook while it is being read: a zip archive, sent part by part.

openpyxl's has to lie in a temporary file, whole, before its first byte can leave. Here each sheet
is compressed as it grows, and what names the sheets comes last in the archive.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from ums.lib.exports import xlsx_parts
from ums.lib.exports.tables import Row, Value
from ums.lib.exports.xlsx_parts import DATE, HEADING, TEXT

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_PER_SHEET = 1_048_575  # Excel's 2^20, less the heading
# A sheet of more than 2 GB would need a form of zip that Excel does not take in a stream.
BYTES_PER_SHEET = 1 << 30
CHARACTERS_PER_CELL = 32_767  # Excel calls the file broken beyond
COMPRESSION_LEVEL = 1

_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # a spreadsheet's days have no zone
_DAY = timedelta(days=1)
# Markup, what XML cannot hold, and what looks like the format's own escapes (_x000D_).
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def parts(
    heading: Sequence[str],
    pages: Iterable[Sequence[Row]],
    *,
    rows_per_sheet: int = ROWS_PER_SHEET,
) -> Iterator[bytes]:
    """More rows than a sheet holds go on in further sheets, each with the heading.

    Text stays text in Excel, also when somebody edits its cell: no formula, no number.
    """
    book = _Book(heading, rows_per_sheet)
    yield book.take()
    for page in pages:
        book.add(page)
        if part := book.take():  # else it is still being compressed
            yield part
    book.close()
    yield book.take()


class _Book:
    def __init__(self, heading: Sequence[str], rows_per_sheet: int) -> None:
        self._heading = heading
        self._rows_per_sheet = rows_per_sheet
        self._letters = [xlsx_parts.letters(column) for column in range(len(heading))]
        self._out = _Pipe()
        self._zip = zipfile.ZipFile(
            self._out, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL
        )
        self._sheets = 0
        self._start_sheet()

    def add(self, rows: Sequence[Row]) -> None:
        first = 0
        while first < len(rows):
            if self._rows == self._rows_per_sheet or self._bytes > BYTES_PER_SHEET:
                self._end_sheet()
                self._start_sheet()
            fitting = rows[first : first + self._rows_per_sheet - self._rows]
            number = self._rows + 2  # counted from 1, below the heading
            self._write("".join(self._row(row, n) for n, row in enumerate(fitting, number)))
            self._rows += len(fitting)
            first += len(fitting)

    def take(self) -> bytes:
        return self._out.take()

    def close(self) -> None:
        self._end_sheet()
        for name, content in xlsx_parts.book(self._sheets).items():
            self._zip.writestr(xlsx_parts.entry(name), content)
        self._zip.close()

    def _start_sheet(self) -> None:
        self._sheets += 1
        self._rows = self._bytes = 0
        self._sheet = self._zip.open(xlsx_parts.entry(xlsx_parts.sheet_name(self._sheets)), "w")
        self._write(xlsx_parts.sheet_start(len(self._heading)))
        cells = "".join(
            f'<c r="{letters}1" t="inlineStr" s="{HEADING}"><is><t>{_text(title)}</t></is></c>'
            for letters, title in zip(self._letters, self._heading, strict=True)
        )
        self._write(f'<row r="1">{cells}</row>')

    def _end_sheet(self) -> None:
        self._write(xlsx_parts.SHEET_END)
        self._sheet.close()

    def _write(self, xml: str) -> None:
        self._bytes += self._sheet.write(xml.encode())

    def _row(self, row: Row, number: int) -> str:
        cells = [
            _cell(f"{letters}{number}", value)
            for letters, value in zip(self._letters, row, strict=True)
        ]
        return f'<row r="{number}">{"".join(cells)}</row>'


class _Pipe(io.RawIOBase):
    """What the archive has written since somebody last looked; it cannot go back."""

    def __init__(self) -> None:
        self._filled: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # any buffer in the stubs
        self._filled.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._filled)
        self._filled.clear()
        return taken


def _cell(place: str, value: Value) -> str:
    if isinstance(value, str):
        if not value:
            return ""
        return (
            f'<c r="{place}" t="inlineStr" s="{TEXT}">'
            f'<is><t xml:space="preserve">{_text(value)}</t></is></c>'
        )
    if value is None:
        return ""
    if isinstance(value, datetime):
        days = (timezone.make_naive(value).replace(microsecond=0) - _DAY_ZERO) / _DAY
        return f'<c r="{place}" s="{DATE}"><v>{days:.8f}</v></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def _text(value: str) -> str:
    if len(value) > CHARACTERS_PER_CELL:
        value = f"{value[: CHARACTERS_PER_CELL - 1]}…"
    return _SPECIAL.sub(_escaped, value)


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    if "\ud800" <= sign <= "\udfff" or sign in "\ufffe\uffff":
        return "\ufffd"
    return _MARKUP.get(sign) or f"_x{ord(sign):04X}_"
