"""People in the console."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.models import Channel
from users_app.models import Contact, EndUser, Registration, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def make_people(channel: Channel, count: int, prefix: str = "user") -> None:
    for n in range(count):
        person = EndUser.objects.create(userid=f"{prefix}-{n}")
        for device in range(2):
            Registration.objects.create(
                channel=channel, end_user=person, registration_id=f"{prefix}{n}x{device}"
            )
        Tag.objects.create(end_user=person, bind_id="all", name="vip")


def listed(console: Client, **query: str) -> list[tuple[str, int]]:
    page: Any = console.get(reverse("admin:users_app_enduser_changelist"), query)
    return [(person.userid, person.device_count) for person in page.context["cl"].result_list]


def test_people_are_listed_with_their_number_of_devices(console: Client, channel: Channel) -> None:
    make_people(channel, 1)
    EndUser.objects.create(userid="without")

    assert listed(console) == [("user-0", 2), ("without", 0)]


def test_people_are_found_by_the_beginning_of_a_userid_or_by_a_registration_id(
    console: Client, channel: Channel
) -> None:
    make_people(channel, 2)
    make_people(channel, 1, prefix="other")

    assert [userid for userid, _count in listed(console, q=" user ")] == ["user-0", "user-1"]
    assert [userid for userid, _count in listed(console, q="user-1")] == ["user-1"]
    assert [userid for userid, _count in listed(console, q="other0x1")] == ["other-0"]
    assert listed(console, q="0x1") == []
    assert listed(console, q="USER") == []
    assert len(listed(console, q=" ")) == 3


@pytest.mark.parametrize("query", ["vip", "tag:vip", "TAG: vip", "tag：vip"])
def test_people_are_found_by_a_tag_each_once(console: Client, query: str) -> None:
    for userid, names in (("b", ["vip"]), ("a", ["vip", "old"]), ("c", ["vip2"])):
        person = EndUser.objects.create(userid=userid)
        for name in names:
            Tag.objects.create(end_user=person, bind_id="all", name=name)
            Tag.objects.create(end_user=person, bind_id="0123456789", name=name)

    assert [userid for userid, _count in listed(console, q=query)] == ["a", "b"]


def test_a_tag_is_told_from_the_beginning_of_a_userid(console: Client) -> None:
    Tag.objects.create(end_user=EndUser.objects.create(userid="a"), bind_id="all", name="vip")
    EndUser.objects.create(userid="vip-1")

    assert [userid for userid, _count in listed(console, q="vip")] == ["a", "vip-1"]
    assert [userid for userid, _count in listed(console, q="tag:vip")] == ["a"]


@pytest.mark.parametrize("text", ["50%", "a_b", "a\\b"])
def test_signs_of_patterns_stand_for_themselves(console: Client, text: str) -> None:
    EndUser.objects.create(userid=f"{text}-1")
    EndUser.objects.create(userid="50x-a-b")

    assert [userid for userid, _count in listed(console, q=text)] == [f"{text}-1"]


def test_the_list_shows_the_first_tags_of_each_person(console: Client) -> None:
    person = EndUser.objects.create(userid="u")
    Tag.objects.bulk_create(Tag(end_user=person, bind_id="all", name=f"t{n}") for n in range(6))

    html = console.get(reverse("admin:users_app_enduser_changelist")).content.decode()

    assert all(f'href="?q=tag%3At{n}"' in html for n in range(5))
    assert 'q=tag%3At5"' not in html


def test_the_list_asks_as_many_queries_for_twenty_people_as_for_one(
    console: Client, channel: Channel
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            listed(console)
        return len(captured)

    make_people(channel, 1)
    queries()
    one = queries()
    make_people(channel, 19, prefix="more")

    assert queries() == one


def test_a_person_shows_devices_and_tags_and_cannot_be_changed(
    console: Client, channel: Channel
) -> None:
    make_people(channel, 1)
    address = reverse("admin:users_app_enduser_change", args=[EndUser.objects.get().pk])

    html = console.get(address).content.decode()

    assert all(text in html for text in ("user0x0", "user0x1", "App 1 (app1)", "vip"))
    assert console.post(address, {"userid": "changed"}).status_code == 403
    assert console.get(reverse("admin:users_app_enduser_add")).status_code == 403
    assert str(EndUser.objects.get()) == "user-0"


def test_a_person_shows_contacts_with_their_kind_in_words(console: Client) -> None:
    person = EndUser.objects.create(userid="u1")
    for scope, value in (("wechatoa:shop1", "openid-1"), ("phone:all", "18700000000")):
        Contact.objects.create(end_user=person, scope=scope, value=value)

    page: Any = console.get(reverse("admin:users_app_enduser_change", args=[person.pk]))
    html = page.content.decode()

    assert all(
        text in html
        for text in ("WeChat Official Account", "shop1", "openid-1", "Phone", "18700000000")
    )


def test_the_page_of_a_person_asks_as_many_queries_for_any_number_of_rows(
    console: Client, channel: Channel
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            console.get(reverse("admin:users_app_enduser_change", args=[EndUser.objects.get().pk]))
        return len(captured)

    make_people(channel, 1)
    queries()
    person = EndUser.objects.get()
    Contact.objects.create(end_user=person, scope="phone:all", value="1")
    few = queries()
    for n in range(10):
        Contact.objects.create(end_user=person, scope=f"wechatoa:a{n}", value="x")
        Registration.objects.create(channel=channel, end_user=person, registration_id=f"more{n}")

    assert queries() == few


def test_rows_are_named_by_what_people_know(channel: Channel) -> None:
    make_people(channel, 1)

    assert str(Registration.objects.earliest("pk")) == "user0x0"
    assert str(Tag.objects.get()) == "vip"
