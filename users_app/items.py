"""Reads the items of `POST /v1/user/opt` (protocol/ums.md 3.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.changes import (
    BindIds,
    Item,
    Kind,
    Op,
    Operation,
    RefusedError,
    checked_registration_id,
    checked_tag,
    checked_userid,
    shown,
)

# The original's limit is not known (protocol/ums.md 12.2); a send has the same one.
MAX_USERS = 1000
# The other kinds of the original (protocol/ums.md 3.4): named, but not stored yet.
UNSUPPORTED = (
    "phone",
    "email",
    "wechatoa",
    "wechatmp",
    "alipaylife",
    "dingtalkcc",
    "wechatwk",
    "wechatwk_linkedcorp",
)
FIELDS = (*Kind, *UNSUPPORTED)
_NOTHING: tuple[object, ...] = (None, "", [], {})  # how typed clients write a field without a value


@dataclass(frozen=True, slots=True)
class FailedItem:
    userid: str
    reason: str


def read_items(
    body: Sequence[Mapping[str, Any]], bind_ids: BindIds
) -> tuple[list[Item], list[FailedItem]]:
    """Items that can be carried out, and those that break a rule of their values.

    DomainError for an item that does not have the documented form: then the whole request is one
    that its sender must mend.
    """
    items, failed = [], []
    for number, raw in enumerate(body, start=1):
        userid = read_userid(raw.get("userid"), _("Item %(number)d") % {"number": number})
        try:
            items.append(Item(checked_userid(userid), _operations(number, userid, raw, bind_ids)))
        except RefusedError as refusal:
            failed.append(FailedItem(userid, refusal.message))
    return items, failed


def read_userid(value: object, place: str) -> str:
    """A string, or an integer as some clients write it (protocol/ums.md 3.0)."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        raise DomainError(_("%(place)s has no userid; it must be a string.") % {"place": place})
    raise DomainError(
        _("%(place)s: the userid must be a string, not %(value)s.")
        % {"place": place, "value": _json(value)}
    )


def _operations(
    number: int, userid: str, raw: Mapping[str, Any], bind_ids: BindIds
) -> tuple[Operation, ...]:
    # User fields without an operation above them mean `set` (protocol/ums.md 12.1, row 1).
    top_level: Mapping[str, Any] = {name: raw[name] for name in FIELDS if name in raw}
    blocks = [(Op.SET, "", top_level)]
    reader = _ItemReader(number, userid, bind_ids)
    blocks += [(op, f"{op}.", reader.mapping(op, raw.get(op))) for op in Op]
    unknown = sorted(set(raw) - {"userid", *Op, *FIELDS})
    if unknown and not any(block for _op, _prefix, block in blocks):
        raise RefusedError(
            _("The item has nothing to store: “%(name)s” is not one of %(known)s.")
            % {"name": shown(unknown[0]), "known": ", ".join((*Op, *FIELDS))}
        )
    return tuple(
        operation
        for op, prefix, block in blocks
        for name, value in block.items()
        for operation in reader.operations(op, f"{prefix}{name}", name, value)
    )


@dataclass(frozen=True, slots=True)
class _ItemReader:
    number: int
    userid: str
    bind_ids: BindIds

    def operations(self, op: Op, place: str, name: str, value: Any) -> list[Operation]:
        if name in UNSUPPORTED:
            if value in _NOTHING:
                return []
            raise RefusedError(
                _(
                    "“%(place)s” is not supported yet: this server stores %(kinds)s. Leave it out"
                    " to have the rest of the item stored."
                )
                % {"place": place, "kinds": ", ".join(Kind)}
            )
        if name not in FIELDS:
            raise RefusedError(
                _("“%(place)s” is not known; possible are %(kinds)s.")
                % {"place": shown(place), "kinds": ", ".join(Kind)}
            )
        kind = Kind(name)
        return [
            Operation(
                op,
                kind,
                self.bind_ids.channel_id(bind_id)
                if kind is Kind.APP
                else self.bind_ids.tag_scope(bind_id),
                self.values(kind, f"{place}.{bind_id}", values),
            )
            for bind_id, values in self.mapping(place, value).items()
        ]

    def mapping(self, place: str, value: Any) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.malformed(place, _("an object"), value)
        return value

    def values(self, kind: Kind, place: str, values: Any) -> tuple[str, ...]:
        if not isinstance(values, list):
            raise self.malformed(place, _("an array of strings"), values)
        for value in values:
            if not isinstance(value, str):
                raise self.malformed(place, _("an array of strings"), value)
        check = checked_registration_id if kind is Kind.APP else checked_tag
        return tuple(check(value) for value in values)

    def malformed(self, place: str, expected: str, value: object) -> DomainError:
        return DomainError(
            _(
                "Item %(number)d, userid “%(userid)s”: %(place)s must be %(expected)s,"
                " not %(value)s."
            )
            % {
                "number": self.number,
                "userid": shown(self.userid),
                "place": shown(place),
                "expected": expected,
                "value": _json(value),
            }
        )


def _json(value: object) -> str:
    return shown(msgspec.json.encode(value).decode())
