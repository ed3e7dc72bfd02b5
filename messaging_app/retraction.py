"""Takes a message back: what is not pushed yet stops, what was pushed is withdrawn."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging_app.models import Batch, Message
from messaging_app.states import RETRACT
from messaging_app.stopping import LOST, STOPPABLE, stop
from ums.lib.errors import Code, DomainError

logger = logging.getLogger(__name__)

RETRACTABLE_FOR = timedelta(hours=24)  # protocol/ums.md 7
# Nothing of these has been pushed, so they may be as old as they like.
NOT_BEGUN = Q(
    state__in=(Message.State.PENDING_APPROVAL, Message.State.SCHEDULED, Message.State.EXPANDING)
) | Q(state=Message.State.PAUSED, expanded_at=None)
BEGUN = Q(state__in=(Message.State.SENDING, Message.State.DONE)) | Q(
    state__in=(Message.State.PAUSED, Message.State.CANCELLED), expanded_at__isnull=False
)
# What becomes of a Batch beside STOPPABLE, by where it is: exclusive, FAILED ones are left alone.
WITHDRAWABLE = Q(state__in=(Batch.State.SENT, Batch.State.PUSHING))
UNKNOWN = Q(state=Batch.State.UNKNOWN) | LOST


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of devices. A clicked one stays clicked: it is in none of them."""

    stopped: int = 0  # before they were pushed
    withdrawn: int = 0
    pending: int = 0  # JPush has yet to take them back
    failed: int = 0  # JPush has refused, or there is no msg_id to name to it

    @property
    def total(self) -> int:
        return self.stopped + self.withdrawn + self.pending + self.failed


def retract(*, message: Message) -> None:
    """Stop what is not pushed; the worker withdraws what JPush has (protocol/ums.md 7).

    DomainError where the message is too old, cancelled, failed, or retracted already (1015055).
    """
    now = timezone.now()
    with transaction.atomic():
        retracted = RETRACT.make(
            Message.objects.filter(_retractable(now), pk=message.pk),
            retracted_at=now,
            done_at=Coalesce("done_at", now),
        )
        if retracted:
            batches = Batch.objects.filter(message_id=message.pk)
            stop(batches)
            # A call that is under way is withdrawn once it has ended with success (`outcomes`).
            batches.filter(WITHDRAWABLE).update(withdrawal=Batch.Withdrawal.DUE, not_before=now)
            # Without an answer there is no msg_id, and so nothing that could be withdrawn.
            batches.filter(UNKNOWN).update(withdrawal=Batch.Withdrawal.FAILED)
    if not retracted:
        raise _refusal(message)
    logger.info("message %s is retracted", message.msgid)


def is_retractable(message: Message) -> bool:
    """Whether `retract` would do it now."""
    return bool(retractable([message.pk]))


def retractable(ids: Iterable[int]) -> set[int]:
    """Those of the messages that `retract` would take back now: one query."""
    rows = Message.objects.filter(_retractable(timezone.now()), pk__in=list(ids))
    return set(rows.values_list("pk", flat=True))


def figures(message: Message) -> Figures | None:
    """What has become of the devices of a retracted message; None for any other."""
    if message.state != Message.State.RETRACTED:
        return None
    return _count(
        message,
        stopped=Q(state=Batch.State.CANCELLED),
        withdrawn=Q(withdrawal=Batch.Withdrawal.DONE),
        pending=Q(withdrawal=Batch.Withdrawal.DUE),
        failed=Q(withdrawal=Batch.Withdrawal.FAILED),
    )


def outlook(message: Message) -> Figures:
    """What `retract` would do now; `pending` are those that JPush would be asked to withdraw."""
    return _count(message, stopped=STOPPABLE, pending=WITHDRAWABLE, failed=UNKNOWN)


def _retractable(now: datetime) -> Q:
    since = now - RETRACTABLE_FOR
    young = Q(created_at__gt=since) | Q(send_at__gt=since) | Q(reviewed_at__gt=since)
    return NOT_BEGUN | (BEGUN & young)


def _refusal(message: Message) -> DomainError:
    stored = Message.objects.only("state", "msgid", "expanded_at").get(pk=message.pk)
    values = {"msgid": stored.msgid, "hours": RETRACTABLE_FOR // timedelta(hours=1)}
    match stored.state:
        case Message.State.RETRACTED:
            text = _("The message “%(msgid)s” has been retracted already.")
            return DomainError(text % values, Code.ALREADY_RETRACTED)
        case Message.State.CANCELLED if stored.expanded_at is None:
            text = _("The message “%(msgid)s” was cancelled: there is nothing to retract.")
        case Message.State.FAILED:
            text = _("The message “%(msgid)s” has failed: there is nothing to retract.")
        case Message.State.MISSED:
            text = _("The message “%(msgid)s” missed its time: there is nothing to retract.")
        case _state:
            text = _(
                "The message “%(msgid)s” was sent more than %(hours)d hours ago: it is too late to"
                " retract it."
            )
    return DomainError(text % values)


def _count(message: Message, **parts: Q) -> Figures:
    """Devices of the Batches in each part: one query."""
    concerned = F("size") - F("clicked") - F("failed") - F("invalid")
    sums = Batch.objects.filter(message_id=message.pk).aggregate(
        **{name: Sum(concerned, filter=part, default=0) for name, part in parts.items()}
    )
    return Figures(**sums)
