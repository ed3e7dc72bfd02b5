"""Decides on messages by API that wait for an operator (protocol/ums.md 3.1.1, owner)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels_app.quiet_hours import quiet
from messaging_app import hints
from messaging_app.lifetime import expires_at
from messaging_app.models import Message
from messaging_app.states import APPROVE_LATER, APPROVE_NOW, REFUSE, MessageMove
from ums.lib.errors import Code, DomainError

MAX_REASON_LENGTH = 255


def waiting() -> QuerySet[Message]:
    """The messages to decide on, oldest first, for lists: without what may be megabytes."""
    return _listed().filter(state=Message.State.PENDING_APPROVAL).order_by("pk")


def reviewed() -> QuerySet[Message]:
    """The messages that somebody has decided on, latest decision first, for lists."""
    return _listed().filter(reviewed_at__isnull=False).order_by("-reviewed_at")


def is_refused(message: Message) -> bool:
    """Ended by its review, which always has a reason; a cancellation afterwards has none."""
    ended = message.state == Message.State.CANCELLED and message.done_at == message.reviewed_at
    return ended and bool(message.reason)


def verdict(message: Message) -> str:
    """Who has decided, and what; "" where nobody had to or has yet."""
    if message.reviewed_at is None:
        return ""
    who = message.reviewer.get_username() if message.reviewer else "–"
    if is_refused(message):
        return _("refused by %(who)s: %(reason)s") % {"who": who, "reason": message.reason}
    return _("approved by %(who)s") % {"who": who}


def hindrance(message: Message, reviewer: User) -> str:
    """Why this operator cannot approve the message, as a sentence; "" if nothing is in the way."""
    if message.operator_id == reviewer.pk:
        return _(
            "The message was filed under your account (%(account)s), so somebody else must approve"
            " it."
        ) % {"account": reviewer.get_username()}
    return ""


def approve(*, message: Message, reviewer: User) -> Message:
    """Let a waiting message go: at its `send_at` if that is still to come, else now.

    The time for retries begins when it may be sent. Returns it as stored. Raises DomainError, and
    then nothing is changed.
    """
    _check_waiting(message)
    if reason := hindrance(message, reviewer):
        raise DomainError(reason)
    now = timezone.now()
    starts_at = max(now, message.send_at or now)
    _check_quiet_hours(message, starts_at)
    move = APPROVE_LATER if starts_at > now else APPROVE_NOW
    expiry = expires_at(message.content, starts_at)
    return _decide(move, message, reviewer, now, expires_at=expiry)


def refuse(*, message: Message, reviewer: User, reason: str) -> Message:
    """End a waiting message; its submitter reads `reason`. Errors as for `approve`."""
    _check_waiting(message)
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Write why the message is refused: its submitter reads the reason."))
    if len(reason) > MAX_REASON_LENGTH:
        raise DomainError(
            _("The reason has %(number)d characters; at most %(limit)d are stored.")
            % {"number": len(reason), "limit": MAX_REASON_LENGTH}
        )
    now = timezone.now()
    return _decide(REFUSE, message, reviewer, now, reason=reason, done_at=now)


def _decide(
    move: MessageMove, message: Message, reviewer: User, now: datetime, **values: object
) -> Message:
    """Of two decisions at the same moment the database lets one win."""
    waits = Message.objects.filter(pk=message.pk)
    decided = move.make(waits, reviewer=reviewer, reviewed_at=now, **values)
    stored = Message.objects.select_related("reviewer").get(pk=message.pk)
    if not decided:
        _check_waiting(stored)
    hints.message_accepted(stored)
    return stored


def _check_waiting(message: Message) -> None:
    if message.state == Message.State.PENDING_APPROVAL:
        return
    words = {
        "msgid": message.msgid,
        "state": message.get_state_display(),
        "verdict": verdict(message),
    }
    if message.reviewed_at is None:
        raise DomainError(
            _("Message %(msgid)s does not wait for approval: it is %(state)s.") % words
        )
    raise DomainError(
        _("Message %(msgid)s is decided on already (%(verdict)s); it is %(state)s.") % words
    )


def _check_quiet_hours(message: Message, starts_at: datetime) -> None:
    line = message.business_line
    until = quiet(line, starts_at) if line else None
    if line is None or until is None:
        return
    raise DomainError(
        _(
            "The business line “%(line)s” has quiet hours until %(until)s, and the message would be"
            " sent in them, at %(moment)s. Approve it afterwards."
        )
        % {"line": line.name, "until": _moment(until), "moment": _moment(starts_at)},
        Code.QUIET_HOURS,
    )


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


def _listed() -> QuerySet[Message]:
    return Message.objects.select_related("operator", "business_line", "reviewer").defer(
        "audience", "content", "business_line__master_secret"
    )
