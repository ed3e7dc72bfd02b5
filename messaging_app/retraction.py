"""Takes a message back: what is not pushed yet stops, what was pushed is withdrawn."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging_app.models import Batch, Message
from messaging_app.states import RETRACT
from ums.lib.errors import Code, DomainError

logger = logging.getLogger(__name__)

RETRACTABLE_FOR = timedelta(hours=24)  # protocol/ums.md 7
# Nothing of these has been pushed, so they may be as old as they like.
NOT_STARTED = (Message.State.PENDING_APPROVAL, Message.State.SCHEDULED, Message.State.EXPANDING)
STARTED = (Message.State.SENDING, Message.State.DONE)
# What becomes of a Batch by where it is: exclusive, and FAILED ones are left alone.
STOPPABLE = Q(state__in=(Batch.State.QUEUED, Batch.State.PUSHING), in_doubt=False)
WITHDRAWABLE = Q(state=Batch.State.SENT) | Q(state=Batch.State.PUSHING, in_doubt=True)
UNKNOWN = Q(state=Batch.State.UNKNOWN) | Q(state=Batch.State.QUEUED, in_doubt=True)


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
        # First the message: whoever adds batches to it holds its row, and ends before we look.
        retracted = RETRACT.make(
            Message.objects.filter(_retractable(now), pk=message.pk),
            retracted_at=now,
            done_at=Coalesce("done_at", now),
        )
        if retracted:
            _stop(Batch.objects.filter(message_id=message.pk), now)
    if not retracted:
        raise _refusal(message)
    logger.info("message %s is retracted", message.msgid)


def is_retractable(message: Message) -> bool:
    """Whether `retract` would do it now."""
    return Message.objects.filter(_retractable(timezone.now()), pk=message.pk).exists()


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
    return Q(state__in=NOT_STARTED) | Q(young, state__in=STARTED)


def _stop(batches: QuerySet[Batch], now: datetime) -> None:
    """No batch is pushed any more but those whose call is under way.

    These are marked, and what ends their call looks at the mark (`outcomes`). All rows are locked,
    so each is seen as it is; in one order, so that nobody waits for each other.
    """
    list(batches.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    batches.filter(state=Batch.State.PUSHING).update(stopped=True)
    batches.filter(WITHDRAWABLE).update(withdrawal=Batch.Withdrawal.DUE, not_before=now)
    # Without an answer there is no msg_id, and so nothing that could be withdrawn.
    batches.filter(UNKNOWN).update(state=Batch.State.UNKNOWN, withdrawal=Batch.Withdrawal.FAILED)
    # A worker that waits for its turn with one of them finds its lease gone, and makes no call.
    batches.filter(STOPPABLE).update(
        state=Batch.State.CANCELLED, lease="", lease_until=None, error_code=None, error_message=""
    )


def _refusal(message: Message) -> DomainError:
    now = Message.objects.only("state", "msgid").get(pk=message.pk)
    values = {"msgid": now.msgid, "hours": RETRACTABLE_FOR // timedelta(hours=1)}
    match now.state:
        case Message.State.RETRACTED:
            text = _("The message “%(msgid)s” has been retracted already.")
            return DomainError(text % values, Code.ALREADY_RETRACTED)
        case Message.State.CANCELLED:
            text = _("The message “%(msgid)s” was cancelled: there is nothing to retract.")
        case Message.State.FAILED:
            text = _("The message “%(msgid)s” has failed: there is nothing to retract.")
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
