"""Posts receipts when they are due, and again when the receiver failed."""

import heapq
import itertools
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Condition, Thread

from channels_app.jpush.sandbox.posting import Poster
from channels_app.jpush.sandbox.receipts import ReceiptBatch

MAX_RETRIES = 5
MAX_PAUSE_SECONDS = 30.0
POSTING_THREADS = 4


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where an app's receipts go, and the credentials that they carry."""

    url: str
    authorization: str = field(repr=False)


@dataclass(slots=True)
class Tally:
    """Counts receipts since the last reset."""

    scheduled: int = 0
    posted: int = 0
    lost: int = 0

    def stats(self) -> dict[str, int]:
        pending = self.scheduled - self.posted - self.lost
        return {
            "scheduled": self.scheduled,
            "pending": pending,
            "posted": self.posted,
            "lost": self.lost,
        }


@dataclass(order=True, slots=True)
class _Job:
    due: float
    number: int
    batch: ReceiptBatch = field(compare=False)
    receiver: Receiver = field(compare=False)
    tally: Tally = field(compare=False)
    retries: int = field(default=0, compare=False)


class Callbacks:
    """A queue by time and the threads that empty it."""

    def __init__(self, *, first_pause: float) -> None:
        self._first_pause = first_pause
        self._changed = Condition()
        self._jobs: list[_Job] = []
        self._numbers = itertools.count()
        self._tally = Tally()
        self._stopped = False
        self._threads = [
            Thread(target=self._work, name=f"sandbox-callbacks-{number}")
            for number in range(POSTING_THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when no thread is left; what is still pending is never posted."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def reset(self) -> None:
        """Forget what is pending and count anew."""
        with self._changed:
            self._jobs.clear()
            self._tally = Tally()

    def stats(self) -> dict[str, int]:
        with self._changed:
            return self._tally.stats()

    def schedule(self, batches: Iterable[ReceiptBatch], receiver: Receiver) -> None:
        with self._changed:
            for job in self._new_jobs(batches, receiver):
                heapq.heappush(self._jobs, job)
            self._changed.notify_all()

    def post_now(self, batches: Iterable[ReceiptBatch], receiver: Receiver) -> None:
        """Returns when each batch was tried once; the failed ones are retried as ever."""
        with self._changed:
            jobs = self._new_jobs(batches, receiver)
        with closing(Poster()) as poster:
            for job in itertools.takewhile(lambda _: not self._stopped, jobs):
                self._post(poster, job)

    def _new_jobs(self, batches: Iterable[ReceiptBatch], receiver: Receiver) -> list[_Job]:
        now = time.monotonic()
        jobs = [
            _Job(now + batch.delay, next(self._numbers), batch, receiver, self._tally)
            for batch in batches
        ]
        self._tally.scheduled += sum(len(job.batch.ids) for job in jobs)
        return jobs

    def _work(self) -> None:
        with closing(Poster()) as poster:
            while (job := self._next()) is not None:
                self._post(poster, job)

    def _next(self) -> _Job | None:
        """Waits for the job that is due; None when the sandbox stops."""
        with self._changed:
            while not self._stopped:
                pause = self._jobs[0].due - time.monotonic() if self._jobs else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._jobs)
                self._changed.wait(pause)
            return None

    def _post(self, poster: Poster, job: _Job) -> None:
        posted = poster.post(
            job.receiver.url, authorization=job.receiver.authorization, body=job.batch.body()
        )
        with self._changed:
            if posted:
                job.tally.posted += len(job.batch.ids)
            elif job.retries == MAX_RETRIES:
                job.tally.lost += len(job.batch.ids)
            else:
                pause = min(self._first_pause * 2**job.retries, MAX_PAUSE_SECONDS)
                job.due = time.monotonic() + pause
                job.retries += 1
                heapq.heappush(self._jobs, job)
                self._changed.notify()
