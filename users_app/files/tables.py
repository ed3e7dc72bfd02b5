"""What every kind of uploaded file is turned into."""

from collections.abc import Iterator
from typing import Protocol

from users_app.files.values import Value

NumberedRow = tuple[int, list[Value]]  # the number is the one that Excel shows
NumberedRows = tuple[int, list[list[Value]]]  # rows without a gap; the number of the first one


class Table(Protocol):
    @property
    def name(self) -> str:
        """The sheet's name; "" for a text file."""

    @property
    def untyped(self) -> bool:
        """Whether all cells are texts, so that nobody knows which ones were numbers."""

    def may_have_lost_zeros(self, place: int) -> bool:
        """Whether that column may hold a number, while texts of the table begin with zeros."""

    @property
    def total_rows(self) -> int:
        """About how many there are; 0 if nobody knows before they are read."""

    def head(self, limit: int) -> list[NumberedRow]:
        """The first rows."""

    def chunks(self) -> Iterator[NumberedRows]:
        """All rows, some thousands at a time. May be called again."""
