"""Every change of state that a Message or a Batch can make, and the one way to make it.

`docs/delivery.md` tells the cause of each and who makes it; a test compares both.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from messaging_app.models import Batch, Message


@dataclass(frozen=True, slots=True)
class MessageMove:
    sources: frozenset[Message.State]
    target: Message.State

    def make(self, messages: QuerySet[Message], **values: Any) -> int:
        """One conditional UPDATE; how many of `messages` were in a state to make this move."""
        return messages.filter(state__in=self.sources).update(state=self.target, **values)


@dataclass(frozen=True, slots=True)
class BatchMove:
    sources: frozenset[Batch.State]
    target: Batch.State

    def make(self, batches: QuerySet[Batch], **values: Any) -> int:
        """One conditional UPDATE; how many of `batches` were in a state to make this move."""
        return batches.filter(state__in=self.sources).update(state=self.target, **values)


def _message(target: Message.State, *sources: Message.State) -> MessageMove:
    return MessageMove(frozenset(sources), target)


def _batch(target: Batch.State, *sources: Batch.State) -> BatchMove:
    return BatchMove(frozenset(sources), target)


_M = Message.State

# Approval
APPROVE_NOW = _message(_M.EXPANDING, _M.PENDING_APPROVAL)
APPROVE_LATER = _message(_M.SCHEDULED, _M.PENDING_APPROVAL)
REFUSE = _message(_M.CANCELLED, _M.PENDING_APPROVAL)
# The worker's
START = _message(_M.EXPANDING, _M.SCHEDULED)
MISS = _message(_M.MISSED, _M.SCHEDULED, _M.PAUSED)
EXPAND = _message(_M.SENDING, _M.EXPANDING)
FAIL = _message(_M.FAILED, _M.EXPANDING)
FINISH = _message(_M.DONE, _M.SENDING, _M.PAUSED)
# An operator's or a caller's
PAUSE = _message(_M.PAUSED, _M.SCHEDULED, _M.EXPANDING, _M.SENDING)
RESUME_WAITING = _message(_M.SCHEDULED, _M.PAUSED)
RESUME_UNCOUNTED = _message(_M.EXPANDING, _M.PAUSED)
RESUME_SENDING = _message(_M.SENDING, _M.PAUSED)
CANCEL = _message(
    _M.CANCELLED, _M.PENDING_APPROVAL, _M.SCHEDULED, _M.EXPANDING, _M.SENDING, _M.PAUSED
)
RETRACT = _message(
    _M.RETRACTED,
    *(_M.PENDING_APPROVAL, _M.SCHEDULED, _M.EXPANDING, _M.SENDING, _M.PAUSED),
    *(_M.DONE, _M.CANCELLED),
)
REOPEN = _message(_M.SENDING, _M.DONE)


_B = Batch.State

CLAIM = _batch(_B.PUSHING, _B.QUEUED)
# How a call ends, and what a sweep finds
SEND = _batch(_B.SENT, _B.PUSHING)
RELEASE = _batch(_B.QUEUED, _B.PUSHING)
GIVE_UP = _batch(_B.FAILED, _B.PUSHING, _B.QUEUED)
LOSE_TRACK = _batch(_B.UNKNOWN, _B.PUSHING, _B.QUEUED)
STOP = _batch(_B.CANCELLED, _B.PUSHING, _B.QUEUED)
# An operator's word
REPEAT = _batch(_B.QUEUED, _B.UNKNOWN)
