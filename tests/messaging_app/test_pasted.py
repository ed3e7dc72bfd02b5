"""What people paste: userids, tags, words, links and extras."""

from typing import Any

import pytest

from messaging_app import pasted
from ums.lib.errors import DomainError


def test_userids_may_be_separated_in_any_usual_way() -> None:
    text = "\ufeffu1\r\nu2, u3;u4\tu5，u6；u7、u8\u3000u9\n\n u1 ,u2\u200b"

    assert pasted.userids(text) == tuple(f"u{n}" for n in range(1, 10))


def test_nothing_but_separators_is_nobody() -> None:
    assert pasted.userids(" ,;\n") == ()
    assert pasted.tags(" ,;\n") == ()


def test_a_tag_may_hold_a_blank() -> None:
    assert pasted.tags("new customer\n 会员，VIP ;VIP") == ("new customer", "会员", "VIP")


@pytest.mark.parametrize(
    ("text", "extras"),
    [
        ("", {}),
        (" \n", {}),
        ("order = 12\n\nlink=https://a.example/?b=c\nempty=", None),
        ("订单＝１２", {"订单": "１２"}),
        (' {"order": 12, "list": [1, {"a": null}]}', {"order": 12, "list": [1, {"a": None}]}),
    ],
)
def test_extras_are_lines_or_json(text: str, extras: dict[str, Any] | None) -> None:
    lines = {"order": "12", "link": "https://a.example/?b=c", "empty": ""}

    assert pasted.extras(text) == (lines if extras is None else extras)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a=1\n\nnonsense", "Line 3, “nonsense”"),
        ("=1", "Line 1, “=1”"),
        ("a=1\nb=2\na=3", "Line 3 gives the key “a” a second time"),
        ('{"a": 1,\n"b": }', "Line 2 is not JSON"),
        ('{"a": NaN}', "cannot be sent"),
        ('{"a": 1e999}', "cannot be sent"),
        ('{"a": "\\ud800"}', "cannot be sent"),
        ('{"a": "\\u0000"}', "cannot be sent"),
        ('{"a":' * 20_000, "cannot be sent"),
    ],
)
def test_an_error_in_the_extras_names_its_place(text: str, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        pasted.extras(text)


def test_words_stand_one_per_line() -> None:
    text = "\ufeffone\r\n\r\n two words, \nＴhree\u200b\none"

    assert pasted.words(text) == ("one", "two words,", "Ｔhree")
    assert pasted.words(" \n\u200b ") == ()


@pytest.mark.parametrize("text", ["", "shop://order/1", "action.view", "intent:#Intent;end"])
def test_a_link_is_taken_as_it_is(text: str) -> None:
    assert pasted.intent(text) == text


def test_what_is_no_link_is_refused() -> None:
    with pytest.raises(DomainError, match="“order” is no address: write a deep link"):
        pasted.intent("order")
