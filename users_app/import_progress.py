"""How far an import is."""

from datetime import datetime

from django.utils import timezone

from users_app.models import ImportJob


class Progress:
    """Told by whoever does the work. It counts rows while they are read, people while applied."""

    def __init__(self) -> None:
        self.phase = ""
        self.started_at: datetime | None = None
        self.done = self.done_before = self.total = 0

    def enter(self, phase: ImportJob.Phase, *, total: int = 0, done: int = 0) -> None:
        """Of `total`, `done` is done already; 0 where nobody knows how much there is."""
        self.phase, self.total, self.done, self.done_before = phase, total, done, done
        self.started_at = timezone.now()

    def reach(self, done: int) -> None:
        self.done = done

    def leave(self) -> None:
        """The last phase is over: something else may be said."""

    def share(self) -> float | None:
        """Of the present phase, from 0 to 1; None where nobody knows how much there is."""
        return min(self.done / self.total, 1.0) if self.total else None

    def per_second(self) -> float:
        """Of the present phase; 0 while that cannot be said."""
        if not self.started_at:
            return 0.0
        seconds = (timezone.now() - self.started_at).total_seconds()
        return max(self.done - self.done_before, 0) / seconds if seconds > 0 else 0.0

    def seconds_left(self) -> float | None:
        """Of the present phase; None while that cannot be said."""
        speed = self.per_second()
        return max(self.total - self.done, 0) / speed if speed and self.total else None


def progress_of(job: ImportJob) -> Progress:
    """As whoever works on it has last written it down."""
    progress = Progress()
    if job.phase:
        progress.phase, progress.started_at = job.phase, job.phase_started_at
        progress.done, progress.done_before, progress.total = job.done, job.done_before, job.total
    return progress
