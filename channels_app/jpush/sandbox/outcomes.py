"""Decides by a hash, never by chance, what happens to a push and on each device."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

_DRAW_BYTES = 8
_RANGE = 2**64


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The same seed, id and msg_id always give the same outcome, so counts are exact."""

    seed: int
    delivered: float
    clicked: float

    def happens(self, rate: float, *case: object) -> bool:
        """Whether `case` belongs to the fraction `rate` of all cases."""
        if not 0 < rate < 1:
            return rate >= 1
        return _draw("\0".join(map(str, (self.seed, *case)))) < _bound(rate)

    def chosen(self, ids: Sequence[str], rate: float, *case: object, msg_id: str) -> Sequence[str]:
        """Those of `ids` for which `happens(rate, *case, id, msg_id)`."""
        if not 0 < rate < 1:
            return ids if rate >= 1 else ()
        before = "\0".join(map(str, (self.seed, *case, "")))
        bound = _bound(rate)
        return [each for each in ids if _draw(f"{before}{each}\0{msg_id}") < bound]

    def is_delivered(self, registration_id: str, msg_id: str) -> bool:
        return self.happens(self.delivered, "delivered", registration_id, msg_id)


def _draw(case: str) -> bytes:
    return blake2b(case.encode(), digest_size=_DRAW_BYTES).digest()


def _bound(rate: float) -> bytes:
    """What the draws of the fraction `rate` are less than; `rate` is between 0 and 1."""
    return math.ceil(rate * _RANGE).to_bytes(_DRAW_BYTES, "big")
