"""Placeholders are found and filled in."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging_app.template_text import (
    MAX_VALUE_LENGTH,
    check_braces,
    fill,
    variables,
)
from ums.lib.errors import DomainError

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates as well
BRACES = st.text(st.sampled_from("{}a名_1 ｛｝"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | BRACES,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=8,
)


def escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def nested(levels: int) -> Any:
    part: Any = "{a}"
    for _level in range(levels):
        part = [part]
    return part


def test_every_value_stands_in_its_place() -> None:
    para = {"user": "小明", "url": "https://a.example/?b={c}", "金额": 12}

    assert fill("{user}, {金额} 元: {url} {user}", para) == (
        "小明, 12 元: https://a.example/?b={c} 小明"
    )


def test_a_value_is_not_expanded_again() -> None:
    assert fill("{a}{b}", {"a": "{b}", "b": "{{a}}"}) == "{b}{{a}}"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{a}}", "{a}"),
        ("{{{a}}}", "{1}"),
        ("{{{{a}}}}", "{{a}}"),
        ("{a}{a}", "11"),
        ("{{}}", "{}"),
        ("}}{{", "}{"),
        ("", ""),
    ],
)
def test_a_brace_written_twice_is_a_brace(text: str, filled: str) -> None:
    assert fill(text, {"a": "1"}) == filled


def test_values_of_objects_and_lists_are_filled_and_their_keys_are_not() -> None:
    part = {"{a}": "{a}", "deep": [{"x": "{b}"}, 1, None, True]}

    assert fill(part, {"a": "1", "b": 2}) == {
        "{a}": "1",
        "deep": [{"x": "2"}, 1, None, True],
    }


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (-5, "-5"),
        (10**30, "1" + "0" * 30),
        (9.9, "9.9"),
        (1.0, "1.0"),
        (1e21, "1" + "0" * 21),
        (1e-7, "0.0000001"),
    ],
)
def test_a_number_is_written_plainly(number: float, shown: str) -> None:
    assert fill("{n}", {"n": number}) == shown


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "true or false"),
        (None, "null"),
        ({"a": 1}, "an object"),
        (["a"], "a list"),
        (float("nan"), "float"),
        (float("inf"), "float"),
    ],
)
def test_other_values_are_refused_by_the_name_of_their_variable(value: Any, kind: str) -> None:
    with pytest.raises(DomainError) as caught:
        fill("{good} {bad}", {"good": 1, "bad": value})

    assert caught.value.message == f"template_para.bad must be a text or a number, not {kind}."


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_character_that_cannot_be_stored_is_refused(value: str) -> None:
    with pytest.raises(DomainError, match=r"template_para\.a holds a character"):
        fill("{a}", {"a": value})


def test_line_breaks_are_kept() -> None:
    assert fill("a {b}", {"b": "1\r\n2\t"}) == "a 1\r\n2\t"


@pytest.mark.parametrize(
    "value",
    ["x" * (MAX_VALUE_LENGTH + 1), 10**MAX_VALUE_LENGTH, -(10**9999)],
    ids=["text", "number", "number that Python does not write"],
)
def test_a_value_that_no_phone_takes_is_refused(value: Any) -> None:
    with pytest.raises(DomainError, match=r"template_para\.a is longer than 4000 characters"):
        fill("{a}", {"a": value})


def test_the_longest_values_are_taken() -> None:
    assert len(fill("{a}", {"a": "x" * MAX_VALUE_LENGTH})) == MAX_VALUE_LENGTH
    assert len(fill("{a}", {"a": 10**MAX_VALUE_LENGTH - 1})) == MAX_VALUE_LENGTH


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(DomainError) as caught:
        fill({"title": "{b} {a}", "text": "{here} {c} {b}"}, {"here": None})

    assert caught.value.message == (
        "template_para has no value for: b, a, c. The template needs each of them."
    )


def test_surplus_values_are_ignored_whatever_they_are() -> None:
    assert fill("plain", {"a": None, "b": "\0", "": {}}) == "plain"


def test_variables_come_once_each_in_the_order_of_the_text() -> None:
    assert variables({"title": "{b}{{x}}", "extras": {"k": "{a} {b} {用户_1}"}}) == (
        "b",
        "a",
        "用户_1",
    )


@pytest.mark.parametrize("text", ["{", "}", "{a", "a}", "{}", "{ a }", "{a-b}", "{a}}", "{{a}"])
def test_a_lone_brace_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(DomainError) as caught:
        variables(f"Hello {text}")

    assert "has a single" in caught.value.message
    assert "write {{ and }} for braces that are shown" in caught.value.message


def test_the_error_shows_where_the_brace_stands() -> None:
    with pytest.raises(DomainError, match=r"“is open { here”"):
        variables("x" * 1000 + "   is open { here")


def test_full_width_braces_around_a_name_are_refused_where_a_person_types() -> None:
    with pytest.raises(DomainError, match=r"“｛user｝” has full-width braces: write {user} with"):
        check_braces({"text": "Hello ｛user｝"})

    check_braces("Hello ｛｝ {user}")
    assert variables("｛user｝") == ()  # a stored text still goes out as it is


def test_text_that_is_nested_too_deeply_is_refused() -> None:
    assert fill(nested(16), {"a": "1"}) != nested(16)
    for read in (variables, check_braces):
        with pytest.raises(DomainError, match="more than 16 levels deep"):
            read(nested(17))


@settings(deadline=None)  # the machine may be busy
@given(part=JSON, para=st.dictionaries(BRACES | ANY_TEXT, JSON))
def test_filling_raises_nothing_but_a_domain_error(part: Any, para: dict[str, Any]) -> None:
    with suppress(DomainError):
        fill(part, para)


@settings(deadline=None)  # the machine may be busy
@given(text=ANY_TEXT | BRACES)
def test_any_text_comes_back_when_its_braces_are_written_twice(text: str) -> None:
    assert variables(escaped(text)) == ()
    assert fill(escaped(text), {"a": "x"}) == text


@settings(deadline=None)  # the machine may be busy
@given(
    before=BRACES,
    after=BRACES,
    value=st.text(),
    n=st.integers(),
)
def test_any_value_stands_between_any_literals(before: str, after: str, value: str, n: int) -> None:
    text = f"{escaped(before)}{{name}}{escaped(after)}{{n}}"
    para = {"name": value.replace("\0", ""), "n": n}

    assert fill(text, para) == f"{before}{para['name']}{after}{n}"
