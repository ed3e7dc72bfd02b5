"""What an export holds: a heading, and rows that come page by page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import QuerySet

Value = str | int | datetime | None
Row = Sequence[Value]
Pages = Iterator[Sequence[Row]]
R = TypeVar("R")

# The first page is small, so that the file begins to arrive at once.
FIRST_PAGE_ROWS = 200
ROWS_PER_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is that of the file, without its ending; `pages` is called once."""

    name: str
    heading: Sequence[str]
    pages: Callable[[], Pages]


def by_key(rows: QuerySet[Any, R], key: str = "pk") -> Iterator[list[R]]:
    """`rows` in the order of a unique column, each page beginning where the last one ended; with a
    minus before `key`, downwards.

    Not one long query: on PostgreSQL its cursor would hold back the first row until the last one is
    found, and on both databases it would stay open for as long as somebody's download takes.
    """
    rows = rows.order_by(key)
    column = key.removeprefix("-")
    beyond = f"{column}__lt" if key.startswith("-") else f"{column}__gt"
    page = list(rows[:FIRST_PAGE_ROWS])
    while page:
        yield page
        page = list(rows.filter(**{beyond: getattr(page[-1], column)})[:ROWS_PER_PAGE])
