"""JPush's callbacks as its working assumption has them (protocol/jpush.md 9.5)."""

import json
from collections.abc import Iterable
from typing import Any

from channels_app.models import Channel
from messaging_app import inbox
from messaging_app.models import Batch, Delivery

DELIVERED, CLICKED, FAILED = 1, 2, 4


def item(
    registration_id: str, kind: int, *, batch: Batch | None = None, msg_id: str = "", **more: Any
) -> dict[str, Any]:
    """One receipt that echoes the batch, or names the msg_id, or both."""
    receipt: dict[str, Any] = {"registration_id": registration_id, "callback_type": kind, **more}
    if batch:
        receipt["params"] = {"ums_batch": str(batch.pk)}
    if msg_id:
        receipt["msg_id"] = msg_id
    return receipt


def receive(channel: Channel, items: Any) -> None:
    """Store one callback as the view does; `items` is JSON unless it is bytes."""
    body = items if isinstance(items, bytes) else json.dumps(items).encode()
    inbox.store(channel=channel, body=body)


def apply(channel: Channel, *callbacks: Any) -> None:
    for items in callbacks:
        receive(channel, items)
    inbox.apply_callbacks()


def states(batches: Batch | Iterable[Batch]) -> dict[str, str]:
    """registrationID to state."""
    chosen = [batches] if isinstance(batches, Batch) else list(batches)
    rows = Delivery.objects.filter(batch__in=chosen)
    return dict(rows.values_list("registration_id", "state"))


def assert_counters_equal_the_rows() -> None:
    for batch in Batch.objects.all():
        rows = Delivery.objects.filter(batch=batch)
        assert batch.size == rows.count()
        for counter, state in (
            ("delivered", "delivered"),
            ("clicked", "clicked"),
            ("failed", "failed"),
            ("invalid", "invalid_id"),
        ):
            assert getattr(batch, counter) == rows.filter(state=state).count(), counter
