"""Who got a message and why others did not: the ledger's rows in words, also as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet, Sum
from django.utils.translation import gettext as _

from channels_app.models import Channel
from messaging_app.ledger import with_box
from messaging_app.models import Batch, Delivery, Message
from messaging_app.reports import BOX_NAMES, box_tone
from messaging_app.retraction_report import word
from ums.lib.exports.tables import Row, Table, in_pages

MAX_REASONS = 50


@dataclass(frozen=True, slots=True)
class Person:
    """One ledger row; `reason` and `retraction` are empty where there is nothing to say."""

    userid: str
    registration_id: str
    channel: str
    box: str
    label: str
    tone: str
    delivered_at: datetime | None
    clicked_at: datetime | None
    reason: str
    retraction: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause that a number of devices share."""

    label: str
    tone: str
    code: int | None
    text: str
    devices: int

    @property
    def shown(self) -> str:
        return f"{self.devices:,}"


def person(delivery: Delivery) -> Person:
    """A row of `ledger.deliveries`."""
    box: str = delivery.box  # type: ignore[attr-defined]  # an annotation
    return Person(
        userid=delivery.userid,
        registration_id=delivery.registration_id,
        channel=delivery.channel.name if delivery.channel else "",
        box=box,
        label=str(BOX_NAMES[box]),
        tone=box_tone(box),
        delivered_at=delivery.delivered_at,
        clicked_at=delivery.clicked_at,
        reason=_reason(delivery),
        retraction=word(delivery),
    )


def reasons(message: Message) -> list[Reason]:
    """Why devices were not reached, or still wait for a repetition; the widest first."""
    groups = (
        Batch.objects.filter(message=message)
        .exclude(error_message="")
        .values("state", "error_code", "error_message")
        .annotate(
            invalid_ids=Sum("invalid"),
            others=Sum("size") - Sum("delivered") - Sum("clicked") - Sum("invalid"),
        )
        .order_by("-others", "-invalid_ids", "error_code", "error_message")[:MAX_REASONS]
    )
    found = []
    for group in groups:
        box = _BOX_OF_ERROR.get(group["state"], "queued")
        for name, devices in ((box, group["others"]), ("invalid_id", group["invalid_ids"])):
            if devices:
                found.append(_cause(name, group["error_code"], group["error_message"], devices))
    accepted = Batch.objects.filter(message=message, state=Batch.State.SENT)
    if devices := accepted.aggregate(failed=Sum("failed"))["failed"]:
        found.append(_cause("failed", None, _not_delivered(), devices))
    return found


def table(message: Message, found: QuerySet[Delivery]) -> Table:
    """`found` are rows of `ledger.deliveries` of that message."""

    def pages() -> Iterator[list[Row]]:
        # Few batches and fewer channels share a page, so they are not read once for each row.
        channels = Prefetch("channel", Channel.objects.only("name"))
        rows = with_box(Delivery.objects.all()).select_related(None)
        for page in in_pages(found, rows.prefetch_related("batch", channels)):
            yield [_row(person(delivery)) for delivery in page]

    return Table(f"message-{message.pk}", _heading(), pages)


_BOX_OF_ERROR = {
    Batch.State.FAILED: "failed",
    Batch.State.CANCELLED: "cancelled",
    Batch.State.UNKNOWN: "unknown",
}


def _cause(box: str, code: int | None, text: str, devices: int) -> Reason:
    return Reason(str(BOX_NAMES[box]), box_tone(box), code, text, devices)


def _reason(delivery: Delivery) -> str:
    if delivery.state == Delivery.State.NO_DEVICE:
        return _("No registrationID in the channels of this message")
    if delivery.state == Delivery.State.FAILED:
        return _not_delivered()
    batch = delivery.batch
    if batch is None or delivery.state in (Delivery.State.DELIVERED, Delivery.State.CLICKED):
        return ""
    if batch.error_code is None:
        return batch.error_message
    return f"{batch.error_code}: {batch.error_message}"


def _not_delivered() -> str:
    return _("JPush reported it as not delivered")


def _heading() -> list[str]:
    return [
        "userid",
        "registrationID",
        _("Channel"),
        _("State"),
        _("Delivered"),
        _("Clicked"),
        _("Reason"),
        _("Retraction"),
    ]


def _row(row: Person) -> Row:
    return (
        row.userid,
        row.registration_id,
        row.channel,
        row.label,
        row.delivered_at,
        row.clicked_at,
        row.reason,
        row.retraction,
    )
