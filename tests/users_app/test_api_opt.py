"""POST /v1/user/opt (protocol/ums.md 3.4)."""

import json

import pytest
from django.test import Client

from channels_app.models import BusinessLine, Channel
from tests.users_app.conftest import Post, devices, stored, tags
from users_app.models import EndUser

pytestmark = pytest.mark.django_db

# protocol/app-channel-guide.txt, as it stands there.
GUIDE_ONE_LINE = (
    b'[{ "userid": "zhangsan", "set":{ "app": { "app123":'
    b' ["1104a89792bbb69299a","191e35f7e0fb16c7d45"] } } }]'
)
GUIDE_PASTED = b"""
          [{
 "userid": "zhangsan",
 "set":{
 "app": {
 "app123": ["1104a89792bbb69299a","191e35f7e0fb16c7d45"]
 }
 }
}]

        \r\n"""
SUCCESS = b'{"code":0,"message":"success","data":{"success":["zhangsan"],"fail":[]}}'


@pytest.mark.parametrize("body", [GUIDE_ONE_LINE, GUIDE_PASTED])
def test_the_guides_example_works_as_it_stands(app123: Channel, opt: Post, body: bytes) -> None:
    response = opt(body)

    assert (response.status_code, response.content) == (200, SUCCESS)
    assert stored() == {"zhangsan": ({"1104a89792bbb69299a", "191e35f7e0fb16c7d45"}, set())}


def test_a_json_body_may_be_called_html(
    app123: Channel, client: Client, global_headers: dict[str, str]
) -> None:
    response = client.post(
        "/v1/user/opt", GUIDE_ONE_LINE, content_type="text/html", headers=global_headers
    )

    assert response.content == SUCCESS


def test_fields_without_an_operation_are_set(app123: Channel, opt: Post) -> None:
    opt([{"userid": "u1", "app": {"app123": ["old"]}, "tag": {"all": ["a"]}}])
    opt([{"userid": "u1", "app": {"app123": ["new"]}, "tag": {"all": ["北京"]}}])

    assert stored() == {"u1": ({"new"}, {("all", "北京")})}


def test_add_set_and_del_change_what_they_name(app123: Channel, opt: Post) -> None:
    opt([{"userid": "u1", "set": {"app": {"app123": ["r1", "r2"]}, "tag": {"all": ["a", "b"]}}}])
    opt(
        [
            {
                "userid": "u1",
                "add": {"app": {"app123": ["r3"]}},
                "del": {"app": {"app123": ["r1"]}, "tag": {"all": ["a", "never"]}},
            }
        ]
    )

    assert stored() == {"u1": ({"r2", "r3"}, {("all", "b")})}


def test_within_an_item_set_comes_first_then_add_then_del(app123: Channel, opt: Post) -> None:
    opt(
        [
            {
                "del": {"tag": {"all": ["b"]}},
                "add": {"tag": {"all": ["b", "c"]}},
                "set": {"tag": {"all": ["a"]}},
                "userid": "u1",
            }
        ]
    )

    assert tags("u1") == {("all", "a"), ("all", "c")}


def test_items_of_one_person_are_carried_out_in_their_order(opt: Post) -> None:
    response = opt(
        [
            {"userid": "u1", "add": {"tag": {"all": ["a"]}}},
            {"userid": "u2", "add": {"tag": {"all": ["x"]}}},
            {"userid": "u1", "set": {"tag": {"all": ["b"]}}},
            {"userid": "u1", "add": {"tag": {"all": ["c"]}}},
        ]
    )

    assert response.json()["data"] == {"success": ["u1", "u2"], "fail": []}
    assert tags("u1") == {("all", "b"), ("all", "c")}


def test_an_empty_set_clears_its_scope(app123: Channel, channel: Channel, opt: Post) -> None:
    opt([{"userid": "u1", "set": {"app": {"app123": ["r1"], "app1": ["r2"]}}}])
    opt([{"userid": "u1", "set": {"app": {"app123": []}}}])

    assert devices("u1") == {"r2"}


def test_a_userid_alone_stores_the_person(opt: Post) -> None:
    assert opt([{"userid": "u1", "comment": None, "set": None}]).json()["data"]["fail"] == [
        {
            "userid": "u1",
            "errcode": "4004",
            "errmsg": "The item has nothing to store: “comment” is not one of set, add, del, tag,"
            " phone, email, app, wechatoa, wechatmp, alipaylife, dingtalkcc, wechatwk,"
            " wechatwk_linkedcorp.",
        }
    ]
    assert opt([{"userid": "u1"}]).json()["data"]["success"] == ["u1"]
    assert stored() == {"u1": (set(), set())}


def test_unknown_keys_beside_known_ones_are_ignored(opt: Post) -> None:
    opt([{"userid": "u1", "add": {"tag": {"all": ["a"]}}, "comment": "hello"}])

    assert tags("u1") == {("all", "a")}


def test_nulls_and_empty_values_of_typed_clients_mean_nothing(app123: Channel, opt: Post) -> None:
    response = opt(
        [
            {
                "userid": "u1",
                "add": None,
                "del": {},
                "phone": None,
                "set": {"app": {"app123": ["r1"]}, "tag": None, "email": {}, "dingtalkcc": ""},
            }
        ]
    )

    assert response.json()["data"] == {"success": ["u1"], "fail": []}
    assert devices("u1") == {"r1"}


def test_integers_are_userids_too(opt: Post) -> None:
    assert opt([{"userid": 12}]).json()["data"]["success"] == ["12"]


def test_partial_success_names_who_failed_and_why(app123: Channel, opt: Post) -> None:
    response = opt(
        [
            {"userid": "u1", "app": {"app123": ["r1"]}},
            {"userid": "u2", "app": {"app12": ["r2"]}, "tag": {"all": ["a"]}},
            {"userid": "u3", "app": {"app123": ["r3"]}},
        ]
    )

    assert response.json() == {
        "code": 0,
        "message": "success",
        "data": {
            "success": ["u1", "u3"],
            "fail": [
                {
                    "userid": "u2",
                    "errcode": "4004",
                    "errmsg": "“app12” is not the code of a channel that can be used here. Did you"
                    " mean “app123”?",
                }
            ],
        },
    }
    assert set(stored()) == {"u1", "u3"}


def test_a_thousand_users_fit_into_one_request(app123: Channel, opt: Post) -> None:
    body = [{"userid": f"u{n}", "app": {"app123": [f"r{n}"]}} for n in range(1000)]

    assert len(opt(body).json()["data"]["success"]) == 1000
    assert EndUser.objects.count() == 1000


def test_a_business_line_may_use_its_channels_all_and_its_own_key(
    channel: Channel, business_line: BusinessLine, opt: Post, line_headers: dict[str, str]
) -> None:
    key = business_line.channel_key
    item = {"userid": "u1", "app": {"app1": ["r1"]}, "tag": {"all": ["a"], key: ["b"]}}

    assert opt([item], line_headers).json()["data"]["success"] == ["u1"]
    assert stored() == {"u1": ({"r1"}, {("all", "a"), (key, "b")})}


def test_a_global_key_may_use_every_channel_and_key(
    channel: Channel, app123: Channel, business_line: BusinessLine, opt: Post
) -> None:
    key = business_line.channel_key
    item = {"userid": "u1", "app": {"app1": ["r1"], "app123": ["r2"]}, "tag": {key: ["a"]}}

    assert opt([item]).json()["data"]["fail"] == []
    assert stored() == {"u1": ({"r1", "r2"}, {(key, "a")})}


def test_a_moving_device_ends_with_the_last_person_of_the_request(
    moving_channel: Channel, opt: Post
) -> None:
    opt(json.dumps([{"userid": u, "app": {"mover": ["r1"]}} for u in ("u1", "u2")]).encode())

    assert (devices("u1"), devices("u2")) == (set(), {"r1"})
