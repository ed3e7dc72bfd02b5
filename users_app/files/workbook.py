"""The sheets of an uploaded workbook as tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from users_app.files.cells import Cells, marked, scan
from users_app.files.columns import MAX_COLUMNS, too_many_columns
from users_app.files.package import opened_package
from users_app.files.reader import Reader, reading
from users_app.files.tables import NumberedRow


@dataclass(frozen=True, slots=True)
class SheetTable:
    name: str
    has_zero_texts: bool
    _reader: Reader
    _number: int
    _cells: Cells
    untyped: bool = False

    def rows(self, *, limit: int = 0) -> Iterator[NumberedRow]:
        first = self._reader.first_column(self._number) + 1
        rows = self._reader.rows(self._number, limit=limit)
        marks = self._cells.marks(range(first, first + MAX_COLUMNS))
        row, place, mark = next(marks, _NONE)
        for number, values in enumerate(rows, start=1):
            while row <= number:
                if row == number and place < len(values):
                    values[place] = marked(values[place], mark)
                row, place, mark = next(marks, _NONE)
            yield number, values


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
            yield SheetTable(name, cells.has_zero_texts, reader, number, cells)


def sheets_of_old_workbook(path: Path) -> Iterator[SheetTable]:
    """The sheets of an .xls. Nothing but its reader can look into it."""
    with reading(path) as reader:
        for number, name in enumerate(reader.sheet_names()):
            yield SheetTable(name, True, reader, number, Cells())  # noqa: FBT003
