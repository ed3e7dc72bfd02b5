"""Makes people, messages and batches for tests of the sending engine."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.audience import Audience
from messaging_app.calling import Caller
from messaging_app.claiming import ALL_LANES, Claim, claim
from messaging_app.expansion import expand
from messaging_app.models import Batch, Message
from messaging_app.outcomes import record
from messaging_app.quota import take_turn
from messaging_app.submission import submit
from users_app.models import EndUser, Registration, Tag

PUSH_URL = "https://api.jpush.cn/v3/push"
CID_URL = "https://api.jpush.cn/v3/push/cid"
CONTENT: dict[str, Any] = {"platform": "all", "notification": {"alert": "Hi"}}


def add_person(
    userid: str, *, devices: dict[Channel, Sequence[str]] | None = None, tags: Sequence[str] = ()
) -> EndUser:
    """A person with registrationIDs by channel; `tags` are `bind_id/name`, or a name for `all`."""
    person, _created = EndUser.objects.get_or_create(userid=userid)
    Registration.objects.bulk_create(
        Registration(channel=channel, end_user=person, registration_id=registration_id)
        for channel, ids in (devices or {}).items()
        for registration_id in ids
    )
    for tag in tags:
        bind_id, _slash, name = tag.rpartition("/")
        Tag.objects.create(end_user=person, bind_id=bind_id or "all", name=name)
    return person


def add_crowd(channel: Channel, number: int, *, prefix: str = "") -> None:
    """`number` people u0, u1, … with one device r0, r1, … each."""
    people = EndUser.objects.bulk_create(EndUser(userid=f"{prefix}u{n}") for n in range(number))
    Registration.objects.bulk_create(
        Registration(channel=channel, end_user=person, registration_id=f"{prefix}r{n}")
        for n, person in enumerate(people)
    )


def accept(
    channels: Channel | Sequence[Channel],
    *,
    line: BusinessLine | None = None,
    content: dict[str, Any] | None = None,
    **audience: Any,
) -> Message:
    """An accepted message, to everyone unless `audience` says otherwise."""
    return submit(
        audience=Audience(**(audience or {"everyone": True})),
        content=content or CONTENT,
        channels=[channels] if isinstance(channels, Channel) else channels,
        line=line,
    )


def expanded(channels: Channel | Sequence[Channel], **values: Any) -> Message:
    """An accepted message with its ledger and batches."""
    message = accept(channels, **values)
    assert expand(message.pk)
    message.refresh_from_db()
    return message


def one_batch(channel: Channel, *ids: str, **values: Any) -> Batch:
    """The queued batch of a message to these registrationIDs."""
    message = expanded(channel, registration_ids=ids or ("rid1", "rid2"), **values)
    return Batch.objects.get(message=message)


def claimed(batch: Batch, *, cids: list[str] | None = None) -> Claim:
    """`batch` as a worker has it in hand; by default its cloud knows no cids."""
    with transaction.atomic():
        found = claim(batch.channel, 1000, cids=cids)
    return next(each for each in found if each.batch_id == batch.pk)


def claim_now(
    channel: Channel,
    limit: int = 1000,
    *,
    cids: list[str] | None = None,
    lanes: Collection[Batch.Lane] = ALL_LANES,
) -> list[int]:
    """Ids of the batches that a worker may call now; they are in its hand from then on."""
    with transaction.atomic():
        return [each.batch_id for each in claim(channel, limit, cids=cids, lanes=lanes)]


def claims_of(channel: Channel, *, cids: list[str] | None = None) -> dict[int, Claim]:
    """All that is due in one worker's hand, by batch."""
    with transaction.atomic():
        return {each.batch_id: each for each in claim(channel, 1000, cids=cids)}


def available_now(channel: Channel) -> int:
    """Calls of the channel that may leave now."""
    with transaction.atomic():
        return take_turn(channel).available


def push(caller: Caller, batch: Batch, *, cid: str = "c0") -> Batch:
    """Claim and push `batch`, write down what came of it, and read it anew."""
    record([caller.push(claimed(batch, cids=[cid] * 1000))])
    return reread(batch)


def reread(batch: Batch) -> Batch:
    batch.refresh_from_db()
    return batch


def calling(batch: Batch) -> Batch:
    """`batch` as a worker has it whose call is under way."""
    claimed(batch, cids=["c"] * 1000)
    return reread(batch)


def ends_late(batch: Batch) -> None:
    """Its message's time is over."""
    Message.objects.filter(pk=batch.message_id).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
