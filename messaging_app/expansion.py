"""Turns an accepted message into its ledger and its batches, all by set-based SQL."""

from django.db import connection, transaction
from django.utils import timezone

from channels_app.jpush.payloads import MAX_IDS_PER_PUSH
from messaging_app.audience import Audience
from messaging_app.lanes import lane_of
from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Message
from messaging_app.states import EXPAND, FAIL, MISS, START
from messaging_app.targets import (
    check_named,
    devices_query,
    people_query,
    without_device_query,
)
from ums.lib.errors import DomainError
from ums.lib.sql import Query

BATCH_INSERT_CHUNK = 1000
MESSAGES_PER_ROUND = 1000


def start_scheduled() -> int:
    """Release the messages whose time has come; how many there were."""
    now = timezone.now()
    due = Message.objects.filter(state=Message.State.SCHEDULED, send_at__lte=now)
    # Most rounds find none, and take no lock for that.
    if not due.exists():
        return 0
    # Nothing ran when it should have begun, and now it would be stale.
    MISS.make(due.filter(expires_at__lte=now), done_at=now)
    return START.make(due)


def to_expand() -> list[int]:
    """The messages that wait for it, first come, first served."""
    expanding = Message.objects.filter(state=Message.State.EXPANDING).order_by("pk")
    return list(expanding.values_list("pk", flat=True)[:MESSAGES_PER_ROUND])


def expand(message_id: int) -> bool:
    """Write Deliveries and Batches of one message; False if another worker has, or is at it.

    One transaction: a crash leaves no trace, and the audience is one snapshot.
    """
    try:
        with transaction.atomic():
            return _expand(message_id)
    except DomainError as exc:  # a segment or a list that it names has been deleted
        message = Message.objects.filter(pk=message_id)
        return bool(FAIL.make(message, reason=exc.message[:255], done_at=timezone.now()))


def _expand(message_id: int) -> bool:
    messages = Message.objects.filter(pk=message_id)
    # A second worker has other things to do than to wait for the first one, maybe for a minute.
    if connection.features.has_select_for_update_skip_locked:
        free = messages.select_for_update(skip_locked=True, no_key=True)
        if not free.values_list("pk", flat=True).first():
            return False
    claimed = EXPAND.make(messages, expanded_at=timezone.now())
    if not claimed:
        return False
    message = Message.objects.get(pk=message_id)
    audience = Audience.from_json(message.audience)
    check_named(audience)
    channel_ids = list(message.channels.order_by("pk").values_list("pk", flat=True))
    line_key = message.business_line.channel_key if message.business_line else None
    people = people_query(audience, line_key)
    batches = 0
    devices = 0
    for channel_id in channel_ids:
        added = _write_deliveries(message, channel_id, batches, audience, people)
        batches += _write_batches(message, channel_id, batches, added)
        devices += added
    no_device = _write_no_device(message, people, channel_ids) if people else 0
    Message.objects.filter(pk=message_id).update(targets=devices + no_device, no_device=no_device)
    return True


def _write_deliveries(
    message: Message, channel_id: int, first_batch: int, audience: Audience, people: Query | None
) -> int:
    devices = devices_query(audience, people, channel_id, numbered=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_app_delivery"
            " (message_id, batch_id, channel_id, userid, registration_id, state)"
            " SELECT %s, %s + number / %s, %s, userid, registration_id, 'pending'"
            f" FROM ({devices.sql}) AS device",
            (
                message.pk,
                message.pk * BATCHES_PER_MESSAGE + first_batch,
                MAX_IDS_PER_PUSH,
                channel_id,
                *devices.params,
            ),
        )
        return int(cursor.rowcount)


def _write_batches(message: Message, channel_id: int, first_batch: int, devices: int) -> int:
    now = timezone.now()
    first_id = message.pk * BATCHES_PER_MESSAGE + first_batch
    sizes = [
        min(MAX_IDS_PER_PUSH, devices - start) for start in range(0, devices, MAX_IDS_PER_PUSH)
    ]
    lane = lane_of(message, batches=len(sizes))
    Batch.objects.bulk_create(
        [
            Batch(
                id=first_id + number,
                message_id=message.pk,
                channel_id=channel_id,
                size=size,
                lane=lane,
                not_before=now,
            )
            for number, size in enumerate(sizes)
        ],
        batch_size=BATCH_INSERT_CHUNK,
    )
    return len(sizes)


def _write_no_device(message: Message, people: Query, channel_ids: list[int]) -> int:
    missing = without_device_query(people, channel_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_app_delivery (message_id, userid, registration_id, state)"
            f" SELECT %s, userid, '', 'no_device' FROM ({missing.sql}) AS person",
            (message.pk, *missing.params),
        )
        return int(cursor.rowcount)
