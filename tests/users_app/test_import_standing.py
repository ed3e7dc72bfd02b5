"""The page of an import while a worker is to do something for it, or is at it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from tests.users_app.conftest import WriteWorkbook, work_on
from tests.users_app.import_pages import show, submit, text_of, upload
from users_app import imports
from users_app.import_standing import Standing, standing
from users_app.models import ImportJob

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def make(**values: Any) -> ImportJob:
    """An import that a worker is at since ten seconds."""
    defaults = {
        "file_name": "a.xlsx",
        "lease": "x",
        "lease_until": ago(-20),
        "phase": "reading",
        "phase_started_at": ago(10),
    }
    return ImportJob.objects.create(**{**defaults, **values})


def of(job: ImportJob) -> Standing:
    found = standing(job)
    assert found is not None
    return found


def test_rows_are_counted_while_the_file_is_read() -> None:
    read = of(make(done=1000))

    assert (read.step, read.done, read.total) == ("Step 1 of 2: reading the file", 1000, 0)
    assert read.figures == ("1,000 rows", "100 rows/s")
    assert of(make(done=1)).figures[0] == "1 row"
    # A big workbook is read for some seconds before it gives its first row.
    assert of(make(done=0)).figures == ()


@pytest.mark.parametrize(
    ("total", "left"),
    [(2000, "about 11 s left"), (10_000, "about 2 min left"), (1_000_000, "about 3 h left")],
)
def test_the_time_left_is_that_of_the_step(total: int, left: str) -> None:
    assert of(make(done=1000, total=total)).figures == (
        f"1,000 of about {total:,} rows",
        "100 rows/s",
        left,
    )


def test_an_estimate_that_was_too_low_promises_no_end() -> None:
    assert of(make(done=1000, total=900)).figures == ("1,000 of about 900 rows", "100 rows/s")


def test_comparing_has_no_figures() -> None:
    compared = of(make(state="confirmed", phase="comparing"))

    assert compared.step == "Step 2 of 3: comparing with what is stored"
    assert (compared.figures, compared.total) == ((), 0)


def test_people_are_counted_while_they_are_applied_and_those_before_a_restart_are_not_speed() -> (
    None
):
    job = make(state="confirmed", phase="applying", done=5000, done_before=4000, total=9000)

    assert of(job).step == "Step 3 of 3: applying"
    assert of(job).figures == ("5,000 of 9,000 people", "100 people/s", "about 41 s left")


@pytest.mark.parametrize(
    ("values", "lease_ends", "uploaded", "hint"),
    [
        ({"lease": "", "phase": ""}, None, -9, ""),
        ({"lease": "", "phase": ""}, None, -11, "has not begun yet"),
        ({}, -9, -60, ""),
        ({}, -11, -60, "has stopped. The next one goes on where it was."),
        ({"lease": ""}, 9, -60, "An unexpected error has interrupted it."),
    ],
)
def test_a_job_that_nobody_works_on_says_why(
    values: dict[str, Any], lease_ends: float | None, uploaded: float, hint: str
) -> None:
    until = None if lease_ends is None else ago(-lease_ends)
    job = make(**values, phase_started_at=None, lease_until=until)
    job.created_at = ago(-uploaded)

    assert hint in of(job).hint
    assert bool(of(job).hint) == bool(hint)


def test_a_job_that_waited_for_its_confirmation_has_not_waited_for_a_worker(
    client: Client, operator: User, app123: Channel, workbook: WriteWorkbook
) -> None:
    upload(client, workbook(("u1", "app123", "r1", "")))
    job = ImportJob.objects.get()
    ImportJob.objects.update(created_at=ago(3600), phase_started_at=ago(3600))

    assert of(imports.confirm(job=job)).hint == ""
    assert of(job).step == "Waiting for a worker"


def test_the_page_asks_for_what_moves_and_is_loaded_anew_for_the_next_state(
    client: Client, operator: User, app123: Channel, workbook: WriteWorkbook
) -> None:
    page = text_of(submit(client, workbook(("u1", "app123", "r1", ""))))
    job = ImportJob.objects.get()
    address = reverse("users:import_progress", args=[job.pk])
    asked = f"{address}?state=uploaded"

    assert f'hx-get="{asked}" hx-trigger="every 1s"' in page
    assert "Cancelling deletes the file. Nothing has been changed yet." in page
    assert f'href="{reverse("users:import_detail", args=[job.pk])}">Reload</a>' in page
    part = client.get(asked)
    assert f'hx-get="{asked}"' in text_of(part)
    assert "HX-Refresh" not in part

    work_on(job)

    assert client.get(asked)["HX-Refresh"] == "true"
    assert client.get(address)["HX-Refresh"] == "true"
    assert address not in show(client, job)


def test_while_it_is_applied_the_page_says_what_cancelling_means(
    client: Client, operator: User
) -> None:
    job = make(state="confirmed", phase="applying", done=5, total=9, report={"columns": []})

    page = show(client, job)

    assert "5 of 9 people" in page
    assert "Cancelling stops it within seconds and deletes the file." in page
    assert "nothing is undone" in page


def test_a_cancelled_import_says_after_how_many_people(client: Client, operator: User) -> None:
    job = make(state="confirmed", people=10, applied_people=4, path="imports/x")

    page = text_of(client.post(reverse("users:import_cancel", args=[job.pk]), follow=True))

    assert "It ended after 4 of 10 people; what had been applied by then stays." in page


def test_a_refused_import_says_why_and_offers_another_file(
    client: Client, operator: User, workbook: WriteWorkbook
) -> None:
    page = upload(client, workbook(("x",), header=("name",)))

    assert ImportJob.objects.get().state == "refused"
    assert "There is no column" in page
    assert reverse("users:import_new") in page
    assert reverse("users:import_confirm", args=[ImportJob.objects.get().pk]) not in page


def test_a_mode_must_be_chosen_and_each_is_explained(client: Client, operator: User) -> None:
    page = text_of(client.get(reverse("users:import_new")))
    assert '<input type="radio" name="mode" value="set"' in page
    assert page.count('class="ums-option"') == 3
    assert page.count(" checked>") == 1
    for words in ("replace all earlier ones", "none is removed", "nobody is created"):
        assert words in page

    page = text_of(client.post(reverse("users:import_new"), {}))
    assert "Choose what the file shall do." in page


def test_a_file_in_delete_mode_counts_who_loses_something_and_is_confirmed_in_red(
    client: Client, operator: User
) -> None:
    job = ImportJob.objects.create(
        file_name="a.csv",
        mode="delete",
        state="checked",
        report={"columns": []},
        rows=3,
        people=3,
        new=1,
        changed=1,
        unchanged=1,
    )

    page = show(client, job)

    assert "Remove from 1 person</button>" in page
    assert 'class="ums-button ums-button-danger">Remove' in page
    assert "nobody is created" in page
    assert "<span>Unknown</span><b>1</b>" in page

    ImportJob.objects.update(state="applied")
    assert "What the good rows name has been removed." in show(client, job)

    ImportJob.objects.update(state="checked", changed=0)
    assert "Nobody has anything of what the good rows name" in show(client, job)
