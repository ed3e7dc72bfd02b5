"""POST /v1/sent and /v1/broadcast: what is refused, by which code, leaving no trace."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from channels_app.models import AccessKey, BusinessLine, Channel
from messaging_app.models import Message
from tests.messaging_app.calls import APP, TO_U1, basic, header_of, post


def assert_refused(
    caller: BusinessLine | AccessKey | str,
    body: Any,
    *,
    code: int,
    status: int = 400,
    words: str = "",
    path: str = "/v1/sent",
) -> None:
    response = post(caller, path, body)

    assert (response.status_code, response.json()["code"]) == (status, code), response.content
    assert set(response.json()) == {"code", "message"}
    assert words in response.json()["message"]
    assert response.json()["message"]
    assert not Message.objects.exists()


def app(**element: Any) -> dict[str, Any]:
    """A request whose `msg_app` is changed."""
    whole = {"platform": "all", "notification": {"alert": "Hi"}, **element}
    kept = {key: value for key, value in whole.items() if value is not ...}
    return {"aud_userid": ["u1"], "msg_app": [kept]}


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({**APP}, 4004, "audience is empty"),
        ({**APP, "aud_userid": [], "aud_tag": [], "aud_app": []}, 4004, "audience is empty"),
        ({**APP, "aud_app": [{"data": []}]}, 4004, "audience is empty"),
        ({**APP, "aud_userid": [str(n) for n in range(1001)]}, 1015004, "1001"),
        ({**APP, "aud_tag": [str(n) for n in range(21)]}, 4004, "aud_tag has 21"),
        ({**APP, "aud_app": [{"data": [str(n) for n in range(1001)]}]}, 4004, "aud_app has 1001"),
        (
            {**APP, "aud_app": [{"data": [f"{n}-{m}" for m in range(501)]} for n in range(2)]},
            4004,
            "aud_app has 1002",
        ),
        ({**TO_U1, "aud_app": [{"data": ["r1"]}]}, 4004, "mixed"),
        ({**APP, "aud_tag": ["vip"], "aud_app": [{"data": ["r1"]}]}, 4004, "mixed"),
        ({**APP, "aud_userid": [""]}, 4004, "“” is not a userid"),
        ({**APP, "aud_userid": ["x" * 65]}, 4004, "is not a userid"),
        ({**APP, "aud_userid": ["a\x00b"]}, 4004, "is not a userid"),
        ({**APP, "aud_tag": ["a\x00b"]}, 4004, "is not a tag"),
        ({**APP, "aud_app": [{"data": ["r 1"]}]}, 4004, "“r 1” is not a registrationID"),
        ({**TO_U1, "aud_segment": ["1000"]}, 4004, "segment with the id “1000”"),
        ({**APP, "aud_segment": [7]}, 4004, "segment with the id “7”"),
        ({"aud_userid": ["u1"]}, 4004, "msg_app is missing"),
        ({"aud_userid": ["u1"], "msg_app": []}, 4004, "msg_app is missing"),
        ({"aud_userid": ["u1"], "msg_app": APP["msg_app"] * 2}, 4004, "2 elements"),
        (app(platform=...), 1015084, "platform is missing"),
        (app(platform=None), 1015084, "platform is missing"),
        (app(platform="symbian"), 1015085, "symbian"),
        (app(platform=["android", "symbian"]), 1015085, "symbian"),
        (app(notification=...), 4004, "needs a notification or a message"),
        (app(notification="Hi"), 4004, "msg_app.notification must be an object"),
        (app(notification={"voip": {}}), 4004, "notification is empty"),
        (app(message={"title": "Hi"}), 4004, "needs msg_content"),
        (app(options={"time_to_live": 864_001}), 4004, "864001"),
        (app(notification={"alert": "a\x00b"}), 4004, "NUL"),
        ({**TO_U1, "rule_id": 1001}, 1015026, "1001"),
        ({**TO_U1, "option": {"black_id": 1234}}, 1015046, "1234"),
        ({**TO_U1, "option": {"white_id": 1235}}, 1015046, "1235"),
        ({**TO_U1, "option": {"black_id": 1, "white_id": 2}}, 1015097, "cannot be used together"),
        ({**TO_U1, "option": {"priority": 4}}, 4004, "priority is 4"),
        ({**TO_U1, "option": {"priority": 0}}, 4004, "priority is 0"),
        ({**TO_U1, "option": {"send_time": "2026-01-01 00:00:00"}}, 4004, "send_time"),
        ({**TO_U1, "option": {"sendno": "x" * 256}}, 4004, "sendno"),
        ({**TO_U1, "option": {"sendno": "a\x00b"}}, 4004, "sendno"),
        ({**TO_U1, "msg_sms": [{"temp_id": 1}]}, 1015007, "msg_sms"),
        ({**TO_U1, "msg_wechatoa": [{}]}, 1015008, "msg_wechatoa"),
        ({**TO_U1, "msg_wechatmp": [{}]}, 1015009, "msg_wechatmp"),
        ({**TO_U1, "msg_email": []}, 1015010, "msg_email"),
        ({**TO_U1, "msg_alipay_life": {}}, 1015011, "msg_alipay_life"),
        ({**TO_U1, "msg_dingtalk_cc": [{}]}, 1015012, "msg_dingtalk_cc"),
        ({**TO_U1, "msg_wechatwk": [{}]}, 4004, "msg_wechatwk"),
        ({"aud_userid": ["u1"], "msg_sms": [{"temp_id": 1}]}, 1015007, "msg_sms"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_with_its_code(
    business_line: BusinessLine, body: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, body, code=code, words=words)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("aud_userid", "u1"),
        ("aud_userid", [1.5]),
        ("aud_userid", [None]),
        ("aud_userid", [["u1"]]),
        ("aud_tag", "vip"),
        ("aud_tag", [1]),
        ("aud_segment", {"id": 1}),
        ("aud_app", ["r1"]),
        ("aud_app", [{"instance": "app"}]),
        ("aud_app", [{"data": "r1"}]),
        ("aud_app", [{"data": [1]}]),
        ("msg_app", {"platform": "all"}),
        ("msg_app", ["Hi"]),
        ("msg_app", "Hi"),
        ("rule_id", "1001"),
        ("option", "none"),
        ("option", {"sendno": {}}),
        ("option", {"priority": "high"}),
        ("option", {"black_id": [1]}),
    ],
)
def test_a_wrong_type_is_refused_and_its_place_named(
    business_line: BusinessLine, field: str, value: Any
) -> None:
    assert_refused(business_line, {**TO_U1, field: value}, code=4004, words=f"$.{field}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"text"',
        b"{",
        b"platform=all&alert=Hi",
        b"\xff\xfe{}",
        b'{"aud_userid": ["\xff"]}',
        b'{"aud_userid": ["\\ud800"]}',
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"aud_userid": [' + b"9" * 5000 + b"]}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(business_line: BusinessLine, body: bytes) -> None:
    assert_refused(business_line, body, code=4004)


@pytest.mark.parametrize("depth", [33, 200, 300, 900, 5000])
def test_content_that_is_nested_too_deeply_is_refused(
    business_line: BusinessLine, depth: int
) -> None:
    alert = b'{"body":' * depth + b'"Hi"' + b"}" * depth
    body = b'{"aud_userid":["u1"],"msg_app":[{"platform":"all","notification":{"alert":%s}}]}'

    assert_refused(business_line, body % alert, code=4004)


def test_a_body_above_the_limit_is_refused(business_line: BusinessLine, settings: Settings) -> None:
    body = {**TO_U1, "filler": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}

    assert_refused(business_line, body, code=4004, status=413, words="larger than the limit")


@pytest.mark.parametrize("field", ["aud_userid", "aud_tag", "aud_segment", "aud_app"])
def test_a_broadcast_with_an_audience_is_refused(business_line: BusinessLine, field: str) -> None:
    assert_refused(business_line, {**APP, field: []}, code=4004, words=field, path="/v1/broadcast")


@pytest.mark.parametrize("path", ["/v1/sent", "/v1/broadcast"])
@pytest.mark.parametrize("change", ["disabled", "removed"])
def test_without_an_enabled_channel_nothing_is_accepted(
    business_line: BusinessLine, channel: Channel, path: str, change: str
) -> None:
    if change == "disabled":
        Channel.objects.update(enabled=False)
    else:
        business_line.channels.clear()

    body = TO_U1 if path == "/v1/sent" else APP
    assert_refused(business_line, body, code=1015006, words="no enabled App channel", path=path)


@pytest.mark.parametrize("path", ["/v1/sent", "/v1/broadcast"])
def test_a_closed_line_is_refused(business_line: BusinessLine, path: str) -> None:
    BusinessLine.objects.update(enabled=False)

    assert_refused(business_line, TO_U1, code=1015005, words="Shop", path=path)


@pytest.mark.parametrize("path", ["/v1/sent", "/v1/broadcast"])
def test_wrong_credentials_are_refused(business_line: BusinessLine, path: str) -> None:
    for header in (basic(business_line.channel_key, "wrong"), basic("who", "wrong"), "Bearer x"):
        assert_refused(header, TO_U1, code=4005, status=401, path=path)


@pytest.mark.parametrize("path", ["/v1/sent", "/v1/broadcast"])
def test_a_global_access_key_may_not_send(access_key: AccessKey, path: str) -> None:
    assert_refused(access_key, TO_U1, code=4005, status=403, words="ChannelKey", path=path)


@pytest.mark.parametrize("path", ["/v1/sent", "/v1/broadcast"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_refused(business_line: BusinessLine, path: str, method: str) -> None:
    headers = {"Authorization": header_of(business_line)}

    response: Any = Client().generic(method, path, b"null", headers=headers)

    assert (response.status_code, response.json()["code"]) == (405, 4004)


@pytest.mark.parametrize("path", ["/v1/send", "/v1/sent/1", "/v1/%s/broadcast", "/v1/"])
def test_an_unknown_call_is_answered_in_json(business_line: BusinessLine, path: str) -> None:
    assert_refused(business_line, TO_U1, code=4004, status=404, words="/v1/", path=path)
