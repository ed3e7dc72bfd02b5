"""Hands one batch to JPush, so that every device gets it once, whatever fails in between."""

import logging
import random
import secrets
import threading
import time
from datetime import timedelta

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from channels_app.callbacks import callback_url
from channels_app.jpush.errors import JPushError
from channels_app.jpush.payloads import push_body
from channels_app.models import Channel
from messaging_app import outcomes, quota
from messaging_app.connections import CidStock, Connections
from messaging_app.models import Batch, Delivery

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60  # longer than a call can take (client.py: 5 + 15)
MAX_SLOT_WAIT_SECONDS = 20.0
BATCH_PARAM = "ums_batch"  # our mark in callback.params, echoed by JPush
# Of the day that JPush gives (protocol/jpush.md 3); a cid may have been in stock for an hour.
CID_LIFE = timedelta(hours=22, minutes=30)
WORKER_STOPPED = "The worker stopped during the call."
BACKOFF_BASE_SECONDS = 1.0
BACKOFF_CAP_SECONDS = 60.0


def claim(limit: int) -> list[tuple[int, str]]:
    """Lease up to `limit` due batches: their ids, each with its lease token.

    Those of urgent messages first (protocol/ums.md 3.1.1, priority), then the oldest.
    """
    now = timezone.now()
    due = (
        Batch.objects.filter(state=Batch.State.QUEUED, not_before__lte=now, channel__enabled=True)
        # They would only be put back at once, and keep the threads from other channels.
        .exclude(channel_id__in=quota.paused_channels(MAX_SLOT_WAIT_SECONDS))
        .order_by("lane", "not_before", "pk")
    )
    claimed = []
    for batch_id in due.values_list("pk", flat=True)[:limit]:
        lease = secrets.token_hex(8)
        won = Batch.objects.filter(pk=batch_id, state=Batch.State.QUEUED).update(
            state=Batch.State.PUSHING,
            lease=lease,
            lease_until=now + timedelta(seconds=LEASE_SECONDS),
        )
        if won:
            claimed.append((batch_id, lease))
    return claimed


def return_expired_leases() -> int:
    """Queue again what a dead worker left behind; its cid makes the repetition safe."""
    now = timezone.now()
    expired = Batch.objects.filter(state=Batch.State.PUSHING, lease_until__lt=now)
    retracted = Q(withdrawal=Batch.Withdrawal.DUE)
    values = {"lease": "", "lease_until": None}
    # Without a cid nobody can know whether the call was made; what was retracted is not repeated.
    called = expired.filter(in_doubt=True)
    unknown = called.filter(retracted | Q(cid="")).update(
        state=Batch.State.UNKNOWN,
        withdrawal=Case(When(retracted, then=Value(Batch.Withdrawal.FAILED)), default=Value("")),
        error_message=WORKER_STOPPED,
        **values,
    )
    queued = expired.filter(withdrawal=Batch.Withdrawal.NONE).update(
        state=Batch.State.QUEUED,
        error_code=Case(When(in_doubt=True, then=None), default=F("error_code")),
        error_message=Case(
            When(in_doubt=True, then=Value(WORKER_STOPPED)), default=F("error_message")
        ),
        not_before=now,
        **values,
    )
    return unknown + queued


def wait_for_slot(channel: Channel, stopping: threading.Event) -> bool:
    """Take the right to make one call; False where that would take too long."""
    deadline = time.monotonic() + MAX_SLOT_WAIT_SECONDS
    while not stopping.is_set():
        slot = quota.take_slot(channel)
        if slot.granted:
            return True
        if time.monotonic() + slot.wait > deadline:
            break
        stopping.wait(slot.wait)
    return False


class Pusher:
    """Pushes claimed batches; one for each process, used by all its threads."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._connections = Connections()
        self._cids = CidStock()

    def close(self) -> None:
        self._connections.close()

    def push(self, batch_id: int, lease: str) -> None:
        """Make the call for one claimed batch and record what came of it."""
        batch = (
            Batch.objects.select_related("message", "channel")
            .filter(pk=batch_id, lease=lease)
            .first()
        )
        if batch is None or _too_late(batch):
            return  # the lease ran out before we began, or the message's time did
        was_in_doubt = batch.in_doubt
        pushed = False
        try:
            if not self._prepare(batch):
                outcomes.release(batch, seconds=0 if self._stopping.is_set() else 1)
                return
            body = _body(batch)
            pushed = True
            result = self._connections.client(batch.channel).push(body)
        except JPushError as exc:
            if pushed:
                batch.in_doubt = was_in_doubt or exc.ambiguous
            _failed(batch, exc, pushed=pushed)
            return
        outcomes.record_sent(batch, msg_id=result.msg_id)
        quota.learn(batch.channel, result.rate)

    def _prepare(self, batch: Batch) -> bool:
        """Cid and slot taken, the attempt on disk; False where the batch has to wait, or to stop.

        The cid is stored before the call, so that every repetition can carry the same one, and so
        is the doubt: until its outcome is written down, JPush may have taken it.
        """
        cid: str | None = batch.cid or None
        while cid is None:
            cid = self._cids.take(batch.channel)
            if cid is None:
                if not wait_for_slot(batch.channel, self._stopping):
                    return False
                self._cids.refill(batch.channel, self._connections.client(batch.channel))
        if not wait_for_slot(batch.channel, self._stopping):
            return False
        now = timezone.now()
        if not batch.cid:
            batch.cid_at = now
        batch.cid = cid
        batch.attempts += 1
        # Nothing may have been retracted while we waited (`retraction.retract`).
        mine = Batch.objects.filter(pk=batch.pk, lease=batch.lease)
        prepared = mine.filter(withdrawal=Batch.Withdrawal.NONE).update(
            cid=batch.cid,
            cid_at=batch.cid_at,
            attempts=F("attempts") + 1,
            in_doubt=True,
            lease_until=now + timedelta(seconds=LEASE_SECONDS),
        )
        return bool(prepared)


def _too_late(batch: Batch) -> bool:
    """Close a batch that may not be pushed any more."""
    now = timezone.now()
    if not batch.in_doubt and now > batch.message.expires_at:
        outcomes.record_failed(batch, JPushError("The message expired before it could be sent."))
        return True
    if batch.cid_at and now - batch.cid_at > CID_LIFE:
        outcomes.record_failed(batch, JPushError("The cid of the last attempt has expired."))
        return True
    return False


def _body(batch: Batch) -> dict[str, object]:
    # All of them, always: a repetition must say what the first attempt said, although receipts of
    # that one may be here already.
    ids = Delivery.objects.filter(batch_id=batch.pk).order_by("registration_id")
    channel = batch.channel
    return push_body(
        batch.message.content,
        registration_ids=list(ids.values_list("registration_id", flat=True)),
        cid=batch.cid,
        callback_url=callback_url(channel),
        callback_params={BATCH_PARAM: str(batch.pk)} if channel.send_callback else None,
    )


def _failed(batch: Batch, error: JPushError, *, pushed: bool) -> None:
    """Repeat, give up, or say that nobody knows (protocol/jpush.md 8).

    `pushed` False: it was the call for a cid that failed, and JPush has seen no push.
    """
    logger.warning("batch %s attempt %s: %s", batch.pk, batch.attempts, error)
    wait = _retry_delay(batch, error)
    if error.rate_limited:
        quota.block(batch.channel, wait)
    if pushed and error.ambiguous and not batch.cid:
        outcomes.record_unknown(batch, error)
    elif error.retryable and timezone.now() < batch.message.expires_at:
        outcomes.release(batch, seconds=wait, error=error)
    elif pushed and error.bad_ids:
        outcomes.drop_bad_ids(batch, error)
    else:
        outcomes.record_failed(batch, error)


def _retry_delay(batch: Batch, error: JPushError) -> float:
    if error.rate_limited:
        return error.retry_after or BACKOFF_CAP_SECONDS
    # Full jitter: many batches that failed together do not come back together.
    ceiling = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * 2 ** min(batch.attempts, 10))
    return random.uniform(0, ceiling)  # noqa: S311  # spreads load, guards nothing
