"""API calls per minute of one key, over all web processes (protocol/ums.md 3.0, 8)."""

import threading
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from channels_app.models import AccessKey, BusinessLine, KeyUsage
from channels_app.services import KeyHolder
from channels_app.throttling import Allowance, take_call
from tests.messaging_app.calls import basic, get, header_of, post

MINUTE = 28_333_333
START = MINUTE * 60.0
ADD_U1 = [{"userid": "u1"}]
USER_OPT = "/v1/user/opt"
H = TypeVar("H", BusinessLine, AccessKey, KeyHolder)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("channels_app.throttling.time.time", clock.time)
    return clock


@pytest.fixture(params=["business_line", "access_key"])
def holder(request: pytest.FixtureRequest) -> KeyHolder:
    """Each kind of key holder in turn, with 2 calls per minute."""
    found: KeyHolder = request.getfixturevalue(request.param)
    return limited(found, 2)


def limited(holder: H, calls: int) -> H:
    holder.calls_per_minute = calls
    holder.save()
    return holder


def rate_of(response: Any) -> tuple[str, str, str]:
    """Limit, remaining and reset as the headers have them."""
    names = ("Limit", "Remaining", "Reset")
    limit, remaining, reset = (response[f"X-Rate-Limit-{name}"] for name in names)
    return limit, remaining, reset


def is_silent(response: Any) -> bool:
    return not any(name.lower().startswith("x-rate-limit") for name in response.headers)


def used() -> int:
    """Calls of the one key that has been counted."""
    return KeyUsage.objects.get().calls


def test_calls_over_the_limit_are_refused_until_the_minute_ends(
    holder: KeyHolder, clock: Clock
) -> None:
    clock.now += 18.5
    answers = [post(holder, USER_OPT, ADD_U1) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert [rate_of(answer) for answer in answers] == [
        ("2", "1", "42"),
        ("2", "0", "42"),
        ("2", "0", "42"),
        ("2", "0", "42"),
    ]
    refusal = answers[-1].json()
    assert refusal["code"] == 1015030
    assert "limit of this key: 2" in refusal["message"]
    assert "42 s" in refusal["message"]

    clock.now = START + 60
    assert rate_of(post(holder, USER_OPT, ADD_U1)) == ("2", "1", "60")


def test_refused_calls_do_nothing_and_are_not_counted(business_line: BusinessLine) -> None:
    limited(business_line, 1)
    for _ in range(3):
        response = post(business_line, USER_OPT, ADD_U1)

    assert used() == 1
    assert response.json()["data"] == ""  # as in every answer of the user API

    limited(business_line, 2)
    assert rate_of(post(business_line, USER_OPT, ADD_U1))[:2] == ("2", "0")


def test_a_limit_that_is_lowered_leaves_nothing(business_line: BusinessLine) -> None:
    limited(business_line, 5)
    for _ in range(3):
        post(business_line, USER_OPT, ADD_U1)

    limited(business_line, 2)

    response = post(business_line, USER_OPT, ADD_U1)
    assert (response.status_code, rate_of(response)[:2]) == (429, ("2", "0"))


def test_the_last_second_is_never_zero_seconds(business_line: BusinessLine, clock: Clock) -> None:
    clock.now += 59.9

    assert rate_of(post(limited(business_line, 2), USER_OPT, ADD_U1))[2] == "1"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/sent", b"{", 400),
        ("GET", "/v1/sent", b"", 405),
        ("POST", "/v1/user/delete", b"[]", 403),
        ("GET", "/v1/message/x", b"", 404),
        ("POST", USER_OPT, b"[" + b" " * 9_000_000, 413),
    ],
)
def test_errors_count_and_say_what_is_left(
    business_line: BusinessLine, method: str, path: str, body: bytes, status: int
) -> None:
    header = header_of(limited(business_line, 2))

    response: Any = Client().generic(
        method, path, body, "application/json", headers={"Authorization": header}
    )

    assert (response.status_code, rate_of(response)) == (status, ("2", "1", "60"))


def test_a_failure_of_ours_says_what_is_left(
    business_line: BusinessLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = header_of(limited(business_line, 2))
    monkeypatch.setattr("users_app.api.MAX_USERS", "not a number")

    response: Any = Client(raise_request_exception=False).post(
        USER_OPT, '[{"userid": "u1"}]', "application/json", headers={"Authorization": header}
    )

    assert (response.status_code, rate_of(response)) == (500, ("2", "1", "60"))


def test_a_wrong_secret_uses_up_nothing(holder: KeyHolder) -> None:
    key = holder.channel_key if isinstance(holder, BusinessLine) else holder.access_key
    for _ in range(3):
        response = post(basic(key, "guess"), USER_OPT, ADD_U1)
        assert response.status_code == 401
        assert is_silent(response)

    assert not KeyUsage.objects.exists()
    assert rate_of(post(holder, USER_OPT, ADD_U1))[1] == "1"


def test_a_closed_line_uses_up_nothing(business_line: BusinessLine) -> None:
    business_line.enabled = False

    response = post(limited(business_line, 2), USER_OPT, ADD_U1)

    assert (response.status_code, is_silent(response)) == (400, True)
    assert not KeyUsage.objects.exists()


def test_a_key_without_a_limit_costs_no_query_and_no_header(
    business_line: BusinessLine, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # the line, the message
        response = get(business_line, "/v1/message/x")

    assert is_silent(response)
    assert not KeyUsage.objects.exists()


def test_a_limit_costs_one_statement(business_line: BusinessLine) -> None:
    limited(business_line, 5)
    get(business_line, "/v1/message/x")

    with CaptureQueriesContext(connection) as queries:
        get(business_line, "/v1/message/x")

    assert sum("channels_app_keyusage" in query["sql"] for query in queries) == 1


def test_one_key_does_not_use_up_another(
    business_line: BusinessLine, access_key: AccessKey
) -> None:
    for each in (limited(business_line, 1), limited(access_key, 1)):
        assert post(each, USER_OPT, ADD_U1).status_code == 200


def test_answers_without_a_key_have_no_rate(client: Client, db: None) -> None:
    assert is_silent(client.get("/health"))
    assert is_silent(client.post(USER_OPT))


@pytest.mark.parametrize(("behind", "calls"), [(1, [1, 2, 3]), (60, [1, 1, 2])])
def test_a_clock_that_lags_a_little_shares_the_minute(
    db: None, clock: Clock, behind: int, calls: list[int]
) -> None:
    taken = [take_call(key="k", limit=9)]
    clock.now -= behind * 60 - 30

    taken += [take_call(key="k", limit=9) for _ in range(2)]

    assert [9 - each.remaining for each in taken] == calls


@pytest.mark.django_db(transaction=True)
def test_two_callers_race_for_the_last_call() -> None:
    for number in range(10):
        key = f"k{number}"
        assert take_call(key=key, limit=2).remaining == 1

        taken = at_once(2, key)

        assert sorted((each.granted, each.remaining) for each in taken) == [(False, 0), (True, 0)]
        assert KeyUsage.objects.get(key=key).calls == 2


@pytest.mark.django_db(transaction=True)
def test_the_first_calls_of_a_key_at_the_same_moment_are_all_counted() -> None:
    taken = at_once(4, "new")

    assert sorted(each.remaining for each in taken) == [5, 6, 7, 8]


def at_once(callers: int, key: str) -> list[Allowance]:
    """What each of these callers gets, in threads with a connection of their own."""
    together = threading.Barrier(callers)
    limit = 2 if callers == 2 else 9
    taken: list[Allowance] = []

    def take() -> None:
        try:
            together.wait(30)
            taken.append(take_call(key=key, limit=limit))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken
