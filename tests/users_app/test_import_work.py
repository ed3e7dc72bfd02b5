"""What a worker does for an import: check, apply, stop, go on, give up."""

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from channels_app.models import Channel
from tests.users_app.conftest import applied, devices, stored, submitted, upload, work_on
from users_app import import_lease, import_work, imports
from users_app.changes import Mode
from users_app.models import EndUser, ImportJob

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app123", "data_dir")]

PEOPLE = 10


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ten people with a device each, u0 to u9."""
    return write(tmp_path / "people.csv", [(f"u{n}", "app123", f"r{n}") for n in range(PEOPLE)])


def write(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    with path.open("w", newline="") as table:
        csv.writer(table).writerows([("userid", "bind_id", "app_regid"), *rows])
    return path


def carry_on(job: ImportJob, stopping: Callable[[], bool] = import_work.never) -> ImportJob:
    claim = import_lease.claim(job.pk)
    assert claim is not None
    import_work.carry_on(claim, stopping=stopping, beats=False)
    job.refresh_from_db()
    return job


def confirmed(file: Path, person: User) -> ImportJob:
    return imports.confirm(job=upload(file, person))


def left_by_a_killed_worker(job: ImportJob, *, applied_to: str, people: int) -> ImportJob:
    """Its lease has run out; the people up to `applied_to` are stored."""
    claim = import_lease.claim(job.pk)
    assert claim is not None
    past = timezone.now() - timedelta(seconds=1)
    ImportJob.objects.update(lease_until=past, applied_to=applied_to, applied_people=people)
    job.refresh_from_db()
    return job


def test_an_upload_is_stored_and_waits_to_be_checked(
    file: Path, person: User, data_dir: Path
) -> None:
    with translation.override("zh-hans"):
        job = submitted(file, person, Mode.ADD)

    assert (job.state, job.mode, job.operator, job.language) == (
        "uploaded", "add", person, "zh-hans",
    )  # fmt: skip
    assert (data_dir / job.path).read_bytes() == file.read_bytes()
    assert job.size == file.stat().st_size
    assert import_lease.waiting() == [job.pk]


def test_a_check_ends_the_lease_and_waits_for_the_operator(file: Path, person: User) -> None:
    job = work_on(submitted(file, person))

    assert (job.state, job.rows, job.people, job.lease, job.phase) == ("checked", 10, 10, "", "")
    assert import_lease.waiting() == []
    assert import_lease.claim(job.pk) is None


def test_applying_says_when_and_how_many(file: Path, person: User) -> None:
    job = applied(upload(file, person))

    assert (job.state, job.applied_people, job.applied_to) == ("applied", 10, "u9")
    assert job.finished_at == job.applied_at is not None
    assert set(stored()) == {f"u{n}" for n in range(PEOPLE)}


def test_a_file_without_a_good_row_is_applied_with_nothing(tmp_path: Path, person: User) -> None:
    job = applied(upload(write(tmp_path / "a.csv", [("u1", "nowhere", "r")]), person))

    assert (job.state, job.bad, job.people, job.applied_people) == ("applied", 1, 0, 0)


def test_a_file_that_cannot_be_read_is_refused_in_the_language_of_who_sent_it(
    tmp_path: Path, person: User
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,phone\nu1,138\n")
    with translation.override("zh-hans"):
        chinese = submitted(path, person)
    english = submitted(path, person)

    for job in (chinese, english):
        work_on(job)
        assert job.state == "refused"
        assert job.finished_at is not None
    assert english.problem.startswith("There is no column “userid”.")
    assert chinese.problem.startswith("没有")


def test_a_file_that_is_gone_is_refused(file: Path, person: User, data_dir: Path) -> None:
    job = submitted(file, person)
    (data_dir / job.path).unlink()

    assert "no longer stored" in work_on(job).problem


def test_a_worker_that_is_stopped_while_reading_gives_the_lease_back(
    file: Path, person: User
) -> None:
    job = submitted(file, person)

    carry_on(job, stopping=lambda: True)

    assert (job.state, job.lease, job.attempts) == ("uploaded", "", 0)
    assert import_lease.waiting() == [job.pk]
    assert work_on(job).state == "checked"


def test_a_worker_that_is_stopped_between_two_parts_leaves_the_rest_to_the_next(
    file: Path, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("users_app.upload.PEOPLE_PER_PART", 4)
    job = confirmed(file, person)

    carry_on(job, stopping=lambda: EndUser.objects.exists())

    assert (job.state, job.lease, job.applied_to, job.applied_people) == ("confirmed", "", "u3", 4)
    assert job.attempts == 0
    assert set(stored()) == {"u0", "u1", "u2", "u3"}
    work_on(job)
    assert (job.state, job.applied_people, job.new) == ("applied", 10, 10)
    assert len(stored()) == PEOPLE


def test_who_goes_on_does_not_touch_what_is_applied_already(file: Path, person: User) -> None:
    """Somebody else has changed those people since."""
    job = confirmed(file, person)
    left_by_a_killed_worker(job, applied_to="u3", people=4)

    work_on(job)

    assert (job.state, job.applied_to, job.applied_people) == ("applied", "u9", 10)
    assert set(stored()) == {f"u{n}" for n in range(4, 10)}


def test_who_goes_on_judges_the_rows_as_who_began(tmp_path: Path, person: User) -> None:
    rows = [("u1", "app123", "r1"), ("u2", "app123", "r2"), ("u3", "later", "r3")]
    job = confirmed(write(tmp_path / "people.csv", rows), person)
    left_by_a_killed_worker(job, applied_to="u1", people=1)
    Channel.objects.create(code="later", name="Later", app_key="a", master_secret="s")

    work_on(job)

    assert (job.state, job.bad) == ("applied", 1)
    assert devices("u3") == set()


def test_whoever_begins_to_apply_takes_the_channels_of_today(tmp_path: Path, person: User) -> None:
    job = confirmed(write(tmp_path / "people.csv", [("u3", "later", "r3")]), person)
    assert job.bad == 1
    Channel.objects.create(code="later", name="Later", app_key="a", master_secret="s")

    work_on(job)

    assert (job.state, job.bad, job.new) == ("applied", 0, 1)
    assert devices("u3") == {"r3"}


@pytest.mark.parametrize("state", ["uploaded", "checked", "confirmed"])
def test_an_import_can_be_cancelled_before_it_is_over(
    file: Path, person: User, data_dir: Path, state: str
) -> None:
    job = submitted(file, person)
    if state != "uploaded":
        work_on(job)
    if state == "confirmed":
        imports.confirm(job=job)
    assert job.state == state

    imports.cancel(job=job)

    assert (job.state, job.path, job.lease) == ("cancelled", "", "")
    assert job.finished_at is not None
    assert list((data_dir / "imports").iterdir()) == []
    assert import_lease.waiting() == []
    assert stored() == {}


def test_an_import_that_is_cancelled_while_it_is_read_stops(file: Path, person: User) -> None:
    job = submitted(file, person)

    def cancels() -> bool:
        if ImportJob.objects.filter(state="uploaded").exists():
            imports.cancel(job=ImportJob.objects.get())
        return False

    carry_on(job, stopping=cancels)

    assert (job.state, job.rows) == ("cancelled", 0)


def test_an_import_that_is_cancelled_between_two_parts_keeps_the_first(
    file: Path, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("users_app.upload.PEOPLE_PER_PART", 4)
    job = confirmed(file, person)

    def cancels() -> bool:
        if EndUser.objects.exists() and ImportJob.objects.filter(state="confirmed").exists():
            imports.cancel(job=ImportJob.objects.get())
        return False

    carry_on(job, stopping=cancels)

    assert (job.state, job.applied_people, job.people) == ("cancelled", 4, 10)
    assert len(stored()) == 4


def test_what_fails_is_tried_again_after_a_pause_and_refused_at_last(
    file: Path, person: User, caplog: pytest.LogCaptureFixture
) -> None:
    job = submitted(file, person)
    ImportJob.objects.update(mode="unknown")
    for attempt in (1, 2):
        carry_on(job)
        assert (job.state, job.lease, job.attempts) == ("uploaded", "", attempt)
        assert import_lease.waiting() == []
        ImportJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    carry_on(job)

    assert job.state == "refused"
    assert "An unexpected error has ended the import 3 times" in job.problem
    assert "unknown" in caplog.text


def test_an_import_that_kills_its_worker_again_and_again_is_refused(
    file: Path, person: User
) -> None:
    job = submitted(file, person)
    ImportJob.objects.update(attempts=import_work.MAX_ATTEMPTS)

    assert work_on(job).state == "refused"
    assert "The worker was stopped 10 times" in job.problem


def test_a_part_that_is_applied_makes_up_for_earlier_failures(file: Path, person: User) -> None:
    job = confirmed(file, person)
    ImportJob.objects.update(attempts=5)

    assert (work_on(job).state, job.attempts) == ("applied", 1)
