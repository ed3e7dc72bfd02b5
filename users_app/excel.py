"""Reads the table out of an uploaded workbook."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import python_calamine
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.changes import shown
from users_app.workbook_file import (
    Place,
    Valueless,
    broken,
    inspect,
)

USERID, BIND_ID, APP_REGID, TAG = COLUMNS = ("userid", "bind_id", "app_regid", "tag")
REASON = "reason"  # the column that the workbook of bad rows adds
_HEADINGS = {name: name for name in (*COLUMNS, REASON)} | {
    "用户id": USERID,
    "用户": USERID,
    "绑定标识": BIND_ID,
    "通道编码": BIND_ID,
    "app注册id": APP_REGID,
    "注册id": APP_REGID,
    "标签": TAG,
}
_HEADER_ROWS = 20  # a title or a note may stand above the table

Value = (
    str
    | float
    | int
    | bool
    | datetime.date
    | datetime.time
    | datetime.datetime
    | datetime.timedelta
    | Valueless
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not blank, with its number as Excel shows it."""

    number: int
    values: tuple[Value, ...]  # one for each of the sheet's headings


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    headings: tuple[str, ...]  # as written, "" where there is none
    columns: Mapping[str, int]  # our name of a column -> its place in `headings`
    ignored: tuple[str, ...]  # headings that mean nothing to us
    _source: python_calamine.CalamineSheet
    _header_row: int
    _valueless: Mapping[Place, Valueless]

    def rows(self) -> Iterator[SheetRow]:
        """The rows below the header; may be called again."""
        places = [place for name, place in self.columns.items() if name != REASON]
        for number, values in _numbered(self._source, self._valueless):
            if number > self._header_row and not all(_blank(values[place]) for place in places):
                yield SheetRow(number, tuple(values))


def read(path: Path) -> Sheet:
    """The first sheet with a known header; DomainError in the order in which to mend things."""
    valueless_cells = inspect(path)
    first_headings: list[str] = []
    with _reader_failures():
        workbook = python_calamine.load_workbook(str(path))
        for name in workbook.sheet_names:
            source = workbook.get_sheet_by_name(name)
            valueless = valueless_cells.get(name, {})
            header = _find_header(source, valueless)
            if header:
                return _sheet(source, header, valueless)
            first_headings = first_headings or _first_texts(source)
    raise _no_header(first_headings)


def text_of(value: Value) -> str:
    """The cell for a person's eyes."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case Valueless.ERROR:
            return "#ERROR"
        case Valueless.FORMULA:
            return ""
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case float():
            return f"{value:.15G}"  # as Excel shows it
    return str(value)


Header = tuple[int, Sequence[Value]]


def _find_header(
    source: python_calamine.CalamineSheet, valueless: Mapping[Place, Valueless]
) -> Header | None:
    for number, values in islice(_numbered(source, valueless), _HEADER_ROWS):
        if USERID in map(_column_name, values):
            return number, values
    return None


def _sheet(
    source: python_calamine.CalamineSheet, header: Header, valueless: Mapping[Place, Valueless]
) -> Sheet:
    number, values = header
    columns: dict[str, int] = {}
    ignored = []
    for place, value in enumerate(values):
        name = _column_name(value)
        if name is None:
            if not _blank(value):
                ignored.append(shown(text_of(value).strip()))
        elif name in columns:
            raise DomainError(
                _("The column “%(name)s” stands in the sheet twice. Delete or rename one of them.")
                % {"name": name}
            )
        else:
            columns[name] = place
    if APP_REGID not in columns and TAG not in columns:
        raise _missing(_("app_regid or tag"), values)
    if APP_REGID in columns and BIND_ID not in columns:
        raise _missing(_("bind_id (the channel code that the app_regid belongs to)"), values)
    headings = tuple(text_of(value).strip() for value in values)
    return Sheet(source.name, headings, columns, tuple(ignored), source, number, valueless)


def _numbered(
    source: python_calamine.CalamineSheet, valueless: Mapping[Place, Valueless]
) -> Iterator[tuple[int, Sequence[Value]]]:
    """All rows with their numbers; the reader gives rows from 1 on but drops leading columns."""
    if source.start is None:
        return
    first_column = source.start[1]
    width = source.width
    marks: dict[int, dict[int, Valueless]] = {}
    for (row, column), kind in valueless.items():
        if 0 <= column - 1 - first_column < width:
            marks.setdefault(row, {})[column - 1 - first_column] = kind
    with _reader_failures():
        for number, values in enumerate(source.iter_rows(), start=1):
            if number in marks:
                for place, kind in marks[number].items():
                    values[place] = kind  # type: ignore[call-overload]  # a value of our own
            yield number, values


@contextmanager
def _reader_failures() -> Iterator[None]:
    try:
        yield
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError) as exc:
        raise broken(exc) from exc
    except BaseException as exc:
        # A panic in the reader's Rust code; it does not derive from Exception.
        if type(exc).__name__ == "PanicException":
            raise broken(exc) from exc
        raise


def _column_name(value: Value) -> str | None:
    return _HEADINGS.get(value.strip().casefold()) if isinstance(value, str) else None


def _blank(value: Value) -> bool:
    return isinstance(value, str) and not value.strip()


def _first_texts(source: python_calamine.CalamineSheet) -> list[str]:
    for _number, values in _numbered(source, {}):
        texts = [text_of(value).strip() for value in values if not _blank(value)]
        if texts:
            return texts
    return []


def _no_header(found: list[str]) -> DomainError:
    if not found:
        return DomainError(
            _("The workbook is empty. Its first row must hold the column names %(columns)s.")
            % {"columns": ", ".join(COLUMNS)}
        )
    return DomainError(
        _(
            "There is no column “userid”. The first row must hold the column names %(columns)s; it"
            " holds %(found)s."
        )
        % {"columns": ", ".join(COLUMNS), "found": _quoted(found)}
    )


def _missing(name: str, values: Sequence[Value]) -> DomainError:
    found = [text_of(value).strip() for value in values if not _blank(value)]
    return DomainError(
        _("There is no column %(name)s. Found: %(found)s.")
        % {"name": name, "found": _quoted(found)}
    )


def _quoted(texts: list[str]) -> str:
    return ", ".join(f"“{shown(text)}”" for text in texts[:20])
