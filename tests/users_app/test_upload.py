"""Comparing and applying an upload."""

import sqlite3
from random import Random
from string import Template

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import Channel
from tests.users_app.conftest import contacts, devices, stored, tags
from ums.lib import sql
from users_app import bindings
from users_app.bindings import BINDINGS, Binding
from users_app.changes import BindingChange, Kind, PersonChange
from users_app.models import Contact, EndUser, Registration, Tag
from users_app.staging import chunks_of, staged_file, staged_request
from users_app.upload import (
    Figures,
    Upload,
    apply_changes,
    compare_changes,
    delete_people,
)

pytestmark = pytest.mark.django_db


def app(channel: Channel, value: str, *, set_: bool = False, at: int = 0) -> BindingChange:
    return BindingChange(Kind.APP, channel.pk, value, present=True, replaces=set_, position=at)


def tag(value: str, *, present: bool = True, scope: str = "all") -> BindingChange:
    return BindingChange(Kind.TAG, scope, value, present=present, replaces=False, position=0)


def phone(value: str, *, at: int = 0) -> BindingChange:
    return BindingChange(Kind.CONTACT, "phone:all", value, present=True, replaces=True, position=at)


def both(changes: list[PersonChange]) -> Figures:
    """Compare and apply, as a request and in parts of one person, and see that all agree."""
    expected = compare_changes(changes)
    before = transaction.savepoint()
    with staged_file(chunks_of(changes)) as staged:
        upload = Upload(staged)
        assert upload.compare() == expected
        for part in upload.parts():
            part.apply()
    in_parts = everything()
    transaction.savepoint_rollback(before)

    assert apply_changes(changes) == expected
    assert everything() == in_parts
    return expected


def everything() -> list[set[tuple[object, ...]]]:
    person = "end_user__userid"
    return [
        set(EndUser.objects.values_list("userid")),
        set(Registration.objects.values_list(person, "channel", "registration_id", "invalid_at")),
        set(Tag.objects.values_list(person, "bind_id", "name")),
        set(Contact.objects.values_list(person, "scope", "value")),
    ]


@pytest.fixture(autouse=True)
def parts_of_one_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users_app.upload.PEOPLE_PER_PART", 1)


def test_new_people_are_stored_with_devices_and_tags(app123: Channel) -> None:
    figures = both(
        [
            PersonChange("u1", (app(app123, "r1"), app(app123, "r2"), tag("vip"))),
            PersonChange("u2"),
        ]
    )

    assert figures == Figures(people=2, new=2, changed=0, unchanged=0, moved=0)
    assert stored() == {"u1": ({"r1", "r2"}, {("all", "vip")}), "u2": (set(), set())}


def test_the_same_upload_again_changes_nothing(app123: Channel) -> None:
    changes = [PersonChange("u1", (app(app123, "r1", set_=True), tag("vip")))]
    apply_changes(changes)
    rows = list(Registration.objects.values()), list(Tag.objects.values())

    assert both(changes) == Figures(people=1, new=0, changed=0, unchanged=1, moved=0)
    assert (list(Registration.objects.values()), list(Tag.objects.values())) == rows


def test_a_replaced_scope_loses_what_is_not_named_and_other_scopes_keep_theirs(
    app123: Channel, channel: Channel
) -> None:
    apply_changes([PersonChange("u1", (app(app123, "old"), app(channel, "other"), tag("vip")))])

    figures = both([PersonChange("u1", (app(app123, "new", set_=True),))])

    assert figures.changed == 1
    assert stored() == {"u1": ({"new", "other"}, {("all", "vip")})}


def test_a_replaced_scope_that_names_nothing_is_cleared(app123: Channel) -> None:
    apply_changes([PersonChange("u1", (app(app123, "r1"),))])
    nothing = BindingChange(Kind.APP, app123.pk, "", present=False, replaces=True, position=0)

    assert both([PersonChange("u1", (nothing,))]).changed == 1
    assert devices("u1") == set()


def test_nothing_is_replaced_of_a_person_with_an_unreadable_part(app123: Channel) -> None:
    apply_changes([PersonChange("u1", (app(app123, "old"),))])

    figures = both(
        [
            PersonChange("u1", (app(app123, "new", set_=True),)),
            PersonChange("u1", faulty=True),
            PersonChange("u2", faulty=True),
        ]
    )

    assert figures == Figures(people=1, new=0, changed=1, unchanged=0, moved=0)
    assert stored() == {"u1": ({"old", "new"}, set())}


def test_a_single_value_stays_one_where_a_person_has_an_unreadable_part() -> None:
    corp = "wechatwk_linkedcorp:all"
    ids = [
        BindingChange(Kind.CONTACT, corp, value, present=True, replaces=True, position=0)
        for value in ("C/old", "C/new")
    ]
    apply_changes([PersonChange("u1", (phone("1"), ids[0]))])

    both([PersonChange("u1", (phone("2"), ids[1])), PersonChange("u1", faulty=True)])

    assert contacts("u1") == {("phone:all", "2"), (corp, "C/old"), (corp, "C/new")}


def test_the_last_row_about_a_single_value_counts() -> None:
    apply_changes([PersonChange("u1", (phone("1"),))])

    both([PersonChange("u1", (phone(value, at=at),)) for at, value in enumerate("2314")])
    assert contacts("u1") == {("phone:all", "4")}

    both([PersonChange("u1", (phone(value, at=at),)) for at, value in enumerate("424")])
    assert contacts("u1") == {("phone:all", "4")}


def test_an_absent_value_is_removed_and_only_that(app123: Channel) -> None:
    apply_changes([PersonChange("u1", (tag("a"), tag("b"))), PersonChange("u2", (tag("a"),))])

    figures = both(
        [
            PersonChange("u1", (tag("a", present=False),)),
            PersonChange("u3", (tag("a", present=False),)),
        ]
    )

    assert figures == Figures(people=2, new=1, changed=1, unchanged=0, moved=0)
    assert (tags("u1"), tags("u2")) == ({("all", "b")}, {("all", "a")})


def test_an_upload_revives_an_invalid_device(app123: Channel) -> None:
    changes = [PersonChange("u1", (app(app123, "r1"),))]
    apply_changes(changes)
    Registration.objects.update(invalid_at=timezone.now(), invalid_reason="1011")

    assert both(changes).changed == 1
    device = Registration.objects.get()
    assert (device.invalid_at, device.invalid_reason) == (None, "")


def test_a_device_may_belong_to_two_people(app123: Channel) -> None:
    both([PersonChange("u1", (app(app123, "r1", at=1),)), PersonChange("u2", (app(app123, "r1"),))])

    assert (devices("u1"), devices("u2")) == ({"r1"}, {"r1"})


def test_a_device_moves_to_the_newest_person_where_the_channel_says_so(
    moving_channel: Channel, app123: Channel
) -> None:
    apply_changes([PersonChange("u1", (app(moving_channel, "r1"), app(app123, "r1")))])

    figures = both([PersonChange("u2", (app(moving_channel, "r1"), app(app123, "r1")))])

    assert figures == Figures(people=1, new=1, changed=0, unchanged=0, moved=1)
    assert list(
        Registration.objects.order_by("id").values_list("end_user__userid", "channel__code")
    ) == [("u1", "app123"), ("u2", "mover"), ("u2", "app123")]


def test_within_an_upload_the_last_person_gets_a_moving_device(moving_channel: Channel) -> None:
    apply_changes([PersonChange("u1", (app(moving_channel, "r1"),))])

    figures = both(
        [
            PersonChange("u1", (app(moving_channel, "r1", at=1), tag("vip"))),
            PersonChange("u2", (app(moving_channel, "r1", at=2),)),
            PersonChange("u3", (app(moving_channel, "r1", at=3),)),
            PersonChange("u2", (app(moving_channel, "r1", at=4),)),
        ]
    )

    assert figures == Figures(people=3, new=2, changed=1, unchanged=0, moved=1)
    assert stored() == {
        "u1": (set(), {("all", "vip")}),
        "u2": ({"r1"}, set()),
        "u3": (set(), set()),
    }


def test_an_owner_who_is_named_first_and_last_keeps_the_device(moving_channel: Channel) -> None:
    apply_changes([PersonChange("u1", (app(moving_channel, "r1"),))])

    figures = both(
        [
            PersonChange("u1", (app(moving_channel, "r1", at=1),)),
            PersonChange("u2", (app(moving_channel, "r1", at=2),)),
            PersonChange("u1", (app(moving_channel, "r1", at=3),)),
        ]
    )

    assert (figures.changed, figures.unchanged, figures.moved) == (0, 1, 0)
    assert stored() == {"u1": ({"r1"}, set()), "u2": (set(), set())}


def test_userids_that_differ_in_case_are_different_people() -> None:
    assert both([PersonChange("Anna"), PersonChange("anna")]).new == 2


def test_comparing_writes_nothing(app123: Channel) -> None:
    compare_changes([PersonChange("u1", (app(app123, "r1"), tag("vip")))])

    assert stored() == {}


def test_an_upload_that_fails_changes_nothing_and_the_next_one_works(app123: Channel) -> None:
    class BoomError(Exception):
        pass

    def changes() -> list[PersonChange]:
        return [PersonChange("u1", (app(app123, "r1"),))]

    def fail_half_way() -> None:
        with staged_request(changes()) as staged, transaction.atomic():
            Upload(staged).apply()
            raise BoomError

    with pytest.raises(BoomError):
        fail_half_way()

    assert stored() == {}
    assert both(changes()).new == 1


def test_the_number_of_statements_does_not_depend_on_the_number_of_people(
    app123: Channel,
) -> None:
    def statements(count: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            apply_changes(
                PersonChange(f"{count}-{n}", (app(app123, f"{count}-{n}", at=n), tag("vip")))
                for n in range(count)
            )
        return len(captured)

    statements(1)  # the connection makes its temporary tables

    assert statements(3_000) == statements(3)


def test_deleting_people_takes_all_that_is_bound_to_them(app123: Channel) -> None:
    apply_changes([PersonChange(u, (app(app123, "r1"), tag("vip"))) for u in ("u1", "u2")])

    assert delete_people(["u1", "nobody"]) == {"u1"}
    assert stored() == {"u2": ({"r1"}, {("all", "vip")})}
    assert EndUser.objects.count() == 1


def test_parts_go_on_where_they_were_left(app123: Channel) -> None:
    changes = [PersonChange(f"u{n}", (app(app123, f"r{n}"),)) for n in range(5)]

    with staged_file(chunks_of(changes)) as staged:
        upload = Upload(staged)
        first = next(upload.parts())
        first.apply()
        rest = list(upload.parts(after=first.last))

    assert (first.last, first.people) == ("u0", 1)
    assert [part.last for part in rest] == ["u1", "u2", "u3", "u4"]
    assert set(stored()) == {"u0"}


def found(binding: Binding, *statements: Template) -> set[str]:
    parts = {"those": bindings.ALL_OF_THEM, "distinct": ""}
    return {row[0] for each in statements for row in sql.rows(binding.sql(each, **parts))}


@pytest.mark.skipif(
    connection.vendor == "sqlite" and sqlite3.sqlite_version_info < (3, 39),
    reason="this SQLite knows no FULL JOIN",
)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("seed", range(10))
def test_who_differs_is_found_at_one_go_or_at_two(
    app123: Channel, channel: Channel, seed: int, kind: Kind
) -> None:
    drawn = Random(seed)
    scopes: dict[Kind, tuple[int | str, int | str]] = {
        Kind.APP: (app123.pk, channel.pk),
        Kind.TAG: ("all", "key1"),
        Kind.CONTACT: ("wechatwk_linkedcorp:all", "wechatoa:key1"),
    }
    one, two = scopes[kind]

    def said(person: int, *, stored: bool) -> PersonChange:
        replaces = stored or drawn.random() < 0.5
        values = [
            BindingChange(kind, scope, f"r{person}{number}", present, replaces, number)
            for scope in drawn.choice([(one,), (two,), (one, two)])
            for number in range(drawn.randint(0, 3))
            for present in [stored or drawn.random() < 0.9]
        ]
        return PersonChange(f"u{person}", tuple(values))

    apply_changes([said(person, stored=True) for person in range(12)])
    Registration.objects.filter(registration_id__endswith="1").update(invalid_at=timezone.now())

    with staged_request([said(person, stored=False) for person in range(6, 18)]):
        [binding] = [each for each in BINDINGS if each.kind is kind]
        by_two = found(binding, bindings.MISSING, bindings.UNNAMED)
        at_one = found(binding, bindings.DIFFERENT)

    assert at_one == by_two
    assert by_two
    assert by_two <= {f"u{person}" for person in range(6, 12)}


def test_what_a_file_deletes_makes_nobody(app123: Channel) -> None:
    apply_changes([PersonChange("u1", (app(app123, "r1"), app(app123, "r2")))])
    gone = [
        BindingChange(Kind.APP, app123.pk, "r1", present=False, replaces=False, position=0),
        BindingChange(Kind.APP, app123.pk, "r9", present=False, replaces=False, position=1),
    ]
    changes = [PersonChange("u1", (gone[0],)), PersonChange("u2", (gone[1],))]

    with staged_file(chunks_of(changes)) as staged:
        upload = Upload(staged, creates=False)
        figures = upload.compare()
        for part in upload.parts():
            part.apply()

    assert figures == Figures(people=2, new=1, changed=1, unchanged=0, moved=0)
    assert stored() == {"u1": ({"r2"}, set())}


def test_devices_that_are_named_again_are_counted(app123: Channel) -> None:
    changes = [
        PersonChange("u1", (app(app123, "r1"), app(app123, "r1"), tag("vip"), tag("vip"))),
        PersonChange("u1", (app(app123, "r1", at=1),)),
    ]

    with staged_file(chunks_of(changes)) as staged:
        assert Upload(staged).repeated() == 2
