"""People as a file: one row each, as the list is filtered."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from tests.exports import exported
from ums.lib.exports import tables
from users_app import people_export
from users_app.models import Contact, EndUser, Registration, Tag

pytestmark = pytest.mark.django_db


def address(kind: str = "csv") -> str:
    return reverse("admin:users_app_enduser_export", kwargs={"kind": kind})


def rows(client: Client, **query: str) -> list[dict[str, str]]:
    heading, *found = exported(client, address(), query)
    return [dict(zip(heading, row, strict=True)) for row in found]


def person(userid: str, *tags: str, channel: Channel | None = None, **device: Any) -> EndUser:
    made = EndUser.objects.create(userid=userid)
    Tag.objects.bulk_create(Tag(end_user=made, bind_id="all", name=name) for name in tags)
    if channel:
        Registration.objects.create(
            channel=channel, end_user=made, registration_id=f"r-{userid}", **device
        )
    return made


def test_a_row_holds_devices_by_channel_tags_and_contacts(
    admin_client: Client, channel: Channel, app123: Channel
) -> None:
    anna = person("=anna", "vip", "北京", channel=channel)
    Registration.objects.create(channel=channel, end_user=anna, registration_id="r2")
    Registration.objects.create(
        channel=app123, end_user=anna, registration_id="old", invalid_at=timezone.now()
    )
    Tag.objects.create(end_user=anna, bind_id="0123456789", name="line")
    Contact.objects.create(end_user=anna, scope="phone:all", value="+8618700000000")
    Contact.objects.create(end_user=anna, scope="wechatoa:shop1", value="openid")
    person("bert")

    first, second = rows(admin_client)

    assert first["userid"] == "'=anna"
    assert sorted(first["app_regid:app1"].split(", ")) == ["r-=anna", "r2"]
    assert (first["app_regid:app123"], first["invalid registrationIDs"]) == ("", "app123:old")
    assert sorted(first["tag"].split(", ")) == ["vip", "北京"]
    assert first["tags of one business line"] == "0123456789:line"
    assert (first["phone"], first["wechatoa_openid"]) == ("'+8618700000000", "shop1:openid")
    assert second["userid"] == "bert"
    assert not any(second[name] for name in second if name not in ("userid", "created"))


def test_ids_stay_text_in_a_workbook(admin_client: Client) -> None:
    person("00123456789012345678")

    assert exported(admin_client, address("xlsx"))[1][0] == "00123456789012345678"


def test_the_file_holds_what_the_search_finds(admin_client: Client, channel: Channel) -> None:
    person("u1", "vip", channel=channel)
    person("u2", channel=channel)
    person("vip3")

    assert [row["userid"] for row in rows(admin_client, q="vip")] == ["u1", "vip3"]
    assert [row["userid"] for row in rows(admin_client, q="tag:vip")] == ["u1"]
    assert [row["userid"] for row in rows(admin_client, q="r-u2")] == ["u2"]


def test_every_page_brings_its_own_devices_and_tags(
    admin_client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FIRST_PAGE_ROWS", 2)
    monkeypatch.setattr(tables, "ROWS_PER_PAGE", 3)
    for n in range(9):
        person(f"u{n}", f"t{n}", channel=channel)

    found = [(r["userid"], r["app_regid:app1"], r["tag"]) for r in rows(admin_client)]

    assert found == [(f"u{n}", f"r-u{n}", f"t{n}") for n in range(9)]


def test_the_file_holds_only_what_its_reader_may_see(client: Client, channel: Channel) -> None:
    person("u1", "vip", channel=channel)
    viewer = User.objects.create_user("viewer", is_staff=True)
    client.force_login(viewer)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_enduser"))

    assert list(rows(client)[0]) == ["userid", "created"]
    viewer.user_permissions.add(Permission.objects.get(codename="view_tag"))
    assert list(rows(client)[0]) == ["userid", "tag", "tags of one business line", "created"]


def test_a_row_that_goes_while_the_file_is_made_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "FIRST_PAGE_ROWS", 1)
    for userid in ("first", "gone", "last"):
        person(userid)
    pages = people_export.table(EndUser.objects.all(), parts=()).pages()

    begun = [row[0] for row in next(pages)]
    EndUser.objects.get(userid="gone").delete()
    person("new")

    assert begun + [row[0] for page in pages for row in page] == ["first", "last"]
