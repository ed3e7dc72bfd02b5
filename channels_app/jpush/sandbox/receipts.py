"""Plans the receipts that a push earns: which, when, and how they are batched."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from channels_app.jpush.sandbox.options import Faults, Options
from channels_app.jpush.sandbox.outcomes import Outcomes
from channels_app.jpush.sandbox.state import Fates, Message

LATE_SECONDS = 5.0
JPUSH_CHANNEL = 0  # the real values are unknown (protocol/jpush.md 12, row 6)


class Kind(IntEnum):
    """The bits of `callback.type` that the sandbox knows (protocol/jpush.md 9.2)."""

    DELIVERED = 1
    CLICKED = 2
    NOT_DELIVERED = 4


@dataclass(frozen=True, slots=True)
class ReceiptBatch:
    """Receipts of one kind of one message that are posted together, `delay` seconds after it."""

    message: Message
    kind: Kind
    ids: tuple[str, ...]
    delay: float

    def body(self) -> bytes:
        """protocol/jpush.md 9.5."""
        shared = {
            "msg_id": self.message.msg_id,
            "platform": self.message.device_platform,
            "callback_type": self.kind,
            "sent_time": int(self.message.accepted_at + self.delay),
            "channel": JPUSH_CHANNEL,
            "params": self.message.params,
        }
        return json.dumps([{"registration_id": each, **shared} for each in self.ids]).encode()


@dataclass(frozen=True, slots=True)
class ReceiptPlan:
    """Turns fates into batches."""

    options: Options
    outcomes: Outcomes

    def batches(
        self, message: Message, fates: Fates, *, kinds: int, faults: Faults
    ) -> Iterator[ReceiptBatch]:
        """Only the kinds that the mask names; duplicates and late ones as the faults tell.

        Early receipts have no delay at all, so none of them is late.
        """
        early = faults.early_callbacks
        delay = 0.0 if early else self.options.callback_delay
        late_rate = 0.0 if early else faults.late_callbacks
        for kind, ids, kind_delay in (
            (Kind.DELIVERED, fates.delivered, delay),
            (Kind.NOT_DELIVERED, fates.not_delivered, delay),
            (Kind.CLICKED, fates.clicked, 2 * delay),
        ):
            if not kinds & kind:
                continue
            draws, msg_id = self.outcomes, message.msg_id
            late = frozenset(draws.chosen(ids, late_rate, "late", kind, msg_id=msg_id))
            twice = draws.chosen(ids, faults.duplicate_callbacks, "twice", kind, msg_id=msg_id)
            posted = [*ids, *twice]
            punctual = [each for each in posted if each not in late]
            delayed = [each for each in posted if each in late]
            yield from self._cut(message, kind, punctual, kind_delay)
            yield from self._cut(message, kind, delayed, kind_delay + LATE_SECONDS)

    def _cut(
        self, message: Message, kind: Kind, ids: list[str], delay: float
    ) -> Iterator[ReceiptBatch]:
        size = self.options.callback_batch
        for start in range(0, len(ids), size):
            yield ReceiptBatch(message, kind, tuple(ids[start : start + size]), delay)
