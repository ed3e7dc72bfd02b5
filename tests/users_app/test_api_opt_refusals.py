"""What POST /v1/user/opt refuses, and how it says so (protocol/ums.md 3.4)."""

from typing import Any

import pytest
from django.test import Client

from channels_app.models import BusinessLine, Channel
from tests.users_app.conftest import Post, basic, stored

pytestmark = pytest.mark.django_db


def whole_failure(response: Any) -> str:
    """The message of an answer that refuses the whole request, with nothing stored."""
    body = response.json()
    assert response.status_code == 400
    assert (body["code"], body["data"], set(body)) == (4004, "", {"code", "message", "data"})
    assert stored() == {}
    return str(body["message"])


def only_failure(response: Any) -> str:
    """The errmsg of an answer whose one item failed, with nothing stored."""
    body = response.json()
    assert (response.status_code, body["code"], body["data"]["success"]) == (200, 0, [])
    [failed] = body["data"]["fail"]
    assert failed["errcode"] == "4004"
    assert stored() == {}
    return str(failed["errmsg"])


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"userid": "张三"}, "userid “张三” has a character that is not allowed"),
        ({"userid": ""}, "The userid is empty"),
        ({"userid": "x" * 65}, "has 65 characters; at most 64"),
        ({"userid": "u", "tag": {"all": ["中" * 14]}}, "has 42 bytes in UTF-8"),
        ({"userid": "u", "tag": {"all": ["a b"]}}, "The tag “a b” has a character"),
        ({"userid": "u", "tag": {"app123": ["a"]}}, "“app123” is neither"),
        ({"userid": "u", "add": {"app": {"app123": ["a b"]}}}, "“a b” is not a registrationID"),
        ({"userid": "u", "app": {"all": ["r1"]}}, "“all” is not the code of a channel"),
        ({"userid": "u", "set": {"phone": {"all": "x"}}}, "“x” is not a value of “phone”"),
        ({"userid": "u", "dingtalkcc": "d 1"}, "“d 1” is not a value of “dingtalkcc”"),
    ],
)
def test_a_value_that_breaks_a_rule_fails_its_whole_item(
    app123: Channel, opt: Post, item: dict[str, Any], reason: str
) -> None:
    good_part = {"add": {"tag": {"all": ["kept-out".replace("-", "_")]}}}

    assert reason in only_failure(opt([good_part | item]))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON in UTF-8"),
        (b"[{", "not JSON in UTF-8"),
        (b'[{"userid":"\xff"}]', "not JSON in UTF-8"),
        (b'[{"userid":"u1","x":' + b"[" * 100_000, "not JSON in UTF-8"),
        (b"null", "Expected `array`"),
        (b'{"userid":"u1"}', "Expected `array`, got `object`"),
        (b'["u1"]', 'Item 1: it must be an object, not "u1".'),
        (b"[]", "The array is empty"),
        (b"[{}]", "Item 1 has no userid"),
        (b'[{"userid":"u1"},{"userid":null}]', "Item 2 has no userid"),
        (b'[{"userid":true}]', "Item 1: userid must be a string, not true"),
        (b'[{"userid":1.5}]', "Item 1: userid must be a string, not 1.5"),
        (b'[{"userid":' + b"1" * 5000 + b"}]", "Item 1: Integer value out of range"),
        (b'[{"userid":"u1","set":[]}]', "userid “u1”: set must be an object, not []"),
        (b'[{"userid":"u1","set":{"apps":{}}}]', "“set.apps” is not known; possible are tag,"),
        (b'[{"userid":"u1","app":"r1"}]', 'app must be an object, not "r1"'),
        (b'[{"userid":"u1","del":{"phone":1}}]', "del.phone must be an object, not 1"),
        (
            b'[{"userid":"u1","set":{"app":{"app1":["r1"],"app123":"r1"}}}]',
            'Item 1, userid “u1”: set.app.app123 must be an array of strings, not "r1".',
        ),
        (b'[{"userid":"u1","set":{"tag":{"all":["a",1]}}}]', "tag.all.1 must be a string, not 1"),
        (b'[{"userid":"u1","set":{"tag":{"all":null}}}]', "an array of strings, not null"),
        (b'[{"userid":1,"phone":{"all":["1"]}}]', '“1”: phone.all must be a string, not ["1"]'),
        (b'[{"userid":1,"add":{"phone":{"all":null}}}]', "phone.all must be a string, not null"),
        (b'[{"userid":1,"set":{"dingtalkcc":["d"]}}]', 'dingtalkcc must be a string, not ["d"]'),
        (
            b'[{"userid":1,"set":{"wechatwk_linkedcorp":"C/u"}}]',
            'wechatwk_linkedcorp must be an array of strings, not "C/u"',
        ),
        (b'[{"userid":1,"wechatwk_linkedcorp":[1]}]', "linkedcorp.0 must be a string, not 1"),
        (b'[{"userid":1,"tag":{"a":1,"a":[]}}]', "Item 1, userid “1”: Expected `array`"),
    ],
)
def test_a_body_of_another_form_is_refused_as_a_whole(
    app123: Channel, opt: Post, body: bytes, reason: str
) -> None:
    assert reason in whole_failure(opt(body))


def test_a_malformed_item_stops_the_good_ones_beside_it(opt: Post) -> None:
    assert "Item 2" in whole_failure(opt([{"userid": "u1"}, {"userid": "u2", "set": 1}]))


def test_more_than_a_thousand_users_are_refused_with_both_numbers(opt: Post) -> None:
    message = whole_failure(opt([{"userid": f"u{n}"} for n in range(1001)]))

    assert message == "The array has 1001 users; at most 1000 are allowed in one request."


def test_a_business_line_may_not_use_anothers_channel_or_key(
    channel: Channel, app123: Channel, opt: Post, line_headers: dict[str, str]
) -> None:
    other = BusinessLine.objects.create(name="Other")

    assert "“app123” is not the code" in only_failure(
        opt([{"userid": "u1", "app": {"app123": ["r1"]}}], line_headers)
    )
    assert "is neither" in only_failure(
        opt([{"userid": "u1", "tag": {other.channel_key: ["a"]}}], line_headers)
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic !"},
        basic("nobody", "nothing"),
    ],
)
def test_wrong_credentials_are_refused_in_the_documented_shape(
    opt: Post, headers: dict[str, str]
) -> None:
    response = opt([{"userid": "u1"}], headers)
    body = response.json()

    assert (response.status_code, body["code"], body["data"]) == (401, 4005, "")
    assert body["message"]
    assert stored() == {}


def test_another_method_is_refused_in_the_documented_shape(
    client: Client, global_headers: dict[str, str]
) -> None:
    response = client.get("/v1/user/opt", headers=global_headers)

    assert response.status_code == 405
    assert (response.json()["code"], response.json()["data"]) == (4004, "")
