"""What a worker does for an import: checks its file, and applies it part by part."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from ums.lib import sql
from ums.lib.errors import DomainError
from users_app.bind_ids import BindIds, bind_ids_for
from users_app.changes import Mode
from users_app.files.sheet import opened
from users_app.import_files import place_of
from users_app.import_lease import Claim, LostError, Pulse, StoppedError
from users_app.import_progress import Progress
from users_app.import_report import bind_ids_of, values_of
from users_app.models import ImportJob
from users_app.reading import Reading
from users_app.staging import Chunk, staged_file
from users_app.upload import Upload

logger = logging.getLogger(__name__)

MAX_FAILURES = 3  # that we have seen
MAX_ATTEMPTS = 10  # whatever ended them: a process that is killed says nothing
PAUSE_SECONDS = 10.0


def never() -> bool:
    return False


def carry_on(claim: Claim, *, stopping: Callable[[], bool] = never, beats: bool = True) -> None:
    """Check the file or apply it, whichever the claimed import needs; all ends are in its row.

    When `stopping` says so, the rest is left to the next worker.
    """
    pulse = Pulse(claim, stopping)
    try:
        with pulse.beating() if beats else nullcontext():
            _attempt(claim, pulse)
    except LostError:
        logger.info("import %d left: it was cancelled, or taken over", claim.job_id)


def _attempt(claim: Claim, pulse: Pulse) -> None:
    job = ImportJob.objects.get(pk=claim.job_id)
    with translation.override(job.language or settings.LANGUAGE_CODE):
        try:
            _work(job, claim, pulse)
        except LostError:
            raise
        except StoppedError:
            claim.give_back(attempts=F("attempts") - 1)
            logger.info("import %d given back", job.pk)
        except DomainError as exc:
            _refuse(claim, exc.message)
        except Exception:
            claim.hold()  # what was cancelled may fail as it likes
            logger.exception("import %d failed", job.pk)
            _try_again_or_refuse(job, claim)


def _work(job: ImportJob, claim: Claim, pulse: Pulse) -> None:
    if job.attempts > MAX_ATTEMPTS:
        raise DomainError(
            _(
                "The worker was stopped %(count)d times while it was at this file, most likely"
                " for want of memory. Give it more, or split the file, and upload it again."
            )
            % {"count": MAX_ATTEMPTS}
        )
    if claim.state == ImportJob.State.UPLOADED:
        _check(job, claim, pulse)
    else:
        _apply(job, claim, pulse)


def _check(job: ImportJob, claim: Claim, pulse: Pulse) -> None:
    source = Source(place_of(job), bind_ids_for(None), Mode(job.mode))
    with staged_from(source, pulse) as (reading, upload):
        figures, repeated = upload.compare(), upload.repeated()
    claim.end(ImportJob.State.CHECKED, **values_of(reading, figures, repeated))
    logger.info("import %d checked: rows=%d bad=%d", job.pk, reading.rows, reading.bad)


def _apply(job: ImportJob, claim: Claim, pulse: Pulse) -> None:
    """Each part together with the mark how far that is: a kill at any moment leaves both or none.

    Whoever goes on judges the rows by the same bind_ids, and keeps the figures of the beginning.
    """
    begun = bool(job.applied_to)
    bind_ids = bind_ids_of(job) if begun else bind_ids_for(None)
    source = Source(place_of(job), bind_ids, Mode(job.mode))
    with staged_from(source, pulse) as (reading, upload):
        parts = upload.parts(after=job.applied_to)
        if not begun:
            figures = upload.compare()
            claim.hold(**values_of(reading, figures, upload.repeated()))
            parts = parts if figures.changes_something else iter(())
        done = job.applied_people
        pulse.enter(ImportJob.Phase.APPLYING, total=upload.staged.people, done=done)
        for part in parts:
            pulse.reach(done)
            done += part.people
            with sql.write():
                claim.hold(applied_to=part.last, applied_people=done, attempts=1)
                part.apply()
    now = timezone.now()
    claim.end(ImportJob.State.APPLIED, applied_at=now, finished_at=now)
    logger.info("import %d applied: rows=%d bad=%d", job.pk, reading.rows, reading.bad)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and how its rows are to be understood."""

    path: Path
    bind_ids: BindIds
    mode: Mode


@contextmanager
def staged_from(source: Source, progress: Progress) -> Iterator[tuple[Reading, Upload]]:
    """The file read to its end, ready to be compared and applied; `progress` is at comparing."""
    progress.enter(ImportJob.Phase.READING)
    with ExitStack() as stack:
        # What reads the file has its memory for as long as that takes, and no longer.
        with opened(source.path) as sheet:
            progress.enter(ImportJob.Phase.READING, total=sheet.total_rows)
            reading = Reading(sheet, source.bind_ids, source.mode)
            staged = stack.enter_context(staged_file(_watched(reading, progress)))
        yield reading, Upload(staged, creates=source.mode is not Mode.DELETE)


def _watched(reading: Reading, progress: Progress) -> Iterator[Chunk]:
    for chunk in reading.chunks():
        progress.reach(reading.rows)
        yield chunk
    progress.enter(ImportJob.Phase.COMPARING)


def _refuse(claim: Claim, problem: str) -> None:
    claim.end(ImportJob.State.REFUSED, problem=problem, finished_at=timezone.now())
    logger.info("import %d refused", claim.job_id)


def _try_again_or_refuse(job: ImportJob, claim: Claim) -> None:
    job.refresh_from_db(fields=("attempts",))
    if job.attempts < MAX_FAILURES:
        claim.give_back(seconds=PAUSE_SECONDS)
        return
    _refuse(
        claim,
        _("An unexpected error has ended the import %(count)d times; the worker's log tells it.")
        % {"count": MAX_FAILURES},
    )
