"""Applies JPush's callbacks to the ledger: each once, forward only, in any order."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Length
from django.utils import timezone

from channels_app.jpush import receipts as wire
from channels_app.models import Channel
from messaging_app import hints
from messaging_app.calling import BATCH_PARAM
from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Callback, Delivery, Receipt
from ums.lib.json_rows import rows_param, rows_sql

CALLBACKS_PER_ROUND = 100
RECEIPTS_PER_ROUND = 5000
BYTES_PER_ROUND = 8 * 1024 * 1024
RECENTLY = timedelta(minutes=10)
KEEP_CALLBACKS = timedelta(days=3)
KEEP_RECEIPTS = timedelta(days=28)  # as long as JPush's own report (protocol/jpush.md 10.1)
BATCH_ID = re.compile(r"[0-9]{1,18}\Z")  # fits 64 bits


@dataclass(frozen=True, slots=True)
class Fact:
    """A receipt that knows its channel, and the batch if JPush has told (else 0)."""

    channel_id: int
    batch_id: int
    jpush_msg_id: str
    registration_id: str
    kind: int
    happened_at: datetime


def store(*, channel: Channel, body: bytes) -> None:
    """Put a callback on disk; the caller may answer 200 once this returns."""
    Callback.objects.create(channel=channel, body=body)
    hints.callback_stored()


def apply_callbacks() -> int:
    """Apply the oldest callbacks that wait; how many there were.

    Their marks and their effects are one transaction, so a crash repeats them from the start.
    """
    chosen = _next_round()
    if not chosen:
        return 0
    waiting = Callback.objects.filter(pk__in=chosen, applied_at=None).order_by("pk")
    with transaction.atomic():
        callbacks = list(waiting.select_for_update(skip_locked=_skips_locked()))
        facts = [fact for callback in callbacks for fact in _read(callback)]
        _keep(_apply(facts))
        Callback.objects.bulk_update(callbacks, ["applied_at", "receipts", "problem"])
        latest: dict[int, datetime] = {c.channel_id: c.received_at for c in callbacks}
        for channel_id, received_at in latest.items():
            Channel.objects.filter(pk=channel_id).update(last_callback_at=received_at)
    return len(callbacks)


def match_early_receipts(within: timedelta = RECENTLY) -> int:
    """Apply receipts that came before their batch knew its msg_id; how many found their row.

    Only batches are looked at that were pushed `within` that time: receipts that fit none may wait
    in great number and for weeks.
    """
    if not Receipt.objects.exists():
        return 0
    since = connection.ops.adapt_datetimefield_value(timezone.now() - within)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_MATCHING, (since, RECEIPTS_PER_ROUND))
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        found = Receipt.objects.filter(pk__in=ids)
        rows = list(found)
        facts = [
            Fact(r.channel_id, 0, r.jpush_msg_id, r.registration_id, r.kind, r.happened_at)
            for r in rows
        ]
        found.delete()
        _keep(_apply(facts))
    return len(ids)


def forget_old() -> None:
    """Drop raw callbacks and receipts that met no Delivery, after their time."""
    now = timezone.now()
    Callback.objects.filter(applied_at__lt=now - KEEP_CALLBACKS).delete()
    Receipt.objects.filter(received_at__lt=now - KEEP_RECEIPTS).delete()


# In this order whatever the database knows of its tables: starting from the ledger, as PostgreSQL
# does while their statistics are young, takes a thousand times as long.
_MATCHING = """
WITH known AS MATERIALIZED (
  SELECT receipt.id, receipt.channel_id, receipt.registration_id, batch.message_id
  FROM messaging_app_batch AS batch
  CROSS JOIN messaging_app_receipt AS receipt
  WHERE batch.pushed_at >= %s AND batch.jpush_msg_id <> ''
    AND receipt.channel_id = batch.channel_id AND receipt.jpush_msg_id = batch.jpush_msg_id
)
SELECT known.id FROM known
WHERE (
  SELECT delivery.state FROM messaging_app_delivery AS delivery
  WHERE delivery.message_id = known.message_id AND delivery.channel_id = known.channel_id
    AND delivery.registration_id = known.registration_id
) IS NOT NULL
LIMIT %s
"""


def _next_round() -> list[int]:
    """Ids of the oldest callbacks that wait, as many as may be in memory at once."""
    waiting = Callback.objects.filter(applied_at=None).order_by("pk")
    sizes = waiting.annotate(size=Length("body")).values_list("pk", "size")[:CALLBACKS_PER_ROUND]
    chosen: list[int] = []
    total = 0
    for pk, size in sizes:
        total += size
        if chosen and total > BYTES_PER_ROUND:
            break
        chosen.append(pk)
    return chosen


def _skips_locked() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _read(callback: Callback) -> list[Fact]:
    """The facts of one callback, which learns how many there were or what was wrong."""
    callback.applied_at = timezone.now()
    try:
        found = wire.parse(bytes(callback.body), received_at=callback.received_at)
    except ValueError as exc:
        callback.problem = str(exc)[:255]
        return []
    callback.receipts = len(found)
    return [
        Fact(
            channel_id=callback.channel_id,
            batch_id=_batch_id(fact.params.get(BATCH_PARAM)),
            jpush_msg_id=fact.msg_id,
            registration_id=fact.registration_id,
            kind=fact.kind,
            happened_at=fact.happened_at,
        )
        for fact in found
    ]


def _batch_id(echoed: object) -> int:
    """0 unless it can be the id of a Batch: JPush may echo anything, of any size and depth."""
    text = str(echoed) if isinstance(echoed, int | str) else ""
    return int(text) if BATCH_ID.match(text) else 0


def _keep(facts: Iterable[Fact]) -> None:
    now = timezone.now()
    Receipt.objects.bulk_create(
        [
            Receipt(
                channel_id=fact.channel_id,
                batch_id=fact.batch_id,
                jpush_msg_id=fact.jpush_msg_id,
                registration_id=fact.registration_id,
                kind=fact.kind,
                happened_at=fact.happened_at,
                received_at=now,
            )
            for fact in facts
        ],
        ignore_conflicts=True,
        batch_size=RECEIPTS_PER_ROUND,
    )


def _apply(facts: Sequence[Fact]) -> list[Fact]:
    """Write the facts into the ledger; those without a row there are returned."""
    located = _locate(facts)
    rows = [(message_id, fact) for fact in facts if (message_id := located.get(fact))]
    changes: Counter[tuple[int, str]] = Counter()
    for kind, before, after, stamp in _TRANSITIONS:
        wanted = [(m, f) for m, f in rows if f.kind == kind]
        if wanted:
            for batch_id, number in _move(wanted, before, after, stamp).items():
                changes[batch_id, before] -= number
                changes[batch_id, after] += number
    _count(changes)
    return [fact for fact in facts if fact not in located]


# A click implies a delivery, and neither is ever taken back; JPush's "not delivered" only counts
# while nothing better is known.
_TRANSITIONS = (
    (Receipt.Kind.DELIVERED, Delivery.State.PENDING, Delivery.State.DELIVERED, "delivered_at"),
    (Receipt.Kind.DELIVERED, Delivery.State.FAILED, Delivery.State.DELIVERED, "delivered_at"),
    (Receipt.Kind.CLICKED, Delivery.State.PENDING, Delivery.State.CLICKED, "clicked_at"),
    (Receipt.Kind.CLICKED, Delivery.State.FAILED, Delivery.State.CLICKED, "clicked_at"),
    (Receipt.Kind.CLICKED, Delivery.State.DELIVERED, Delivery.State.CLICKED, "clicked_at"),
    (Receipt.Kind.FAILED, Delivery.State.PENDING, Delivery.State.FAILED, ""),
)


def _locate(facts: Sequence[Fact]) -> dict[Fact, int]:
    """The message of each fact whose device is on its ledger."""
    msg_ids = {fact.jpush_msg_id for fact in facts if not fact.batch_id and fact.jpush_msg_id}
    by_msg_id = {
        (batch.channel_id, batch.jpush_msg_id): batch.message_id
        for batch in Batch.objects.filter(jpush_msg_id__in=msg_ids).only(
            "channel_id", "jpush_msg_id", "message_id"
        )
    }
    claims = []
    for place, fact in enumerate(facts):
        message_id = fact.batch_id // BATCHES_PER_MESSAGE or by_msg_id.get(
            (fact.channel_id, fact.jpush_msg_id), 0
        )
        if message_id:
            claims.append((place, message_id, fact.channel_id, fact.registration_id))
    if not claims:
        return {}
    rows = rows_sql(
        {"place": "bigint", "message_id": "bigint", "channel_id": "bigint", "rid": "text"}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.place, r.message_id FROM {rows} AS r JOIN messaging_app_delivery AS d"
            " ON d.message_id = r.message_id AND d.channel_id = r.channel_id"
            " AND d.registration_id = r.rid",
            (rows_param(claims),),
        )
        return {facts[place]: message_id for place, message_id in cursor.fetchall()}


def _move(wanted: Sequence[tuple[int, Fact]], before: str, after: str, stamp: str) -> Counter[int]:
    """One transition for many Deliveries; how many changed in each Batch."""
    rows = rows_sql(
        {"message_id": "bigint", "channel_id": "bigint", "rid": "text", "happened": "text"}
    )
    happened = "r.happened::timestamptz" if connection.vendor == "postgresql" else "r.happened"
    time = f", {stamp} = {happened}" if stamp else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE messaging_app_delivery AS d SET state = %s{time} FROM {rows} AS r"
            " WHERE d.message_id = r.message_id AND d.channel_id = r.channel_id"
            " AND d.registration_id = r.rid AND d.state = %s RETURNING batch_id",
            (
                after,
                rows_param((m, f.channel_id, f.registration_id, f.happened_at) for m, f in wanted),
                before,
            ),
        )
        return Counter(row[0] for row in cursor.fetchall())


def _count(changes: Counter[tuple[int, str]]) -> None:
    """Add the changes to the counters of their Batches, in one statement."""
    batch_ids = {batch_id for batch_id, _state in changes}
    if not batch_ids:
        return
    rows = rows_sql({"id": "bigint", "delivered": "int", "clicked": "int", "failed": "int"})
    if connection.features.has_select_for_update:
        # In the order in which a retraction takes them, so that neither waits for the other.
        rows_of = Batch.objects.select_for_update(no_key=True).filter(pk__in=batch_ids)
        list(rows_of.order_by("pk").values_list("pk", flat=True))
    states = (Delivery.State.DELIVERED, Delivery.State.CLICKED, Delivery.State.FAILED)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_app_batch AS b SET delivered = b.delivered + r.delivered,"
            " clicked = b.clicked + r.clicked, failed = b.failed + r.failed"
            f" FROM {rows} AS r WHERE b.id = r.id",
            (rows_param((b, *(changes[b, state] for state in states)) for b in sorted(batch_ids)),),
        )
