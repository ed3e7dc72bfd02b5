"""Has JPush take back the pushed batches of retracted messages (protocol/jpush.md 5)."""

import logging
import random
import secrets
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app import channel_health, quota
from messaging_app.claiming import LEASE_SECONDS
from messaging_app.connections import Connections
from messaging_app.models import Batch
from messaging_app.verdicts import (
    BACKOFF_BASE_SECONDS,
    BACKOFF_CAP_SECONDS,
    rate_limit_seconds,
)

logger = logging.getLogger(__name__)

# JPush's own bound is not known (protocol/jpush.md 12, row 16); its sister product's is a day (5).
WITHDRAWABLE_FOR = timedelta(hours=24)
# "msg_id not exist" (5, 8.6): so a message is called, too, that is withdrawn already.
GONE_CODES = frozenset({1003, 21003})
# A cloud without this call says nothing of the channel.
NO_SUCH_CALL_STATUSES = frozenset({404, 405})


def claim(channel: Channel, limit: int) -> list[tuple[int, str]]:
    """Inside a transaction: lease up to `limit` batches whose withdrawal is due.

    Their ids, each with its lease token.
    """
    now = timezone.now()
    due = Batch.objects.to_withdraw(now).filter(channel=channel).order_by("not_before", "pk")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    ids = list(due.values_list("pk", flat=True)[:limit])
    lease = secrets.token_hex(8)
    until = now + timedelta(seconds=LEASE_SECONDS)
    Batch.objects.filter(pk__in=ids).update(lease=lease, lease_until=until)
    return [(batch_id, lease) for batch_id in ids]


class Withdrawer:
    """Withdraws claimed batches; one for each process, used by all its threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def withdraw(self, batch_id: int, lease: str) -> None:
        """Make the call for one claimed batch and record what came of it.

        It may be repeated: whatever became of a call whose answer was lost, the next one finds out.
        """
        batch = (
            Batch.objects.select_related("message", "channel")
            .defer("message__audience", "message__content")
            .filter(pk=batch_id, lease=lease, withdrawal=Batch.Withdrawal.DUE)
            .first()
        )
        if batch is None:
            return  # the lease ran out before we began
        if _is_over(batch):
            over = _("The time in which JPush takes a message back is over.")
            _close(batch, Batch.Withdrawal.FAILED, error=batch.withdrawal_error or over)
            return
        was_in_doubt = batch.in_doubt
        if not _begin(batch):
            return
        try:
            rate = self._connections.client(batch.channel).withdraw(batch.jpush_msg_id)
        except JPushError as exc:
            batch.in_doubt = was_in_doubt or exc.ambiguous
            _failed(batch, exc, was_in_doubt=was_in_doubt)
            return
        _close(batch, Batch.Withdrawal.DONE)
        quota.learn(batch.channel, rate)


def _is_over(batch: Batch) -> bool:
    return batch.pushed_at is not None and timezone.now() - batch.pushed_at > WITHDRAWABLE_FOR


def _begin(batch: Batch) -> bool:
    """The attempt is on disk, with a lease as long as the call; False if it passed to another."""
    return _update(
        batch, in_doubt=True, lease_until=timezone.now() + timedelta(seconds=LEASE_SECONDS)
    )


def _failed(batch: Batch, error: JPushError, *, was_in_doubt: bool) -> None:
    """Repeat or give up; `was_in_doubt`: the answer of an earlier call never came."""
    logger.warning("withdrawal of batch %s: %s", batch.pk, error)
    wait = _retry_delay(batch, error)
    if error.rate_limited:
        quota.block(batch.channel_id, wait)
    if was_in_doubt and error.code in GONE_CODES:
        _close(batch, Batch.Withdrawal.DONE)  # that call has done it
    elif error.stops_channel and error.http_status not in NO_SUCH_CALL_STATUSES:
        channel_health.note_failure(batch.channel, error)
        _repeat(batch, seconds=wait, error=str(error))
    elif error.retryable and not _is_over(batch):
        _repeat(batch, seconds=wait, error=str(error))
    else:
        _close(batch, Batch.Withdrawal.FAILED, error=str(error))


def _retry_delay(batch: Batch, error: JPushError) -> float:
    if error.rate_limited:
        return rate_limit_seconds(error)
    # Full jitter over the time that it has taken so far, which so about doubles each time.
    begun = batch.message.retracted_at or timezone.now()
    taken = (timezone.now() - begun).total_seconds()
    ceiling = min(BACKOFF_CAP_SECONDS, max(BACKOFF_BASE_SECONDS, taken))
    return random.uniform(0, ceiling)  # noqa: S311  # spreads load, guards nothing


def _repeat(batch: Batch, *, seconds: float, error: str = "") -> None:
    """Back to those that are due, not before `seconds` from now."""
    _update(
        batch,
        lease="",
        lease_until=None,
        in_doubt=batch.in_doubt,
        not_before=timezone.now() + timedelta(seconds=seconds),
        withdrawal_error=(error or batch.withdrawal_error)[:500],
    )


def _close(batch: Batch, withdrawal: Batch.Withdrawal, *, error: str = "") -> None:
    _update(
        batch,
        lease="",
        lease_until=None,
        in_doubt=False,
        withdrawal=withdrawal,
        withdrawal_error=error[:500],
    )


def _update(batch: Batch, **values: object) -> bool:
    """One conditional UPDATE; False where the lease has passed to another worker."""
    mine = Batch.objects.filter(
        pk=batch.pk, lease=batch.lease, withdrawal=Batch.Withdrawal.DUE, state=Batch.State.SENT
    )
    return bool(mine.update(**values))
