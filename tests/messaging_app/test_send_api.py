"""POST /v1/sent and /v1/broadcast: what is accepted (protocol/ums.md 3.1, 4, 5)."""

import re
from typing import Any

import pytest

from channels_app.models import BusinessLine, Channel
from messaging_app.audience import Audience
from messaging_app.expansion import expand
from messaging_app.models import Message
from tests.messaging_app.calls import APP, TO_U1, post


def sent(line: BusinessLine, body: Any, path: str = "/v1/sent") -> Message:
    """The message that an accepted call has stored."""
    response = post(line, path, body)
    assert response.status_code == 200, response.content
    return Message.objects.get(msgid=response.json()["msgid"])


def test_an_accepted_message_is_answered_with_its_msgid(business_line: BusinessLine) -> None:
    response = post(business_line, "/v1/sent", TO_U1)

    message = Message.objects.get()
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"code": 0, "message": "success", "msgid": message.msgid}
    assert re.fullmatch(r"v:1t:\d+p:\d+n:\d+", message.msgid)


def test_an_accepted_message_is_stored_as_it_was_asked_for(
    business_line: BusinessLine, channel: Channel
) -> None:
    message = sent(business_line, {**TO_U1, "aud_tag": ["vip"], "option": {"sendno": "no 1"}})

    assert message.business_line == business_line
    assert message.operator is None
    assert list(message.channels.all()) == [channel]
    assert message.state == Message.State.EXPANDING
    assert (message.sendno, message.summary) == ("no 1", "Hi")
    assert message.content == APP["msg_app"][0]
    assert Audience.from_json(message.audience) == Audience(userids=("u1",), tags=("vip",))


@pytest.mark.parametrize(
    ("sendno", "returned"), [("test", "test"), ("", ""), (17, "17"), (0, "0"), ("x" * 255,) * 2]
)
def test_sendno_is_returned_as_text(
    business_line: BusinessLine, sendno: Any, returned: str
) -> None:
    response = post(business_line, "/v1/sent", {**TO_U1, "option": {"sendno": sendno}})

    assert response.json()["sendno"] == returned
    assert Message.objects.get().sendno == returned


@pytest.mark.parametrize("option", [None, {}, {"sendno": None}, {"owner": "admin"}])
def test_without_sendno_none_is_returned(business_line: BusinessLine, option: Any) -> None:
    response = post(business_line, "/v1/sent", {**TO_U1, "option": option})

    assert "sendno" not in response.json()


@pytest.mark.parametrize(
    ("audience", "stored"),
    [
        ({"aud_userid": ["u1", "u-2", "王五"]}, {"userids": ["u1", "u-2", "王五"]}),
        ({"aud_userid": [1, 2]}, {"userids": ["1", "2"]}),
        ({"aud_userid": ["x" * 64]}, {"userids": ["x" * 64]}),
        ({"aud_userid": [f"u{n}" for n in range(1000)]}, None),
        ({"aud_tag": [f"t{n}" for n in range(20)]}, None),
        ({"aud_app": [{"data": [f"r{n}" for n in range(1000)]}]}, None),
        (
            {"aud_app": [{"instance": "app", "data": ["r1"]}, {"data": ["r2"]}]},
            {"registration_ids": ["r1", "r2"]},
        ),
        ({"aud_app": [{"instance": 5, "data": ["r1"]}]}, {"registration_ids": ["r1"]}),
        ({"aud_userid": ["u1"], "aud_segment": [], "aud_app": None}, {"userids": ["u1"]}),
        ({"aud_userid": ["u1"], "aud_sms": None}, {"userids": ["u1"]}),
    ],
)
def test_an_audience_is_accepted(
    business_line: BusinessLine, audience: dict[str, Any], stored: dict[str, Any] | None
) -> None:
    message = sent(business_line, {**APP, **audience})

    if stored is None:
        asked = next(iter(audience.values()))
        asked = asked[0]["data"] if isinstance(asked[0], dict) else asked
        assert asked in message.audience.values()
    else:
        wanted: dict[str, Any] = {name: tuple(values) for name, values in stored.items()}
        assert Audience.from_json(message.audience) == Audience(**wanted)


@pytest.mark.parametrize(
    "extra",
    [
        {"rule_id": 0},
        {"rule_id": None},
        {"option": {"priority": 1}},
        {"option": {"priority": 2}},
        {"option": {"priority": 3}},
        {"option": {"black_id": 0, "white_id": None}},
        {"callback": {"url": "https://www.jiguang.cn/ums-portal", "params": {"age": 26}}},
        {"msg_sms": None},
        {"something": {"unknown": True}},
    ],
)
def test_what_changes_nothing_is_accepted(
    business_line: BusinessLine, extra: dict[str, Any]
) -> None:
    assert sent(business_line, {**TO_U1, **extra}).content == APP["msg_app"][0]


@pytest.mark.parametrize("platform", ["all", "android", ["android"], ["ios", "hmos", "quickapp"]])
def test_each_form_of_the_platform_is_accepted(
    business_line: BusinessLine, platform: str | list[str]
) -> None:
    element = {"platform": platform, "notification": {"alert": "Hi"}}

    message = sent(business_line, {"aud_userid": ["u1"], "msg_app": [element]})

    expected = platform if platform == "all" or isinstance(platform, list) else [platform]
    assert message.content["platform"] == expected


def test_what_ums_fills_itself_is_dropped_and_quick_becomes_quickapp(
    business_line: BusinessLine,
) -> None:
    element = {
        "platform": "all",
        "audience": "all",
        "callback": {"url": "https://evil.example"},
        "cid": "mine",
        "notification": {"quick": {"alert": "Q"}, "voip": {"k": "v"}},
        "options": {"sendno": 5},
    }

    message = sent(business_line, {"aud_userid": ["u1"], "msg_app": [element]})

    assert message.content == {
        "platform": "all",
        "notification": {"quickapp": {"alert": "Q"}},
        "options": {"sendno": 5},
    }


def test_a_broadcast_goes_to_everyone(business_line: BusinessLine) -> None:
    message = sent(business_line, {**APP, "option": {"sendno": "b"}}, "/v1/broadcast")

    assert message.audience["everyone"] is True
    assert message.sendno == "b"


def test_a_message_goes_through_all_enabled_channels_of_its_line(
    business_line: BusinessLine, channel: Channel
) -> None:
    other = Channel.objects.create(code="app2", name="App 2", app_key="b", master_secret="s")
    Channel.objects.create(code="app3", name="App 3", app_key="c", master_secret="s")
    off = Channel.objects.create(
        code="app4", name="App 4", app_key="d", master_secret="s", enabled=False
    )
    business_line.channels.add(other, off)

    assert set(sent(business_line, TO_U1).channels.all()) == {channel, other}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json;charset=UTF-8",
        "text/html;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "nonsense",
    ],
)
def test_a_body_is_json_whatever_its_content_type_says(
    business_line: BusinessLine, content_type: str
) -> None:
    response = post(business_line, "/v1/sent", TO_U1, content_type=content_type)

    assert response.status_code == 200


def test_chinese_text_arrives_whole(business_line: BusinessLine) -> None:
    element = {"platform": "all", "notification": {"alert": "您好 👋"}}

    message = sent(business_line, {"aud_tag": ["会员"], "msg_app": [element]})

    assert message.summary == message.content["notification"]["alert"] == "您好 👋"
    assert message.audience["tags"] == ["会员"]


def test_each_call_is_a_message_of_its_own(business_line: BusinessLine) -> None:
    assert sent(business_line, TO_U1) != sent(business_line, TO_U1)


@pytest.mark.parametrize("priority", [1, 2, 3])
def test_priority_goes_to_the_batches_of_the_message(
    business_line: BusinessLine, channel: Channel, priority: int
) -> None:
    body = {**APP, "aud_app": [{"data": ["r1"]}], "option": {"priority": priority}}
    message = sent(business_line, body)
    assert expand(message.pk)

    assert (message.priority, message.batches.get().priority) == (priority, priority)
