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
