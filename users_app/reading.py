"""Reads an uploaded table once: its good rows as changes, its bad ones counted."""

from collections.abc import Iterator, Sequence

from users_app.bind_ids import BindIds
from users_app.changes import Mode, PersonChange
from users_app.files.sheet import Sheet
from users_app.files.values import Value
from users_app.plain_rows import PlainRows
from users_app.rows import Row, RowReader
from users_app.staging import Chunk

BAD_ROWS_SHOWN = 20
_ROWS_READ_SINGLY = 16


class Reading:
    """Counts the rows of a sheet while they pass, and keeps the first bad ones."""

    def __init__(self, sheet: Sheet, bind_ids: BindIds, mode: Mode = Mode.SET) -> None:
        self.sheet = sheet
        self.bind_ids = bind_ids
        self.rows = 0
        self.bad = 0
        self.first_bad: list[Row] = []
        self._reader = RowReader(sheet, bind_ids, mode)
        self._plain = PlainRows(sheet, self._reader)

    def chunks(self) -> Iterator[Chunk]:
        for first, rows in self.sheet.chunks():
            chunk = Chunk()
            self._take(first, rows, chunk)
            yield chunk

    def each(self) -> Iterator[Row]:
        """All rows one by one, which takes longer; nothing is counted."""
        return map(self._reader.read, self.sheet.rows())

    def _take(self, first: int, rows: Sequence[list[Value]], chunk: Chunk) -> None:
        if self._plain.take(first, rows, chunk):
            self.rows += len(rows)
        elif len(rows) <= _ROWS_READ_SINGLY:
            self._take_singly(first, rows, chunk)
        else:
            half = len(rows) // 2
            self._take(first, rows[:half], chunk)
            self._take(first + half, rows[half:], chunk)

    def _take_singly(self, first: int, rows: Sequence[list[Value]], chunk: Chunk) -> None:
        for row in map(self._reader.read, self.sheet.filled(first, rows)):
            self.rows += 1
            if row.change:
                chunk.add(row.change)
                continue
            self.bad += 1
            if len(self.first_bad) < BAD_ROWS_SHOWN:
                self.first_bad.append(row)
            if row.userid:
                chunk.add(PersonChange(row.userid, faulty=True))
