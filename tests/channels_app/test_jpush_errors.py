"""Which of JPush's failures may be repeated (protocol/jpush.md 8)."""

import pytest

from channels_app.jpush.errors import JPushError


@pytest.mark.parametrize("code", [1000, 1030, 2002, 7000, 7030, 23008, 21030, 27000])
def test_these_codes_may_be_retried(code: int) -> None:
    assert JPushError("x", code=code, http_status=400).retryable


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_these_statuses_may_be_retried(status: int) -> None:
    assert JPushError("x", http_status=status).retryable


@pytest.mark.parametrize(
    "code",
    [1001, 1002, 1003, 1004, 1005, 1008, 1009, 1011, 1020, 2003, 2004, 2006, 20101, 21009, 21011],
)
def test_these_codes_are_final(code: int) -> None:
    assert not JPushError("x", code=code, http_status=400).retryable


def test_no_answer_may_be_retried() -> None:
    assert JPushError("x", ambiguous=True).retryable
    assert JPushError("x", unreachable=True).retryable
    assert not JPushError("x").retryable


@pytest.mark.parametrize(
    ("error", "limited"),
    [
        (JPushError("x", code=2002, http_status=429), True),
        (JPushError("x", code=23008, http_status=400), True),
        (JPushError("x", http_status=429), True),
        (JPushError("x", code=2008, http_status=403), False),
    ],
)
def test_a_used_up_rate_is_recognised(error: JPushError, limited: bool) -> None:
    assert error.rate_limited is limited


@pytest.mark.parametrize(("code", "no_target"), [(1011, True), (21011, True), (1003, False)])
def test_a_call_without_one_usable_id_is_recognised(code: int, no_target: bool) -> None:
    assert JPushError("x", code=code).no_target is no_target


@pytest.mark.parametrize("code", [1003, 20101])
def test_the_id_that_the_text_names_is_found(code: int) -> None:
    error = JPushError("The registration_id 140fe1da9e22a23f92f is invalid!", code=code)

    assert error.bad_ids == ("140fe1da9e22a23f92f",)


def test_an_id_is_read_only_from_an_error_about_ids() -> None:
    error = JPushError("The registration_id 140fe1da9e22a23f92f is invalid!", code=1009)

    assert error.bad_ids == ()


def test_a_list_of_ids_wins_over_the_text() -> None:
    error = JPushError("The registration_id a is invalid!", code=1003, illegal_ids=("b", "c"))

    assert error.bad_ids == ("b", "c")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (JPushError("gone", code=0, http_status=400), "0: gone"),
        (JPushError("gone", http_status=404), "404: gone"),
        (JPushError("gone"), "gone"),
    ],
)
def test_the_text_begins_with_the_most_telling_number(error: JPushError, text: str) -> None:
    assert str(error) == text
