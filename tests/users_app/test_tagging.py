"""Tags for many people at once."""

from contextlib import suppress
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from tests.users_app.conftest import tags
from tests.users_app.test_upload_concurrency import at_once
from ums.lib import sql
from ums.lib.errors import DomainError
from users_app import tagging, userid_lines
from users_app.changes import PersonChange
from users_app.models import EndUser, Tag
from users_app.tagging import Effect, FoundPeople, ListedPeople, TagChange
from users_app.upload import apply_changes, delete_people
from users_app.userid_lines import Reading, UseridLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return User.objects.create_user("admin")


@pytest.fixture
def three_people() -> None:
    give("anna", "vip", "old")
    give("bert", "vip")
    give("carl", "old")


def give(userid: str, *names: str, bind_id: str = "all") -> None:
    person, _created = EndUser.objects.get_or_create(userid=userid)
    Tag.objects.bulk_create(Tag(end_user=person, bind_id=bind_id, name=name) for name in names)


def search(text: str) -> FoundPeople:
    return FoundPeople(EndUser.objects.search(text), f"Search: {text}")


def listed(text: str) -> ListedPeople:
    return ListedPeople(Reading(userid_lines.pasted(text)), "A list of userids")


def change(add: str = "", remove: str = "", bind_id: str = "all") -> TagChange:
    return TagChange(bind_id, tuple(add.split()), tuple(remove.split()))


def apply(people: tagging.People, wanted: TagChange, expected: int, admin: User, key: str) -> str:
    return tagging.apply(people=people, change=wanted, expected=expected, key=key, operator=admin)


@pytest.mark.usefixtures("three_people")
def test_the_people_of_a_search_gain_and_lose_tags_as_foretold(admin: User) -> None:
    wanted = change(add="gold old", remove="vip none")

    figures = tagging.compare(people=search("tag:vip"), change=wanted)

    assert figures.people == 2
    assert figures.effects == (
        Effect("gold", added=True, changed=2, unchanged=0),
        Effect("old", added=True, changed=1, unchanged=1),
        Effect("vip", added=False, changed=2, unchanged=0),
        Effect("none", added=False, changed=0, unchanged=2),
    )
    assert (figures.unknown, figures.changes_anything) == (0, True)

    said = apply(search("tag:vip"), wanted, 2, admin, "k")

    assert said == (
        "Tags of 2 people under bind_id all: “gold” added to 2 people; “old” added to 1 person;"
        " “vip” taken from 2 people; “none” taken from 0 people."
    )
    assert tags("anna") == tags("bert") == {("all", "gold"), ("all", "old")}
    assert tags("carl") == {("all", "old")}


@pytest.mark.usefixtures("three_people")
def test_only_the_chosen_bind_id_is_concerned(admin: User) -> None:
    give("anna", "vip", bind_id="key1")

    apply(listed("anna bert"), change("new", "vip", bind_id="key1"), 2, admin, "k")

    assert tags("anna") == {("all", "vip"), ("all", "old"), ("key1", "new")}
    assert tags("bert") == {("all", "vip"), ("key1", "new")}


@pytest.mark.usefixtures("three_people")
def test_unknown_userids_of_a_list_are_shown_and_not_created(admin: User) -> None:
    people = listed("anna\nzoe\nanna zoe\n中\nyan\ncarl")

    figures = tagging.compare(people=people, change=change("gold"))

    assert (figures.people, figures.unknown) == (2, 2)
    assert figures.first_unknown == (UseridLine(2, "zoe"), UseridLine(5, "yan"))
    assert [line.number for line in people.reading.first_bad] == [4]

    apply(listed("anna zoe carl"), change("gold"), 2, admin, "k")

    assert set(EndUser.objects.values_list("userid", flat=True)) == {"anna", "bert", "carl"}
    assert Tag.objects.filter(name="gold").count() == 2


def test_the_first_of_many_unknown_userids_are_shown() -> None:
    figures = tagging.compare(
        people=listed("\n".join(f"u{n}" for n in range(50))), change=change("gold")
    )

    assert (figures.people, figures.unknown, figures.changes_anything) == (0, 50, False)
    assert [line.userid for line in figures.first_unknown] == [f"u{n}" for n in range(20)]


@pytest.mark.usefixtures("three_people")
@pytest.mark.parametrize("people", [search("tag:vip"), listed("anna bert")])
def test_nothing_is_done_if_the_number_has_changed(admin: User, people: tagging.People) -> None:
    with pytest.raises(DomainError, match="it would concern 2 people now, not 1,200"):
        apply(people, change("gold", "old"), 1200, admin, "k")

    assert not Tag.objects.filter(name="gold").exists()
    assert not LogEntry.objects.exists()
    assert tagging.done("k") == ""


@pytest.mark.usefixtures("three_people")
def test_a_second_click_says_the_same_and_does_nothing(admin: User) -> None:
    said = apply(search("tag:old"), change(remove="old"), 2, admin, "k")
    give("dora", "old")

    assert apply(search("tag:old"), change(remove="old"), 2, admin, "k") == said

    assert tags("dora") == {("all", "old")}
    assert LogEntry.objects.count() == 1
    assert tagging.done("k") == said


@pytest.mark.usefixtures("three_people")
def test_a_change_stands_in_the_audit_log(admin: User) -> None:
    said = apply(search("tag:vip"), change("gold"), 2, admin, "k")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr, entry.change_message) == (
        admin,
        "Search: tag:vip",
        said,
    )


@pytest.mark.usefixtures("three_people")
def test_whoever_is_deleted_during_the_change_gets_no_tag(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite uploads and deletions go on while people are searched."""

    def find(people: FoundPeople) -> int:
        return found(people) + sql.execute("INSERT INTO tagged_people VALUES (999999)")

    found = FoundPeople.find
    monkeypatch.setattr(FoundPeople, "find", find)

    apply(search("tag:vip"), change("gold"), 3, admin, uuid4().hex)

    assert Tag.objects.filter(name="gold").count() == 2


@pytest.mark.usefixtures("three_people")
def test_many_people_are_changed_slice_by_slice(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "MANY_ROWS", 1)
    monkeypatch.setattr(tagging, "PEOPLE_PER_STATEMENT", 2)

    apply(listed("anna bert carl"), change("gold", "old"), 3, admin, "k")

    assert Tag.objects.filter(name="gold").count() == 3
    assert not Tag.objects.filter(name="old").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("three_people")
def test_two_clicks_at_the_same_moment_change_once(admin: User) -> None:
    def click(_number: int) -> str:
        return apply(search("tag:old"), change("gold", "old"), 2, admin, "k")

    (first,), (second,) = at_once(1, click, click)

    assert first == second
    assert first.startswith("Tags of 2 people under bind_id all: “gold” added to 2 people")
    assert Tag.objects.filter(name="gold").count() == 2
    assert LogEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("three_people")
def test_people_who_come_and_go_during_changes_do_no_harm(admin: User) -> None:
    def click(number: int) -> None:
        people = listed("anna bert carl")
        expected = tagging.compare(people=people, change=change()).people
        wanted = change("gold", "old")
        with suppress(DomainError):  # the number has changed
            apply(listed("anna bert carl"), wanted, expected, admin, f"k{number}")

    def leave_and_come(_number: int) -> None:
        delete_people(["bert"])
        apply_changes([PersonChange("bert")])

    at_once(15, click, leave_and_come)
    click(15)  # each of the others may have met another number

    assert tags("anna") == {("all", "vip"), ("all", "gold")}
    assert tags("bert") <= {("all", "gold")}
