"""Takes registrationIDs out that JPush calls invalid, and lets the others of the call go on."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from messaging_app.models import Batch, Delivery, Message
from messaging_app.states import GIVE_UP, STOP
from messaging_app.verdicts import Outcome
from users_app.models import Registration

STOPPED_MESSAGES = (Message.State.RETRACTED, Message.State.CANCELLED)


def take_out(outcome: Outcome) -> None:
    """JPush refused the call for ids that it names, or reaches none of them (protocol/jpush.md 8).

    The ids are marked, on the ledger and for later audiences; the others move to a new Batch, since
    an attempted one is never cut again. Terminates: each round is smaller by one id at least.
    """
    claim = outcome.claim
    with transaction.atomic():
        # One split at a time in a message: the new batch's number must be free. And none beside a
        # cancellation, which would not see the new batch.
        message = (
            Message.objects.select_for_update().only("state", "content").get(pk=claim.message_id)
        )
        mine = Batch.objects.filter(
            pk=claim.batch_id, lease=claim.lease, state=Batch.State.PUSHING
        ).first()
        if mine is None:
            return  # the lease has passed to another worker
        ids = _unusable(mine, message, outcome)
        # Nothing of it is with JPush, so there is nothing to withdraw either.
        values = {"in_doubt": False, "lease": "", "lease_until": None, "withdrawal": ""}
        values |= error_values(outcome)
        if ids:
            values |= {"size": len(ids), "invalid": len(ids)}
        # Fenced once more: the lease may run out at any moment.
        batch = Batch.objects.filter(pk=mine.pk, lease=claim.lease)
        move = STOP if mine.stopped and not ids else GIVE_UP
        if not move.make(batch, **values) or not ids:
            return
        _mark(mine, ids, outcome)
        if mine.size > len(ids):
            _cut_rest(mine, mine.size - len(ids), stopped=message.state in STOPPED_MESSAGES)


def error_values(outcome: Outcome) -> dict[str, object]:
    """What the Batch shows of a failure."""
    error = outcome.error
    return {"error_code": error.number, "error_message": error.message[:500]} if error else {}


def _unusable(batch: Batch, message: Message, outcome: Outcome) -> list[str]:
    """The ids of the Batch to mark, which have no outcome of their own yet."""
    pending = Delivery.objects.filter(batch_id=batch.pk, state=Delivery.State.PENDING)
    if outcome.bad_ids:
        pending = pending.filter(registration_id__in=outcome.bad_ids)
    elif not _is_about_ids(batch, message):
        return []
    return list(pending.values_list("registration_id", flat=True))


def _is_about_ids(batch: Batch, message: Message) -> bool:
    """Whether "no target" says something of the ids, and not of the message or the AppKey.

    A message for one platform misses the devices of another, and the AppKey of another app misses
    all: only a channel that has reached somebody tells bad ids from that.
    """
    if message.content.get("platform") != "all":
        return False
    return Batch.objects.filter(channel_id=batch.channel_id, state=Batch.State.SENT).exists()


def _mark(batch: Batch, ids: Collection[str], outcome: Outcome) -> None:
    Delivery.objects.filter(batch_id=batch.pk, registration_id__in=ids).update(
        state=Delivery.State.INVALID_ID
    )
    Registration.objects.filter(channel_id=batch.channel_id, registration_id__in=ids).update(
        invalid_at=timezone.now(), invalid_reason=str(outcome.error)[:255]
    )


def _cut_rest(batch: Batch, size: int, *, stopped: bool) -> None:
    last = Batch.objects.filter(message_id=batch.message_id).aggregate(last=Max("pk"))
    rest = Batch.objects.create(
        id=last["last"] + 1,
        message_id=batch.message_id,
        channel_id=batch.channel_id,
        state=Batch.State.CANCELLED if stopped else Batch.State.QUEUED,
        size=size,
        lane=batch.lane,
        not_before=timezone.now(),
    )
    Delivery.objects.filter(batch_id=batch.pk, state=Delivery.State.PENDING).update(
        batch_id=rest.pk
    )
