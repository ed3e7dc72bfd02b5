"""The list of imports and its export."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.exports import exported
from tests.users_app.import_pages import text_of
from users_app.models import ImportJob

pytestmark = pytest.mark.django_db


def make_jobs(count: int) -> None:
    for n in range(count):
        user = User.objects.create_user(f"operator-{ImportJob.objects.count()}")
        ImportJob.objects.create(file_name=f"people-{n}.xlsx", operator=user, state="applied")


def test_the_list_searches_by_file_name_and_has_pages(client: Client, operator: User) -> None:
    assert (
        "Nothing has been imported yet."
        in client.get(reverse("users:import_list")).content.decode()
    )
    make_jobs(60)

    first = client.get(reverse("users:import_list")).content.decode()
    second = client.get(reverse("users:import_list"), {"page": "2"}).content.decode()
    found = client.get(reverse("users:import_list"), {"q": "PEOPLE-7."}).content.decode()
    none = client.get(reverse("users:import_list"), {"q": "nothing"}).content.decode()

    assert ("people-59.xlsx" in first, "people-9.xlsx" in first) == (True, False)
    assert ("people-59.xlsx" in second, "people-9.xlsx" in second) == (False, True)
    assert "Page 1 of 2" in first
    assert ("people-7.xlsx" in found, "people-8.xlsx" in found) == (True, False)
    assert "No import fits this search." in none


def test_the_list_asks_as_many_queries_for_twenty_imports_as_for_one(
    client: Client, operator: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("users:import_list"))
        return len(captured)

    make_jobs(1)
    ImportJob.objects.update(state="uploaded")
    queries()  # fills the caches of the session and of content types
    one = queries()
    make_jobs(19)

    assert queries() == one


def test_the_list_can_be_limited_to_a_state(client: Client, operator: User) -> None:
    ImportJob.objects.create(file_name="a.xlsx", state="refused", problem="It has no userid.")
    ImportJob.objects.create(file_name="b.xlsx", state="applied")
    address = reverse("users:import_list")

    refused = text_of(client.get(address, {"state": "refused"}))

    assert ("a.xlsx" in refused, "b.xlsx" in refused) == (True, False)
    assert "It has no userid." in refused
    assert '<option value="refused" selected>' in refused
    assert "export.csv?q=&amp;state=refused" in refused
    assert "b.xlsx" in text_of(client.get(address, {"state": "nonsense"}))


def test_an_import_under_way_shows_how_far_it_is_and_asks_for_its_row_until_it_is_over(
    client: Client, operator: User
) -> None:
    job = ImportJob.objects.create(
        file_name="a.xlsx",
        lease="x",
        lease_until=timezone.now() + timedelta(minutes=1),
        phase="reading",
        phase_started_at=timezone.now() - timedelta(seconds=10),
        done=1000,
        total=4000,
    )
    address = reverse("users:import_row", args=[job.pk])

    assert address in text_of(client.get(reverse("users:import_list")))
    row = text_of(client.get(address))
    assert row.lstrip().startswith(f'<tr id="import-{job.pk}" data-state="uploaded" hx-get=')
    assert 'max="4000" value="1000"' in row
    assert re.search(r"1,000 of about 4,000 rows · \d+ rows/s · about 3\d s left", row)

    ImportJob.objects.update(state="applied", people=1_000_007)
    row = text_of(client.get(address))
    assert "hx-get" not in row
    assert "<progress" not in row
    assert '<td class="ums-number">1,000,007</td>' in row


def test_the_export_tells_what_the_list_shows(client: Client, operator: User) -> None:
    ImportJob.objects.create(
        file_name="a.xlsx",
        operator=operator,
        mode="delete",
        state="cancelled",
        people=10,
        applied_people=4,
    )
    ImportJob.objects.create(file_name="b.xlsx", state="refused", problem="No userid.")
    address = reverse("users:import_list") + "export.csv"

    heading, refused, cancelled = exported(client, address)

    assert heading[:4] == ["file", "mode", "state", "problem"]
    assert heading[-4:] == ["people applied", "operator", "uploaded", "finished at"]
    assert refused[:4] == ["b.xlsx", "replace the devices", "refused", "No userid."]
    assert cancelled[:3] == ["a.xlsx", "delete", "cancelled"]
    assert cancelled[-4:-2] == ["4", "uploader"]
    assert [row[0] for row in exported(client, address, {"state": "refused"})] == ["file", "b.xlsx"]
