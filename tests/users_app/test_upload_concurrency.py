"""Uploads that meet each other in the database."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connections

from channels_app.models import Channel
from tests.users_app.conftest import contacts, devices
from users_app.changes import BindingChange, Kind, PersonChange
from users_app.folded import apply_folded
from users_app.models import EndUser, Registration
from users_app.upload import Figures, apply_changes, delete_people

T = TypeVar("T")

pytestmark = pytest.mark.django_db(transaction=True)


def whole(channel: Channel, number: int, userid: str = "u1") -> PersonChange:
    """`userid` has this device and phone, and no other."""
    return PersonChange(
        userid,
        (
            BindingChange(
                Kind.APP, channel.pk, f"r{number}", present=True, replaces=True, position=0
            ),
            BindingChange(
                Kind.CONTACT, "phone:all", str(number), present=True, replaces=True, position=0
            ),
        ),
    )


def at_once(rounds: int, *works: Callable[[int], T]) -> list[list[T]]:
    """Each work in a thread of its own, in rounds that all begin together; what each gave."""
    barrier = Barrier(len(works), timeout=60)

    def run(work: Callable[[int], T]) -> list[T]:
        try:
            done = []
            for number in range(rounds):
                barrier.wait()
                done.append(work(number))
            return done
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result() for done in [pool.submit(run, work) for work in works]]


def test_of_two_uploads_of_one_person_one_comes_last_as_a_whole(app123: Channel) -> None:
    barrier = Barrier(2, timeout=60)

    def upload(number: int) -> list[Figures]:
        try:
            done = []
            for _round in range(20):
                barrier.wait()
                done.append(apply_changes([whole(app123, number)]))
            return done
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        rounds = list(zip(*pool.map(upload, (1, 2)), strict=True))

    assert [(device, phone) for device in devices("u1") for _scope, phone in contacts("u1")] in (
        [("r1", "1")],
        [("r2", "2")],
    )
    assert EndUser.objects.count() == 1
    assert sum(figures.new for both in rounds for figures in both) == 1


def test_an_upload_and_a_deletion_of_one_person_leave_all_or_nothing(app123: Channel) -> None:
    barrier = Barrier(2, timeout=60)

    def upload() -> None:
        try:
            for number in range(20):
                barrier.wait()
                apply_changes([whole(app123, number)])
        finally:
            connections.close_all()

    def delete() -> None:
        try:
            for _round in range(20):
                barrier.wait()
                delete_people(["u1"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(upload), pool.submit(delete)):
            done.result()

    left = EndUser.objects.count()
    assert (len(devices("u1")), len(contacts("u1"))) == (left, left)


@pytest.mark.parametrize("other", [apply_folded, apply_changes])
def test_new_people_of_two_uploads_are_stored_once_and_whole(
    app123: Channel, other: Callable[[list[PersonChange]], Figures]
) -> None:
    def people(device: int, number: int, wanted: Iterable[int]) -> list[PersonChange]:
        return [whole(app123, device, f"u{number}-{n:02}") for n in wanted]

    both = at_once(
        20,
        lambda number: apply_folded(people(1, number, range(40))),
        lambda number: other(people(2, number, reversed(range(10, 50)))),
    )

    assert EndUser.objects.count() == 1000
    assert sum(figures.new for each in both for figures in each) == 1000
    for userid in EndUser.objects.values_list("userid", flat=True):
        [device] = devices(userid)
        assert contacts(userid) == {("phone:all", device[1:])}


def test_uploads_of_different_new_people_lose_and_double_nothing(app123: Channel) -> None:
    def upload(uploader: int) -> Callable[[int], Figures]:
        return lambda number: apply_folded(
            [whole(app123, n, f"u{uploader}-{number}-{n}") for n in range(20)]
        )

    done = at_once(10, *(upload(uploader) for uploader in range(4)))

    assert {figures.new for each in done for figures in each} == {20}
    assert (EndUser.objects.count(), Registration.objects.count()) == (800, 800)


def test_new_people_and_their_deletion_leave_all_or_nothing(app123: Channel) -> None:
    userids = [f"u{n}" for n in range(20)]

    at_once(
        20,
        lambda number: apply_folded([whole(app123, number, userid) for userid in userids]),
        lambda _number: delete_people(userids),
    )

    left = EndUser.objects.count()
    assert left in (0, len(userids))
    assert Registration.objects.count() == left
    assert all(len(contacts(userid)) == bool(left) for userid in userids)
