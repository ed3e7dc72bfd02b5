"""Writes down what became of a batch; every change is fenced by the lease that made the call."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from channels_app.jpush.errors import JPushError
from messaging_app.models import Batch, Delivery, Message
from users_app.models import Registration

UNFINISHED = (Batch.State.QUEUED, Batch.State.PUSHING)


def release(batch: Batch, *, seconds: float, error: JPushError | None = None) -> None:
    """Back to the queue, not before `seconds` from now."""
    _close(
        batch,
        Batch.State.QUEUED,
        error,
        not_before=timezone.now() + timedelta(seconds=seconds),
    )


def record_sent(batch: Batch, *, msg_id: str) -> None:
    _close(batch, Batch.State.SENT, None, jpush_msg_id=msg_id, pushed_at=timezone.now())


def record_failed(batch: Batch, error: JPushError) -> None:
    _close(batch, Batch.State.FAILED, error)


def record_unknown(batch: Batch, error: JPushError) -> None:
    """JPush may have taken it and nobody can tell: shown as it is, repeated by nobody."""
    _close(batch, Batch.State.UNKNOWN, error)


def drop_bad_ids(batch: Batch, error: JPushError) -> None:
    """JPush refused the call for ids that it names (protocol/jpush.md 8.5).

    The named ids are marked, on the ledger and for later audiences; the others move to a new Batch,
    since an attempted one is never cut again. Terminates: each round is smaller by one id at least.
    """
    with transaction.atomic():
        # One split at a time in a message: the new batch's number must be free.
        Message.objects.select_for_update().get(pk=batch.message_id)
        named = Delivery.objects.filter(
            batch_id=batch.pk, registration_id__in=error.bad_ids, state=Delivery.State.PENDING
        )
        ids = list(named.values_list("registration_id", flat=True))
        if not ids:
            record_failed(batch, error)
            return
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
                size=rest,
                not_before=timezone.now(),
            )
            Delivery.objects.filter(batch_id=batch.pk, state=Delivery.State.PENDING).update(
                batch_id=fresh.pk
            )


def finish_messages() -> int:
    """Close each message whose last batch has come to rest."""
    unfinished = Batch.objects.filter(state__in=UNFINISHED).values("message_id")
    return (
        Message.objects.filter(state=Message.State.SENDING)
        .exclude(pk__in=unfinished)
        .update(state=Message.State.DONE, done_at=timezone.now())
    )


def _close(batch: Batch, state: Batch.State, error: JPushError | None, **values: object) -> bool:
    """One conditional UPDATE; False where the lease has passed to another worker."""
    changed = Batch.objects.filter(
        pk=batch.pk, state=Batch.State.PUSHING, lease=batch.lease
    ).update(
        state=state,
        lease="",
        lease_until=None,
        error_code=(error.code if error.code is not None else error.http_status) if error else None,
        error_message=error.message[:500] if error else "",
        **values,
    )
    return bool(changed)
