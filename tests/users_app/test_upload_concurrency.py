"""Uploads that meet each other in the database."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from channels_app.models import Channel
from tests.users_app.conftest import contacts, devices
from users_app.changes import BindingChange, Kind, PersonChange
from users_app.models import EndUser
from users_app.upload import Figures, apply_changes, delete_people

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
