"""Shared and stale devices, and people without one: found, counted, cleaned up."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone

from channels_app.models import Channel
from tests.users_app.conftest import devices
from ums.lib.errors import DomainError
from users_app.conflict_kinds import Kind
from users_app.conflicts import Conflict, clean_up
from users_app.models import EndUser, Registration


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user("admin")


def give(channel: Channel, device: str, *userids: str, invalid_days: int = 0) -> None:
    """`device` to each of them, one after the other."""
    moment = timezone.now() - timedelta(days=invalid_days) if invalid_days else None
    for userid in userids:
        person, _created = EndUser.objects.get_or_create(userid=userid)
        Registration.objects.create(
            channel=channel, end_user=person, registration_id=device, invalid_at=moment
        )


def conflict(kind: Kind, channel: Channel, days: int = 90) -> Conflict:
    return Conflict(kind, channel, days)


def listed(found: Conflict) -> list[tuple[object, ...]]:
    return [tuple(row) for row in found.rows(list(found.found()))]


def test_a_device_of_several_people_is_found_with_its_owners(
    channel: Channel, app123: Channel
) -> None:
    give(channel, "shared", "anna", "bert", "carl")
    give(channel, "own", "anna")
    give(app123, "shared", "dora")

    found = conflict(Kind.SHARED, channel)

    assert found.count() == 1
    assert listed(found) == [("shared", 3, "carl", "bert, anna")]
    assert conflict(Kind.SHARED, app123).count() == 0


def test_a_shared_device_goes_to_its_newest_owner_and_others_are_left_alone(
    channel: Channel, app123: Channel, admin: User
) -> None:
    give(channel, "one", "anna", "bert")
    give(channel, "two", "bert", "carl", "anna")
    give(channel, "own", "anna")
    give(app123, "one", "anna", "bert")

    said = clean_up(conflict=conflict(Kind.SHARED, channel), expected=2, operator=admin)

    assert said == "2 shared devices belong to their newest owner alone now."
    mine = Registration.objects.filter(channel=channel).values_list(
        "registration_id", "end_user__userid"
    )
    assert set(mine) == {("one", "bert"), ("two", "anna"), ("own", "anna")}
    assert Registration.objects.filter(channel=app123).count() == 2
    assert conflict(Kind.SHARED, channel).count() == 0


def test_a_valid_binding_goes_before_a_newer_one_that_is_invalid(
    channel: Channel, admin: User
) -> None:
    give(channel, "one", "anna")
    give(channel, "one", "bert", invalid_days=1)

    assert listed(conflict(Kind.SHARED, channel))[0][2] == "anna"
    clean_up(conflict=conflict(Kind.SHARED, channel), expected=1, operator=admin)

    assert (devices("anna"), devices("bert")) == ({"one"}, set())


def test_people_without_a_valid_device_in_the_channel_are_found(
    channel: Channel, app123: Channel
) -> None:
    give(channel, "good", "anna")
    give(channel, "bad", "bert", invalid_days=1)
    give(app123, "other", "carl")
    EndUser.objects.create(userid="dora")

    found = conflict(Kind.WITHOUT, channel)

    assert found.count() == 3
    assert [row[:2] for row in listed(found)] == [("bert", 1), ("carl", 1), ("dora", 0)]


def test_ids_are_stale_that_have_been_invalid_for_long(channel: Channel, app123: Channel) -> None:
    give(channel, "old", "anna", invalid_days=95)
    give(channel, "young", "bert", invalid_days=80)
    give(channel, "good", "carl")
    give(app123, "other", "dora", invalid_days=95)

    assert [row[:2] for row in listed(conflict(Kind.STALE, channel))] == [("old", "anna")]
    assert conflict(Kind.STALE, channel, days=30).count() == 2


def test_stale_ids_are_deleted_and_their_people_stay(
    channel: Channel, app123: Channel, admin: User
) -> None:
    give(channel, "old", "anna", "bert", invalid_days=95)
    give(channel, "young", "bert", invalid_days=80)
    give(app123, "other", "bert", invalid_days=95)

    said = clean_up(conflict=conflict(Kind.STALE, channel), expected=2, operator=admin)

    assert said.startswith("2 registrationIDs were deleted")
    assert (devices("anna"), devices("bert")) == (set(), {"young", "other"})
    assert EndUser.objects.count() == 2


@pytest.mark.parametrize("expected", [0, 2, 5])
def test_nothing_is_done_if_the_number_is_another_one_than_was_confirmed(
    channel: Channel, admin: User, expected: int
) -> None:
    give(channel, "one", "anna", "bert")

    with pytest.raises(DomainError, match=r"Nothing has been changed: .*1 shared device now"):
        clean_up(conflict=conflict(Kind.SHARED, channel), expected=expected, operator=admin)

    assert Registration.objects.count() == 2
    assert not LogEntry.objects.exists()


def test_a_clean_up_stands_in_the_audit_log(channel: Channel, admin: User) -> None:
    give(channel, "one", "anna", "bert")

    said = clean_up(conflict=conflict(Kind.SHARED, channel), expected=1, operator=admin)

    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_repr) == (admin, "App 1 (app1)")
    assert entry.get_change_message() == said
    assert entry.content_type is not None
    assert entry.content_type.model_class() is Registration


def test_people_are_not_cleaned_up(channel: Channel, admin: User) -> None:
    with pytest.raises(ValueError, match="not cleaned up"):
        clean_up(conflict=conflict(Kind.WITHOUT, channel), expected=0, operator=admin)
