"""POST /v1/user/delete (protocol/ums.md 3.5)."""

from typing import Any

import pytest

from channels_app.models import Channel
from tests.users_app.conftest import Post, stored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people(app123: Channel, opt: Post) -> None:
    opt([{"userid": u, "app": {"app123": [f"r{u}"]}, "tag": {"all": ["a"]}} for u in ("u1", "12")])


def test_people_and_all_that_is_bound_to_them_are_deleted(delete: Post) -> None:
    response = delete(["u1"])

    assert response.content == (
        b'{"code":0,"message":"success","data":{"success":["u1"],"fail":[]}}'
    )
    assert stored() == {"12": ({"r12"}, {("all", "a")})}


def test_integers_are_userids_too(delete: Post) -> None:
    assert delete([12]).json()["data"]["success"] == ["12"]


def test_who_does_not_exist_is_named(delete: Post) -> None:
    response = delete(["nobody", "u1", "u1", "张三\0"])

    assert response.status_code == 200
    assert response.json()["data"]["success"] == ["u1"]
    assert [item["userid"] for item in response.json()["data"]["fail"]] == ["nobody", "张三\0"]
    assert [item["errcode"] for item in response.json()["data"]["fail"]] == ["4004", "4004"]
    assert response.json()["data"]["fail"][0]["errmsg"] == "The user “nobody” does not exist."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", "Expected `array`"),
        (b"[]", "The array is empty"),
        (b"[null]", "Item 1 has no userid"),
        (b'["u1",true]', "Item 2: it must be a string, not true"),
        (b'[{"userid":"u1"}]', 'must be a string, not {"userid":"u1"}'),
        (b'["u1"' + b',"u1"' * 1000 + b"]", "has 1001 users; at most 1000"),
    ],
)
def test_a_body_of_another_form_is_refused_as_a_whole(
    delete: Post, body: bytes, reason: str
) -> None:
    answer: Any = delete(body)

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (400, 4004, "")
    assert reason in answer.json()["message"]
    assert set(stored()) == {"u1", "12"}


def test_a_channel_key_may_not_delete(delete: Post, line_headers: dict[str, str]) -> None:
    response = delete(["u1"], line_headers)

    assert response.status_code == 403
    assert (response.json()["code"], response.json()["data"]) == (4005, "")
    assert "global AccessKey" in response.json()["message"]
    assert set(stored()) == {"u1", "12"}
