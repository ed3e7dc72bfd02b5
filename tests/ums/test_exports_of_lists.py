"""Every list of the console can be taken along as a file, without what nobody may see."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.admin import ChannelAdmin
from channels_app.models import AccessKey, BusinessLine, Channel
from messaging_app.models import Message, SensitiveWord, Template
from tests.exports import exported
from tests.messaging_app.makers import expanded
from ums.lib.exports import tables
from users_app.models import EndUser, ImportJob, PersonList, PersonListEntry, Registration, Segment

SECRET = "s3cret-s3cret-s3cret"
ADMIN_LISTS = {
    "admin:channels_app_channel": "view_channel",
    "admin:channels_app_businessline": "view_businessline",
    "admin:channels_app_accesskey": "view_accesskey",
    "admin:messaging_app_template": "view_template",
    "admin:messaging_app_sensitiveword": "view_sensitiveword",
    "admin:users_app_enduser": "view_enduser",
    "admin:users_app_segment": "view_segment",
    "admin:users_app_personlist": "view_personlist",
    "admin:auth_user": "view_user",
    "admin:auth_group": "view_group",
}
PAGES = {
    "/console/messages/sent/export": "view_message",
    "/console/users/imports/export": "view_importjob",
    "/console/messages/sent/{message}/people": "view_message",
    "/console/users_app/personlist/{list}/userids": "view_personlist",
    "/console/users/conflicts/shared/export": "view_registration",
    "/console/users/conflicts/without/export": "view_registration",
    "/console/users/conflicts/stale/export": "view_registration",
}
LISTS = [*ADMIN_LISTS.items(), *PAGES.items()]


def fill(number: int) -> None:
    """`number` more rows for every list."""
    channel = Channel.objects.create(
        code=f"c{number}",
        name=f"Channel {number}",
        app_key="k" * 24,
        master_secret=SECRET,
        callback_token=SECRET,
    )
    group = Group.objects.create(name=f"Group {number}")
    for n in range(number):
        name = f"{number}-{n}"
        line = BusinessLine.objects.create(name=name, master_secret=SECRET)
        line.channels.add(channel)
        AccessKey.objects.create(name=name, master_secret=SECRET)
        Template.objects.create(name=name, text="Hi").channels.add(channel)
        SensitiveWord.objects.create(word=name)
        segment = Segment.objects.create(name=name, tags_any=["vip"])
        segment.channels.add(channel)
        PersonListEntry.objects.create(
            person_list=PersonList.objects.create(name=name), userid=name
        )
        ImportJob.objects.create(file_name=f"{name}.xlsx")
        EndUser.objects.create(userid=f"without-{name}")
        person = EndUser.objects.create(userid=name)
        Registration.objects.create(channel=channel, end_user=person, registration_id=name)
        operator = User.objects.create_user(name, password=SECRET)
        operator.groups.add(group)
    expanded(channel)


def address_of(name: str, ending: str) -> str:
    if name.startswith("admin:"):
        return reverse(f"{name}_export", kwargs={"kind": ending})
    message = Message.objects.latest("pk").pk if "{message}" in name else 0
    person_list = PersonList.objects.latest("pk").pk if "{list}" in name else 0
    return f"{name.format(message=message, list=person_list)}.{ending}"


def query_of(name: str) -> dict[str, Any]:
    return {"channel": Channel.objects.latest("pk").pk} if "conflicts" in name else {}


def count_queries(client: Client, name: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        exported(client, address_of(name, "csv"), query_of(name))
    return len(captured)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(("name", "_right"), LISTS)
def test_a_list_is_exported_without_secrets(
    admin_client: Client, name: str, _right: str, ending: str
) -> None:
    fill(2)

    rows = exported(admin_client, address_of(name, ending), query_of(name))

    empty = "shared" in name or "stale" in name
    assert len(rows) > 1 or empty
    assert all(len(row) == len(rows[0]) for row in rows)
    hashes = User.objects.values_list("password", flat=True)
    everything = "\n".join(value for row in rows for value in row)
    assert not any(secret in everything for secret in (SECRET, *filter(None, hashes)))


@pytest.mark.parametrize(("name", "right"), LISTS)
def test_an_export_needs_the_right_to_see_the_list(
    client: Client, db: None, name: str, right: str
) -> None:
    fill(1)
    user = User.objects.create_user("somebody", is_staff=True)
    client.force_login(user)
    address = address_of(name, "xlsx")

    assert client.get(address, query_of(name)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename=right))
    assert client.get(address, query_of(name)).status_code == 200
    client.logout()
    assert client.get(address, query_of(name)).status_code == 302


@pytest.mark.parametrize(("name", "_right"), LISTS)
def test_an_export_asks_as_many_queries_for_any_number_of_rows(
    admin_client: Client, name: str, _right: str
) -> None:
    fill(1)
    count_queries(admin_client, name)
    few = count_queries(admin_client, name)
    fill(12)

    # Another page is asked for where the last one might not have been the end.
    assert count_queries(admin_client, name) <= few + 2


@pytest.mark.parametrize("name", ADMIN_LISTS)
def test_a_list_leads_to_its_exports_with_its_filter(admin_client: Client, name: str) -> None:
    html = admin_client.get(reverse(f"{name}_changelist"), {"q": "a b"}).content.decode()

    assert 'href="export.xlsx?q=a+b"' in html
    assert 'href="export.csv?q=a+b"' in html


@pytest.mark.parametrize("path", ["/console/messages/sent/", "/console/users/imports/"])
def test_a_page_leads_to_its_exports_with_its_filter(admin_client: Client, path: str) -> None:
    html = admin_client.get(path, {"q": "a b"}).content.decode()

    assert 'href="export.xlsx?q=a+b' in html
    assert 'href="export.csv?q=a+b' in html


def test_an_export_holds_what_the_list_shows_on_all_its_pages(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FIRST_PAGE_ROWS", 1)
    monkeypatch.setattr(tables, "ROWS_PER_PAGE", 2)
    for n in range(6):
        Channel.objects.create(
            code=f"c{n}", name=f"N{n}", app_key="a", master_secret="s", enabled=n > 0
        )
    address = reverse("admin:channels_app_channel_export", kwargs={"kind": "csv"})

    rows = exported(admin_client, address, {"enabled__exact": "1", "p": "9"})

    assert [row[1] for row in rows[1:]] == ["c1", "c2", "c3", "c4", "c5"]
    assert [row[1] for row in exported(admin_client, address, {"q": "N3"})[1:]] == ["c3"]


def test_a_channel_s_row_says_it_in_words(admin_client: Client, channel: Channel) -> None:
    address = reverse("admin:channels_app_channel_export", kwargs={"kind": "csv"})

    heading, row = exported(admin_client, address)

    shown = dict(zip(heading, row, strict=True))
    assert (shown["cloud"], shown["enabled"]) == ("JPush public cloud", "yes")
    assert shown["a device uploaded for a second person"] == "Keep it with both people"
    assert shown["JPush calls per minute"] == "600"


def test_nonsense_in_the_filter_leads_back_to_the_list(admin_client: Client) -> None:
    address = reverse("admin:channels_app_channel_export", kwargs={"kind": "csv"})

    answer = admin_client.get(address, {"enabled__exact": "x" * 9, "nonsense__exact": "1"})

    assert answer.status_code in (302, 400)


def test_a_secret_cannot_be_named_as_a_column(
    admin_client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChannelAdmin, "export_fields", ("name", "master_secret"))
    address = reverse("admin:channels_app_channel_export", kwargs={"kind": "csv"})

    with pytest.raises(ImproperlyConfigured, match="master_secret"):
        admin_client.get(address)


def test_messages_are_exported_with_every_figure(admin_client: Client, channel: Channel) -> None:
    first = expanded(channel, userids=("ghost",))
    expanded(channel, registration_ids=("r1", "r2"))

    heading, *rows = exported(admin_client, "/console/messages/sent/export.csv")

    column = heading.index
    assert [row[column("Targets")] for row in rows] == ["2", "1"]
    assert rows[1][column("no device")] == "1"
    assert rows[1][0] == first.msgid
    found = exported(admin_client, "/console/messages/sent/export.csv", {"q": first.msgid})
    assert len(found) == 2
