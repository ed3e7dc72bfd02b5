"""Looks at the cells of an .xlsx sheet for what its reader would not tell."""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from operator import itemgetter, le

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.files.kinds import broken
from users_app.files.package import ZERO_TEXT, Package, blocks
from users_app.files.values import Padded, Value, Valueless

# The reader keeps 32 bytes for each cell between the first and the last one of a sheet, and about
# 100 for one that holds something (reader_process.MEMORY_BYTES).
MAX_CELLS = 10_000_000
_MAX_ROW_BYTES = 4 * 1024 * 1024

_MAX_FILLED_CELLS = 5_000_000
_MAX_MARKS = 2_000_000

# Atomic groups and `[^<>]`: what has no end is looked at once. A cell without content ends in "/>".
_FILLED = re.compile(rb' r="([A-Z]{1,3})[0-9]{1,7}"[^<>]*+(?<!/)>')
_FILLED_ROW = re.compile(rb' r="[A-Z]{1,3}([0-9]{1,7})"[^<>]*+(?<!/)>')
_START = rb"<(?:\w+:)?c\b"
_NUMBER_CELL = re.compile(
    _START + rb'(?![^<>]*\bt="(?!n"))(?>[^<>]*?\br=")([A-Z]{1,3})[0-9]{1,7}"[^<>]*+(?<!/)>'
)
_PLACE = rb'(?>[^<>]*?\br=")([A-Z]{1,3})([0-9]{1,7})"'
_ERROR_CELL = re.compile(_START + rb'(?=[^<>]*\bt="e")' + _PLACE)
_BARE_FORMULA_CELL = re.compile(
    _START + rb'(?![^<>]*\bt="str")' + _PLACE + rb"[^<>]*+>"
    rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*+</(?:\w+:)?f>)"
    rb"(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v\s*/>)?</(?:\w+:)?c>"
)
_ROW_END = re.compile(rb"</(?:\w+:)?row>\Z")

Mark = Valueless | int  # an int: the cell's number format shows so many digits


@dataclass(slots=True)
class Cells:
    """What the scan of a sheet has found; rows and columns count from 1."""

    row: int = 0
    column: int = 0
    filled: int = 0
    has_zero_texts: bool = False
    numeric: set[int] = field(default_factory=set)  # columns with a number
    prefixed: bool = False  # elements are written <x:c>, not <c>
    _marks: dict[tuple[int, Mark], "array[int]"] = field(default_factory=dict)
    _marked: int = 0

    def add(self, mark: Mark, letters: bytes, row: int) -> None:
        # Eight bytes a mark: a sheet may hold little else.
        self._marks.setdefault((column_number(letters), mark), array("Q")).append(row)
        self._marked += 1
        if self._marked > _MAX_MARKS:
            raise DomainError(
                _(
                    "More than %(limit)s cells of the file hold errors, formulas without a stored"
                    " result, or numbers that only show zeros in front. Open it in Excel and save"
                    " the values alone."
                )
                % {"limit": f"{_MAX_MARKS:,}"}
            )

    def marks(self, columns: range) -> Iterator[tuple[int, int, Mark]]:
        """Row, place in `columns` and mark of each marked cell there, in the order of rows."""
        return merge(
            *(
                _each(rows, columns.index(column), mark)
                for (column, mark), rows in self._marks.items()
                if column in columns
            ),
            key=itemgetter(0),
        )


def marked(value: Value, mark: Mark) -> Value:
    if isinstance(mark, Valueless):
        return mark
    if isinstance(value, float | int) and 0 <= value < 10**15 and value == int(value):
        return Padded(int(value), mark)
    return value


def scan(package: Package, sheet: str) -> Cells:
    """DomainError if the sheet is larger than its reader may hold."""
    cells = Cells(has_zero_texts=package.has_zero_texts)
    padded = _padded_cell(package.padded_styles)
    for block in _whole_rows(blocks(package.parts, package.sheets[sheet])):
        cells.prefixed = cells.prefixed or b":sheetData" in block
        _take(cells, block)
        if padded:
            for style, letters, row in padded.findall(block):
                cells.add(package.padded_styles[int(style)], letters, int(row))
        if cells.row * cells.column > MAX_CELLS or cells.filled > _MAX_FILLED_CELLS:
            raise DomainError(
                _(
                    "The sheet “%(sheet)s” reaches as far as column %(column)s and row %(row)d,"
                    " which is too large. Delete what stands outside the table, copy the table to"
                    " a new workbook, or save it as CSV in UTF-8."
                )
                % {"sheet": sheet, "column": column_letters(cells.column), "row": cells.row}
            )
    return cells


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _take(cells: Cells, block: bytes) -> None:
    letters = _FILLED.findall(block)
    if letters:
        cells.filled += len(letters)
        cells.column = max(cells.column, max(map(column_number, set(letters))))
        # Rows come in their order.
        rows = _FILLED_ROW.findall(block, len(block) - 4096) or _FILLED_ROW.findall(block)
        cells.row = max(cells.row, int(rows[-1]))
    cells.numeric.update(map(column_number, set(_NUMBER_CELL.findall(block))))
    if b't="e"' in block:
        for column, row in _ERROR_CELL.findall(block):
            cells.add(Valueless.ERROR, column, int(row))
    if b"<f" in block or (cells.prefixed and b":f" in block):
        for column, row in _BARE_FORMULA_CELL.findall(block):
            cells.add(Valueless.FORMULA, column, int(row))
    if not cells.has_zero_texts and ZERO_TEXT.search(block):
        cells.has_zero_texts = True


def _padded_cell(styles: dict[int, int]) -> re.Pattern[bytes] | None:
    """A number cell of one of these styles."""
    if not styles:
        return None
    numbers = "|".join(map(str, styles)).encode()
    return re.compile(
        _START + rb'(?=[^<>]*\bs="(' + numbers + rb')")(?![^<>]*\bt="(?!n"))' + _PLACE
    )


def _each(rows: "array[int]", place: int, mark: Mark) -> Iterator[tuple[int, int, Mark]]:
    ascending = all(map(le, rows, islice(rows, 1, None)))
    for row in rows if ascending else sorted(rows):
        yield row, place, mark


def _whole_rows(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The text of a sheet in pieces that end where a row ends."""
    rest = b""
    for chunk in chunks:
        block = rest + chunk
        cut = _last_row_end(block, since=len(rest) - 40)
        if cut:
            yield block[:cut]
        rest = block[cut:]
        if len(rest) > _MAX_ROW_BYTES:
            raise broken(_("a row without an end"))
    yield rest


def _last_row_end(block: bytes, *, since: int) -> int:
    at = len(block)
    while (at := block.rfind(b"row>", max(since, 0), at)) >= 0:
        if _ROW_END.search(block, max(at - 36, 0), at + 4):
            return at + 4
    return 0
