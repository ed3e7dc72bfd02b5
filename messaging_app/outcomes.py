"""Writes down what became of a batch; every change is fenced by the lease that made the call."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Case, Max, Q, Value, When
from django.utils import timezone

from channels_app.jpush.errors import JPushError
from messaging_app.models import Batch, Delivery, Message
from messaging_app.states import FINISH
from users_app.models import Registration

UNFINISHED = (Batch.State.QUEUED, Batch.State.PUSHING)


def release(batch: Batch, *, seconds: float, error: JPushError | None = None) -> None:
    """Back to the queue, not before `seconds` from now; what was retracted meanwhile is stopped."""
    _close(
        batch,
        Batch.State.QUEUED,
        error,
        not_before=timezone.now() + timedelta(seconds=seconds),
    )


def record_sent(batch: Batch, *, msg_id: str) -> None:
    """JPush has it; if it was retracted meanwhile, its withdrawal is due from now on."""
    now = timezone.now()
    batch.in_doubt = False
    _close(batch, Batch.State.SENT, None, jpush_msg_id=msg_id, pushed_at=now, not_before=now)


def record_failed(batch: Batch, error: JPushError) -> None:
    """Given up. Where an earlier attempt may have been taken, that is all that is known."""
    _close(batch, Batch.State.UNKNOWN if batch.in_doubt else Batch.State.FAILED, error)


def record_unknown(batch: Batch, error: JPushError) -> None:
    """JPush may have taken it and nobody can tell: shown as it is, repeated by nobody."""
    batch.in_doubt = True
    _close(batch, Batch.State.UNKNOWN, error)


def drop_bad_ids(batch: Batch, error: JPushError) -> None:
    """JPush refused the call for ids that it names (protocol/jpush.md 8.5).

    The named ids are marked, on the ledger and for later audiences; the others move to a new Batch,
    since an attempted one is never cut again. Terminates: each round is smaller by one id at least.
    """
    with transaction.atomic():
        # One split at a time in a message: the new batch's number must be free. And none beside a
        # retraction, which would not see the new batch.
        message = Message.objects.select_for_update().only("state").get(pk=batch.message_id)
        retracted = message.state == Message.State.RETRACTED
        named = Delivery.objects.filter(
            batch_id=batch.pk, registration_id__in=error.bad_ids, state=Delivery.State.PENDING
        )
        ids = list(named.values_list("registration_id", flat=True))
        if not ids:
            record_failed(batch, error)
            return
        # It has looked at this very audience: an earlier attempt was refused as well.
        batch.in_doubt = False
        rest = batch.size - len(ids)
        if not _close(batch, Batch.State.FAILED, error, size=len(ids), invalid=len(ids)):
            return
        named.update(state=Delivery.State.INVALID_ID)
        Registration.objects.filter(channel_id=batch.channel_id, registration_id__in=ids).update(
            invalid_at=timezone.now(), invalid_reason=error.message[:255]
        )
        if rest:
            last = Batch.objects.filter(message_id=batch.message_id).aggregate(last=Max("pk"))
            fresh = Batch.objects.create(
                id=last["last"] + 1,
                message_id=batch.message_id,
                channel_id=batch.channel_id,
                state=Batch.State.CANCELLED if retracted else Batch.State.QUEUED,
                size=rest,
                lane=batch.lane,
                not_before=timezone.now(),
            )
            Delivery.objects.filter(batch_id=batch.pk, state=Delivery.State.PENDING).update(
                batch_id=fresh.pk
            )


def finish_messages() -> int:
    """Close each message whose last batch has come to rest."""
    unfinished = Batch.objects.filter(state__in=UNFINISHED).values("message_id")
    finished = Message.objects.exclude(pk__in=unfinished)
    return FINISH.make(finished, done_at=timezone.now())


def _close(batch: Batch, state: Batch.State, error: JPushError | None, **values: object) -> bool:
    """One conditional UPDATE; False where the lease has passed to another worker.

    A retraction has marked the batches under way as to be withdrawn (`retraction.retract`). Both
    change this row, so whichever is first, the mark is never missed.
    """
    mine = Batch.objects.filter(pk=batch.pk, state=Batch.State.PUSHING, lease=batch.lease)
    if state == Batch.State.SENT:
        values |= {"state": state, "error_code": None, "error_message": ""}
    else:
        values |= _unless_retracted(batch, state)
    if error:
        number = error.code if error.code is not None else error.http_status
        values |= {"error_code": number, "error_message": error.message[:500]}
    changed = mine.update(in_doubt=batch.in_doubt, lease="", lease_until=None, **values)
    return bool(changed)


def _unless_retracted(batch: Batch, state: Batch.State) -> dict[str, object]:
    """`state`; for a batch that was retracted, one in which it is never pushed again.

    Without JPush's answer there is no msg_id, and so nothing that could be withdrawn.
    """
    withdrawal = Batch.Withdrawal.FAILED if batch.in_doubt else Batch.Withdrawal.NONE
    stopped = Batch.State.UNKNOWN if batch.in_doubt else Batch.State.CANCELLED
    retracted = Q(withdrawal=Batch.Withdrawal.DUE)
    return {
        "state": Case(When(retracted, then=Value(stopped)), default=Value(state)),
        "withdrawal": Case(
            When(retracted, then=Value(withdrawal)), default=Value(Batch.Withdrawal.NONE)
        ),
    }
