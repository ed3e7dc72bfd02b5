"""Takes registrationIDs out that JPush calls invalid, and lets the others of the call go on."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from messaging_app.models import Batch, Delivery, Message
from messaging_app.states import GIVE_UP, STOP
from messaging_app.verdicts import Outcome
from users_app.models import Registration

STOPPED_MESSAGES = (Message.State.RETRACTED, Message.State.CANCELLED)


def take_out(outcome: Outcome) -> None:
    """JPush refused the call for ids that it names, or reaches none of them (protocol/jpush.md 8).

    The ids are marked, on the ledger and for later audiences; the others move to a new Batch, since
    an attempted one is never cut again. Where JPush does not say which id is bad, two halves go on.
    Terminates: each Batch is smaller than the one before.
    """
    claim = outcome.claim
    with transaction.atomic():
        # One split at a time in a message: the new batch's number must be free. And none beside a
        # cancellation, which would not see the new batch.
        message = (
            Message.objects.select_for_update().only("state", "content").get(pk=claim.message_id)
        )
        # Locked, so that no receipt comes between the reading of its ids and their marking.
        mine = (
            Batch.objects.select_for_update(no_key=True)
            .filter(pk=claim.batch_id, lease=claim.lease, state=Batch.State.PUSHING)
            .first()
        )
        if mine is None:
            return  # the lease has passed to another worker
        pending = _pending_ids(mine)
        ids = _unusable(mine, message, outcome, pending)
        others = sorted(pending - ids) if ids or _is_searched(mine, outcome) else []
        # Nothing of it is with JPush, so there is nothing to withdraw either.
        values = {"in_doubt": False, "lease": "", "lease_until": None, "withdrawal": ""}
        values |= error_values(outcome)
        if ids or others:
            # With it stay those that have an outcome of their own, of an attempt before it.
            own = F("delivered") + F("clicked") + F("failed") + F("invalid")
            values |= {"size": own + len(ids), "invalid": F("invalid") + len(ids)}
        move = STOP if mine.stopped and not ids else GIVE_UP
        move.make(Batch.objects.filter(pk=mine.pk), **values)
        _mark(mine, ids, outcome)
        stopped = message.state in STOPPED_MESSAGES
        half = len(others) // 2 if outcome.hidden_bad_ids else 0
        for part in (others[:half], others[half:]):
            _cut(mine, part, stopped=stopped)


def error_values(outcome: Outcome) -> dict[str, object]:
    """What the Batch shows of a failure."""
    error = outcome.error
    return {"error_code": error.number, "error_message": error.message[:500]} if error else {}


def _pending_ids(batch: Batch) -> set[str]:
    """Those without an outcome of their own."""
    rows = Delivery.objects.filter(batch_id=batch.pk, state=Delivery.State.PENDING)
    return set(rows.values_list("registration_id", flat=True))


def _unusable(batch: Batch, message: Message, outcome: Outcome, ids: set[str]) -> set[str]:
    """Those to mark."""
    if outcome.bad_ids:
        return ids & set(outcome.bad_ids)
    if outcome.hidden_bad_ids:
        return ids if len(ids) == 1 and _has_reached_somebody(batch) else set()
    # A message for one platform misses the devices of another.
    is_about_ids = message.content.get("platform") == "all" and _has_reached_somebody(batch)
    return ids if is_about_ids else set()


def _is_searched(batch: Batch, outcome: Outcome) -> bool:
    """Whether the bad ids are worth looking for, by halves."""
    return outcome.hidden_bad_ids and batch.size > 1 and _has_reached_somebody(batch)


def _has_reached_somebody(batch: Batch) -> bool:
    """With the AppKey of another app all ids look bad: only a success tells that from bad ids."""
    return Batch.objects.filter(channel_id=batch.channel_id, state=Batch.State.SENT).exists()


def _mark(batch: Batch, ids: Collection[str], outcome: Outcome) -> None:
    Delivery.objects.filter(batch_id=batch.pk, registration_id__in=ids).update(
        state=Delivery.State.INVALID_ID
    )
    Registration.objects.filter(channel_id=batch.channel_id, registration_id__in=ids).update(
        invalid_at=timezone.now(), invalid_reason=str(outcome.error)[:255]
    )


def _cut(batch: Batch, ids: Collection[str], *, stopped: bool) -> None:
    """A new Batch for these ids of `batch`."""
    if not ids:
        return
    last = Batch.objects.filter(message_id=batch.message_id).aggregate(last=Max("pk"))
    fresh = Batch.objects.create(
        id=last["last"] + 1,
        message_id=batch.message_id,
        channel_id=batch.channel_id,
        state=Batch.State.CANCELLED if stopped else Batch.State.QUEUED,
        size=len(ids),
        lane=batch.lane,
        not_before=timezone.now(),
    )
    Delivery.objects.filter(batch_id=batch.pk, registration_id__in=ids).update(batch_id=fresh.pk)
