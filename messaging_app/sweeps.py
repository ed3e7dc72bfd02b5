"""Puts right what no call does: dead workers' batches, expired ones, messages at their end."""

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from messaging_app import idempotency, inbox, material
from messaging_app.expansion import start_scheduled
from messaging_app.models import CID_LIFE, Batch, Message
from messaging_app.states import FAIL, FINISH, GIVE_UP, LOSE_TRACK, MISS, RELEASE
from users_app import import_files, kept_userids

UNFINISHED = (Batch.State.QUEUED, Batch.State.PUSHING)
WORKER_STOPPED = "The worker stopped during the call."
EXPIRED = "The message expired before it could be sent."
UNCOUNTED = "The message expired before its audience could be counted."
CID_EXPIRED = "The cid of the last attempt has expired."


def sweep() -> None:
    """All that is to be done each second or so; cheap where there is nothing."""
    start_scheduled()
    return_expired_leases()
    expire()
    finish_messages()


def forget() -> None:
    """What is kept for a while only."""
    inbox.match_early_receipts(within=inbox.KEEP_RECEIPTS)  # whatever was missed when it was recent
    inbox.forget_old()
    idempotency.forget_old()
    material.forget_expired()
    kept_userids.forget_old()
    import_files.forget()


def return_expired_leases() -> int:
    """Queue again what a dead worker left behind; its cid makes the repetition safe."""
    now = timezone.now()
    expired = Batch.objects.filter(state=Batch.State.PUSHING, lease_until__lt=now)
    if not expired.exists():
        return 0
    values = {"lease": "", "lease_until": None, "error_message": WORKER_STOPPED}
    # Without a cid nobody can know whether the call was made; what was stopped is not repeated.
    lost = expired.filter(Q(stopped=True) | Q(cid=""))
    retracted = When(withdrawal=Batch.Withdrawal.DUE, then=Value(Batch.Withdrawal.FAILED))
    withdrawal = Case(retracted, default=F("withdrawal"))
    unknown = LOSE_TRACK.make(lost, error_code=None, withdrawal=withdrawal, **values)
    # One that is stopped at this very moment is left to the next round.
    again = expired.filter(stopped=False).exclude(cid="")
    return unknown + RELEASE.make(again, error_code=None, not_before=now, **values)


def expire() -> int:
    """Close what is too late to be called; how many batches there were."""
    now = timezone.now()
    uncounted = Message.objects.filter(expires_at__lte=now, expanded_at=None)
    if uncounted.filter(state__in=(Message.State.EXPANDING, Message.State.PAUSED)).exists():
        FAIL.make(uncounted, reason=UNCOUNTED, done_at=now)
        MISS.make(uncounted, done_at=now)
    queued = Batch.objects.filter(state=Batch.State.QUEUED)
    # No join: Django would put it into a sub-select, and a batch that is claimed while the UPDATE
    # waits for its row would not be looked at again.
    over = Message.objects.filter(expires_at__lte=now).values("pk")
    late = queued.filter(in_doubt=False, message_id__in=over)
    closed = 0
    if late.exists():
        closed += GIVE_UP.make(late, error_code=None, error_message=EXPIRED)
    old = queued.filter(cid_at__lt=now - CID_LIFE)
    if old.exists():
        closed += LOSE_TRACK.make(old.filter(in_doubt=True), error_message=CID_EXPIRED)
        # JPush has surely not taken it: it may have another one.
        old.filter(in_doubt=False).update(cid="", cid_at=None)
    return closed


def finish_messages() -> int:
    """Close each message whose last batch has come to rest."""
    begun = Message.objects.filter(state__in=FINISH.sources, expanded_at__isnull=False)
    if not begun.exists():
        return 0
    unfinished = Batch.objects.filter(state__in=UNFINISHED).values("message_id")
    return FINISH.make(begun.exclude(pk__in=unfinished), done_at=timezone.now())
