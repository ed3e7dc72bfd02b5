"""The table of people in an uploaded file, whatever kind of file that is."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from users_app.files.columns import (
    APP_REGID,
    CONTACT_KINDS,
    MAX_COLUMNS,
    OF_LINE,
    REASON,
    TAG,
    USERID,
    ignored_headings,
    is_header,
    no_header,
    places_of,
    too_many_columns,
)
from users_app.files.kinds import FileKind, kind_of
from users_app.files.tables import NumberedRows, Table
from users_app.files.text import HEAD_ROWS, text_table
from users_app.files.values import Value, is_blank, text_of
from users_app.files.workbook import sheets_of_old_workbook, sheets_of_package

# A title or a note may stand above the table, within HEAD_ROWS.
# Phones are no ids: short and long ones, with and without a zero in front, stand side by side.
_IDS = frozenset({USERID, APP_REGID, *CONTACT_KINDS}) - OF_LINE - {TAG}


class SheetRow(msgspec.Struct, frozen=True, gc=False):
    """A row that is not blank, with its number as Excel shows it."""

    number: int
    values: list[Value]  # one for each of the sheet's headings


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str  # "" for a text file
    headings: tuple[str, ...]  # as written, "" where there is none
    columns: Mapping[str, int]  # our name of a column -> its place in `headings`
    ignored: tuple[str, ...]  # headings that mean nothing to us
    untyped: bool  # all cells are texts
    # Columns of ids of which some begin with zeros -> the digits that all of those have.
    padded: Mapping[str, int]
    _table: Table
    _header_row: int

    @property
    def total_rows(self) -> int:
        """About how many rows are below the header; 0 if nobody knows before they are read."""
        return max(0, self._table.total_rows - self._header_row)

    def rows(self) -> Iterator[SheetRow]:
        """The rows below the header; may be called again once they are read."""
        for first, rows in self.chunks():
            yield from self.filled(first, rows)

    def chunks(self) -> Iterator[NumberedRows]:
        """The same, some thousands at a time, and with the blank ones."""
        yield from _below(self._table, self._header_row)

    def filled(self, first: int, rows: Sequence[list[Value]]) -> Iterator[SheetRow]:
        """Of `rows`, whose first is number `first`, those that are not blank."""
        places = [
            self.columns[USERID],
            *(place for name, place in self.columns.items() if name != REASON),
        ]
        # The userid is looked at first, and ends the search in nearly every row.
        for number, values in enumerate(rows, start=first):
            for place in places:
                value = values[place]
                if type(value) is not str or value.strip():
                    yield SheetRow(number, values)
                    break


@contextmanager
def opened(path: Path) -> Iterator[Sheet]:
    """The first sheet with a known header; DomainError in the order in which to mend things."""
    first_texts: list[str] = []
    with closing(_tables(path)) as tables:
        for table in tables:
            head = table.head(HEAD_ROWS)
            for number, values in head:
                if is_header(values):
                    yield _sheet(table, number, values)
                    return
            first_texts = first_texts or _first_texts([values for _number, values in head])
        raise no_header(first_texts)


def _tables(path: Path) -> Generator[Table]:
    match kind_of(path):
        case FileKind.PACKAGE:
            yield from sheets_of_package(path)
        case FileKind.OLD_WORKBOOK:
            yield from sheets_of_old_workbook(path)
        case FileKind.TEXT:
            yield text_table(path)


def _sheet(table: Table, number: int, values: Sequence[Value]) -> Sheet:
    if len(values) > MAX_COLUMNS:
        raise too_many_columns()
    columns = places_of(values)
    return Sheet(
        name=table.name,
        headings=tuple(text_of(value).strip() for value in values),
        columns=columns,
        ignored=ignored_headings(values),
        untyped=table.untyped,
        padded=_padded(table, number, columns),
        _table=table,
        _header_row=number,
    )


def _below(table: Table, header_row: int) -> Iterator[NumberedRows]:
    for first, rows in table.chunks():
        above = max(0, header_row + 1 - first)
        if above < len(rows):
            yield first + above, rows[above:] if above else rows


def _padded(table: Table, header_row: int, columns: Mapping[str, int]) -> dict[str, int]:
    widths: dict[str, set[int]] = {
        name: set()
        for name, place in columns.items()
        if name.partition(":")[0] in _IDS and table.may_have_lost_zeros(place)
    }
    places = [(columns[name], found) for name, found in widths.items()]
    for _first, rows in _below(table, header_row) if places else ():
        for place, found in places:
            values = [row[place] for row in rows]
            led = [v for v in values if isinstance(v, str) and v[:1] == "0"]
            found.update(len(text) for text in led if text.isdecimal())
    # Ids of one length were padded on purpose; those of several are what they are.
    return {name: found.pop() for name, found in widths.items() if len(found) == 1}


def _first_texts(head: Sequence[Sequence[Value]]) -> list[str]:
    for values in head:
        texts = [text_of(value).strip() for value in values if not is_blank(value)]
        if texts:
            return texts
    return []
