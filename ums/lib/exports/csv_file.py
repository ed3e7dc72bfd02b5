"""Writes a table as CSV for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils import timezone

from ums.lib.exports.tables import Row, Value

CONTENT_TYPE = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\ufeff"  # else Excel takes Chinese text for something else
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def parts(heading: Sequence[str], pages: Iterable[Iterable[Row]]) -> Iterator[bytes]:
    yield (BYTE_ORDER_MARK + _lines([heading])).encode()
    for page in pages:
        yield _lines(page).encode()


def _lines(rows: Iterable[Row]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([plain(value) for value in row] for row in rows)
    return buffer.getvalue()


def plain(value: Value) -> str:
    """A spreadsheet runs what looks like a formula; a quotation mark in front stops it."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_SIGNS) else value
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)
