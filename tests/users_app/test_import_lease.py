"""Who works on which import, when several would."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from tests.users_app.conftest import submitted
from users_app import import_lease, import_work, imports
from users_app.import_lease import Claim, LostError, Pulse
from users_app.models import ImportJob

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("app123")]


@pytest.fixture
def job(tmp_path: Path, person: User) -> ImportJob:
    """A file that waits to be checked."""
    path = tmp_path / "people.csv"
    path.write_text("userid,bind_id,app_regid\nu1,app123,r1\n")
    return submitted(path, person)


def claim(job: ImportJob) -> Claim:
    found = import_lease.claim(job.pk)
    assert found is not None
    return found


def expire(job: ImportJob) -> None:
    ImportJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def in_threads(work: Callable[[], None], *, count: int) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_several_workers_one_gets_the_import(job: ImportJob) -> None:
    together = threading.Barrier(6)
    claims = []

    def work() -> None:
        together.wait()
        claims.append(import_lease.claim(job.pk))

    in_threads(work, count=6)

    [won] = [each for each in claims if each]
    assert (won.job_id, won.state) == (job.pk, "uploaded")
    assert ImportJob.objects.get().lease == won.token


def test_what_is_worked_on_does_not_wait_until_the_lease_runs_out(job: ImportJob) -> None:
    claim(job)
    assert import_lease.waiting() == []
    assert import_lease.claim(job.pk) is None

    expire(job)

    assert import_lease.waiting() == [job.pk]
    assert import_lease.claim(job.pk) is not None


def test_whoever_has_lost_the_lease_writes_nothing(job: ImportJob) -> None:
    first = claim(job)
    expire(job)
    second = claim(job)

    with pytest.raises(LostError):
        first.hold(rows=5)
    with pytest.raises(LostError):
        first.give_back()
    with pytest.raises(LostError):
        first.end(ImportJob.State.REFUSED)

    import_work.carry_on(first)
    job.refresh_from_db()
    assert (job.state, job.lease, job.rows) == ("uploaded", second.token, 0)
    import_work.carry_on(second)
    job.refresh_from_db()
    assert (job.state, job.rows) == ("checked", 1)


def test_a_claim_is_of_one_state(job: ImportJob) -> None:
    late = claim(job)
    imports.cancel(job=job)

    with pytest.raises(LostError):
        late.hold()
    assert import_lease.claim(job.pk) is None


def test_only_some_imports_are_worked_on_at_a_time(job: ImportJob) -> None:
    ImportJob.objects.bulk_create(ImportJob(file_name=f"{n}", path="x") for n in range(4))
    ids = list(ImportJob.objects.order_by("pk").values_list("pk", flat=True))
    assert import_lease.waiting() == ids
    assert import_lease.next_ones() == ids[:2]

    claim(job)
    assert import_lease.next_ones() == ids[1:2]
    assert import_lease.claim(ids[3]) is not None
    assert import_lease.next_ones() == []


def test_a_heartbeat_says_how_far_it_is_and_prolongs_the_lease(job: ImportJob) -> None:
    pulse = Pulse(claim(job), import_work.never)
    soon = timezone.now() + timedelta(seconds=1)
    ImportJob.objects.update(lease_until=soon)
    pulse.enter(ImportJob.Phase.APPLYING, total=90, done=20)
    pulse.reach(50)

    pulse.beat()

    job.refresh_from_db()
    assert (job.phase, job.done, job.done_before, job.total) == ("applying", 50, 20, 90)
    assert job.lease_until is not None
    assert job.lease_until > soon


def test_a_heartbeat_that_finds_the_import_cancelled_stops_the_work(
    job: ImportJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_lease, "BEAT_SECONDS", 0.01)
    pulse = Pulse(claim(job), import_work.never)

    def work() -> None:
        for _attempt in range(1000):
            pulse.reach(1)
            time.sleep(0.01)

    with pulse.beating():
        imports.cancel(job=job)
        with pytest.raises(LostError):
            work()


def test_a_heartbeat_that_fails_is_followed_by_the_next(
    job: ImportJob, caplog: pytest.LogCaptureFixture
) -> None:
    pulse = Pulse(claim(job), import_work.never)
    pulse.enter(ImportJob.Phase.READING)
    pulse.total = None  # type: ignore[assignment]  # a value that the database refuses

    pulse.beat()
    assert "no heartbeat" in caplog.text
    pulse.total = 7
    pulse.beat()

    pulse.reach(1)
    job.refresh_from_db()
    assert job.total == 7
