"""Reads what one row of an uploaded table says about a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.bind_ids import BindIds
from users_app.changes import (
    ALL,
    BindingChange,
    Kind,
    Mode,
    PersonChange,
    RefusedError,
    checked_registration_id,
    checked_tag,
    checked_userid,
    shown,
)
from users_app.contacts import MANY, checked_contact, contact_scope
from users_app.files.columns import (
    APP_REGID,
    BIND_ID,
    CONTACT_KINDS,
    OF_CHANNEL,
    OF_LINE,
    REASON,
    TAG,
    USERID,
    VALUES,
)
from users_app.files.sheet import Sheet, SheetRow
from users_app.files.text import Surplus
from users_app.files.texts import cell_text, id_text, padded, parts_of
from users_app.files.values import Value

Scope = int | str
_CHANGED_BY_EXCEL = frozenset({USERID, *VALUES}) - {TAG, "email"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read: `change` unless there are `problems` (column -> reason)."""

    number: int
    userid: str  # "" if it cannot be read
    values: Sequence[Value]  # as in SheetRow
    change: PersonChange | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def names_a_list(self) -> bool:
        """Whether it replaces values of which a person has several, together with other rows."""
        return self.change is not None and any(
            each.replaces
            and (each.kind == Kind.APP or (each.kind == Kind.CONTACT and each.scope in _LISTS))
            for each in self.change.bindings
        )


class RowReader:
    """Reads the rows of one sheet; DomainError if a heading names a bind_id that cannot be used."""

    def __init__(self, sheet: Sheet, bind_ids: BindIds, mode: Mode = Mode.SET) -> None:
        self._userid = sheet.columns[USERID]
        self._bind_id = sheet.columns.get(BIND_ID)
        self.columns = tuple(
            Column(key, place, bind_ids, mode)
            for key, place in sheet.columns.items()
            if key not in (USERID, BIND_ID, REASON)
        )
        self._padded = [(sheet.columns[name], width) for name, width in sheet.padded.items()]
        self._untyped = sheet.untyped
        last = len(sheet.headings) - 1
        self._last = next((name for name, at in sheet.columns.items() if at == last), USERID)

    def read(self, row: SheetRow) -> Row:
        """Collects the problems of all cells, so that a row is mended once."""
        values: Sequence[Value] = row.values
        if self._padded:
            values = self._with_lost_zeros(row.values)
        problems: dict[str, str] = {}
        userid = ""
        try:
            userid = checked_userid(id_text(values[self._userid]))
        except RefusedError as refusal:
            problems[USERID] = refusal.message
        said = self._said(values, problems)
        scopes = self._scopes(said, values, problems)
        last = values[-1]
        if isinstance(last, Surplus):
            problems[self._last] = _surplus(last)
        if problems:
            return Row(row.number, userid, values, problems=problems)
        bindings = tuple(
            BindingChange(
                column.kind,
                scope,
                value,
                present=column.present,
                replaces=column.replaces,
                position=row.number,
            )
            for (column, found), scope in zip(said, scopes, strict=True)
            for value in found
        )
        return Row(row.number, userid, values, PersonChange(userid, bindings))

    def _said(self, values: Sequence[Value], problems: dict[str, str]) -> list["_Said"]:
        """The cells that hold something; without values where there is a problem."""
        said: list[_Said] = []
        for column in self.columns:
            value = values[column.place]
            if value == "":
                continue
            try:
                found = column.read(value)
            except RefusedError as refusal:
                problems[column.key] = refusal.message
                said.append((column, ()))
            else:
                if found:
                    said.append((column, found))
        if not said:
            problems[self.columns[0].key] = _(
                "There is nothing in this row beside the userid, so there is nothing to store."
            )
        return said

    def _scopes(
        self, said: Sequence["_Said"], values: Sequence[Value], problems: dict[str, str]
    ) -> list[Scope]:
        """Where the values of each of these columns are bound.

        A heading such as `app_regid:app123` says it for its own column. Else bind_id is the channel
        of the one column whose values belong to a channel, and the others are seen by every
        business line; without such a column, bind_id says who sees them.
        """
        scopes: list[Scope] = []
        owner = next((c for c, _found in said if c.of_channel and c.scope is None), None)
        for_line = owner is None and any(c.of_line and c.scope is None for c, _found in said)
        for column, _found in said:
            if column.scope is not None:
                scopes.append(column.scope)
            elif column.of_channel and column is not owner:
                problems[column.key] = _second_channel(str(owner and owner.key), column.key)
            else:
                under_all = owner is not column and (owner or (for_line and not column.of_line))
                try:
                    bind_id = ALL if under_all else self._text_of_bind_id(values, column)
                    scopes.append(column.scope_under(bind_id))
                except RefusedError as refusal:
                    problems[BIND_ID] = refusal.message
        return scopes

    def _text_of_bind_id(self, values: Sequence[Value], column: "Column") -> str:
        bind_id = "" if self._bind_id is None else cell_text(values[self._bind_id])
        if bind_id or not column.of_channel:
            return bind_id or ALL
        raise RefusedError(
            _(
                "bind_id is empty. A row with an “%(name)s” needs the code of the channel that it"
                " belongs to."
            )
            % {"name": column.key}
        )

    def _with_lost_zeros(self, values: Sequence[Value]) -> list[Value]:
        marked = list(values)
        for place, width in self._padded:
            marked[place] = padded(marked[place], width, untyped=self._untyped)
        return marked


class Column:
    """A column with something to store, or to delete."""

    def __init__(self, key: str, place: int, bind_ids: BindIds, mode: Mode) -> None:
        self.key = key
        self.place = place
        self._bind_ids = bind_ids
        name, _colon, bind_id = key.partition(":")
        self.of_channel = name in OF_CHANNEL
        self.of_line = name in OF_LINE
        self._contact = CONTACT_KINDS.get(name)
        self.kind = Kind.CONTACT if self._contact else Kind.APP if name == APP_REGID else Kind.TAG
        self._many = self._contact is None or self._contact in MANY
        self.present = mode is not Mode.DELETE
        # Where there is room for one value, a new one replaces it also when it is added.
        self.replaces = (mode is Mode.SET and self.kind != Kind.TAG) or (
            mode is Mode.ADD and not self._many
        )
        self._text = id_text if name in _CHANGED_BY_EXCEL else cell_text
        self._check = self._checked_contact if self._contact else _CHECKS[self.kind]
        self.scope: Scope | None = None  # as the heading says it
        if bind_id:
            try:
                self.scope = self.scope_under(bind_id)
            except RefusedError as refusal:
                raise DomainError(
                    _("The column “%(name)s” cannot be used. %(reason)s")
                    % {"name": shown(key), "reason": refusal.message}
                ) from refusal

    def read(self, value: Value) -> list[str]:
        text = self._text(value)
        if self._many:
            return [self._check(part) for part in parts_of(text)]
        return [self._check(text)] if text else []

    def scope_under(self, bind_id: str) -> Scope:
        if self._contact:
            return contact_scope(self._contact, bind_id, self._bind_ids)
        if self.kind == Kind.APP:
            return self._bind_ids.channel_id(bind_id)
        return self._bind_ids.tag_scope(bind_id)

    def _checked_contact(self, value: str) -> str:
        assert self._contact is not None  # noqa: S101  # for mypy
        return checked_contact(self._contact, value)


_Said = tuple[Column, Sequence[str]]
_CHECKS = {Kind.APP: checked_registration_id, Kind.TAG: checked_tag}
_LISTS = frozenset(f"{kind}:{ALL}" for kind in MANY)


def _second_channel(first: str, second: str) -> str:
    return _(
        "bind_id names the channel of “%(first)s” in this row, and a channel is of one kind. Put"
        " “%(second)s” into a row of its own, or head its column “%(second)s:CODE”."
    ) % {"first": first, "second": second}


def _surplus(last: str) -> str:
    return _(
        "The row has more cells than the header: “%(value)s”. Put quotation marks around a cell"
        " that holds the separator, or give every column a heading."
    ) % {"value": shown(last)}
