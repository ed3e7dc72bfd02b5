"""What an upload says about people, as plain values, and the rules that its values obey."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError

ALL = "all"  # bind_id that every business line sees (protocol/ums.md 1.2)

USERID_LENGTH = 64  # protocol/ums.md 3.4
TAG_BYTES = 40  # protocol/ums.md 3.4
REGISTRATION_ID_LENGTH = 64  # protocol/jpush.md 11
SPECIALS = "_@!#$&*+=.|￥"  # protocol/ums.md 3.4
# The original's set has no hyphen; ids with one are common, and accepting them harms nobody.
_USERID = re.compile(rf"[A-Za-z0-9{re.escape(SPECIALS)}-]+\Z")
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_TAG = re.compile(rf"[{_HAN}A-Za-z0-9{re.escape(SPECIALS)}]+\Z")
_REGISTRATION_ID = re.compile(r"[0-9A-Za-z_-]+\Z")
SHOWN_CHARACTERS = 80


class RefusedError(DomainError):
    """One value of an upload breaks a rule; the rest of the upload is not touched by that."""


class Kind(StrEnum):
    """What can be bound to a person; the kind of a contact is a part of its scope."""

    APP = "app"
    TAG = "tag"
    CONTACT = "contact"


class Op(StrEnum):
    """Operations of the user API, in the order in which those of one item are carried out."""

    SET = "set"
    ADD = "add"
    DEL = "del"


class Mode(StrEnum):
    """What a file does to the people in it."""

    SET = "set"  # its devices and addresses replace the earlier ones; tags are added
    ADD = "add"
    DELETE = "delete"


class BindingChange(msgspec.Struct, frozen=True, gc=False):
    """One value below one scope: a Channel's id for an app, a bind_id for a tag, or such as
    "phone:all" for a contact.

    `replaces`: the scope loses what this upload does not name. An empty `value`, never present,
    carries nothing but that. `position` orders an upload: where only one person may have a device,
    the last one gets it.
    """

    kind: Kind
    scope: int | str
    value: str
    present: bool
    replaces: bool
    position: int


class PersonChange(msgspec.Struct, frozen=True, gc=False):
    """What one part of an upload says about one person.

    `faulty`: something said about this person could not be read. Nothing of theirs is replaced
    then, since the unreadable part may have named it.
    """

    userid: str
    bindings: tuple[BindingChange, ...] = ()
    faulty: bool = False


class Operation(msgspec.Struct, frozen=True, gc=False):
    op: Op
    kind: Kind
    scope: int | str
    values: tuple[str, ...]


class Item(msgspec.Struct, frozen=True, gc=False):
    """One readable item of the user API; its operations are in the order of `Op`."""

    userid: str
    operations: tuple[Operation, ...]


def checked_userid(value: str) -> str:
    if not value:
        raise RefusedError(_("The userid is empty; it needs 1 to 64 characters."))
    if len(value) > USERID_LENGTH:
        raise RefusedError(
            _("The userid “%(value)s” has %(length)d characters; at most %(limit)d are allowed.")
            % {"value": shown(value), "length": len(value), "limit": USERID_LENGTH}
        )
    if not _USERID.match(value):
        raise RefusedError(
            _(
                "The userid “%(value)s” has a character that is not allowed. Allowed are letters"
                " A-Z and a-z, digits and %(specials)s"
            )
            % {"value": shown(value), "specials": f"{SPECIALS}-"}
        )
    return value


def checked_tag(value: str) -> str:
    if not value:
        raise RefusedError(_("A tag is empty; it needs 1 to 40 bytes."))
    if (size := len(value.encode())) > TAG_BYTES:
        raise RefusedError(
            _(
                "The tag “%(value)s” has %(size)d bytes in UTF-8; at most %(limit)d are allowed. A"
                " Chinese character takes 3."
            )
            % {"value": shown(value), "size": size, "limit": TAG_BYTES}
        )
    if not _TAG.match(value):
        raise RefusedError(
            _(
                "The tag “%(value)s” has a character that is not allowed. Allowed are Chinese"
                " characters, letters A-Z and a-z, digits and %(specials)s"
            )
            % {"value": shown(value), "specials": SPECIALS}
        )
    return value


def checked_registration_id(value: str) -> str:
    if not value:
        raise RefusedError(_("A registrationID is empty; it needs 1 to 64 characters."))
    if len(value) > REGISTRATION_ID_LENGTH or not _REGISTRATION_ID.match(value):
        raise RefusedError(
            _(
                "“%(value)s” is not a registrationID: that is 1 to %(limit)d letters, digits,"
                " hyphens and underscores, for example 1104a89792bbb69299a."
            )
            % {"value": shown(value), "limit": REGISTRATION_ID_LENGTH}
        )
    return value


def shown(value: str) -> str:
    """`value` for a person's eyes: cut, and with what cannot be seen spelled out."""
    short = value if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]}…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)


def fold(items: Iterable[Item]) -> Iterator[PersonChange]:
    """The net effect of a request's items, one change per person, in the order of first mention."""
    people: dict[str, dict[tuple[Kind, int | str], _Scope]] = {}
    for position, item in enumerate(items):
        scopes = people.setdefault(item.userid, {})
        for operation in item.operations:
            scope = scopes.setdefault((operation.kind, operation.scope), _Scope())
            scope.carry_out(operation, position)
    for userid, scopes in people.items():
        yield PersonChange(
            userid,
            tuple(
                change
                for (kind, name), scope in scopes.items()
                for change in scope.changes(kind, name)
            ),
        )


@dataclass(slots=True)
class _Scope:
    """What a request has said so far about one person and one scope."""

    replaces: bool = False
    replaced_at: int = 0
    values: dict[str, tuple[bool, int]] = field(default_factory=dict)  # -> (present, position)

    def carry_out(self, operation: Operation, position: int) -> None:
        if operation.op is Op.SET:
            self.replaces, self.replaced_at = True, position
            self.values.clear()
        for value in operation.values:
            self.values[value] = (operation.op is not Op.DEL, position)

    def changes(self, kind: Kind, name: int | str) -> Iterator[BindingChange]:
        for value, (present, position) in self.values.items():
            yield BindingChange(kind, name, value, present, self.replaces, position)
        if self.replaces and not self.values:
            yield BindingChange(
                kind, name, "", present=False, replaces=True, position=self.replaced_at
            )
