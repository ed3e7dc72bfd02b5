"""Who works on which import: a lease, kept by a pulse and lost with it."""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from ums.lib import sql
from users_app.import_progress import Progress
from users_app.models import ImportJob

logger = logging.getLogger(__name__)

LEASE_SECONDS = 30
BEAT_SECONDS = 1.0
IMPORTS_AT_ONCE = 2  # they take turns to write, so more would only take memory and processes


class LostError(Exception):
    """The import was cancelled, or somebody else works on it now."""


class StoppedError(Exception):
    """This process is to end."""


def waiting() -> list[int]:
    """Ids of the imports that somebody should work on, the oldest first."""
    unclaimed = ImportJob.objects.at_work().unclaimed()
    return list(unclaimed.order_by("pk").values_list("pk", flat=True))


def next_ones() -> list[int]:
    """Those of `waiting` whose turn it is, so that IMPORTS_AT_ONCE are worked on."""
    return waiting()[: max(IMPORTS_AT_ONCE - ImportJob.objects.at_work().claimed().count(), 0)]


def claim(job_id: int) -> "Claim | None":
    """Take the import for LEASE_SECONDS; None if somebody else has it, or nothing is to be done."""
    token = secrets.token_hex(16)
    jobs = ImportJob.objects.filter(pk=job_id).at_work()
    if not jobs.unclaimed().update(
        lease=token, lease_until=_lease_end(), attempts=F("attempts") + 1
    ):
        return None
    state = jobs.filter(lease=token).values_list("state", flat=True).first()
    return Claim(job_id, state, token) if state else None


@dataclass(frozen=True, slots=True)
class Claim:
    """An import in one state, ours as long as the row has our token."""

    job_id: int
    state: str
    token: str

    def hold(self, **values: Any) -> None:
        """Write `values` and prolong the lease; LostError if it is not ours any more."""
        self._write(lease_until=_lease_end(), **values)

    def end(self, state: ImportJob.State, **values: Any) -> None:
        """The work is done: the import changes to `state`."""
        self._write(state=state, lease="", lease_until=None, phase="", **values)

    def give_back(self, *, seconds: float = 0, **values: Any) -> None:
        """For the next worker to go on, at once or after some time."""
        until = timezone.now() + timedelta(seconds=seconds) if seconds else None
        self._write(lease="", lease_until=until, **values)

    def _write(self, **values: Any) -> None:
        mine = ImportJob.objects.filter(pk=self.job_id, state=self.state, lease=self.token)
        if not mine.update(**values):
            raise LostError


class Pulse(Progress):
    """Keeps a claim while it is worked on, and tells the work when to stop."""

    def __init__(self, claim: Claim, stopping: Callable[[], bool]) -> None:
        super().__init__()
        self._claim, self._stopping = claim, stopping
        self._lost = False
        self._ended = threading.Event()

    def reach(self, done: int) -> None:
        """LostError or StoppedError if the work shall go no further."""
        super().reach(done)
        if self._lost:
            raise LostError
        if self._stopping():
            raise StoppedError

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Each second, in a thread of its own."""
        thread = threading.Thread(target=self._beat_until_ended, name="import-pulse")
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _beat_until_ended(self) -> None:
        try:
            while not self._lost and not self._ended.wait(BEAT_SECONDS):
                self.beat()
        finally:
            connection.close()

    def beat(self) -> None:
        """Write down how far it is; who reads the row sees that somebody is at it."""
        try:
            with sql.write():
                self._claim.hold(
                    phase=self.phase,
                    phase_started_at=self.started_at,
                    done=self.done,
                    done_before=self.done_before,
                    total=self.total,
                )
        except LostError:
            self._lost = True
        except DatabaseError as exc:
            logger.warning("import %d: no heartbeat: %s", self._claim.job_id, exc)
            connection.close()


def _lease_end() -> Any:
    return timezone.now() + timedelta(seconds=LEASE_SECONDS)
