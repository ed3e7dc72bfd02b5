"""Which calls of a channel come first, so that a small message is not stuck behind a big one."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

from messaging_app.models import Batch, Message

T = TypeVar("T")
Lane = Batch.Lane

# Of every twelve calls, where all lanes have some. A lane that has none leaves its share to others.
SHARES = {Lane.URGENT: 8, Lane.NORMAL: 3, Lane.BULK: 1}
SMALL_BATCHES = 10  # so many calls of one message hold nobody up: a second of JPush's free quota


def lane_of(message: Message, *, batches: int) -> Lane:
    """By the message's priority (protocol/ums.md 3.1.1); a big one makes way for small ones."""
    return Lane(min(message.priority + (batches > SMALL_BATCHES), Lane.BULK))


def draw(waiting: Mapping[Lane, Sequence[T]], number: int) -> list[T]:
    """Up to `number` of those who wait, each lane by its share and in its own order.

    By chance, so that any number of workers keeps the shares without knowing of one another.
    """
    left = {lane: list(reversed(items)) for lane, items in waiting.items() if items}
    drawn: list[T] = []
    while left and len(drawn) < number:
        lanes = list(left)
        (lane,) = random.choices(lanes, [SHARES[lane] for lane in lanes])  # noqa: S311  # no secret
        drawn.append(left[lane].pop())
        if not left[lane]:
            del left[lane]
    return drawn
