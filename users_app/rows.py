"""Reads what one row of an uploaded workbook says about a person."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.utils.translation import gettext as _

from users_app.bind_ids import BindIds
from users_app.changes import (
    ALL,
    BindingChange,
    Kind,
    PersonChange,
    RefusedError,
    checked_registration_id,
    checked_tag,
    checked_userid,
    shown,
)
from users_app.excel import (
    APP_REGID,
    BIND_ID,
    COLUMNS,
    TAG,
    USERID,
    Sheet,
    SheetRow,
    Value,
    text_of,
)
from users_app.workbook_file import Valueless

T = TypeVar("T")
_SEPARATORS = re.compile(r"[,;，；\r\n]+")
# What Excel writes for a long number: 1.1E+17.
_EXPONENT = re.compile(r"[0-9]+(\.[0-9]+)?[Ee][+-][0-9]+\Z")
_EXACT_DIGITS = 15  # Excel keeps no more


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: `change` unless there are `problems` (column -> reason)."""

    number: int
    userid: str  # "" if it cannot be read
    cells: Mapping[str, str]  # our columns as the person sees them
    change: PersonChange | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def read_row(row: SheetRow, sheet: Sheet, bind_ids: BindIds) -> Row:
    return _RowReader(row, sheet, bind_ids).read()


class _RowReader:
    """Collects the problems of all cells, so that a row is mended once."""

    def __init__(self, row: SheetRow, sheet: Sheet, bind_ids: BindIds) -> None:
        self.number = row.number
        self.bind_ids = bind_ids
        self.values: dict[str, Value] = {
            name: row.values[sheet.columns[name]] if name in sheet.columns else ""
            for name in COLUMNS
        }
        self.problems: dict[str, str] = {}

    def read(self) -> Row:
        userid = self.cell(USERID, _read_userid) or ""
        devices = self.cell(APP_REGID, _read_registration_ids)
        tags = self.cell(TAG, _read_tags)
        bindings = self.bindings(devices, tags)
        return Row(
            number=self.number,
            userid=userid,
            cells={name: text_of(value).strip() for name, value in self.values.items()},
            change=None if self.problems else PersonChange(userid, tuple(bindings)),
            problems=self.problems,
        )

    def cell(self, name: str, read: Callable[[Value], T]) -> T | None:
        """None after a problem, which is noted."""
        try:
            return read(self.values[name])
        except RefusedError as refusal:
            self.problems[name] = refusal.message
            return None

    def bindings(self, devices: list[str] | None, tags: list[str] | None) -> list[BindingChange]:
        """An empty list is an empty cell; None is a cell with a problem, which needs a bind_id too.

        A row with an app_regid names its channel in bind_id, and its tags are seen by every
        business line; in a row with tags only, bind_id says who sees them.
        """
        if devices == [] and tags == []:
            self.problems[APP_REGID] = _(
                "There is neither an app_regid nor a tag in this row, so there is nothing to store."
            )
            return []
        channel: int | None = None
        tag_scope: str | None = ALL
        if devices == []:
            tag_scope = self.cell(BIND_ID, self.read_tag_scope)
        else:
            channel = self.cell(BIND_ID, self.read_channel)
        if self.problems or devices is None or tags is None or tag_scope is None:
            return []
        at = self.number
        return [
            BindingChange(Kind.APP, channel, value, present=True, replaces=True, position=at)
            for value in devices
            if channel is not None
        ] + [
            BindingChange(Kind.TAG, tag_scope, value, present=True, replaces=False, position=at)
            for value in tags
        ]

    def read_channel(self, value: Value) -> int:
        bind_id = _text(value)
        if not bind_id:
            raise RefusedError(
                _(
                    "bind_id is empty. A row with an app_regid needs the code of the channel that"
                    " it belongs to."
                )
            )
        return self.bind_ids.channel_id(bind_id)

    def read_tag_scope(self, value: Value) -> str:
        return self.bind_ids.tag_scope(_text(value) or ALL)


def _read_userid(value: Value) -> str:
    return checked_userid(_refuse_exponent(_text(value)))


def _read_registration_ids(value: Value) -> list[str]:
    return [checked_registration_id(_refuse_exponent(part)) for part in _parts(value)]


def _read_tags(value: Value) -> list[str]:
    return [checked_tag(part) for part in _parts(value)]


def _parts(value: Value) -> list[str]:
    parts = (part.strip() for part in _SEPARATORS.split(_text(value)))
    return [part for part in parts if part]


def _text(value: Value) -> str:
    """What stands in the cell, if Excel has not changed it into something else."""
    match value:
        case str():
            return value.strip()
        case Valueless.ERROR:
            raise RefusedError(_("The cell holds an error of Excel. Put the value itself there."))
        case Valueless.FORMULA:
            raise RefusedError(
                _(
                    "The cell holds a formula without a stored result. Open the file in Excel and"
                    " save it, or put the value itself there."
                )
            )
        case bool():
            raise _turned_into(_("TRUE or FALSE"), value)
        case int() | float() if _is_exact(value):
            return str(int(value))
        case int() | float():
            raise _turned_into(_("a number, and may have lost digits"), value)
    raise _turned_into(_("a date or time"), value)


def _is_exact(number: float) -> bool:
    return abs(number) < 10**_EXACT_DIGITS and number == int(number)


def _refuse_exponent(text: str) -> str:
    if _EXPONENT.match(text):
        raise _turned_into(_("a number, and may have lost digits"), text)
    return text


def _turned_into(kind: str, value: Value) -> RefusedError:
    return RefusedError(
        _(
            "Excel turned this into %(kind)s: “%(value)s”. Format the column as text and enter the"
            " value again."
        )
        % {"kind": kind, "value": shown(text_of(value))}
    )
