"""The files of imports are kept for a while, and no longer."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from messaging_app import sweeps
from tests.users_app.conftest import WriteWorkbook, applied, submitted, upload, work_on
from ums.lib import kept_files
from ums.lib.errors import DomainError
from users_app import import_files, imports
from users_app.models import ImportJob

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app123")]


def age(job: ImportJob, *, days: float) -> ImportJob:
    ImportJob.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(days=days))
    return job


def files(data_dir: Path) -> set[str]:
    return {f"imports/{path.name}" for path in (data_dir / "imports").iterdir()}


def test_files_of_imports_that_are_over_are_deleted_after_the_set_time(
    person: User, workbook: WriteWorkbook, data_dir: Path, settings: Settings
) -> None:
    settings.UMS_IMPORT_KEEP_DAYS = 2
    path = workbook(("u1", "app123", "r1", ""))
    old, waits = age(applied(upload(path, person)), days=2.1), age(upload(path, person), days=2.1)
    refused = submitted(path, person)
    ImportJob.objects.filter(pk=refused.pk).update(mode="?", attempts=9)
    age(work_on(refused), days=2.1)
    new, waits_shortly = applied(upload(path, person)), age(upload(path, person), days=1.9)

    assert import_files.forget() == 3

    assert files(data_dir) == {new.path, waits_shortly.path}
    states = dict(ImportJob.objects.filter(path="").values_list("pk", "state"))
    assert states == {old.pk: "applied", waits.pk: "cancelled", refused.pk: "refused"}
    waits.refresh_from_db()
    assert waits.finished_at is not None
    with pytest.raises(DomainError, match="does not wait for a confirmation: cancelled"):
        imports.confirm(job=waits)
    old.refresh_from_db()
    with pytest.raises(DomainError, match="no longer stored"):
        imports.bad_rows(job=old)
    assert import_files.forget() == 0


def test_the_file_of_an_import_that_is_worked_on_is_kept(
    person: User, workbook: WriteWorkbook, data_dir: Path
) -> None:
    path = workbook(("u1", "app123", "r1", ""))
    uploaded = age(submitted(path, person), days=400)
    confirmed = age(imports.confirm(job=upload(path, person)), days=400)

    sweeps.forget()

    assert files(data_dir) == {uploaded.path, confirmed.path}


def test_a_file_that_was_deleted_before_its_row_said_so_is_no_fault(
    person: User, workbook: WriteWorkbook, data_dir: Path
) -> None:
    job = age(applied(upload(workbook(("u1", "app123", "r1", "")), person)), days=31)
    (data_dir / job.path).unlink()

    import_files.forget()

    job.refresh_from_db()
    assert job.path == ""


def test_files_of_no_import_are_deleted_after_a_day(
    person: User, workbook: WriteWorkbook, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_files, "FILES_PER_ROUND", 1)
    known = submitted(workbook(("u1", "app123", "r1", "")), person)
    for name, days in (("stray", 1.1), ("under-way", 0.9), (Path(known.path).name, 5.0)):
        path = data_dir / "imports" / name
        path.touch()
        moment = (timezone.now() - timedelta(days=days)).timestamp()
        os.utime(path, (moment, moment))

    assert import_files.forget() == 1

    assert files(data_dir) == {known.path, "imports/under-way"}


def test_a_checked_file_that_is_gone_cannot_be_confirmed(
    person: User, workbook: WriteWorkbook, data_dir: Path
) -> None:
    job = upload(workbook(("u1", "app123", "r1", "")), person)
    (data_dir / job.path).unlink()

    with pytest.raises(DomainError, match="no longer stored"):
        imports.confirm(job=job)

    assert ImportJob.objects.get().state == "checked"
