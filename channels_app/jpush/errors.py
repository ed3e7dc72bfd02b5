"""JPush's failures, sorted by what may be done about them (protocol/jpush.md 8)."""

import re
from dataclasses import dataclass

RETRYABLE_STATUSES = frozenset({429, 500, 502, 503, 504})  # 8.4
RETRYABLE_CODES = frozenset({1000, 1030, 2002, 7000, 7030, 23008, 21030, 27000})  # 8.1, 8.3, 8.6
RATE_CODES = frozenset({2002, 23008})
NO_TARGET_CODES = frozenset({1011, 21011})  # 8.5: none of the ids is usable
ANY_PARAMETER_CODE = 1003
BAD_ID_CODES = frozenset({ANY_PARAMETER_CODE, 20101})  # 8.5, 8.6
# 8.1, 8.6: not this call but the channel is at fault, so that every other call would fail as well.
CHANNEL_CODES = frozenset({1004, 1008, 1020, 2003, 2004, 2005, 21004, 21008, 21038, 23009, 27001})
# Without a code of JPush's: the address leads to something else.
NOT_JPUSH_STATUSES = frozenset({301, 302, 303, 307, 308, 401, 404, 405, 407, 410})
NAMED_ID = re.compile(r"registration_id (\S+) is invalid", re.IGNORECASE)


@dataclass(eq=False)  # not frozen: Python itself writes an exception's traceback
class JPushError(Exception):
    """One failed call.

    `ambiguous`: JPush may have acted on it (no answer came back); only the same cid makes a
    repetition safe. `retry_after`: seconds that JPush asks us to wait. `misconfigured`: the call
    could not be made at all, as the channel is set up.
    """

    message: str
    code: int | None = None
    http_status: int | None = None
    ambiguous: bool = False
    unreachable: bool = False
    misconfigured: bool = False
    retry_after: float | None = None
    illegal_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number}: {self.message}" if self.number is not None else self.message

    @property
    def number(self) -> int | None:
        """JPush's code, else the HTTP status."""
        return self.code if self.code is not None else self.http_status

    @property
    def retryable(self) -> bool:
        return (
            self.ambiguous
            or self.unreachable
            or self.code in RETRYABLE_CODES
            or self.http_status in RETRYABLE_STATUSES
        )

    @property
    def stops_channel(self) -> bool:
        """Nothing helps before a person has changed something at JPush or in the console."""
        if self.code is not None:
            return self.code in CHANNEL_CODES
        return self.misconfigured or self.http_status in NOT_JPUSH_STATUSES

    @property
    def rate_limited(self) -> bool:
        return self.code in RATE_CODES or self.http_status == 429

    @property
    def is_outage(self) -> bool:
        """JPush, or the way to it, does not work at the moment."""
        return self.retryable and not self.rate_limited

    @property
    def no_target(self) -> bool:
        """Not one id of the call is usable."""
        return self.code in NO_TARGET_CODES

    @property
    def bad_ids(self) -> tuple[str, ...]:
        """The ids that JPush names as bad; the others of the call may be fine."""
        if self.illegal_ids or self.code not in BAD_ID_CODES:
            return self.illegal_ids
        return tuple(NAMED_ID.findall(self.message))

    @property
    def hides_bad_ids(self) -> bool:
        """Some id of the call is bad, and JPush does not say which."""
        if self.code not in BAD_ID_CODES or self.bad_ids:
            return False
        # 1003 is said of any parameter; the code of private clouds (8.6) of ids only.
        return self.code != ANY_PARAMETER_CODE or "registration" in self.message.lower()
