"""Imports in the embedded engine: small ones in its threads, big ones in processes of their own."""

import logging
import subprocess
import sys
import threading

from django.conf import settings

from users_app import import_lease, import_work
from users_app.models import ImportJob

logger = logging.getLogger(__name__)

# The interpreter lock and the memory of a bigger one shall not be those of the calls to JPush.
SMALL_BYTES = 1_000_000
LOOK_SECONDS = 0.2
FAILED_SECONDS = 10.0


class ImportTurns:
    """Shared by the threads that work on imports, so that no two take the same one."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._taken: set[int] = set()
        self._taking = threading.Lock()

    def work_on_next(self) -> bool:
        """Carry on with the oldest import that waits; False if none does."""
        job_id = self._take()
        if job_id is None:
            return False
        try:
            if ImportJob.objects.filter(pk=job_id, size__lt=SMALL_BYTES).exists():
                self._work_here(job_id)
            else:
                self._work_in_a_process(job_id)
        finally:
            with self._taking:
                self._taken.discard(job_id)
        return True

    def _take(self) -> int | None:
        with self._taking:
            free = (pk for pk in import_lease.waiting() if pk not in self._taken)
            job_id = next(free, None)
            if job_id is not None:
                self._taken.add(job_id)
            return job_id

    def _work_here(self, job_id: int) -> None:
        if claim := import_lease.claim(job_id):
            import_work.carry_on(claim, stopping=self._stopping.is_set)

    def _work_in_a_process(self, job_id: int) -> None:
        """It is told to stop when we are, and waited for."""
        command = [sys.executable, "manage.py", "import_job", str(job_id)]
        with subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL) as process:
            while process.poll() is None:
                if self._stopping.wait(LOOK_SECONDS):
                    process.terminate()
                    break
        if process.returncode and not self._stopping.is_set():
            logger.error("the process of import %d ended with %d", job_id, process.returncode)
            self._stopping.wait(FAILED_SECONDS)
