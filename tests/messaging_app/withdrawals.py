"""Pushed batches that JPush shall take back."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.models import Batch, ChannelQuota
from messaging_app.retraction import retract
from messaging_app.withdrawal import Withdrawer, claim
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import PUSH_URL, one_batch, reread

URL = f"{PUSH_URL}/17"
GONE: dict[str, Any] = {
    "status": 400,
    "json": {"error": {"code": 1003, "message": "msg_id not exist"}},
}


def retracted_batch(channel: Channel) -> Batch:
    """A pushed batch whose message was retracted just now."""
    batch = one_batch(channel)
    settle(batch, Batch.State.SENT, jpush_msg_id="17", pushed_at=timezone.now())
    retract(message=batch.message)
    return reread(batch)


def leased_now(channel: Channel, limit: int = 10) -> list[tuple[int, str]]:
    """Batches that a worker may withdraw now, each with its lease."""
    with transaction.atomic():
        return claim(channel, limit)


def withdraw(withdrawer: Withdrawer, batch: Batch) -> Batch:
    """Claim and withdraw `batch`, and read it anew."""
    lease = dict(leased_now(batch.channel))[batch.pk]
    withdrawer.withdraw(batch.pk, lease)
    return reread(batch)


def due_again() -> None:
    Batch.objects.update(not_before=timezone.now())
    ChannelQuota.objects.update(next_call_at=0)
