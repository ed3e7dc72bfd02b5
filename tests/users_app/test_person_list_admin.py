"""Block and allow lists in the console."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.exports import exported
from users_app import person_list_admin, person_lists, userid_lines
from users_app.models import PersonList, PersonListEntry

LIST_URL = "/console/users_app/personlist/"
ADD_URL = f"{LIST_URL}add/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def blocked() -> PersonList:
    return PersonList.objects.create(name="Unsubscribed", kind=PersonList.Kind.BLOCK)


def url(page: str, person_list: PersonList) -> str:
    return reverse(f"admin:users_app_personlist_{page}", args=(person_list.pk,))


def on(person_list: PersonList) -> list[str]:
    return sorted(person_list.entries.values_list("userid", flat=True))


def fill(person_list: PersonList, text: str) -> None:
    person_lists.add(person_list=person_list, lines=userid_lines.pasted(text))


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def signed_in(client: Client, *codenames: str) -> Client:
    user = User.objects.create_user("some", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def test_a_new_list_leads_to_its_own_page(admin_client: Client) -> None:
    response = admin_client.post(ADD_URL, {"name": "Testers", "kind": "allow"})

    made = PersonList.objects.get()
    assert (made.name, made.kind) == ("Testers", "allow")
    assert response.headers["Location"] == url("change", made)


def test_the_kind_stays_as_it_is(admin_client: Client, blocked: PersonList) -> None:
    admin_client.post(url("change", blocked), {"name": "New name", "kind": "allow"})

    blocked.refresh_from_db()
    assert (blocked.name, blocked.kind) == ("New name", "block")


def test_lists_are_shown_with_ids_kinds_and_sizes_in_a_steady_number_of_queries(
    admin_client: Client, blocked: PersonList
) -> None:
    fill(blocked, "\n".join(f"u{n}" for n in range(1234)))

    def queries() -> tuple[int, str]:
        with CaptureQueriesContext(connection) as captured:
            html = admin_client.get(LIST_URL).content.decode()
        return len(captured), html

    queries()
    few, html = queries()
    assert f"{blocked.pk} (black_id)" in html
    assert "1,234" in html
    for number in range(9):
        fill(PersonList.objects.create(name=f"L{number}", kind="allow"), "a b")

    many, html = queries()
    assert many == few
    assert "(white_id)" in html


def test_pasted_userids_are_added_and_removed(admin_client: Client, blocked: PersonList) -> None:
    added = admin_client.post(url("entries", blocked), {"text": "a\nb c", "operation": "add"})
    page = admin_client.get(added.headers["Location"])
    assert told(page) == ["Added: 3 userids. On the list already: 0 userids."]
    assert on(blocked) == ["a", "b", "c"]

    removal = {"text": "a x", "operation": "remove"}
    page = admin_client.post(url("entries", blocked), removal, follow=True)
    assert told(page) == ["Removed: 1 userid. Not on the list: 1 userid."]
    assert on(blocked) == ["b", "c"]
    assert "Removed: 1 userid" in str(LogEntry.objects.latest("id"))


def test_bad_lines_are_shown_and_the_good_part_is_added(
    admin_client: Client, blocked: PersonList
) -> None:
    text = "a\n<b>\n" + "\n".join(f"?{n}" for n in range(70))

    html = admin_client.post(url("entries", blocked), {"text": text}).content.decode()

    assert "71 values were left out" in html
    assert "“&lt;b&gt;” has a character" in html
    assert "and 21 more" in html
    assert on(blocked) == ["a"]


def test_a_file_is_added(admin_client: Client, blocked: PersonList) -> None:
    file = SimpleUploadedFile("people.csv", b"userid,name\na,Anna\nb,Bert\n")

    response = admin_client.post(url("entries", blocked), {"file": file, "operation": "add"})

    assert response.status_code == 302
    assert on(blocked) == ["a", "b"]


def test_a_large_file_is_read_from_disk(
    admin_client: Client, blocked: PersonList, settings: Any
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    file = SimpleUploadedFile("people.txt", b"\n".join(b"u%d" % n for n in range(1000)))

    admin_client.post(url("entries", blocked), {"file": file})

    assert blocked.entries.count() == 1000


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "Paste userids or choose a file first."),
        ({"text": "  \n"}, "Paste userids or choose a file first."),
        ({"text": "a", "file": b"b"}, "Paste userids or choose a file, not both"),
        ({"file": b""}, "The file is empty."),
        ({"file": b"PK\x03\x04"}, "This is an Excel workbook."),
        ({"file": b"12345678901"}, "at most 0 MB are allowed"),
    ],
)
def test_what_cannot_be_read_is_explained_and_changes_nothing(
    admin_client: Client,
    blocked: PersonList,
    form: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("users_app.group_forms.MAX_BYTES", 10)
    if "file" in form:
        form = {**form, "file": SimpleUploadedFile("f.txt", form["file"])}

    page = admin_client.post(url("entries", blocked), form, follow=True)

    assert [text for text in told(page) if message in text]
    assert on(blocked) == []


def test_the_page_shows_one_page_of_entries_and_searches_them(
    admin_client: Client, blocked: PersonList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_list_admin, "ENTRIES_PER_PAGE", 3)
    fill(blocked, "a1 a2 b1 b2 b3")

    html = admin_client.get(url("change", blocked)).content.decode()
    assert (">b1<" in html, ">b2<" in html, "5 userids" in html) == (True, False, True)
    html = admin_client.get(url("change", blocked), {"page": "2"}).content.decode()
    assert (">b1<" in html, ">b2<" in html) == (False, True)
    html = admin_client.get(url("change", blocked), {"q": "a"}).content.decode()
    assert (">a2<" in html, ">b1<" in html) == (True, False)
    html = admin_client.get(url("change", blocked), {"q": "zz"}).content.decode()
    assert "No userid on the list begins like this." in html


def test_a_list_is_emptied_once_the_box_is_ticked(
    admin_client: Client, blocked: PersonList
) -> None:
    fill(blocked, "a b")

    admin_client.post(url("clear", blocked))
    admin_client.get(url("clear", blocked), {"sure": "yes"})
    assert on(blocked) == ["a", "b"]

    page = admin_client.post(url("clear", blocked), {"sure": "yes"}, follow=True)
    assert told(page) == ["2 userids were taken off the list."]
    assert on(blocked) == []


def test_all_userids_are_exported(admin_client: Client, blocked: PersonList) -> None:
    fill(blocked, "b a =c")

    rows = exported(admin_client, url("userids_csv", blocked))
    found = exported(admin_client, url("userids_xlsx", blocked), {"q": "b"})

    assert rows[0] == ["userid"]
    assert sorted(rows[1:]) == [["'=c"], ["a"], ["b"]]
    assert found == [["userid"], ["b"]]


def test_a_list_is_deleted_without_reading_its_entries(
    admin_client: Client, blocked: PersonList
) -> None:
    fill(blocked, "\n".join(f"person{n}" for n in range(300)))

    with CaptureQueriesContext(connection) as captured:
        html = admin_client.get(url("delete", blocked)).content.decode()
        admin_client.post(url("delete", blocked), {"post": "yes"})

    assert "Unsubscribed (block list)" in html
    assert "Entries: 300" in html
    assert "person1" not in html
    assert not any('"userid" FROM' in query["sql"] for query in captured)
    assert not PersonListEntry.objects.exists()


def test_several_lists_are_deleted_at_once(admin_client: Client, blocked: PersonList) -> None:
    other = PersonList.objects.create(name="Other")
    fill(other, "a b")
    form = {"action": "delete_selected", "_selected_action": [blocked.pk, other.pk]}

    assert b"Entries: 2" in admin_client.post(LIST_URL, form).content
    admin_client.post(LIST_URL, {**form, "post": "yes"})

    assert not PersonList.objects.exists()


def test_a_viewer_looks_and_exports_but_changes_nothing(
    client: Client, blocked: PersonList
) -> None:
    fill(blocked, "somebody")
    viewer = signed_in(client, "view_personlist")

    html = viewer.get(url("change", blocked)).content.decode()

    assert "somebody" in html
    assert url("entries", blocked) not in html
    assert url("clear", blocked) not in html
    assert viewer.get(url("userids_csv", blocked)).status_code == 200
    assert viewer.post(url("entries", blocked), {"text": "a"}).status_code == 403
    assert viewer.post(url("clear", blocked), {"sure": "yes"}).status_code == 403
    assert viewer.post(url("delete", blocked), {"post": "yes"}).status_code == 403
    assert on(blocked) == ["somebody"]


def test_nothing_is_there_for_people_without_rights(client: Client, blocked: PersonList) -> None:
    pages = [
        LIST_URL,
        *(url(page, blocked) for page in ("change", "entries", "clear", "userids_csv")),
    ]
    stranger = signed_in(client, "view_segment")
    assert [stranger.get(page).status_code for page in pages] == [403] * len(pages)

    client.logout()
    assert [client.get(page).status_code for page in pages] == [302] * len(pages)


def test_an_unknown_list_is_not_found(admin_client: Client, blocked: PersonList) -> None:
    blocked.pk += 1

    for page in ("entries", "clear", "userids_csv"):
        assert admin_client.get(url(page, blocked)).status_code == 404
    assert admin_client.get(url("change", blocked)).status_code == 302


def test_a_reload_after_signing_in_again_leads_back_to_the_list(
    admin_client: Client, blocked: PersonList
) -> None:
    response = admin_client.get(url("entries", blocked))

    assert response.headers["Location"] == url("change", blocked)
