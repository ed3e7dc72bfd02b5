"""Looks at what an expansion has written."""

from channels_app.models import Channel
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Delivery, Message


def devices(message: Message, channel: Channel | None = None) -> dict[str, str]:
    """registrationID to userid."""
    rows = Delivery.objects.filter(message=message, batch__isnull=False)
    if channel:
        rows = rows.filter(channel=channel)
    pairs = list(rows.values_list("registration_id", "userid"))
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def without_device(message: Message) -> set[str]:
    rows = Delivery.objects.filter(message=message, state=Delivery.State.NO_DEVICE)
    return set(rows.values_list("userid", flat=True))


def assert_it_adds_up(message: Message) -> None:
    """The ledger, the batches and the rows say the same."""
    counts = ledger(message)
    rows = Delivery.objects.filter(message=message)
    assert counts.total == counts.targets == rows.count()
    assert counts.no_device == rows.filter(state=Delivery.State.NO_DEVICE).count()
    for batch in Batch.objects.filter(message=message):
        assert batch.size == rows.filter(batch=batch, channel=batch.channel_id).count()
        assert batch.state == Batch.State.QUEUED
