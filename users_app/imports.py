"""Imports of uploaded files: checked first, applied when the operator says so."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app import workbooks
from users_app.bind_ids import BindIds, bind_ids_for
from users_app.changes import shown
from users_app.files.columns import REASON
from users_app.files.sheet import Sheet, opened
from users_app.files.values import text_of
from users_app.models import ImportJob
from users_app.reading import Reading
from users_app.rows import Row
from users_app.upload import Figures, apply_changes, compare_changes, staged
from users_app.workbooks import ReturnedRow

logger = logging.getLogger(__name__)

FOLDER = "imports"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did or would do: `rows` and `bad` are rows, the figures are people."""

    rows: int
    bad: int
    repeated: int  # devices that the file names for the same person and channel once more
    figures: Figures
    first_bad: tuple[Row, ...]


def run(*, path: Path, apply: bool) -> Outcome:
    """Import a file at once, or only say what that would do."""
    with opened(path) as sheet:
        reading = Reading(sheet, bind_ids_for(None))
        figures = (apply_changes if apply else compare_changes)(reading.changes())
    logger.info("import applied=%s rows=%d bad=%d", apply, reading.rows, reading.bad)
    return Outcome(
        reading.rows, reading.bad, reading.repeats.count(), figures, tuple(reading.first_bad)
    )


def check(*, file: UploadedFile, operator: User) -> ImportJob:
    """Store the file and say what it would change; DomainError if it holds no usable table."""
    path = _folder() / secrets.token_hex(16)
    with ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)
        with path.open("wb") as stored:
            for chunk in file.chunks():
                stored.write(chunk)
        with opened(path) as sheet:
            reading = Reading(sheet, bind_ids_for(None))
            figures = compare_changes(reading.changes())
        job = ImportJob(
            operator=operator,
            file_name=(file.name or "")[-255:],
            path=str(path.relative_to(settings.UMS_DATA_DIR)),
        )
        _note(job, reading, figures)
        job.save(force_insert=True)
        undo.pop_all()
    logger.info("import %d checked: rows=%d bad=%d", job.pk, job.rows, job.bad)
    return job


def confirm(*, job: ImportJob) -> ImportJob:
    """Apply the file's good rows. Two clicks apply once: the second one gets a DomainError."""
    with opened(_stored(job)) as sheet:
        reading = Reading(sheet, bind_ids_for(None))
        with staged(reading.changes()) as upload, transaction.atomic():
            applied_at = timezone.now()
            _leave_checked(job, state=ImportJob.State.APPLIED, applied_at=applied_at)
            _note(job, reading, upload.apply())
            job.save()
    logger.info("import %d applied: rows=%d bad=%d", job.pk, job.rows, job.bad)
    return job


def cancel(*, job: ImportJob) -> ImportJob:
    """Forget the file without applying it."""
    _leave_checked(job, state=ImportJob.State.CANCELLED)
    (settings.UMS_DATA_DIR / job.path).unlink(missing_ok=True)
    logger.info("import %d cancelled", job.pk)
    return job


def bad_rows(*, job: ImportJob) -> IO[bytes]:
    """The rows that were not applied, as a workbook to mend and upload; the caller closes it.

    A person's app_regids in a file replace the earlier ones, so a good row with app_regids comes
    along where another row of the same person is bad: mending only that one would else lose them.
    """
    # What was usable when the rows were judged, not what is usable today.
    usable = BindIds(job.report["channels"], frozenset(job.report["lines"]))
    with opened(_stored(job)) as sheet:
        reading = Reading(sheet, usable)
        faulty = {row.userid: row.number for row in reading.each() if row.problems and row.userid}
        return workbooks.returned_rows(
            tuple(sheet.headings[place] for place in _kept_places(sheet)),
            _returned(reading, faulty),
        )


def _returned(reading: Reading, faulty: Mapping[str, int]) -> Iterator[ReturnedRow]:
    sheet = reading.sheet
    places = _kept_places(sheet)
    for row in reading.each():
        if row.problems:
            reason = " ".join(f"{column}: {text}" for column, text in row.problems.items())
        elif row.userid in faulty and row.names_a_list:
            reason = _(
                "Nothing is wrong here. The row is repeated because row %(number)d names the same"
                " person, and the app_regids of a file replace all earlier ones."
            ) % {"number": faulty[row.userid]}
        else:
            continue
        faults = {sheet.columns[name] for name in row.problems if name in sheet.columns}
        yield ReturnedRow(
            values=tuple(row.values[place] for place in places),
            reason=reason,
            faults=frozenset(n for n, place in enumerate(places) if place in faults),
        )


def _kept_places(sheet: Sheet) -> list[int]:
    """All columns but the reasons of an earlier download."""
    return [n for n in range(len(sheet.headings)) if n != sheet.columns.get(REASON)]


def _note(job: ImportJob, reading: Reading, figures: Figures) -> None:
    job.rows, job.bad = reading.rows, reading.bad
    for name, value in asdict(figures).items():
        setattr(job, name, value)
    sheet = reading.sheet
    columns = {name: place for name, place in sheet.columns.items() if name != REASON}
    job.report = {
        "sheet": sheet.name,
        "columns": [
            {"name": name, "heading": sheet.headings[place]} for name, place in columns.items()
        ],
        "repeated": reading.repeats.count(),
        "ignored": list(sheet.ignored),
        "first_bad": [
            {
                "number": row.number,
                "cells": [
                    {
                        "text": shown(text_of(row.values[place]).strip()),
                        "reason": row.problems.get(name, ""),
                    }
                    for name, place in columns.items()
                ],
            }
            for row in reading.first_bad
        ],
        "channels": dict(reading.bind_ids.channels),
        "lines": sorted(reading.bind_ids.lines),
    }


def _leave_checked(job: ImportJob, **values: object) -> None:
    if not ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.CHECKED).update(**values):
        job.refresh_from_db()
        raise DomainError(
            _("The import of “%(file)s” is already finished: %(state)s.")
            % {"file": job.file_name, "state": job.get_state_display()}
        )
    for name, value in values.items():
        setattr(job, name, value)


def _folder() -> Path:
    folder: Path = settings.UMS_DATA_DIR / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _stored(job: ImportJob) -> Path:
    path: Path = settings.UMS_DATA_DIR / job.path
    if not path.is_file():
        raise DomainError(
            _("The uploaded file “%(file)s” is no longer stored. Upload it again.")
            % {"file": job.file_name}
        )
    return path
