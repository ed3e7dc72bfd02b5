"""What an export holds: a heading, and rows that come page by page."""

from array import array
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


def in_pages(found: QuerySet[Any, Any], rows: QuerySet[Any, R]) -> Iterator[list[R]]:
    """The rows that `found` finds, in its order, read from `rows` of the same model: without the
    filter, but with all that is wanted of a row.

    One query finds the ids, of 8 bytes each. Keyset pages would run the filter anew for each page,
    and PostgreSQL, while its statistics are young, would sort all that is left for each. A query
    that stays open is none of both, but would hold its snapshot for as long as a download takes.
    """
    keys = found.prefetch_related(None).values_list("pk", flat=True)
    ids = array("q", keys.iterator(chunk_size=ROWS_PER_PAGE))
    rows = rows.order_by()
    first, size = 0, FIRST_PAGE_ROWS
    while first < len(ids):
        page = ids[first : first + size]
        read = {getattr(row, "pk"): row for row in rows.filter(pk__in=page)}  # noqa: B009  # of any R
        yield [read[key] for key in page if key in read]  # others are deleted meanwhile
        first, size = first + size, ROWS_PER_PAGE


def by_key(rows: QuerySet[Any, R], key: str) -> Iterator[list[R]]:
    """Groups of rows in the order of `key`, each page beginning where the last one ended."""
    page = list(rows[:FIRST_PAGE_ROWS])
    while page:
        yield page
        page = list(rows.filter(**{f"{key}__gt": getattr(page[-1], key)})[:ROWS_PER_PAGE])
