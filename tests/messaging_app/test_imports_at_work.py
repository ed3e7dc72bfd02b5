"""Imports that the two engines carry out."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from pytest_django.fixtures import Settings

from messaging_app import tasks
from tests.messaging_app.brokers import broker, summary
from tests.messaging_app.running import database_url, running, until
from users_app import import_lease, import_turns, imports
from users_app.changes import Mode
from users_app.models import EndUser, ImportJob, Registration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel")]

MANY = 400_000


@pytest.fixture(autouse=True)
def _processes_of_their_own(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that the engine starts find this test's database and files."""
    settings.UMS_DATA_DIR = tmp_path
    monkeypatch.setenv("UMS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url())


def submitted(*, people: int = 3, prefix: str = "") -> ImportJob:
    rows = [f"{prefix}u{n},app1,{prefix}r{n}\n" for n in range(people)]
    content = "".join(["userid,bind_id,app_regid\n", *rows]).encode()
    operator, _created = User.objects.get_or_create(username="uploader")
    file = SimpleUploadedFile("people.csv", content)
    return imports.submit(file=file, mode=Mode.SET, operator=operator)


def has(job: ImportJob, state: str) -> Callable[[], bool]:
    return ImportJob.objects.filter(pk=job.pk, state=state).exists


@pytest.mark.parametrize("small", [import_turns.SMALL_BYTES, 0], ids=["here", "in a process"])
def test_the_embedded_worker_checks_and_applies(
    small: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(import_turns, "SMALL_BYTES", small)
    jobs = [submitted(prefix="a"), submitted(prefix="b"), submitted(prefix="c")]
    with running():
        for job in jobs:
            until(has(job, "checked"), what="the check")
        for job in jobs:
            imports.confirm(job=job)
        for job in jobs:
            until(has(job, "applied"), what="the import")

    assert EndUser.objects.count() == Registration.objects.count() == 9
    assert (" applied: rows=3" in caplog.text) == bool(small)


def test_a_worker_that_stops_has_its_process_give_the_import_back() -> None:
    job = submitted(people=MANY)
    with running() as runner:
        until(ImportJob.objects.claimed().exists, what="it begins")
        runner.stop()

    job.refresh_from_db()
    assert (job.state, job.lease, job.attempts) == ("uploaded", "", 0)
    assert import_lease.waiting() == [job.pk]


def test_a_process_that_fails_is_started_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(import_turns, "SMALL_BYTES", 0)
    monkeypatch.setattr(import_turns, "FAILED_SECONDS", 0.1)
    job = submitted()
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all")
    with running():
        until(lambda: "ended with 1" in caplog.text, what="it fails")
        os.environ["DATABASE_URL"] = database_url()
        until(has(job, "checked"), what="the check")

    job.refresh_from_db()
    assert (job.people, job.problem) == (3, "")


def test_an_import_that_somebody_else_has_is_left_alone() -> None:
    job = submitted()
    assert import_lease.claim(job.pk) is not None

    call_command("import_job", str(job.pk))
    tasks.work_on_import(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("uploaded", 1)


@pytest.fixture
def _memory() -> Iterator[None]:
    with broker("memory://"):
        yield


@pytest.mark.usefixtures("_memory")
def test_beat_finds_imports_and_a_task_carries_them_out() -> None:
    job = submitted()
    for state in ("checked", "applied"):
        tasks.find_work()
        assert summary() == [("work_on_import", [job.pk], "imports")]
        tasks.work_on_import(job.pk)
        job.refresh_from_db()
        assert job.state == state
        tasks.find_work()
        assert summary() == []
        if state == "checked":
            imports.confirm(job=job)

    assert EndUser.objects.count() == 3


def test_a_celery_worker_that_is_to_end_gives_its_import_back() -> None:
    job = submitted()
    tasks._leave_imports()
    try:
        tasks.work_on_import(job.pk)
    finally:
        tasks._shutting_down[0] = 0

    job.refresh_from_db()
    assert (job.state, job.lease) == ("uploaded", "")
