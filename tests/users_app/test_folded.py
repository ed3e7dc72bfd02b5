"""Applying what one request says about people: the same as any upload, with less work."""

from collections.abc import Mapping
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import Channel
from tests.users_app.conftest import contacts, devices, stored
from users_app.changes import Item, Kind, Op, Operation, PersonChange, fold
from users_app.folded import apply_folded
from users_app.models import EndUser, Registration
from users_app.upload import Figures, apply_changes

pytestmark = pytest.mark.django_db


def item(userid: str, *operations: Operation) -> Item:
    return Item(userid, operations)


def set_devices(channel: Channel, *values: str) -> Operation:
    return Operation(Op.SET, Kind.APP, channel.pk, values)


def folded(*items: Item) -> list[PersonChange]:
    return list(fold(items))


def everything() -> Mapping[str, object]:
    invalid = set(
        Registration.objects.filter(invalid_at__isnull=False).values_list(
            "end_user__userid", "registration_id"
        )
    )
    return {"people": stored(), "invalid": invalid} | {
        userid: contacts(userid) for userid in stored()
    }


def random_request(random: Random, channels: list[Channel]) -> list[PersonChange]:
    kinds = {
        Kind.APP: (tuple(channel.pk for channel in channels), ("r1", "r2", "r3")),
        Kind.TAG: (("all", "line"), ("vip", "new")),
        Kind.CONTACT: (("phone:all",), ("1", "2")),
    }

    def operation() -> Operation:
        kind = random.choice(list(kinds))
        scopes, values = kinds[kind]
        op = random.choice(list(Op) if kind is not Kind.CONTACT else [Op.SET, Op.DEL])
        count = random.randint(0, 1 if kind is Kind.CONTACT else len(values))
        return Operation(op, kind, random.choice(scopes), tuple(random.sample(values, count)))

    return folded(
        *(
            item(f"u{random.randint(1, 4)}", *(operation() for _n in range(random.randint(0, 3))))
            for _n in range(random.randint(1, 4))
        )
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_request_has_the_effect_of_an_upload_of_the_same(
    seed: int, app123: Channel, channel: Channel, moving_channel: Channel
) -> None:
    random = Random(seed)
    channels = [app123, channel]
    for number in range(20):
        if number == 10:
            channels.append(moving_channel)
        Registration.objects.filter(registration_id=random.choice(("r1", "r2", "nobody's"))).update(
            invalid_at=timezone.now()
        )
        people = random_request(random, channels)
        with transaction.atomic():
            figures, after = apply_changes(people), everything()
            transaction.set_rollback(True)

        assert (apply_folded(people), everything()) == (figures, after)


def test_new_people_are_stored_with_all_that_is_bound_to_them(app123: Channel) -> None:
    people = folded(
        item(
            "u1",
            set_devices(app123, "r1", "r2"),
            Operation(Op.DEL, Kind.APP, app123.pk, ("r2",)),
            Operation(Op.ADD, Kind.TAG, "all", ("vip",)),
        ),
        item("u2", Operation(Op.SET, Kind.CONTACT, "phone:all", ("1",))),
        item("u3", set_devices(app123)),
    )

    assert apply_folded(people) == Figures(people=3, new=3, changed=0, unchanged=0, moved=0)
    assert stored() == {
        "u1": ({"r1"}, {("all", "vip")}),
        "u2": (set(), set()),
        "u3": (set(), set()),
    }
    assert contacts("u2") == {("phone:all", "1")}
    device = Registration.objects.get()
    assert device.created_at == EndUser.objects.get(userid="u1").created_at
    assert (device.invalid_at, device.invalid_reason) == (None, "")


def test_a_new_person_takes_a_moving_device(moving_channel: Channel) -> None:
    apply_folded(folded(item("u1", set_devices(moving_channel, "r1"))))

    figures = apply_folded(folded(item("u2", set_devices(moving_channel, "r1"))))

    assert figures == Figures(people=1, new=1, changed=0, unchanged=0, moved=1)
    assert stored() == {"u1": (set(), set()), "u2": ({"r1"}, set())}


def test_an_invalid_device_that_is_deleted_is_gone(app123: Channel) -> None:
    apply_folded(folded(item("u1", set_devices(app123, "r1"))))
    Registration.objects.update(invalid_at=timezone.now())

    apply_folded(folded(item("u1", Operation(Op.DEL, Kind.APP, app123.pk, ("r1",)))))

    assert not Registration.objects.exists()


def test_what_is_stored_already_is_read_and_not_written(app123: Channel) -> None:
    people = folded(item("u1", set_devices(app123, "r1")), item("u2"))
    apply_folded(people)

    with CaptureQueriesContext(connection) as captured:
        figures = apply_folded(people)

    assert figures == Figures(people=2, new=0, changed=0, unchanged=2, moved=0)
    verbs = {query["sql"].split()[0] for query in captured}
    assert verbs.isdisjoint({"INSERT", "UPDATE", "DELETE"})


def test_only_who_changes_is_compared_and_all_are_counted(app123: Channel) -> None:
    apply_folded(folded(item("u1", set_devices(app123, "r1")), item("u2")))

    figures = apply_folded(
        folded(
            item("u1", set_devices(app123, "r1")),
            item("u2", set_devices(app123, "r2")),
            item("u3", set_devices(app123, "r3")),
        )
    )

    assert figures == Figures(people=3, new=1, changed=1, unchanged=1, moved=0)
    assert [devices(userid) for userid in ("u1", "u2", "u3")] == [{"r1"}, {"r2"}, {"r3"}]


def test_the_number_of_statements_does_not_depend_on_the_number_of_new_people(
    app123: Channel,
) -> None:
    def statements(count: int) -> int:
        people = folded(
            *(item(f"{count}-{n}", set_devices(app123, f"{count}-{n}")) for n in range(count))
        )
        with CaptureQueriesContext(connection) as captured:
            apply_folded(people)
        return len(captured)

    # SQLite loads whole fifties, and then the rest: let there be a rest.
    assert statements(1001) == statements(51)
