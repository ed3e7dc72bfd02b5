"""Finding every text that a message shows."""

from typing import Any

import pytest

from messaging_app.content import normalise
from messaging_app.wording import Wording, platforms, wordings

COMMON = ("android", "ios", "hmos")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"platform": "all", "notification": {"alert": " Hi "}},
            [Wording(COMMON, "", "Hi")],
        ),
        (
            {
                "platform": ["android", "ios"],
                "notification": {
                    "alert": "Hi",
                    "android": {"alert": "Hello", "title": "Shop", "big_text": "All of it"},
                    "hmos": {"alert": "not for this platform"},
                },
            },
            [Wording(("android",), "Shop", "Hello\nAll of it"), Wording(("ios",), "", "Hi")],
        ),
        (
            {
                "platform": "ios",
                "notification": {"ios": {"alert": {"title": "T", "subtitle": "S", "body": "B"}}},
            },
            [Wording(("ios",), "T", "S\nB")],
        ),
        (
            {"platform": "all", "notification": {"alert": "Hi", "quick": {"title": "Q"}}},
            [Wording(COMMON, "", "Hi"), Wording(("quickapp",), "Q", "Hi")],
        ),
        (
            {
                "platform": "all",
                "notification": {"android": {"alert": "A"}, "ios": {"alert": "A"}},
                "message": {"msg_content": "{}", "title": 7},
            },
            [
                Wording(("android", "ios"), "", "A"),
                Wording(("hmos",), "", ""),
                Wording((), "", "{}"),
            ],
        ),
        ({"platform": "ios", "live_activity": {"ios": {}}}, []),
    ],
)
def test_equal_texts_stand_once_with_their_platforms(
    content: dict[str, Any], said: list[Wording]
) -> None:
    assert wordings(normalise(content)) == said


def test_a_long_text_is_whole() -> None:
    text = "x" * 3000

    [said] = wordings(normalise({"platform": "all", "notification": {"alert": text}}))

    assert said.text == text


def test_all_means_the_common_platforms_and_those_with_their_own_object() -> None:
    assert platforms(normalise({"platform": "all", "message": {"msg_content": "x"}})) == COMMON
    assert platforms(normalise({"platform": "ios", "message": {"msg_content": "x"}})) == ("ios",)
