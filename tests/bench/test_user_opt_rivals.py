"""The rivals of user_opt do the same work as the product, or comparing them says nothing."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bench.benchmarks.user_opt import CHANNEL, DEVICES, USERS, new_bodies
from channels_app.models import AccessKey, Channel
from users_app.models import EndUser, Registration

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("bench.rivals.urls"),
    pytest.mark.parametrize("prefix", ["", "/per_row", "/bulk"]),
]

Post = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def channels(db: None) -> tuple[Channel, Channel]:
    """The benchmark's channel, and one that is not named there."""
    first, second = (
        Channel.objects.create(code=code, name=code, app_key="a" * 24, master_secret="s" * 24)
        for code in (CHANNEL, "other")
    )
    return first, second


@pytest.fixture
def post(client: Client, access_key: AccessKey, prefix: str) -> Post:
    pair = f"{access_key.access_key}:{access_key.master_secret}"
    headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def call(body: Any) -> Any:
        return client.post(
            f"{prefix}/v1/user/opt", body, content_type="application/json", headers=headers
        )

    return call


def put(**people: list[str]) -> list[dict[str, Any]]:
    return [{"userid": u, "set": {"app": {CHANNEL: devices}}} for u, devices in people.items()]


def stored() -> set[tuple[str, str, str]]:
    return set(
        Registration.objects.values_list("end_user__userid", "channel__code", "registration_id")
    )


def test_it_replaces_the_devices_of_those_people_in_that_channel(
    post: Post, channels: tuple[Channel, Channel]
) -> None:
    post(put(u1=["a", "b"], u2=["a"], u3=["c"]))
    u1 = EndUser.objects.get(userid="u1")
    Registration.objects.create(end_user=u1, channel=channels[1], registration_id="a")

    answer = post(put(u1=["b", "d"], u2=[]))

    assert answer.json() == {
        "code": 0,
        "message": "success",
        "data": {"success": ["u1", "u2"], "fail": []},
    }
    assert stored() == {
        ("u1", CHANNEL, "b"),
        ("u1", CHANNEL, "d"),
        ("u1", "other", "a"),
        ("u3", CHANNEL, "c"),
    }


def test_it_revives_a_device_that_jpush_called_invalid(post: Post) -> None:
    post(put(u1=["a"]))
    Registration.objects.update(invalid_at=timezone.now(), invalid_reason="gone")

    post(put(u1=["a"]))

    assert list(Registration.objects.values_list("invalid_at", "invalid_reason")) == [(None, "")]


def test_it_refuses_a_stranger(client: Client, prefix: str) -> None:
    answer = client.post(f"{prefix}/v1/user/opt", put(u1=["a"]), content_type="application/json")

    assert answer.status_code == 401
    assert not EndUser.objects.exists()


def test_the_benchmarks_bodies_pass_twice(post: Post) -> None:
    (body,) = new_bodies(1)

    answers = [post(body).content for _time in range(2)]

    assert answers[0] == answers[1]
    assert len(json.loads(answers[0])["data"]["success"]) == USERS
    assert (EndUser.objects.count(), Registration.objects.count()) == (USERS, USERS * DEVICES)
