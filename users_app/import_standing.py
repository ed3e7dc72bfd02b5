"""How far an import is, as the console shows it while somebody waits for it."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from users_app.import_progress import Progress, progress_of
from users_app.models import ImportJob

Phase, State = ImportJob.Phase, ImportJob.State

BEGINS_WITHIN = timedelta(seconds=10)  # a worker looks each second for what waits
STEPS = {
    State.UPLOADED: (Phase.READING, Phase.COMPARING),
    State.CONFIRMED: (Phase.READING, Phase.COMPARING, Phase.APPLYING),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Words for an import that a worker checks or applies, and the figures for a bar."""

    step: str
    done: int
    total: int  # 0 where nobody knows
    figures: tuple[str, ...]
    hint: str  # why nothing goes on, "" where it does


def standing(job: ImportJob) -> Standing | None:
    """None where no worker has anything to do for `job`."""
    if job.state not in ImportJob.WORKED_ON:
        return None
    progress, hint = progress_of(job), _hint(job, timezone.now())
    figures = () if hint else figures_of(progress)
    return Standing(_step(job), progress.done, progress.total, figures, hint)


def of_people(done: int, total: int) -> str:
    return ngettext("%(done)s of %(total)s person", "%(done)s of %(total)s people", total) % {
        "done": f"{done:,}",
        "total": f"{total:,}",
    }


def figures_of(progress: Progress) -> tuple[str, ...]:
    """So many of so many, speed, time left: as far as that is known."""
    if progress.phase == Phase.APPLYING:
        done, per_second = of_people(progress.done, progress.total), _("%(number)s people/s")
    elif progress.phase == Phase.READING and (progress.done or progress.total):
        done, per_second = _rows(progress.done, progress.total), _("%(number)s rows/s")
    else:
        return ()
    speed, left = progress.per_second(), progress.seconds_left()
    words = [done]
    if speed:
        words.append(per_second % {"number": f"{speed:,.0f}"})
    if left:
        words.append(_time_left(left))
    return tuple(words)


def _rows(done: int, total: int) -> str:
    """`total` is a guess: only a file's end tells how many rows it has."""
    if total:
        return _("%(done)s of about %(total)s rows") % {"done": f"{done:,}", "total": f"{total:,}"}
    return ngettext("%(count)s row", "%(count)s rows", done) % {"count": f"{done:,}"}


def _time_left(seconds: float) -> str:
    if seconds < 60:
        return _("about %(count)d s left") % {"count": math.ceil(seconds)}
    if seconds < 3600:
        return _("about %(count)d min left") % {"count": math.ceil(seconds / 60)}
    return _("about %(count)d h left") % {"count": math.ceil(seconds / 3600)}


def _step(job: ImportJob) -> str:
    steps = STEPS[State(job.state)]
    if job.phase not in steps:
        return _("Waiting for a worker")
    return _("Step %(number)d of %(count)d: %(name)s") % {
        "number": steps.index(Phase(job.phase)) + 1,
        "count": len(steps),
        "name": Phase(job.phase).label,
    }


def _hint(job: ImportJob, now: datetime) -> str:
    if job.lease and job.lease_until and job.lease_until > now:
        return ""
    if job.lease_until and job.lease_until > now:
        return _("An unexpected error has interrupted it. It is tried again within seconds.")
    seen = (job.created_at, job.phase_started_at, job.lease_until)
    if now - max(moment for moment in seen if moment) <= BEGINS_WITHIN:
        return ""
    if job.phase:
        return _("The worker that was at it has stopped. The next one goes on where it was.")
    return _(
        "The worker has not begun yet. Other imports may come first; if there are none, see"
        " whether the worker process is running."
    )
