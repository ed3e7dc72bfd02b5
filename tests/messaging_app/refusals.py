"""Every code with which JPush refuses, sorted by what follows from it (protocol/jpush.md 8)."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app.claiming import Claim
from messaging_app.verdicts import Outcome, refused

NOW = timezone.now()
SOON = NOW + timedelta(hours=1)
OVER = NOW - timedelta(seconds=1)

State = tuple[bool, str]
# Doubt before the call, and the batch's cid.
STATES: list[State] = [(False, "c"), (True, "c"), (False, "")]

# Code and HTTP status of protocol/jpush.md 8.1, 8.3, 8.6; those of 8.2 are of no call that we make.
Pair = tuple[int | None, int]
REPEATED: list[Pair] = [
    (1030, 400),
    (7000, 400),
    (7030, 400),
    (21030, 400),
    (27000, 400),
    (1000, 400),
]
RATE_LIMITED: list[Pair] = [(2002, 429), (23008, 400), (None, 429)]
# With a server error's status it may have been taken all the same.
AMBIGUOUS: list[Pair] = [
    (1000, 500),
    (1030, 503),
    (21030, 503),
    (27000, 500),
    (7000, 500),
    (7030, 503),
]
AMBIGUOUS += [(None, 500), (None, 502), (None, 503), (None, 504)]
STOPS_CHANNEL: list[Pair] = [
    *((1004, 401), (1008, 400), (1020, 404), (2003, 403), (2004, 403), (2005, 403)),
    *((21004, 401), (21008, 400), (21038, 401), (23009, 400), (27001, 401)),
    *((None, 301), (None, 302), (None, 303), (None, 307), (None, 308)),
    *((None, 401), (None, 404), (None, 405), (None, 407), (None, 410)),
]
PERMANENT: list[Pair] = [
    *((1001, 405), (1002, 400), (1003, 400), (1005, 400), (1009, 400), (1012, 400), (1035, 400)),
    *((1105, 400), (2006, 403), (2007, 403), (2008, 403), (7001, 401), (7002, 400), (7004, 401)),
    *((7008, 400), (7013, 400), (21001, 405), (21002, 400), (21003, 400)),
    *((21005, 400), (21009, 400), (21015, 400), (21016, 400), (21050, 400), (21059, 400)),
    *((21306, 401), (23006, 400), (27008, 401), (27009, 401), (None, 400), (None, 403)),
]
NO_TARGET: list[Pair] = [(1011, 400), (21011, 400)]
HIDDEN_BAD_IDS: list[Pair] = [(20101, 400)]
BAD_IDS: list[Pair] = [(1003, 400), (20101, 400)]


def failure(
    code: int | None, status: int | None, message: str = "words", **more: Any
) -> JPushError:
    """As the client raises it."""
    ambiguous = status in {500, 502, 503, 504}
    return JPushError(message, code=code, http_status=status, ambiguous=ambiguous, **more)


def judged(error: JPushError, state: State, *, late: bool = False, attempts: int = 1) -> Outcome:
    was_in_doubt, cid = state
    claim = Claim(
        batch_id=1,
        message_id=1,
        channel=Channel(pk=1),
        lease="mine",
        cid=cid,
        attempts=attempts,
        was_in_doubt=was_in_doubt,
    )
    outcome = refused(claim, error, expires_at=OVER if late else SOON, now=NOW)
    assert outcome.claim is claim
    assert outcome.error is error
    assert outcome.msg_id == ""
    return outcome
