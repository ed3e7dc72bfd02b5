"""User segments in the console."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.models import Channel
from users_app.models import EndUser, Segment, Tag

LIST_URL = "/console/users_app/segment/"
ADD_URL = f"{LIST_URL}add/"

pytestmark = pytest.mark.django_db


def change_url(segment: Segment) -> str:
    return reverse("admin:users_app_segment_change", args=(segment.pk,))


def viewer(client: Client) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_segment"))
    client.force_login(user)
    return client


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


def test_a_segment_is_made_from_pasted_tags(admin_client: Client, channel: Channel) -> None:
    form = {
        "name": "VIP",
        "tags_any": "vip, 北京\r\n\r\nvip；上海",
        "tags_all": "women",
        "tags_none": "old",
        "channels": [channel.pk],
    }

    response = admin_client.post(ADD_URL, form)

    assert response.status_code == 302
    segment = Segment.objects.get()
    assert segment.tags_any == ["vip", "北京", "上海"]
    assert (segment.tags_all, segment.tags_none) == (["women"], ["old"])
    assert list(segment.channels.all()) == [channel]


def test_the_page_of_a_segment_shows_its_id_and_counts_its_people(client: Client) -> None:
    segment = Segment.objects.create(pk=4711, name="VIP", tags_any=["vip", "北京"])
    for n in range(1234):
        Tag.objects.create(
            end_user=EndUser.objects.create(userid=f"u{n}"), bind_id="all", name="vip"
        )

    html = viewer(client).get(change_url(segment)).content.decode()

    assert "4711 (aud_segment)" in html
    assert ">1,234<" in "".join(html.split())


def test_the_form_of_a_segment_holds_its_tags_one_a_line(admin_client: Client) -> None:
    segment = Segment.objects.create(name="VIP", tags_any=["vip", "北京"])

    assert "vip\n北京</textarea>" in admin_client.get(change_url(segment)).content.decode()


def test_a_segment_is_changed_and_can_lose_a_condition(admin_client: Client) -> None:
    segment = Segment.objects.create(name="VIP", tags_any=["vip"], tags_none=["old"])

    admin_client.post(change_url(segment), {"name": "VIP", "tags_any": "vip", "tags_none": " "})

    segment.refresh_from_db()
    assert (segment.tags_any, segment.tags_none) == (["vip"], [])


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({}, "__all__", "that is a broadcast"),
        ({"tags_any": " ,;\n"}, "__all__", "that is a broadcast"),
        ({"tags_any": "a/b"}, "tags_any", "The tag “a/b” has a character that is not allowed"),
        ({"tags_all": "北" * 14}, "tags_all", "42 bytes in UTF-8"),
        ({"tags_none": "x\0"}, "tags_none", "not allowed"),
        ({"tags_any": " ".join(f"t{n}" for n in range(51))}, "tags_any", "at most 50"),
        ({"tags_all": "a b", "tags_none": "b"}, "tags_none", "The tag “b” is wanted above"),
        ({"tags_any": "a b", "tags_none": "a b c"}, "tags_none", "“a” is wanted above"),
        ({"tags_any": "a", "name": ""}, "name", "required"),
        ({"tags_any": "a", "channels": "99"}, "channels", "99 is not one of the available"),
        ({"registered_since": "2999-01-01"}, "registered_since", "2999-01-01 is still to come"),
        ({"registered_since": "soon"}, "registered_since", "Enter a valid date"),
        ({"registered_within_days": "0"}, "registered_within_days", "greater than or equal to 1"),
        ({"seen_within_days": "4000"}, "seen_within_days", "less than or equal to 3650"),
        ({"unseen_for_days": "x"}, "unseen_for_days", "whole number"),
        (
            {"seen_within_days": "7", "unseen_for_days": "7"},
            "unseen_for_days",
            "Nobody is seen within 7 days and not for 7",
        ),
        ({"activity": "clicked"}, "msgid", "Give the msgid"),
        ({"msgid": "1"}, "activity", "Say what they did"),
        ({"activity": "clicked", "msgid": "1"}, "msgid", "no message with the msgid “1”"),
        ({"activity": "read", "msgid": "1"}, "activity", "read is not one of the available"),
    ],
)
def test_what_makes_no_segment_is_explained_at_its_field(
    admin_client: Client, changes: dict[str, str], field: str, message: str
) -> None:
    found = errors(admin_client.post(ADD_URL, {"name": "S", **changes}))

    assert list(found) == [field]
    assert message in " ".join(found[field])
    assert not Segment.objects.exists()


def test_a_tag_that_is_unwanted_may_be_one_of_several_wanted_ones(admin_client: Client) -> None:
    admin_client.post(ADD_URL, {"name": "S", "tags_any": "a b", "tags_none": "a"})

    assert Segment.objects.get().tags_none == ["a"]


def test_the_list_tells_conditions_in_as_many_queries_for_ten_segments_as_for_one(
    admin_client: Client, channel: Channel
) -> None:
    def make(number: int) -> None:
        Segment.objects.create(name=f"S{number}", tags_all=["vip"]).channels.add(channel)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            html = admin_client.get(LIST_URL).content.decode()
        assert "<span>All of the tags vip</span><span>A device in App 1</span>" in html
        assert "users_app_tag" not in " ".join(query["sql"] for query in captured)
        return len(captured)

    make(0)
    queries()
    one = queries()
    for number in range(1, 10):
        make(number)

    assert queries() == one


def test_segments_are_searched_by_name_and_id(admin_client: Client) -> None:
    Segment.objects.create(pk=4711, name="VIP", tags_any=["a"])
    Segment.objects.create(pk=12, name="Other", tags_any=["a"])

    for query, name in (("vip", "VIP"), ("12", "Other")):
        page: Any = admin_client.get(LIST_URL, {"q": query})
        assert [segment.name for segment in page.context["cl"].result_list] == [name]


def test_no_page_reads_a_channels_secret(admin_client: Client, channel: Channel) -> None:
    segment = Segment.objects.create(name="S", tags_all=["vip"])
    segment.channels.add(channel)

    with CaptureQueriesContext(connection) as captured:
        for url in (LIST_URL, ADD_URL, change_url(segment)):
            assert admin_client.get(url).status_code == 200

    assert "master_secret" not in " ".join(query["sql"] for query in captured)


def test_a_viewer_reads_conditions_and_changes_nothing(client: Client, channel: Channel) -> None:
    segment = Segment.objects.create(name="S", tags_all=["vip", "北京"])

    html = viewer(client).get(change_url(segment)).content.decode()

    assert "All of the tags vip, 北京" in html
    assert "<textarea" not in html
    assert client.post(change_url(segment), {"name": "T", "tags_any": "a"}).status_code == 403
    assert client.get(ADD_URL).status_code == 403
    assert Segment.objects.get().name == "S"


def test_a_person_without_rights_sees_no_segment(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    segment = Segment.objects.create(name="S", tags_all=["vip"])

    assert [client.get(url).status_code for url in (LIST_URL, change_url(segment))] == [403, 403]


def test_a_segment_that_lost_its_only_channel_says_so(client: Client, channel: Channel) -> None:
    segment = Segment.objects.create(name="S")
    segment.channels.add(channel)
    segment.channels.clear()

    assert "“S” has no condition" in viewer(client).get(change_url(segment)).content.decode()
