"""Reads the items of `POST /v1/user/opt` (protocol/ums.md 3.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

import msgspec
from django.utils.translation import gettext as _

from users_app.bind_ids import BindIds
from users_app.changes import (
    ALL,
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
from users_app.contacts import ContactKind, checked_contact, contact_scope
from users_app.shapes import FIELDS, ItemShape, UserFields, UserItem

_ITEM = ItemShape[UserItem](UserItem)
_CONTACT_KINDS = tuple(ContactKind)
_CONTACTS = attrgetter(*_CONTACT_KINDS)
_UNSAID = (None,) * len(_CONTACT_KINDS)
_USERID = ItemShape[str | int](str | int)


@dataclass(frozen=True, slots=True)
class FailedItem:
    userid: str
    reason: str


def read_items(
    body: Sequence[msgspec.Raw], bind_ids: BindIds
) -> tuple[list[Item], list[FailedItem]]:
    """Items that can be carried out, and those that break a rule of their values.

    DomainError for an item that does not have the documented form: then the whole request is one
    that its sender must mend.
    """
    items, failed = [], []
    for number, raw in enumerate(body, start=1):
        item = _ITEM.read(number, raw)
        userid = str(item.userid)
        try:
            operations = tuple(_operations(item, bind_ids))
            if not operations:
                _refuse_unknown(raw)
            items.append(Item(checked_userid(userid), operations))
        except RefusedError as refusal:
            failed.append(FailedItem(userid, refusal.message))
    return items, failed


def read_userids(body: Sequence[msgspec.Raw]) -> list[str]:
    """Strings, or integers as some clients write them (protocol/ums.md 3.0)."""
    return [str(_USERID.read(number, raw)) for number, raw in enumerate(body, start=1)]


def _operations(item: UserItem, bind_ids: BindIds) -> Iterator[Operation]:
    # Fields without an operation above them mean `set` (protocol/ums.md 12.1, row 1).
    for op, fields in (
        (Op.SET, item),
        (Op.SET, item.set),
        (Op.ADD, item.add),
        (Op.DEL, item.del_),
    ):
        if fields is not None:
            yield from _field_operations(op, fields, bind_ids)


def _field_operations(op: Op, fields: UserFields, bind_ids: BindIds) -> Iterator[Operation]:
    if fields.app:
        for code, values in fields.app.items():
            ids = tuple(checked_registration_id(value) for value in values)
            yield Operation(op, Kind.APP, bind_ids.channel_id(code), ids)
    if fields.tag:
        for bind_id, values in fields.tag.items():
            names = tuple(checked_tag(value) for value in values)
            yield Operation(op, Kind.TAG, bind_ids.tag_scope(bind_id), names)
    contacts = _CONTACTS(fields)
    if contacts == _UNSAID:  # as in most uploads, which are large
        return
    for kind, said in zip(_CONTACT_KINDS, contacts, strict=True):
        if said or isinstance(said, list):
            by_bind_id = said if isinstance(said, dict) else {ALL: said}
            for bind_id, value in by_bind_id.items():
                scope = contact_scope(kind, bind_id, bind_ids)
                yield _contact_operation(op, kind, scope, value)


def _contact_operation(
    op: Op, kind: ContactKind, scope: str, value: str | Sequence[str]
) -> Operation:
    if not isinstance(value, str):
        checked = tuple(checked_contact(kind, each) for each in value)
        return Operation(op, Kind.CONTACT, scope, checked)
    if not value:  # set or del: whatever is stored goes; add: there is nothing to add
        return Operation(Op.ADD if op is Op.ADD else Op.SET, Kind.CONTACT, scope, ())
    if op is Op.ADD:
        op = Op.SET  # there is room for one
    return Operation(op, Kind.CONTACT, scope, (checked_contact(kind, value),))


def _refuse_unknown(raw: msgspec.Raw) -> None:
    """An item that says nothing but what nobody understands is a mistake, not a wish."""
    known = ("userid", *Op, *FIELDS)
    unknown = sorted(set(msgspec.json.decode(raw, type=dict[str, msgspec.Raw])) - set(known))
    if unknown:
        raise RefusedError(
            _("The item has nothing to store: “%(name)s” is not one of %(known)s.")
            % {"name": shown(unknown[0]), "known": ", ".join(known[1:])}
        )
