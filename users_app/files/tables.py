"""What every kind of uploaded file is turned into."""

from collections.abc import Iterator
from typing import Protocol

from users_app.files.values import Value

NumberedRow = tuple[int, list[Value]]  # the number is the one that Excel shows


class Table(Protocol):
    @property
    def name(self) -> str:
        """The sheet's name; "" for a text file."""

    @property
    def untyped(self) -> bool:
        """Whether all cells are texts, so that nobody knows which ones were numbers."""

    @property
    def has_zero_texts(self) -> bool:
        """Whether some text may hold a number with zeros in front."""

    def rows(self, *, limit: int = 0) -> Iterator[NumberedRow]:
        """From the first row on; all of them if `limit` is 0. May be called again."""
