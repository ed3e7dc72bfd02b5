"""One element of `msg_app` (protocol/ums.md 5)."""

from typing import Any

import pytest

from messaging_app.content import normalise, summary, time_to_live
from ums.lib.errors import Code, DomainError

ALERT = {"alert": "Hi"}


def nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = {"body": value}
    return value


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("all", "all"),
        ("android", ["android"]),
        (["android"], ["android"]),
        (["ios", "hmos"], ["ios", "hmos"]),
        (["quickapp", "web", "windows"], ["quickapp", "web", "windows"]),
    ],
)
def test_a_platform_may_be_all_a_word_or_a_list(given: Any, stored: Any) -> None:
    assert normalise({"platform": given, "notification": ALERT})["platform"] == stored


@pytest.mark.parametrize("platform", [None, "", []])
def test_a_missing_platform_has_its_code(platform: Any) -> None:
    with pytest.raises(DomainError) as caught:
        normalise({"platform": platform, "notification": ALERT})

    assert caught.value.code == Code.PLATFORM_MISSING


@pytest.mark.parametrize(
    "platform", ["ANDROID", "symbian", ["android", "all"], [1], [["ios"]], {}, {"a": 1}, 0, 1, True]
)
def test_a_wrong_platform_has_its_code_and_is_named(platform: Any) -> None:
    with pytest.raises(DomainError) as caught:
        normalise({"platform": platform, "notification": ALERT})

    assert caught.value.code == Code.PLATFORM_WRONG
    assert repr(platform) in caught.value.message


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ({}, "needs a notification or a message"),
        ({"notification": {}}, "needs a notification or a message"),
        ({"message": {}}, "needs a notification or a message"),
        ({"notification": "Hi"}, "msg_app.notification must be an object, not 'Hi'"),
        ({"message": ["Hi"]}, "msg_app.message must be an object"),
        ({"notification": ALERT, "options": []}, "msg_app.options must be an object"),
        ({"notification": ALERT, "live_activity": 1}, "msg_app.live_activity must be an object"),
        ({"notification": {"voip": {"key": "value"}}}, "notification is empty"),
        ({"message": {"title": "Hi"}}, "needs msg_content"),
        ({"notification": ALERT, "message": {"msg_content": ""}}, "needs msg_content"),
        ({"notification": {"alert": "a\x00b"}}, "NUL"),
        ({"notification": {"alert": "Hi", "android": {"extras": {"\x00": 1}}}}, "NUL"),
        ({"notification": {"alert": nested(100)}}, "nested"),
        ({"notification": ALERT, "message": {"msg_content": [[[nested(40)]]]}}, "nested"),
    ],
)
def test_content_that_cannot_be_sent_is_refused(element: dict[str, Any], words: str) -> None:
    with pytest.raises(DomainError, match=words) as caught:
        normalise({"platform": "all", **element})

    assert caught.value.code == Code.INVALID_PARAMETER


def test_what_ums_fills_itself_is_left_out_and_all_else_is_passed_on() -> None:
    element = {
        "platform": "all",
        "audience": "all",
        "callback": {"url": "https://evil.example"},
        "cid": "mine",
        "notification": {"android": {"alert": "Hi", "style": 1}, "voip": {"key": "value"}},
        "sms_message": {"temp_id": 1},
        "notification_3rd": {"content": "x"},
        "options": {"sendno": 7, "third_party_channel": {"xiaomi": {"distribution": "jpush"}}},
        "something_new": [1, 2.5, None, True, 2**62],
    }

    content = normalise(element)

    assert content == {
        "platform": "all",
        "notification": {"android": {"alert": "Hi", "style": 1}},
        "sms_message": {"temp_id": 1},
        "notification_3rd": {"content": "x"},
        "options": {"sendno": 7, "third_party_channel": {"xiaomi": {"distribution": "jpush"}}},
        "something_new": [1, 2.5, None, True, 2**62],
    }
    assert "voip" in element["notification"]  # the caller's own value


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"quick": {"alert": "q"}}, {"quickapp": {"alert": "q"}}),
        ({"quick": {"alert": "q"}, "quickapp": {"alert": "a"}}, {"quickapp": {"alert": "a"}}),
    ],
)
def test_quick_is_read_as_quickapp(given: dict[str, Any], stored: dict[str, Any]) -> None:
    assert normalise({"platform": "all", "notification": given})["notification"] == stored


@pytest.mark.parametrize("carrier", ["message", "live_activity"])
def test_a_notification_is_not_needed_beside_something_else(carrier: str) -> None:
    content = normalise({"platform": "all", carrier: {"msg_content": "x"}})

    assert content[carrier] == {"msg_content": "x"}


@pytest.mark.parametrize(
    ("options", "seconds"),
    [({}, 86_400), ({"time_to_live": 0}, 0), ({"time_to_live": 864_000}, 864_000)],
)
def test_the_time_to_live_is_read(options: dict[str, int], seconds: int) -> None:
    assert time_to_live({"options": options}) == seconds


@pytest.mark.parametrize("seconds", [-1, 864_001, 1.5, "60", True, None, [60]])
def test_a_time_to_live_out_of_range_is_refused(seconds: Any) -> None:
    with pytest.raises(DomainError, match="time_to_live"):
        normalise({"platform": "all", "notification": ALERT, "options": {"time_to_live": seconds}})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"notification": {"alert": " Hi "}}, "Hi"),
        ({"notification": {"android": {"alert": "Hi", "title": "News"}}}, "News — Hi"),
        ({"notification": {"ios": {"alert": {"title": "News", "body": "Hi"}}}}, "Hi"),
        ({"notification": {"ios": {"alert": {"title": "News"}}}}, "News"),
        ({"notification": {"ios": {"alert": {}}, "hmos": {"alert": "Hm"}}}, "Hm"),
        ({"notification": {"ios": {"alert": 5}}}, ""),
        ({"message": {"msg_content": "{}", "title": "Data"}}, "Data — {}"),
        ({"notification": {"alert": "x" * 300}}, "x" * 200),
        ({"notification": {"alert": "标" * 300}}, "标" * 200),
        ({"live_activity": {"ios": {}}}, ""),
    ],
)
def test_the_summary_is_what_a_person_sees_first(content: dict[str, Any], words: str) -> None:
    assert summary(content) == words
