"""The pages for conflicts: numbers, lists, files, and clean-ups that name their number first."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.models import Channel
from tests.exports import exported
from tests.users_app.test_conflicts import give
from users_app.models import EndUser, Registration

COUNTS = re.compile(r'data-conflict="(\w+)" data-count="(\d+)"')


@pytest.fixture
def disorder(channel: Channel) -> Channel:
    give(channel, "shared1", "anna", "bert")
    give(channel, "shared2", "anna", "bert")
    give(channel, "old", "carl", invalid_days=100)
    EndUser.objects.create(userid="dora")
    return channel


def signed_in(client: Client, *codenames: str) -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def overview(client: Client, **query: Any) -> Any:
    return client.get(reverse("users:conflicts"), query)


def counts(page: Any) -> dict[str, int]:
    return {kind: int(number) for kind, number in COUNTS.findall(page.content.decode())}


def clean_up(client: Client, kind: str, channel: Channel, expected: object) -> Any:
    address = reverse("users:conflict_clean_up", args=(kind,))
    return client.post(
        f"{address}?channel={channel.pk}&days=90", {"expected": expected}, follow=True
    )


def test_a_channel_shows_its_numbers_and_its_policy(
    admin_client: Client, disorder: Channel, moving_channel: Channel
) -> None:
    page = overview(admin_client, channel=disorder.pk)

    assert counts(page) == {"shared": 2, "without": 2, "stale": 1}
    assert "Keep it with both people" in page.content.decode()
    other = overview(admin_client, channel=moving_channel.pk)
    assert counts(other) == {"shared": 0, "without": 4, "stale": 0}
    assert "Move it to the newest person" in other.content.decode()


def test_a_button_names_the_number_that_it_concerns(
    admin_client: Client, disorder: Channel
) -> None:
    html = overview(admin_client, channel=disorder.pk).content.decode()

    assert "Give 2 shared devices to their newest owner" in html
    assert "Delete 1 registrationID that has been invalid for 90 days" in html


def test_a_clean_up_does_what_its_button_says(admin_client: Client, disorder: Channel) -> None:
    page = clean_up(admin_client, "shared", disorder, 2)

    assert "2 shared devices belong to their newest owner alone now." in page.content.decode()
    assert counts(page) == {"shared": 0, "without": 3, "stale": 1}


def test_a_number_that_has_changed_is_shown_and_nothing_is_done(
    admin_client: Client, disorder: Channel
) -> None:
    page = clean_up(admin_client, "shared", disorder, 1)

    assert "it would concern 2 shared devices now, not 1." in page.content.decode()
    assert counts(page)["shared"] == 2
    assert Registration.objects.count() == 5


@pytest.mark.parametrize(
    ("kind", "right"), [("shared", "change_registration"), ("stale", "delete_registration")]
)
def test_a_clean_up_needs_its_right(
    client: Client, disorder: Channel, kind: str, right: str
) -> None:
    number = {"shared": 2, "stale": 1}[kind]
    signed_in(client, "view_registration")
    assert "expected" not in overview(client).content.decode()
    assert clean_up(client, kind, disorder, number).status_code == 403
    assert Registration.objects.count() == 5

    User.objects.get().user_permissions.add(Permission.objects.get(codename=right))

    assert clean_up(client, kind, disorder, number).status_code == 200
    assert Registration.objects.count() < 5


@pytest.mark.parametrize(("kind", "expected"), [("without", 2), ("shared", ""), ("x", 1)])
def test_a_clean_up_that_no_button_asks_for_is_not_found(
    admin_client: Client, disorder: Channel, kind: str, expected: object
) -> None:
    assert clean_up(admin_client, kind, disorder, expected).status_code == 404


def test_pages_need_the_right_to_see_devices(client: Client, disorder: Channel) -> None:
    signed_in(client, "view_enduser")

    assert overview(client).status_code == 403
    address = reverse("users:conflict_list", args=("shared",))
    assert client.get(address, {"channel": disorder.pk}).status_code == 403


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("shared", ("shared1", "bert", "anna", "2 shared devices")),
        ("without", ("carl", "dora", "2 people")),
        ("stale", ("old", "carl", "1 invalid registrationID")),
    ],
)
def test_a_list_shows_and_exports_its_rows(
    admin_client: Client, disorder: Channel, kind: str, texts: tuple[str, ...]
) -> None:
    query = {"channel": disorder.pk, "days": 90}
    html = admin_client.get(reverse("users:conflict_list", args=(kind,)), query).content.decode()

    assert all(text in html for text in texts)
    file = reverse("users:conflict_export", kwargs={"kind": kind, "ending": "csv"})
    assert len(exported(admin_client, file, query)) == 1 + {"stale": 1}.get(kind, 2)


@pytest.mark.parametrize("query", [{}, {"channel": "x"}, {"channel": 10**30}, {"channel": 99}])
def test_a_list_of_no_channel_is_not_found(
    admin_client: Client, disorder: Channel, query: dict[str, Any]
) -> None:
    assert admin_client.get(
        reverse("users:conflict_list", args=("shared",)), query
    ).status_code in (404,)


def test_without_a_channel_there_is_nothing_to_show(admin_client: Client, db: None) -> None:
    assert counts(overview(admin_client)) == {}


@pytest.mark.parametrize("kind", ["shared", "without", "stale"])
def test_a_list_asks_as_many_queries_for_any_number_of_rows(
    admin_client: Client, disorder: Channel, kind: str
) -> None:
    address = reverse("users:conflict_list", args=(kind,))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(address, {"channel": disorder.pk})
        return len(captured)

    queries()
    few = queries()
    for n in range(20):
        give(disorder, f"d{n}", f"x{n}", f"y{n}", invalid_days=100)

    assert queries() == few
