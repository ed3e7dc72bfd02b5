"""Several elements of `msg_app` become one push, since a device gets a message once."""

from typing import Any

import pytest

from messaging_app.elements import combine
from ums.lib.errors import Code, DomainError

ANDROID: dict[str, Any] = {
    "platform": "android",
    "notification": {"android": {"alert": "Hi", "priority": 1}},
}
IOS: dict[str, Any] = {"platform": ["ios"], "notification": {"ios": {"alert": "Hello"}}}


def test_one_element_is_the_push_itself() -> None:
    assert combine([ANDROID]) == {**ANDROID, "platform": ["android"]}


def test_elements_for_different_platforms_become_one_push() -> None:
    assert combine([ANDROID, IOS]) == {
        "platform": ["android", "ios"],
        "notification": {
            "android": {"alert": "Hi", "priority": 1},
            "ios": {"alert": "Hello"},
        },
    }


def test_the_alert_of_an_element_is_for_its_own_platforms_only() -> None:
    short = {"platform": ["hmos", "android"], "notification": {"alert": "Short"}}
    long = {
        "platform": ["ios"],
        "notification": {"alert": "Long", "ios": {"badge": "1"}, "android": {"alert": "stray"}},
    }

    assert combine([short, long])["notification"] == {
        "hmos": {"alert": "Short"},
        "android": {"alert": "Short"},
        "ios": {"alert": "Long", "badge": "1"},
    }


def test_options_of_one_platform_come_from_its_element() -> None:
    shared = {"time_to_live": 60}
    android = {**ANDROID, "options": {**shared, "third_party_channel": {"xiaomi": {}}}}
    ios = {**IOS, "options": {**shared, "apns_production": False}}

    assert combine([android, ios])["options"] == {
        "time_to_live": 60,
        "third_party_channel": {"xiaomi": {}},
        "apns_production": False,
    }


def test_a_message_that_all_elements_share_is_kept() -> None:
    message = {"message": {"msg_content": "x"}}

    assert combine([{**ANDROID, **message}, {**IOS, **message}])["message"] == message["message"]


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ([ANDROID, ANDROID], "Two elements of msg_app are for android"),
        ([ANDROID, {**IOS, "platform": ["ios", "android"]}], "are for android"),
        ([{**IOS, "platform": "all"}, ANDROID], "one is for “all” platforms"),
        ([ANDROID, {**IOS, "options": {"time_to_live": 60}}], "differ in “options”"),
        ([ANDROID, {**IOS, "message": {"msg_content": "x"}}], "differ in “message”"),
    ],
)
def test_elements_that_cannot_be_one_push_are_refused(elements: list[Any], words: str) -> None:
    with pytest.raises(DomainError, match=words) as caught:
        combine(elements)

    assert caught.value.code == Code.INVALID_PARAMETER


def test_each_element_is_checked_by_itself() -> None:
    with pytest.raises(DomainError) as caught:
        combine([ANDROID, {**IOS, "platform": "symbian"}])

    assert caught.value.code == Code.PLATFORM_WRONG
