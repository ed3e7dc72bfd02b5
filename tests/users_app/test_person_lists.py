"""Block lists and allow lists."""

import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ums.lib.errors import Code, DomainError
from ums.lib.exports import csv_file, tables
from users_app import person_lists, userid_lines
from users_app.models import EndUser, PersonList, PersonListEntry
from users_app.person_lists import Outcome

BLOCK, ALLOW = PersonList.Kind.BLOCK, PersonList.Kind.ALLOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def blocked() -> PersonList:
    return PersonList.objects.create(name="Unsubscribed", kind=BLOCK)


def add(person_list: PersonList, text: str) -> Outcome:
    return person_lists.add(person_list=person_list, lines=userid_lines.pasted(text))


def remove(person_list: PersonList, text: str) -> Outcome:
    return person_lists.remove(person_list=person_list, lines=userid_lines.pasted(text))


def on(person_list: PersonList) -> list[str]:
    return sorted(person_list.entries.values_list("userid", flat=True))


def test_a_list_is_found_by_its_id_and_kind(blocked: PersonList) -> None:
    allowed = PersonList.objects.create(name="Testers", kind=ALLOW)

    assert person_lists.find(blocked.pk, BLOCK) == blocked
    assert person_lists.find(allowed.pk, ALLOW) == allowed


@pytest.mark.parametrize("offset", [1, -10_000, 10**30])
def test_an_unknown_list_has_a_code_of_its_own(blocked: PersonList, offset: int) -> None:
    with pytest.raises(DomainError, match="no block list with the id") as caught:
        person_lists.find(blocked.pk + offset, BLOCK)

    assert caught.value.code is Code.LIST_UNKNOWN


def test_a_list_of_the_other_kind_is_unknown(blocked: PersonList) -> None:
    with pytest.raises(DomainError, match=f"no allow list with the id {blocked.pk}"):
        person_lists.find(blocked.pk, ALLOW)


def test_good_userids_are_added_once_and_bad_lines_are_told(blocked: PersonList) -> None:
    add(blocked, "b")
    other = PersonList.objects.create(name="Other")
    add(other, "a")

    outcome = add(blocked, "a\nb\na\nb/d\nc")

    assert on(blocked) == ["a", "b", "c"]
    assert (outcome.userids, outcome.changed, outcome.unchanged, outcome.bad) == (3, 2, 1, 1)
    assert [line.number for line in outcome.first_bad] == [4]
    assert on(other) == ["a"]


def test_userids_are_removed_from_one_list(blocked: PersonList) -> None:
    other = PersonList.objects.create(name="Other")
    add(blocked, "a b c")
    add(other, "a")

    outcome = remove(blocked, "a\na\nx\n?\nb")

    assert (outcome.changed, outcome.unchanged, outcome.bad) == (2, 1, 1)
    assert (on(blocked), on(other)) == (["c"], ["a"])


def test_a_list_is_cleared(blocked: PersonList) -> None:
    other = PersonList.objects.create(name="Other")
    add(blocked, "a b c")
    add(other, "a")

    assert person_lists.clear(person_list=blocked) == 3

    assert (on(blocked), on(other)) == ([], ["a"])


def test_only_the_first_bad_lines_are_kept(blocked: PersonList) -> None:
    outcome = add(blocked, "?\n" * 1000 + "good")

    assert (outcome.bad, len(outcome.first_bad)) == (1000, userid_lines.BAD_LINES_SHOWN)
    assert on(blocked) == ["good"]


def test_too_many_lines_change_nothing(
    blocked: PersonList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(userid_lines, "MAX_USERIDS", 3)
    assert add(blocked, "a b c").changed == 3

    with pytest.raises(DomainError, match="At most 3 userids"):
        add(blocked, "d e f g")

    assert on(blocked) == ["a", "b", "c"]


def test_a_list_that_is_gone_is_told(blocked: PersonList) -> None:
    PersonList.objects.filter(pk=blocked.pk).delete()

    for change in (add, remove):
        with pytest.raises(DomainError, match="“Unsubscribed” has been deleted"):
            change(blocked, "a")
    with pytest.raises(DomainError, match="“Unsubscribed” has been deleted"):
        person_lists.clear(person_list=blocked)


def test_a_hundred_thousand_lines_take_as_many_statements_as_one(blocked: PersonList) -> None:
    def statements(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            for change in (add, remove, add):
                change(blocked, text)
        # Of these there is one for each 10,000 rows.
        loads = ("INSERT INTO staged_", "COPY staged_")
        return sum(not any(load in query["sql"] for load in loads) for query in captured)

    statements("first")  # a connection makes its temporary tables once
    one = statements("a")

    assert statements("\n".join(f"user{n}" for n in range(100_000))) == one
    assert blocked.entries.count() == 100_002


def test_membership_narrows_people(blocked: PersonList) -> None:
    for userid in ("a", "b", "c"):
        EndUser.objects.create(userid=userid)
    add(blocked, "b x")

    def people(*, member: bool) -> list[str]:
        condition = person_lists.membership(blocked.pk, "wanted.userid", member=member)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT wanted.userid FROM users_app_enduser AS wanted"
                f" WHERE {condition.sql} ORDER BY wanted.userid",
                condition.params,
            )
            return [row[0] for row in cursor.fetchall()]

    assert people(member=True) == ["b"]
    assert people(member=False) == ["a", "c"]


def test_sizes_come_with_the_lists(blocked: PersonList) -> None:
    PersonList.objects.create(name="Empty")
    add(blocked, "a b c")

    with CaptureQueriesContext(connection) as captured:
        lists: Any = person_lists.with_sizes(PersonList.objects.order_by("name"))
        sizes = [(person_list.name, person_list.size) for person_list in lists]

    assert sizes == [("Empty", 0), ("Unsubscribed", 3)]
    assert len(captured) == 1


def test_entries_are_searched_by_their_beginning(blocked: PersonList) -> None:
    add(blocked, "user_2 user_1 userx other")

    assert [entry.userid for entry in person_lists.search(blocked, "user_")] == ["user_1", "user_2"]
    assert person_lists.search(blocked, "").count() == 4
    assert str(PersonListEntry.objects.get(userid="other")) == "other"


def test_an_export_can_be_uploaded_again(
    blocked: PersonList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FIRST_PAGE_ROWS", 1)
    monkeypatch.setattr(tables, "ROWS_PER_PAGE", 2)
    add(blocked, "=1+1 -a @b +c plain ￥")

    table = person_lists.table(blocked, "")
    text = b"".join(csv_file.parts(table.heading, table.pages())).decode()
    copy = PersonList.objects.create(name="Copy")
    file = userid_lines.uploaded(io.BytesIO(text.encode()))
    outcome = person_lists.add(person_list=copy, lines=file)

    assert sorted(text.split()[1:]) == sorted(["'=1+1", "'-a", "'@b", "'+c", "plain", "￥"])
    assert (outcome.bad, on(copy)) == (0, on(blocked))
