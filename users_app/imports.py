"""Imports of uploaded files: checked first, applied when the operator says so."""

import logging
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import IO

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ums.lib import kept_files, sql
from ums.lib.errors import DomainError
from users_app.bad_rows import bad_rows_of
from users_app.bind_ids import bind_ids_for
from users_app.changes import Mode
from users_app.files.kinds import kind_of
from users_app.files.sheet import opened
from users_app.import_files import FOLDER, place_of
from users_app.import_progress import Progress
from users_app.import_report import bind_ids_of
from users_app.import_work import Source, staged_from
from users_app.models import ImportJob
from users_app.reading import Reading
from users_app.rows import Row
from users_app.upload import Figures

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did or would do: `rows` and `bad` are rows, the figures are people."""

    rows: int
    bad: int
    figures: Figures
    first_bad: tuple[Row, ...]


def run(
    *,
    path: Path,
    mode: Mode,
    apply: bool,
    progress: Progress | None = None,
    bad_rows: IO[bytes] | None = None,
) -> Outcome:
    """Import a file at once, or only say what that would do.

    `bad_rows` gets the workbook to mend before anything is applied.
    """
    progress = progress or Progress()
    with staged_from(Source(path, bind_ids_for(None), mode), progress) as (reading, upload):
        figures = upload.compare()
        if bad_rows:
            with opened(path) as sheet, bad_rows_of(Reading(sheet, reading.bind_ids, mode)) as book:
                copyfileobj(book, bad_rows)
        if apply and figures.changes_something:
            progress.enter(ImportJob.Phase.APPLYING, total=figures.people)
            for part in upload.parts():
                with sql.write():
                    part.apply()
                progress.reach(progress.done + part.people)
    progress.leave()
    logger.info("import applied=%s rows=%d bad=%d", apply, reading.rows, reading.bad)
    return Outcome(reading.rows, reading.bad, figures, tuple(reading.first_bad))


def submit(*, file: UploadedFile, mode: Mode, operator: User) -> ImportJob:
    """Store the file, safe on disk, and leave its check to a worker.

    DomainError if a glance shows that it holds no table.
    """
    path = kept_files.new_path(FOLDER)
    with ExitStack() as undo:
        undo.callback(kept_files.delete, path)
        size = kept_files.write(path, file)
        kind_of(kept_files.where(path))
        job = ImportJob.objects.create(
            operator=operator,
            file_name=(file.name or "")[-255:],
            path=path,
            size=size,
            mode=mode.value,
            language=get_language() or "",
        )
        undo.pop_all()
    logger.info("import %d uploaded: mode=%s bytes=%d", job.pk, mode, size)
    return job


def confirm(*, job: ImportJob) -> ImportJob:
    """Have a worker apply the file's good rows. Of two clicks the second gets a DomainError."""
    checked = ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.CHECKED)
    if checked.exists():
        place_of(job)
    confirmed = checked.update(
        state=ImportJob.State.CONFIRMED,
        attempts=0,
        lease="",
        lease_until=None,
        phase="",
        phase_started_at=timezone.now(),
    )
    job.refresh_from_db()
    if not confirmed:
        raise DomainError(
            _("The import of “%(file)s” does not wait for a confirmation: %(state)s.")
            % {"file": job.file_name, "state": job.get_state_display()}
        )
    logger.info("import %d confirmed", job.pk)
    return job


def cancel(*, job: ImportJob) -> ImportJob:
    """Forget the file. What is applied of it already stays; a worker stops after its next part."""
    State = ImportJob.State  # noqa: N806  # a class
    unfinished = ImportJob.objects.filter(
        pk=job.pk, state__in=(State.UPLOADED, State.CHECKED, State.CONFIRMED)
    )
    # A crash before the file is gone leaves one that no row knows: the sweep deletes it.
    path = job.path
    cancelled = unfinished.update(
        state=State.CANCELLED, path="", lease="", lease_until=None, finished_at=timezone.now()
    )
    job.refresh_from_db()
    if not cancelled:
        raise DomainError(
            _("The import of “%(file)s” is already finished: %(state)s.")
            % {"file": job.file_name, "state": job.get_state_display()}
        )
    kept_files.delete(path)
    logger.info("import %d cancelled: people=%d of %d", job.pk, job.applied_people, job.people)
    return job


def bad_rows(*, job: ImportJob) -> IO[bytes]:
    """The rows that were not applied, as a workbook to mend and upload; the caller closes it."""
    with opened(place_of(job)) as sheet:
        return bad_rows_of(Reading(sheet, bind_ids_of(job), Mode(job.mode)))
