"""What a send request asks for beside audience and content: `option` (protocol/ums.md 3.1.1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine
from messaging_app.models import Message
from ums.lib.errors import Code, DomainError

MAX_SENDNO_LENGTH = 255
MAX_ID = 2**63 - 1  # of a database


class Option(msgspec.Struct):
    """`option` of a request; what it does not name is ignored."""

    sendno: str | int | None = None
    owner: str | int | None = None
    black_id: int | None = None
    white_id: int | None = None
    priority: int | None = None
    send_time: str | None = None


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How a message is sent. `owner` is under whose account it waits for approval, if it has to."""

    sendno: str = ""
    priority: int = Message.Priority.MEDIUM
    send_at: datetime | None = None
    owner: User | None = None


def read_options(option: Option, line: BusinessLine) -> SendOptions:
    """DomainError naming the option that is wrong, and its value."""
    return SendOptions(
        sendno=_sendno(option.sendno),
        priority=_priority(option.priority),
        send_at=_send_time(option.send_time),
        owner=_owner(option.owner) if line.api_approval else None,
    )


def list_ids(option: Option) -> tuple[int | None, int | None]:
    """Ids of the block list and of the allow list; 0 is how typed clients write none."""
    if option.black_id and option.white_id:
        raise DomainError(_("black_id and white_id cannot be used together."), Code.TWO_LISTS)
    for list_id in (option.black_id, option.white_id):
        if list_id and not 0 < list_id <= MAX_ID:
            raise DomainError(
                _("There is no block or allow list %(id)d.") % {"id": list_id}, Code.LIST_UNKNOWN
            )
    return option.black_id or None, option.white_id or None


def _sendno(value: str | int | None) -> str:
    sendno = "" if value is None else str(value)
    if not sendno.isprintable() or len(sendno) > MAX_SENDNO_LENGTH:
        raise DomainError(
            _("option.sendno must be a text of up to %(limit)d characters.")
            % {"limit": MAX_SENDNO_LENGTH}
        )
    return sendno


def _priority(value: int | None) -> int:
    if value is None:
        return Message.Priority.MEDIUM
    if value not in Message.Priority.values:
        raise DomainError(
            _("option.priority is %(value)d; it must be 1, 2 or 3.") % {"value": value}
        )
    return value


def _send_time(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment: datetime = msgspec.convert(value, Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError as exc:
        raise DomainError(
            _(
                "option.send_time “%(value)s” is not a time of RFC 3339 with its offset, such as"
                " 2026-12-01T09:00:00+08:00."
            )
            % {"value": value[:80]}
        ) from exc
    return moment


def _owner(value: str | int | None) -> User:
    """Whose account the request is filed under (protocol/ums.md 3.1.1)."""
    name = "" if value is None else str(value)
    found = User.objects.filter(username=name, is_active=True) if name.isprintable() else None
    owner = found.first() if found is not None else None
    if owner is None:
        raise DomainError(
            _(
                "API messages of this business line need approval: option.owner must be the user"
                " name of an operator, which “%(value)s” is not."
            )
            % {"value": name[:80]},
            Code.OWNER_NEEDED,
        )
    return owner
