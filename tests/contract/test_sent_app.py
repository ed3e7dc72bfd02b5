"""POST /v1/sent: `msg_app`, a JPush push object (protocol/ums.md 5)."""

from typing import Any

import pytest

from channels_app.models import BusinessLine
from tests.contract.calls import WITHOUT, accepted, assert_refused, changed
from tests.messaging_app.calls import TO_U1

PATH = "/v1/sent"
ELEMENT: dict[str, Any] = {"platform": "all", "notification": {"alert": "Hi"}}
ANDROID = {"platform": "android", "notification": {"android": {"alert": "A"}}}
IOS = {"platform": ["ios"], "notification": {"ios": {"alert": "I"}}}


def body(*elements: Any) -> dict[str, Any]:
    return {**TO_U1, "msg_app": list(elements)}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        pytest.param("all", "all", id="all"),
        pytest.param("android", ["android"], id="a bare string"),
        pytest.param(["ios"], ["ios"], id="a list of one"),
        pytest.param(["android", "ios", "quickapp", "hmos"], WITHOUT, id="those of JPush"),
        pytest.param(["web"], ["web"], id="web, of the template page"),
    ],
)
def test_the_platform(business_line: BusinessLine, given: Any, stored: Any) -> None:
    message = accepted(business_line, PATH, body({**ELEMENT, "platform": given}))

    assert message.content["platform"] == (given if stored is WITHOUT else stored)


MISSING: list[Any] = [WITHOUT, None, "", []]
WRONG: list[Any] = ["symbian", "Android", "android,ios", ["ios", "x"], ["all"], [1], {}, 1, True]


@pytest.mark.parametrize(
    ("platform", "code"),
    [(value, 1015084) for value in MISSING] + [(value, 1015085) for value in WRONG],
)
def test_a_platform_that_is_missing_or_wrong(
    business_line: BusinessLine, platform: Any, code: int
) -> None:
    element = changed(ELEMENT, platform=platform)

    assert_refused(business_line, PATH, body(element), code=code, words="platform is")


# A JPush push with every field that section 5 names.
EVERYTHING: dict[str, Any] = {
    "platform": "all",
    "notification": {
        "alert": "您好 👋",
        "android": {
            "alert": "a",
            "title": "t",
            "builder_id": 1,
            "channel_id": "c",
            "category": "k",
            "priority": -2,
            "style": 3,
            "alert_type": 7,
            "big_text": "b",
            "inbox": {"1": "x"},
            "big_pic_path": "p",
            "extras": {"k": {"n": None}},
            "large_icon": "l",
            "small_icon_uri": "s",
            "intent": {"url": "u"},
            "uri_activity": "v",
            "uri_action": "w",
            "badge_add_num": 99,
            "badge_set_num": 0,
            "badge_class": "c",
            "sound": "s",
            "show_begin_time": "2026-12-01 00:00:00",
            "show_end_time": "x",
            "display_foreground": "1",
        },
        "ios": {
            "alert": {"title": "t", "body": "b"},
            "sound": {"name": "s"},
            "badge": "+1",
            "content-available": True,
            "mutable-content": True,
            "category": "c",
            "extras": {"k": 1},
            "thread-id": "t",
            "interruption-level": "active",
        },
        "quickapp": {"alert": "q", "title": "t", "page": "/p", "extras": {}},
        "hmos": {"alert": "h", "category": "c", "intent": {"url": "u"}},
    },
    "message": {"msg_content": "m", "title": "t", "content_type": "text", "extras": {"k": 1.5}},
    "inapp_message": {"inapp_message": True},
    "notification_3rd": {"content": "c"},
    "sms_message": {"delay_time": 60, "temp_id": 1},
    "live_activity": {"ios": {"event": "start"}},
    "options": {
        "sendno": 7,
        "time_to_live": 864_000,
        "override_msg_id": 2**53,
        "classification": 1,
        "apns_production": False,
        "apns_collapse_id": "x" * 64,
        "big_push_duration": 1400,
        "third_party_channel": {"xiaomi": {"channel_id": "x"}},
    },
    "a_field_of_next_year": [1, 2.5, None, True],
}


def test_every_field_of_jpush_is_passed_on_as_it_is(business_line: BusinessLine) -> None:
    message = accepted(business_line, PATH, body(EVERYTHING))

    assert message.content == EVERYTHING
    assert message.summary == "t — 您好 👋"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        pytest.param({"audience": "all"}, {}, id="audience is left out"),
        pytest.param({"callback": {"url": "https://x.example"}}, {}, id="callback is left out"),
        pytest.param({"cid": "x"}, {}, id="cid is left out"),
        pytest.param(
            {"notification": {"alert": "Hi", "voip": {"k": "v"}}}, {}, id="voip is left out"
        ),
        pytest.param(
            {"notification": {"quick": {"alert": "Q"}}},
            {"notification": {"quickapp": {"alert": "Q"}}},
            id="quick is quickapp",
        ),
        pytest.param(
            {"message": {"msg_content": "x"}, "notification": WITHOUT},
            {"message": {"msg_content": "x"}, "notification": WITHOUT},
            id="a message without notification",
        ),
        pytest.param(
            {"message": {"msg_content": "x"}}, {"message": {"msg_content": "x"}}, id="both"
        ),
    ],
)
def test_what_is_left_out_or_read_in_another_way(
    business_line: BusinessLine, given: dict[str, Any], stored: dict[str, Any]
) -> None:
    message = accepted(business_line, PATH, body(changed(ELEMENT, **given)))

    assert message.content == changed(ELEMENT, **stored)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        pytest.param("notification", WITHOUT, "a notification or a message", id="neither"),
        pytest.param("notification", {}, "a notification or a message", id="an empty one"),
        pytest.param("notification", {"voip": {}}, "notification is empty", id="voip only"),
        pytest.param("notification", "Hi", "msg_app.notification must be an object", id="no text"),
        pytest.param("notification", {"ios": "Hi"}, "notification.ios must be", id="ios: object"),
        pytest.param("notification", {"alert": "a\x00b"}, "NUL", id="NUL"),
        pytest.param("message", {"title": "Hi"}, "needs msg_content", id="msg_content required"),
        pytest.param("message", "Hi", "msg_app.message must be an object", id="message: object"),
        pytest.param("options", [], "msg_app.options must be an object", id="options: object"),
        pytest.param("options", {"time_to_live": -1}, "-1", id="time_to_live from 0"),
        pytest.param("options", {"time_to_live": 864_001}, "864001", id="up to 10 days"),
        pytest.param("options", {"time_to_live": "60"}, "'60'", id="time_to_live is an int"),
        pytest.param("options", {"time_to_live": 1.5}, "1.5", id="time_to_live: no fraction"),
    ],
)
def test_a_push_that_cannot_be_sent(
    business_line: BusinessLine, field: str, value: Any, words: str
) -> None:
    element = changed(ELEMENT, **{field: value})

    assert_refused(business_line, PATH, body(element), code=4004, words=words)


@pytest.mark.parametrize("seconds", [0, 86_400, 864_000])
def test_the_time_to_live(business_line: BusinessLine, seconds: int) -> None:
    element = {**ELEMENT, "options": {"time_to_live": seconds}}

    message = accepted(business_line, PATH, body(element))

    assert message.content["options"] == {"time_to_live": seconds}


@pytest.mark.parametrize(
    ("platform", "push", "limit"),
    [
        pytest.param("android", {"notification": {"android": {"alert": ""}}}, 4000, id="android"),
        pytest.param("ios", {"notification": {"ios": {"alert": ""}}}, 2000, id="ios"),
        pytest.param("ios", {"message": {"msg_content": ""}}, 4000, id="an ios message"),
    ],
)
def test_the_sizes_of_jpush(
    business_line: BusinessLine, platform: str, push: dict[str, Any], limit: int
) -> None:
    def of_size(size: int) -> dict[str, Any]:
        [(field, part)] = push.items()
        if field == "message":
            return {field: {"msg_content": "x" * (size - len('{"msg_content":""}'))}}
        return {field: {name: {"alert": "x" * (size - len('{"alert":""}'))} for name in part}}

    assert accepted(business_line, PATH, body({"platform": platform, **of_size(limit)})).delete()

    too_large = body({"platform": platform, **of_size(limit + 1)})
    assert_refused(business_line, PATH, too_large, code=4004, words=str(limit + 1))


@pytest.mark.parametrize(
    ("msg_app", "code", "words"),
    [
        pytest.param(WITHOUT, 4004, "msg_app is missing", id="required"),
        pytest.param(None, 4004, "msg_app is missing", id="null"),
        pytest.param([], 4004, "msg_app is missing", id="empty"),
        pytest.param(ELEMENT, 4004, "$.msg_app", id="an object is no array"),
        pytest.param("Hi", 4004, "$.msg_app", id="a string"),
        pytest.param(["Hi"], 4004, "$.msg_app", id="strings in it"),
        pytest.param([ELEMENT, ELEMENT], 4004, "2 elements", id="all, twice"),
        pytest.param([ANDROID, ANDROID], 4004, "are for android", id="one platform twice"),
        pytest.param([ANDROID, ELEMENT], 4004, "“all”", id="all beside another"),
        pytest.param(
            [ANDROID, {**IOS, "platform": "x"}], 1015085, "'x'", id="each element is checked"
        ),
    ],
)
def test_the_array_of_msg_app(
    business_line: BusinessLine, msg_app: Any, code: int, words: str
) -> None:
    assert_refused(business_line, PATH, changed(TO_U1, msg_app=msg_app), code=code, words=words)


def test_elements_for_different_platforms_are_one_push(business_line: BusinessLine) -> None:
    message = accepted(business_line, PATH, body(ANDROID, IOS))

    assert message.content == {
        "platform": ["android", "ios"],
        "notification": {"android": {"alert": "A"}, "ios": {"alert": "I"}},
    }


@pytest.mark.parametrize("depth", [33, 200, 900, 5000])
def test_content_that_is_nested_too_deeply(business_line: BusinessLine, depth: int) -> None:
    alert = b'{"body":' * depth + b'"Hi"' + b"}" * depth
    whole = b'{"aud_userid":["u1"],"msg_app":[{"platform":"all","notification":{"alert":%s}}]}'

    assert_refused(business_line, PATH, whole % alert, code=4004)
