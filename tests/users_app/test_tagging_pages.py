"""The page that changes the tags of many people."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from channels_app.models import BusinessLine
from tests.users_app.conftest import tags
from tests.users_app.test_tagging import give
from users_app.models import EndUser, Tag

pytestmark = pytest.mark.usefixtures("data_dir", "people")

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
VIEW_ONLY = ("view_enduser", "view_tag")


@pytest.fixture
def people(db: None) -> None:
    give("anna", "vip")
    give("bert", "vip", "old")
    give("carl", "old")


def signed_in(client: Client, *codenames: str) -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def address(query: str = "") -> str:
    return reverse("admin:users_app_enduser_tags") + query


def post(client: Client, query: str = "", **data: Any) -> Any:
    entered = {"step": "review", "bind_id": "all", "add": "", "remove": "", **data}
    return client.post(address(query), entered, follow=True)


def text(page: Any) -> str:
    html: str = page.content.decode()
    return html


def then(client: Client, review: Any, step: str, query: str = "") -> Any:
    """Press a button of the review page."""
    hidden = dict(HIDDEN.findall(text(review)))
    assert "key" in hidden
    return client.post(address(query), {**hidden, "step": step}, follow=True)


def kept(data_dir: Path) -> int:
    folder = data_dir / "userids"
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_the_list_of_people_leads_to_the_page_with_its_search(admin_client: Client) -> None:
    people = reverse("admin:users_app_enduser_changelist")

    html = text(admin_client.get(people, {"q": "tag:vip"}))
    assert 'href="tags/?q=tag%3Avip"' in html
    assert "Tag these people" in html
    html = text(admin_client.get(people))
    assert "Tag these people" not in html
    assert "Tag people" in html


def test_people_of_a_search_are_tagged_after_a_review(admin_client: Client) -> None:
    query = "?q=tag:vip&p=7"
    assert "2 people" in text(admin_client.get(address(query)))

    review = post(admin_client, query, add="gold vip", remove="old")

    html = text(review)
    assert "2 people get the tag “gold”; 0 have it already." in html
    assert "0 people get the tag “vip”; 2 have it already." in html
    assert "1 person loses the tag “old”; 1 does not have it." in html
    assert "Change the tags of 2 people" in html
    assert not Tag.objects.filter(name="gold").exists()

    done = then(admin_client, review, "confirm", query)

    assert "Tags of 2 people under bind_id all: “gold” added to 2 people" in text(done)
    assert done.redirect_chain[0][0].endswith("/users_app/enduser/?q=tag%3Avip")
    assert tags("anna") == tags("bert") == {("all", "vip"), ("all", "gold")}


def test_filters_come_along(admin_client: Client) -> None:
    page = text(admin_client.get(address("?userid__startswith=b&q=tag:vip")))

    assert "1 person" in page
    assert "tag:vip, userid__startswith=b" in page


def test_a_filter_that_nobody_offers_leads_back_to_the_list(admin_client: Client) -> None:
    assert admin_client.get(address("?nonsense=1")).status_code == 302


def test_a_number_that_has_changed_is_shown_and_nothing_is_done(admin_client: Client) -> None:
    query = "?q=tag:vip"
    review = post(admin_client, query, add="gold")
    give("dora", "vip")

    again = then(admin_client, review, "confirm", query)

    assert "Nothing has been changed: it would concern 3 people now, not 2." in text(again)
    assert not Tag.objects.filter(name="gold").exists()
    then(admin_client, again, "confirm", query)
    assert Tag.objects.filter(name="gold").count() == 3


def test_pasted_userids_are_kept_until_they_are_confirmed(
    admin_client: Client, data_dir: Path
) -> None:
    review = post(admin_client, add="gold", text="anna\nzoe\n中")

    html = text(review)
    assert "1 unknown userid is left out" in html
    assert "1 value was left out" in html
    assert '<td class="ums-number">2</td><td class="ums-words ums-code">zoe</td>' in html
    assert kept(data_dir) == 1

    done = then(admin_client, review, "confirm")

    assert "“gold” added to 1 person." in text(done)
    assert kept(data_dir) == 0
    assert tags("anna") == {("all", "vip"), ("all", "gold")}
    assert not EndUser.objects.filter(userid="zoe").exists()

    give("anna2")
    assert "“gold” added to 1 person." in text(then(admin_client, review, "confirm"))


def test_an_uploaded_file_is_tagged_for_one_business_line(
    admin_client: Client, business_line: BusinessLine
) -> None:
    file = SimpleUploadedFile("a.csv", b"userid,name\nanna,A\ncarl,C\n")

    review = post(admin_client, add="gold", file=file, bind_id=business_line.channel_key)
    then(admin_client, review, "confirm")

    assert f"Shop ({business_line.channel_key})" in text(review)
    assert tags("carl") == {("all", "old"), (business_line.channel_key, "gold")}


def test_going_back_brings_what_was_entered(admin_client: Client, data_dir: Path) -> None:
    review = post(admin_client, add="gold", remove="old", text="anna\nzoe")

    page = then(admin_client, review, "edit")

    assert page.status_code == 200
    assert "anna\nzoe</textarea>" in text(page)
    assert "gold</textarea>" in text(page)
    assert kept(data_dir) == 0


def test_a_list_that_is_forgotten_has_to_be_given_again(
    admin_client: Client, data_dir: Path
) -> None:
    review = post(admin_client, add="gold", text="anna")
    for path in (data_dir / "userids").iterdir():
        path.unlink()

    page = then(admin_client, review, "confirm")

    assert "no longer stored. Paste or upload it again." in text(page)
    assert 'name="text"' in text(page)
    assert tags("anna") == {("all", "vip")}


def test_a_change_of_nothing_cannot_be_confirmed(admin_client: Client) -> None:
    html = text(post(admin_client, add="vip", text="anna"))

    assert "Nothing would change." in html
    assert 'value="confirm"' not in html


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"text": "anna"}, "Give at least one tag."),
        ({"add": "gold"}, "Paste userids or choose a file first."),
        ({"add": "a b", "remove": "b", "text": "anna"}, "“b” is to be added as well."),
        ({"add": " ".join(map(str, range(11))), "text": "anna"}, "These are 11 tags; at most 10"),
        ({"add": "gold", "text": "anna", "bind_id": "x"}, "Select a valid choice."),
        ({"add": "a", "step": "confirm", "key": "x", "people": 1}, "Paste userids or choose"),
    ],
)
def test_what_is_entered_wrongly_is_told(
    admin_client: Client, data_dir: Path, data: dict[str, Any], problem: str
) -> None:
    page = post(admin_client, **data)

    assert page.status_code == 400
    assert problem in text(page)
    assert kept(data_dir) == 0


def test_a_workbook_is_no_list(admin_client: Client, data_dir: Path) -> None:
    page = post(admin_client, add="gold", file=SimpleUploadedFile("a.xlsx", b"PK\x03\x04x"))

    assert "This is an Excel workbook." in text(page)
    assert kept(data_dir) == 0


@pytest.mark.parametrize("rights", [VIEW_ONLY, ("add_tag", "delete_tag")])
def test_who_may_not_change_tags_sees_no_button_and_gets_403(
    client: Client, rights: tuple[str, ...]
) -> None:
    signed_in(client, *rights)

    people = client.get(reverse("admin:users_app_enduser_changelist"))
    assert "tags/" not in text(people)
    assert client.get(address("?q=tag:vip")).status_code == 403
    assert post(client, add="gold", text="anna").status_code == 403


@pytest.mark.parametrize(
    ("right", "mine", "other"), [("add_tag", "add", "remove"), ("delete_tag", "remove", "add")]
)
def test_adding_and_removing_have_rights_of_their_own(
    client: Client, right: str, mine: str, other: str
) -> None:
    signed_in(client, "view_enduser", right)

    html = text(client.get(address()))
    assert f'name="{mine}"' in html
    assert f'name="{other}"' not in html
    assert post(client, text="anna", **{other: "vip"}).status_code == 403
    review = post(client, text="anna bert", **{mine: "old"})
    then(client, review, "confirm")

    assert Tag.objects.filter(name="old").count() == {"add": 3, "remove": 1}[mine]
