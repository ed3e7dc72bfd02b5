"""Whom a message is for, as asked: a value that is checked once and kept with the message."""

import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext as _

from ums.lib.errors import Code, DomainError

MAX_USERIDS = 1000  # protocol/ums.md 4
MAX_TAGS = 20
MAX_SEGMENTS = 1
MAX_REGISTRATION_IDS = 1000
MAX_USERID_LENGTH = 64
REGISTRATION_ID = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")  # protocol/jpush.md 11


@dataclass(frozen=True, slots=True)
class Audience:
    """Everyone, or a union of people (userids, tags, segments), or devices by registrationID.

    `segments` are ids of Segments. `block_list` and `allow_list` are ids of PersonLists: who is on
    the one, or not on the other, is left out.
    """

    everyone: bool = False
    userids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    segments: tuple[int, ...] = ()
    registration_ids: tuple[str, ...] = ()
    block_list: int | None = None
    allow_list: int | None = None

    def __post_init__(self) -> None:
        for userid in self.userids:
            # PostgreSQL stores no NUL, and no upload can bring a control character.
            if not 1 <= len(userid) <= MAX_USERID_LENGTH or not userid.isprintable():
                raise DomainError(
                    _("“%(value)s” is not a userid: it must have 1 to %(limit)d characters.")
                    % {"value": userid[:80], "limit": MAX_USERID_LENGTH}
                )
        for tag in self.tags:
            if not tag or not tag.isprintable():
                raise DomainError(_("“%(value)s” is not a tag.") % {"value": tag[:80]})
        for registration_id in self.registration_ids:
            if not REGISTRATION_ID.match(registration_id):
                raise DomainError(
                    _(
                        "“%(value)s” is not a registrationID: it must have 1 to 64 letters,"
                        " digits, - or _."
                    )
                    % {"value": registration_id[:80]}
                )
        people = bool(self.userids or self.tags or self.segments)
        kinds = [self.everyone, people, bool(self.registration_ids)]
        if kinds.count(True) > 1:
            raise DomainError(
                _(
                    "Everyone, people (aud_userid, aud_tag, aud_segment) and registrationIDs"
                    " (aud_app) cannot be mixed in one message."
                )
            )
        if not any(kinds):
            raise DomainError(
                _(
                    "The audience is empty: name at least one aud_userid, aud_tag, aud_segment or"
                    " aud_app."
                )
            )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Audience":
        """What `to_json` has made, now or before a field was added."""
        known: dict[str, Any] = {
            field.name: tuple(value) if isinstance(value, list) else value
            for field in fields(cls)
            if (value := data.get(field.name)) is not None
        }
        return cls(**known)

    def to_json(self) -> dict[str, Any]:
        # Not asdict: it copies each of a thousand userids by itself.
        return {field.name: getattr(self, field.name) for field in fields(self)}


def check_limits(
    *,
    userids: Sized = (),
    tags: Sized = (),
    segments: Sized = (),
    registration_ids: Sized = (),
) -> None:
    """The limits of one API call (protocol/ums.md 4)."""
    _limit("aud_userid", len(userids), MAX_USERIDS, Code.TOO_MANY_USERIDS)
    _limit("aud_tag", len(tags), MAX_TAGS, Code.INVALID_PARAMETER)
    _limit("aud_segment", len(segments), MAX_SEGMENTS, Code.INVALID_PARAMETER)
    _limit("aud_app", len(registration_ids), MAX_REGISTRATION_IDS, Code.INVALID_PARAMETER)


def _limit(field: str, number: int, limit: int, code: Code) -> None:
    if number > limit:
        raise DomainError(
            _("%(field)s has %(number)d entries; at most %(limit)d are allowed in one call.")
            % {"field": field, "number": number, "limit": limit},
            code,
        )
