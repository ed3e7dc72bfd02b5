"""Reads CSV and TSV files in constant memory."""

import csv
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.files.columns import column_name, is_header
from users_app.files.tables import NumberedRow, NumberedRows
from users_app.files.values import Value

HEAD_ROWS = 20
_ROWS_PER_CHUNK = 2_000
_DELIMITERS = (",", ";", "\t")
_MAX_LINE = 1024 * 1024  # characters
_MAX_RECORD = 4 * _MAX_LINE  # a record goes on where a line ends within quotation marks
_UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)
_SAMPLE_BYTES = 1024 * 1024
_ZERO_TEXT = re.compile(r"(?:^|[,;\t\"])\s*0[0-9]+\s*(?:[,;\t\"\r\n]|$)")
# What keeps a spreadsheet from reading a formula or a number: '=x and ="007".
_APOSTROPHE = re.compile(r"'(?=[=+@\t\r-])")
_TEXT_FORMULA = re.compile(r'="([^"]*)"\Z')


class Surplus(str):
    """The last cell of a row that has more cells than its header, with those joined to it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TextTable:
    path: Path
    encoding: str
    delimiter: str
    has_zero_texts: bool
    total_rows: int  # a cell may hold line breaks, so there may be less
    name: str = ""
    untyped: bool = True

    def may_have_lost_zeros(self, place: int) -> bool:  # as tables.Table has it
        return self.has_zero_texts

    def head(self, limit: int) -> list[NumberedRow]:
        return list(enumerate(islice(self._rows(), limit), start=1))

    def chunks(self) -> Iterator[NumberedRows]:
        first, rows = 1, self._rows()
        while chunk := list(islice(rows, _ROWS_PER_CHUNK)):
            yield first, chunk
            first += len(chunk)

    def _rows(self) -> Iterator[list[Value]]:
        with self.path.open(encoding=self.encoding, newline="") as file:
            width = 0
            for number, cells in enumerate(_records(file, self.delimiter), start=1):
                if number <= HEAD_ROWS and is_header(cells):
                    width = width or len(cells)
                yield [*self._fitted(cells, width)]

    def _fitted(self, cells: list[str], width: int) -> list[str]:
        """As many cells as the header has; above the header, as many as there are."""
        for place, cell in enumerate(cells):
            if cell[:1] in ("'", "="):
                cells[place] = _TEXT_FORMULA.sub(r"\1", _APOSTROPHE.sub("", cell, count=1))
        if not width or len(cells) == width:
            return cells
        if len(cells) < width:
            return cells + [""] * (width - len(cells))
        rest = [cell for cell in cells[width:] if cell.strip()]
        if not rest:
            return cells[:width]
        last = self.delimiter.join((cells[width - 1], *rest))
        return [*cells[: width - 1], Surplus(last)]


def text_table(path: Path) -> TextTable:
    """DomainError unless the whole file is text in a known encoding."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    for encoding in ("utf-16",) if sample.startswith(_UTF_16) else ("utf-8-sig", "gb18030"):
        try:
            lines, has_zero_texts = _look_through(path, encoding)
        except UnicodeError:
            if encoding == "utf-8-sig" and _is_damaged_utf_8(sample):
                break  # GB 18030 would make other words of it
            continue
        delimiter = _delimiter(path, encoding)
        return TextTable(path, encoding, delimiter, has_zero_texts, total_rows=lines)
    raise DomainError(
        _(
            "This is no text in UTF-8 or GB 18030. Save it in Excel as “CSV UTF-8” or as .xlsx and"
            " upload that."
        )
    )


def _is_damaged_utf_8(sample: bytes) -> bool:
    """Whether more of its characters are East Asian ones of UTF-8 than broken."""
    text = sample.decode(errors="replace")
    broken = text.count("\ufffd")
    return sample.startswith(BOM_UTF8) or sum(c >= "\u0800" for c in text) > 2 * broken


def _look_through(path: Path, encoding: str) -> tuple[int, bool]:
    """The number of lines, and whether a text with zeros in front may be in them."""
    lines, found = 0, False
    with path.open(encoding=encoding, newline="") as file:
        for line in _Lines(file, by_record=False):
            lines += 1
            if "\0" in line:
                raise DomainError(
                    _(
                        "This is no text file: it holds binary data. Upload an Excel workbook"
                        " (.xlsx) or a CSV file."
                    )
                )
            found = found or bool(_ZERO_TEXT.search(line))
    return lines, found


def _delimiter(path: Path, encoding: str) -> str:
    """The one with which the most columns are known; else the one that makes the most columns."""

    def worth(delimiter: str) -> tuple[int, int]:
        records: list[list[str]] = []
        # The same is found again when the rows are read.
        with path.open(encoding=encoding, newline="") as file, suppress(DomainError):
            records.extend(islice(_records(file, delimiter), HEAD_ROWS))
        header = next((cells for cells in records if is_header(cells)), [])
        known = sum(column_name(cell) is not None for cell in header)
        return known, len(records[0]) if records else 0

    return max(_DELIMITERS, key=worth)


def _records(file: TextIO, delimiter: str) -> Iterator[list[str]]:
    lines = _Lines(file, by_record=True)
    number = 0
    try:
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            number += 1
            lines.taken = 0
            yield cells
    except csv.Error as exc:
        raise DomainError(
            _(
                "Row %(number)d cannot be read: a quotation mark is not closed or not doubled"
                " within a cell, or a cell is longer than 131,072 characters (%(reason)s)."
            )
            % {"number": number + 1, "reason": exc}
        ) from exc


class _Lines:
    """The lines of a file, none of them and no record of them without end."""

    def __init__(self, file: TextIO, *, by_record: bool) -> None:
        self._file = file
        self._by_record = by_record
        self.taken = 0
        self._number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(_MAX_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        self.taken += len(line)
        if len(line) == _MAX_LINE or (self._by_record and self.taken > _MAX_RECORD):
            raise DomainError(
                _(
                    "Line %(number)d has no end that a table would have. Is this a CSV file with"
                    " one row a line?"
                )
                % {"number": self._number}
            )
        return line
