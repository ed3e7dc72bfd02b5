"""Adds up who got a message: every target in exactly one box."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Sum, Value, When

from messaging_app.models import Batch, Delivery, Message

# The box of a Delivery without an outcome of its own, by the state of its Batch.
BOX_OF_BATCH = {
    Batch.State.QUEUED: "queued",
    Batch.State.PUSHING: "queued",
    Batch.State.SENT: "sent",
    Batch.State.FAILED: "failed",
    Batch.State.CANCELLED: "cancelled",
    Batch.State.UNKNOWN: "unknown",
}
BOXES = (
    "queued",
    "sent",
    "delivered",
    "clicked",
    "failed",
    "no_device",
    "invalid_id",
    "cancelled",
    "unknown",
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Numbers of targets; the boxes are exclusive and sum to `targets` once it is expanded."""

    targets: int = 0
    queued: int = 0
    sent: int = 0
    delivered: int = 0
    clicked: int = 0
    failed: int = 0
    no_device: int = 0
    invalid_id: int = 0
    cancelled: int = 0
    unknown: int = 0
    # The part of `failed` that JPush had accepted: it said later that it was not delivered.
    not_delivered: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, box) for box in BOXES)

    @property
    def pushed(self) -> int:
        """Devices that JPush has accepted the message for."""
        return self.sent + self.reached + self.not_delivered

    @property
    def reached(self) -> int:
        """Devices that have shown the message; a click implies that."""
        return self.delivered + self.clicked

    @property
    def finished(self) -> int:
        return self.targets - self.queued


def ledgers(messages: Iterable[Message]) -> dict[int, Ledger]:
    """The ledger of each message by its primary key: one query over its Batches for all."""
    counts = {
        message.pk: {"targets": message.targets, "no_device": message.no_device}
        for message in messages
    }
    sums = (
        Batch.objects.filter(message_id__in=counts)
        .values("message_id", "state")
        .annotate(
            of_size=Sum("size"),
            of_delivered=Sum("delivered"),
            of_clicked=Sum("clicked"),
            of_failed=Sum("failed"),
            of_invalid=Sum("invalid"),
        )
    )
    for row in sums:
        _add(counts[row["message_id"]], row)
    return {pk: Ledger(**boxes) for pk, boxes in counts.items()}


def ledger(message: Message) -> Ledger:
    return ledgers([message])[message.pk]


def deliveries(message: Message, *, box: str = "", search: str = "") -> QuerySet[Delivery]:
    """The message's ledger rows with their `box`; `search` is a userid or registrationID prefix."""
    rows = (
        with_box(Delivery.objects.filter(message=message))
        # As the index one_delivery_per_device has them: a page of a million is read, not sorted.
        .order_by(F("channel_id").asc(nulls_last=True), "registration_id", "pk")
    )
    if box:
        rows = rows.filter(Q(box=box))
    if search:
        rows = rows.filter(Q(userid__startswith=search) | Q(registration_id__startswith=search))
    return rows


def with_box(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Annotates `box`: the row's own outcome, else that of its batch."""
    return (
        rows.select_related("batch", "channel")
        .defer("channel__master_secret")
        .annotate(
            box=Case(
                When(state__in=_OWN_OUTCOME, then=F("state")),
                *(
                    When(batch__state=state, then=Value(name))
                    for state, name in BOX_OF_BATCH.items()
                ),
                output_field=CharField(),
            )
        )
    )


_OWN_OUTCOME = tuple(state for state in Delivery.State if state != Delivery.State.PENDING)


def _add(boxes: dict[str, int], row: dict[str, Any]) -> None:
    outcomes = {
        "delivered": row["of_delivered"],
        "clicked": row["of_clicked"],
        "failed": row["of_failed"],
        "invalid_id": row["of_invalid"],
    }
    for box, number in outcomes.items():
        boxes[box] = boxes.get(box, 0) + number
    box = BOX_OF_BATCH[Batch.State(row["state"])]
    boxes[box] = boxes.get(box, 0) + row["of_size"] - sum(outcomes.values())
    if row["state"] == Batch.State.SENT:
        boxes["not_delivered"] = boxes.get("not_delivered", 0) + row["of_failed"]
