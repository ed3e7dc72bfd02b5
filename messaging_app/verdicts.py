"""Judges what became of a call: a pure decision, written down by `outcomes`."""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from channels_app.jpush.client import Rate
from channels_app.jpush.errors import JPushError
from messaging_app.claiming import Claim
from messaging_app.states import GIVE_UP, LOSE_TRACK, RELEASE, SEND, BatchMove

BACKOFF_BASE_SECONDS = 1.0
BACKOFF_CAP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call has led to, and what else follows from it.

    `in_doubt`: JPush may have taken this call or an earlier one of the Batch. `seconds`: until it
    may be called again. `bad_ids`: registrationIDs to take out, whereupon the others are called
    under a new Batch. `no_target`: JPush reaches none of them. `hidden_bad_ids`: some are bad, and
    it does not say which.
    """

    claim: Claim
    move: BatchMove
    in_doubt: bool = False
    msg_id: str = ""
    seconds: float = 0.0
    error: JPushError | None = None
    bad_ids: Collection[str] = ()
    no_target: bool = False
    hidden_bad_ids: bool = False
    rate: Rate | None = None

    @property
    def takes_out(self) -> bool:
        return bool(self.bad_ids) or self.no_target or self.hidden_bad_ids


def accepted(claim: Claim, msg_id: str, rate: Rate) -> Outcome:
    return Outcome(claim, SEND, msg_id=msg_id, rate=rate)


def not_called(claim: Claim, *, seconds: float) -> Outcome:
    """The call was not made, so nothing is known that was not known before."""
    return Outcome(claim, RELEASE, in_doubt=claim.was_in_doubt, seconds=seconds)


def refused(claim: Claim, error: JPushError, *, expires_at: datetime, now: datetime) -> Outcome:
    """Repeat, give up, or say that nobody knows (protocol/jpush.md 8)."""
    # A definite failure says nothing of an ambiguous attempt before it.
    in_doubt = claim.was_in_doubt or error.ambiguous
    lost = GIVE_UP if not in_doubt else LOSE_TRACK
    if error.ambiguous and not claim.cid:
        return Outcome(claim, LOSE_TRACK, in_doubt=True, error=error)
    if error.stops_channel:
        return Outcome(claim, RELEASE, in_doubt=in_doubt, error=error)
    if error.retryable:
        if now >= expires_at:
            return Outcome(claim, lost, in_doubt=in_doubt, error=error)
        seconds = retry_seconds(claim.attempts, error)
        return Outcome(claim, RELEASE, in_doubt=in_doubt, error=error, seconds=seconds)
    if error.bad_ids or error.no_target or error.hides_bad_ids:
        # It has looked at this very audience: an earlier attempt was refused as well.
        return Outcome(
            claim,
            GIVE_UP,
            error=error,
            bad_ids=error.bad_ids,
            no_target=error.no_target,
            hidden_bad_ids=error.hides_bad_ids,
        )
    return Outcome(claim, lost, in_doubt=in_doubt, error=error)


def retry_seconds(attempts: int, error: JPushError) -> float:
    if error.rate_limited:
        return error.retry_after or BACKOFF_CAP_SECONDS
    # Full jitter: many batches that failed together do not come back together.
    ceiling = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * 2 ** min(attempts, 10))
    return random.uniform(0, ceiling)  # noqa: S311  # spreads load, guards nothing
