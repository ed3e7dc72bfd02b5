"""Stops the calls of a message that is cancelled or retracted, by where each of them is."""

from django.db.models import Q, QuerySet

from messaging_app.models import Batch
from messaging_app.states import LOSE_TRACK, STOP

# Exclusive. A call that is under way (PUSHING) ends, and whoever writes down its outcome looks at
# `stopped`; one that has ended (SENT, FAILED, UNKNOWN) stays as it is.
STOPPABLE = Q(state=Batch.State.QUEUED, in_doubt=False)
LOST = Q(state=Batch.State.QUEUED, in_doubt=True)  # what became of an earlier attempt is not known


def lock(batches: QuerySet[Batch]) -> None:
    """Inside a transaction: nobody else changes them, and each is seen as it is.

    In one order, so that nobody waits for each other.
    """
    list(batches.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def stop(batches: QuerySet[Batch]) -> None:
    """No call begins any more.

    Inside the transaction that has moved their message first: whoever adds batches to it holds its
    row, and ends before we look.
    """
    lock(batches)
    batches.filter(state=Batch.State.PUSHING).update(stopped=True)
    LOSE_TRACK.make(batches.filter(LOST))
    STOP.make(batches.filter(STOPPABLE), error_code=None, error_message="")
