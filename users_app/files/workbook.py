"""The sheets of an uploaded workbook as tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from users_app.files.cells import Cells, marked, scan
from users_app.files.columns import MAX_COLUMNS, too_many_columns
from users_app.files.package import opened_package
from users_app.files.reader import Reader, reading
from users_app.files.tables import NumberedRow, NumberedRows


@dataclass(frozen=True, slots=True)
class SheetTable:
    name: str
    _reader: Reader
    _number: int
    _cells: Cells
    untyped: bool = False

    @property
    def total_rows(self) -> int:
        return self._cells.row

    def may_have_lost_zeros(self, place: int) -> bool:
        first = self._reader.first_column(self._number) + 1
        return self._cells.has_zero_texts and (first + place) in self._cells.numeric

    def head(self, limit: int) -> list[NumberedRow]:
        chunks = self._chunks(limit)
        return [row for first, rows in chunks for row in enumerate(rows, start=first)]

    def chunks(self) -> Iterator[NumberedRows]:
        yield from self._chunks(0)

    def _chunks(self, limit: int) -> Iterator[NumberedRows]:
        column = self._reader.first_column(self._number) + 1
        marks = self._cells.marks(range(column, column + MAX_COLUMNS))
        row, place, mark = next(marks, _NONE)
        first = 1
        for rows in self._reader.chunks(self._number, limit=limit):
            while row < first + len(rows):
                if row >= first and place < len(values := rows[row - first]):
                    values[place] = marked(values[place], mark)
                row, place, mark = next(marks, _NONE)
            yield first, rows
            first += len(rows)


_ANY_COLUMN = range(1, MAX_COLUMNS + 1)
_NONE = (2**32, 0, 0)  # below every row


def sheets_of_package(path: Path) -> Iterator[SheetTable]:
    """The worksheets of an .xlsx or .xlsm, in their order; charts are passed over."""
    # The process reads while this one scans.
    with reading(path) as reader, opened_package(path) as package:
        for name in package.sheets:
            cells = scan(package, name)
            if cells.column > MAX_COLUMNS:
                raise too_many_columns()
            number = reader.sheet_names().index(name)
            yield SheetTable(name, reader, number, cells)


def sheets_of_old_workbook(path: Path) -> Iterator[SheetTable]:
    """The sheets of an .xls. Nothing but its reader can look into it."""
    with reading(path) as reader:
        for number, name in enumerate(reader.sheet_names()):
            unseen = Cells(has_zero_texts=True, numeric=set(_ANY_COLUMN))
            yield SheetTable(name, reader, number, unseen)
