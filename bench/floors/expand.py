"""The ledger of a message to everyone in a channel, by nothing but an INSERT … SELECT."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils import timezone

from bench.ledger import DEVICES_PER_BATCH, READY
from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Message


def insert_select(message_id: int) -> None:
    """Reads what must be read and writes it in the same order, but neither groups nor numbers.

    So it is right only where nobody shares a device, and all of them are in the first Batch.
    """
    (channel_id,) = Message.objects.get(pk=message_id).channels.values_list("pk", flat=True)
    _write(
        message_id,
        "SELECT device.channel_id, device.registration_id, person.userid, 0 AS batch"
        " FROM users_app_registration AS device"
        " JOIN users_app_enduser AS person ON person.id = device.end_user_id"
        " WHERE device.channel_id = %s AND device.invalid_at IS NULL"
        " ORDER BY device.registration_id",
        [channel_id],
    )


def ready_rows(message_id: int) -> None:
    """Writes and does nothing else: every row lies ready in a table, in its order."""
    _write(message_id, f"SELECT channel_id, registration_id, userid, batch FROM {READY}", [])


@transaction.atomic
def _write(message_id: int, rows: str, params: Sequence[int]) -> None:
    now = timezone.now()
    message = Message.objects.get(pk=message_id)
    channel = message.channels.get()
    first_id = message_id * BATCHES_PER_MESSAGE
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_app_delivery"
            " (message_id, batch_id, channel_id, userid, registration_id, state)"
            " SELECT %s, %s + batch, channel_id, userid, registration_id, 'pending'"
            f" FROM ({rows}) AS device",
            [message_id, first_id, *params],
        )
        devices = cursor.rowcount
    Batch.objects.bulk_create(
        Batch(
            id=first_id + start // DEVICES_PER_BATCH,
            message_id=message_id,
            channel=channel,
            size=min(DEVICES_PER_BATCH, devices - start),
            not_before=now,
        )
        for start in range(0, devices, DEVICES_PER_BATCH)
    )
    message.state = Message.State.SENDING
    message.targets = devices
    message.expanded_at = now
    message.save(update_fields=("state", "targets", "expanded_at"))
