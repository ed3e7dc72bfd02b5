"""Finds the calls of a channel that are due, and takes them in hand under a lease."""

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from channels_app.jpush.client import CALL_SECONDS
from channels_app.models import Channel
from messaging_app.lanes import draw
from messaging_app.models import Batch
from ums.lib.json_rows import rows_param, rows_sql
from ums.lib.sql import is_postgresql

LEASE_SECONDS = 30  # longer than a call can take, with its waiting for a thread
START_SECONDS = LEASE_SECONDS - CALL_SECONDS - 1
ALL_LANES = tuple(Batch.Lane)


@dataclass(frozen=True, slots=True)
class Claim:
    """One Batch in hand; the attempt, its `cid` ("" where the cloud has none) and the doubt are on
    disk, so that whoever comes after a crash makes the same call again.
    """

    batch_id: int
    message_id: int
    channel: Channel
    lease: str
    cid: str
    attempts: int
    was_in_doubt: bool
    claimed_at: float = field(default_factory=time.monotonic)

    @property
    def is_stale(self) -> bool:
        """The lease could run out during the call."""
        return time.monotonic() - self.claimed_at > START_SECONDS


def due_channels(
    *, channel_ids: Collection[int] | None = None, lanes: Collection[Batch.Lane] = ALL_LANES
) -> list[Channel]:
    """The channels that have calls to make now, in no order.

    A channel that is closed sends nothing more, but takes back what it has sent.
    """
    now = timezone.now()
    mine = Batch.objects.filter(channel=OuterRef("pk"))
    waiting = Channel.objects.filter(
        Q(Exists(mine.due(now).filter(lane__in=lanes)), enabled=True)
        | Q(Exists(mine.to_withdraw(now))),
        paused_at=None,
    )
    if channel_ids is not None:
        waiting = waiting.filter(pk__in=channel_ids)
    return list(waiting)


def wanted_cids(channel: Channel, limit: int) -> int:
    """How many of the channel's due Batches have no cid yet, counted up to `limit`."""
    return Batch.objects.due(timezone.now()).filter(channel=channel, cid="")[:limit].count()


def claim(
    channel: Channel,
    limit: int,
    *,
    cids: list[str] | None,
    lanes: Collection[Batch.Lane] = ALL_LANES,
) -> list[Claim]:
    """Inside a transaction: lease up to `limit` due Batches, each lane by its share.

    A Batch without a cid takes one from the end of `cids`, or waits if there is none left; `cids`
    None: this cloud has none.
    """
    now = timezone.now()
    due = {lane: list(_due(channel, lane, now, limit)) for lane in lanes}
    lease = secrets.token_hex(8)
    claims = []
    for batch_id, message_id, known, attempts, in_doubt in draw(due, limit):
        cid = known or (cids.pop() if cids else "")
        if not cid and cids is not None:
            continue
        claims.append(Claim(batch_id, message_id, channel, lease, cid, attempts + 1, in_doubt))
    _store(claims, lease, now)
    return claims


def _due(
    channel: Channel, lane: Batch.Lane, now: datetime, limit: int
) -> "models.QuerySet[Batch, tuple[int, int, str, int, bool]]":
    due = Batch.objects.due(now).filter(channel=channel, lane=lane).order_by("not_before", "pk")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, of=("self",))
    return due.values_list("pk", "message_id", "cid", "attempts", "in_doubt")[:limit]


def _store(claims: list[Claim], lease: str, now: datetime) -> None:
    """One UPDATE (`states.CLAIM`): their rows are locked by this transaction."""
    if not claims:
        return
    rows = rows_sql({"id": "bigint", "cid": "text"})
    moment = "%s::timestamptz" if is_postgresql() else "%s"
    until = now + timedelta(seconds=LEASE_SECONDS)
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_app_batch AS batch SET state = 'pushing', lease = %s,"
            f" lease_until = {moment}, attempts = attempts + 1, in_doubt = true,"
            f" cid_at = CASE WHEN batch.cid = '' AND r.cid <> '' THEN {moment}"
            " ELSE batch.cid_at END, cid = r.cid"
            f" FROM {rows} AS r WHERE batch.id = r.id AND batch.state = 'queued'",
            (
                lease,
                adapt(until),
                adapt(now),
                rows_param((claim.batch_id, claim.cid) for claim in claims),
            ),
        )
