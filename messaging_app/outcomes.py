"""Writes down what became of calls; every change is fenced by the lease that made the call."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from channels_app.jpush.errors import JPushError
from messaging_app import channel_health, quota
from messaging_app.models import Batch
from messaging_app.refused_ids import error_values, take_out
from messaging_app.states import LOSE_TRACK, RELEASE, SEND, STOP, BatchMove
from messaging_app.verdicts import Outcome, retry_seconds
from ums.lib.json_rows import rows_param, rows_sql
from ums.lib.sql import is_postgresql

logger = logging.getLogger(__name__)


def record(outcomes: Sequence[Outcome]) -> None:
    """Write them down; an outcome whose lease has passed to another worker changes nothing."""
    plain = [outcome for outcome in outcomes if not outcome.takes_out]
    now = timezone.now()
    with transaction.atomic():
        stopped = _held(plain)
        held = [outcome for outcome in plain if outcome.claim.batch_id in stopped]
        _send([outcome for outcome in held if outcome.move == SEND], now)
        for outcome in held:
            if outcome.move != SEND:
                _close(outcome, now, stopped=stopped[outcome.claim.batch_id])
    for outcome in outcomes:
        if outcome.takes_out:
            take_out(outcome)
        if outcome.error:
            _follow(outcome, outcome.error)


def _held(outcomes: Iterable[Outcome]) -> Mapping[int, bool]:
    """Locks the Batches whose lease is still theirs: id -> whether it may not be repeated.

    In the order in which everybody takes them, so that nobody waits for each other.
    """
    leases = {outcome.claim.batch_id: outcome.claim.lease for outcome in outcomes}
    rows: QuerySet[Batch] = Batch.objects.filter(pk__in=leases, state=Batch.State.PUSHING)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    found = rows.order_by("pk").values_list("pk", "lease", "stopped")
    return {pk: stopped for pk, lease, stopped in found if lease == leases[pk]}


def _send(outcomes: Collection[Outcome], now: datetime) -> None:
    """JPush has them: one UPDATE for all (`states.SEND`). One retracted meanwhile keeps its mark,
    and is withdrawn from now on.
    """
    if not outcomes:
        return
    rows = rows_sql({"id": "bigint", "msg_id": "text"})
    moment = "%s::timestamptz" if is_postgresql() else "%s"
    stamp = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_app_batch AS batch SET state = 'sent', in_doubt = false, lease = '',"
            " lease_until = NULL, error_code = NULL, error_message = '',"
            f" jpush_msg_id = r.msg_id, pushed_at = {moment}, not_before = {moment}"
            f" FROM {rows} AS r WHERE batch.id = r.id",
            (stamp, stamp, rows_param((o.claim.batch_id, o.msg_id) for o in outcomes)),
        )


def _close(outcome: Outcome, now: datetime, *, stopped: bool) -> None:
    """Anything but success. What was cancelled or retracted meanwhile is never called again."""
    values: dict[str, object] = {"in_doubt": outcome.in_doubt, "lease": "", "lease_until": None}
    values |= error_values(outcome)
    batch = Batch.objects.filter(pk=outcome.claim.batch_id)
    move = outcome.move
    if stopped:
        move, more = _stopped(in_doubt=outcome.in_doubt)
        # Without JPush's answer there is no msg_id, and so nothing that could be withdrawn.
        due = batch.filter(withdrawal=Batch.Withdrawal.DUE)
        due.update(withdrawal=more)
    elif move == RELEASE:
        values["not_before"] = now + timedelta(seconds=outcome.seconds)
    move.make(batch, **values)


def _stopped(*, in_doubt: bool) -> tuple[BatchMove, Batch.Withdrawal]:
    if in_doubt:
        return LOSE_TRACK, Batch.Withdrawal.FAILED
    return STOP, Batch.Withdrawal.NONE


def _follow(outcome: Outcome, error: JPushError) -> None:
    """What a failure tells about its channel, whatever became of the Batch."""
    claim = outcome.claim
    logger.warning("batch %s attempt %s: %s", claim.batch_id, claim.attempts, error)
    if error.rate_limited:
        # Also where the Batch itself is not called again.
        quota.block(claim.channel.pk, retry_seconds(claim.attempts, error))
    else:
        channel_health.note_failure(claim.channel, error)
