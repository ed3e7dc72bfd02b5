"""Reads an uploaded table once: its good rows as changes, its bad ones counted."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from users_app.bind_ids import BindIds
from users_app.changes import Kind, PersonChange
from users_app.files.sheet import Sheet
from users_app.repeats import Repeats
from users_app.rows import Row, RowReader

BAD_ROWS_SHOWN = 20


@dataclass(slots=True)
class Reading:
    """Counts the rows of a sheet while they pass, and keeps the first bad ones."""

    sheet: Sheet
    bind_ids: BindIds
    rows: int = 0
    bad: int = 0
    first_bad: list[Row] = field(default_factory=list)
    repeats: Repeats = field(default_factory=Repeats)

    def changes(self) -> Iterator[PersonChange]:
        for row in self.each():
            self.rows += 1
            if row.change:
                for binding in row.change.bindings:
                    if binding.kind is Kind.APP:
                        self.repeats.note((row.userid, binding.scope, binding.value))
                yield row.change
                continue
            self.bad += 1
            if len(self.first_bad) < BAD_ROWS_SHOWN:
                self.first_bad.append(row)
            if row.userid:
                yield PersonChange(row.userid, faulty=True)

    def each(self) -> Iterator[Row]:
        return map(RowReader(self.sheet, self.bind_ids).read, self.sheet.rows())
