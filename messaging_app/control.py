"""What an operator or a caller does to a message that is on its way: pause, resume, cancel, repeat.

Each raises DomainError where the message is in no state for it; then nothing is changed.
"""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging_app import hints
from messaging_app.models import Batch, Message
from messaging_app.states import (
    CANCEL,
    PAUSE,
    REOPEN,
    REPEAT,
    RESUME_SENDING,
    RESUME_UNCOUNTED,
    RESUME_WAITING,
)
from messaging_app.stopping import LOST, STOPPABLE, lock, stop
from ums.lib.errors import DomainError

logger = logging.getLogger(__name__)

# A receipt shows that JPush has taken the call: to repeat it would surely reach people twice.
REPEATABLE = Q(state=Batch.State.UNKNOWN, delivered=0, clicked=0, failed=0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Numbers of devices: what `cancel` would do now."""

    stopped: int  # not pushed any more
    under_way: int  # their call ends as it will
    kept: int  # JPush has them
    unknown: int  # an earlier attempt's outcome will never be known


def pause(*, message: Message) -> None:
    """No call begins any more; those under way end. The message's time goes on."""
    if not PAUSE.make(_row(message)):
        raise _impossible(message, _("The message “%(msgid)s” cannot be paused: it is %(state)s."))
    logger.info("message %s is paused", message.msgid)


def resume(*, message: Message) -> None:
    """Go on where it was paused: waiting for its time, before it was counted, or sending."""
    now = timezone.now()
    rows = _row(message).filter(expires_at__gt=now)
    uncounted = rows.filter(expanded_at=None)
    resumed = (
        RESUME_SENDING.make(rows.filter(expanded_at__isnull=False))
        or RESUME_WAITING.make(uncounted.filter(send_at__gt=now))
        or RESUME_UNCOUNTED.make(uncounted)
    )
    if not resumed:
        raise _not_resumable(message)
    hints.message_accepted(_stored(message))
    logger.info("message %s is resumed", message.msgid)


def cancel(*, message: Message) -> None:
    """Nothing more is pushed; what JPush has stays there (`retraction.retract` takes it back)."""
    with transaction.atomic():
        cancelled = CANCEL.make(_row(message), done_at=timezone.now(), reason="")
        if cancelled:
            stop(Batch.objects.filter(message_id=message.pk))
    if not cancelled:
        raise _impossible(
            message, _("The message “%(msgid)s” cannot be cancelled: it is %(state)s.")
        )
    logger.info("message %s is cancelled", message.msgid)


def repeat_unknown(*, message: Message) -> None:
    """Push again what nobody knows the outcome of, although somebody may get it twice.

    Of a finished message only: `sweeps.finish_messages` closes one that is being sent by what it
    saw a moment before, so the batches might stay behind.
    """
    now = timezone.now()
    with transaction.atomic():
        reopened = REOPEN.make(_row(message).filter(expires_at__gt=now), done_at=None)
        if reopened:
            unknown = Batch.objects.filter(REPEATABLE, message_id=message.pk)
            lock(unknown)
            repeated = REPEAT.make(
                unknown,
                in_doubt=False,
                cid="",
                cid_at=None,
                error_code=None,
                error_message="",
                not_before=now,
            )
            if not repeated:
                raise DomainError(
                    _("There is nothing to push again: every call of “%(msgid)s” has its outcome.")
                    % {"msgid": message.msgid}
                )
    if not reopened:
        raise _not_repeatable(message)
    logger.info("message %s: %d batches are pushed again", message.msgid, repeated)


def outlook(message: Message) -> Outlook:
    """What `cancel` would do now."""
    pushed = F("size") - F("invalid")
    parts = {
        "stopped": STOPPABLE,
        "under_way": Q(state=Batch.State.PUSHING),
        "kept": Q(state=Batch.State.SENT),
        "unknown": LOST | Q(state=Batch.State.UNKNOWN),
    }
    sums = {name: Sum(pushed, filter=part, default=0) for name, part in parts.items()}
    return Outlook(**Batch.objects.filter(message_id=message.pk).aggregate(**sums))


def repeatable(message: Message) -> int:
    """Devices that `repeat_unknown` would push to now."""
    if message.state not in REOPEN.sources or message.expires_at <= timezone.now():
        return 0
    unknown = Batch.objects.filter(REPEATABLE, message_id=message.pk)
    return int(unknown.aggregate(devices=Sum(F("size") - F("invalid"), default=0))["devices"])


def _row(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(pk=message.pk)


def _stored(message: Message) -> Message:
    known = Message.objects.only("state", "msgid", "expires_at", "broadcast", "priority")
    return known.get(pk=message.pk)


def _impossible(message: Message, sentence: str) -> DomainError:
    stored = _stored(message)
    return DomainError(sentence % {"msgid": stored.msgid, "state": stored.get_state_display()})


def _not_resumable(message: Message) -> DomainError:
    stored = _stored(message)
    if stored.state == Message.State.PAUSED:
        sentence = _(
            "The message “%(msgid)s” is paused and cannot be resumed: its time-to-live is over."
            " Cancel it, and send a new message."
        )
        return DomainError(sentence % {"msgid": stored.msgid})
    return _impossible(message, _("The message “%(msgid)s” cannot be resumed: it is %(state)s."))


def _not_repeatable(message: Message) -> DomainError:
    stored = _stored(message)
    if stored.state == Message.State.DONE:
        sentence = _(
            "The message “%(msgid)s” cannot be pushed again: its time-to-live is over. Send a new"
            " message to the people whose outcome is unknown."
        )
        return DomainError(sentence % {"msgid": stored.msgid})
    if stored.state in (Message.State.SENDING, Message.State.PAUSED):
        sentence = _(
            "The message “%(msgid)s” is %(state)s: wait until its other calls are made, then push"
            " again."
        )
        return _impossible(message, sentence)
    return _impossible(
        message,
        _(
            "The message “%(msgid)s” is %(state)s, so nothing of it is pushed again: send a new"
            " message."
        ),
    )
