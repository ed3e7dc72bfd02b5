"""Decides by a hash, never by chance, what happens to a push and on each device."""

from dataclasses import dataclass
from hashlib import blake2b

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
        text = "\0".join(map(str, (self.seed, *case)))
        digest = blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") < rate * _RANGE

    def is_delivered(self, registration_id: str, msg_id: str) -> bool:
        return self.happens(self.delivered, "delivered", registration_id, msg_id)

    def is_clicked(self, registration_id: str, msg_id: str) -> bool:
        """For a delivered one."""
        return self.happens(self.clicked, "clicked", registration_id, msg_id)
