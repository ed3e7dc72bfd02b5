"""GET /v1/token: no line has a channel that has a token (protocol/ums.md 3.7)."""

from typing import Any

import pytest
from django.test import Client

from channels_app.models import AccessKey, BusinessLine
from tests.messaging_app.calls import get, header_of, post


@pytest.mark.parametrize(
    ("kind", "code"),
    [("wechatoa", 1015008), ("wechatmp", 1015009), ("dingtalkcc", 1015012), ("wechatwk", 4004)],
)
def test_a_kind_that_the_line_has_not_is_told_with_its_code(
    business_line: BusinessLine, kind: str, code: int
) -> None:
    response = get(business_line, f"/v1/token?type={kind}")

    assert response.status_code == 400
    assert response.json() == {
        "code": code,
        "message": f"There is no token for “{kind}”: this business line has App channels only.",
    }


@pytest.mark.parametrize("query", ["", "?type=", "?type=app", "?type=WechatOA", "?type=%00"])
def test_another_kind_is_refused_with_those_that_exist(
    business_line: BusinessLine, query: str
) -> None:
    response = get(business_line, f"/v1/token{query}")

    assert (response.status_code, response.json()["code"]) == (400, 4004)
    assert "wechatoa, wechatmp, dingtalkcc, wechatwk" in response.json()["message"]


@pytest.mark.parametrize("content", [b"null", b"{", b"\xff"])
def test_a_body_is_not_even_read(business_line: BusinessLine, content: bytes) -> None:
    """Old Go clients send the literal `null` with this GET (protocol/ums.md 3.0)."""
    response: Any = Client().generic(
        "GET",
        "/v1/token?type=wechatoa",
        content,
        "application/json;charset=UTF-8",
        headers={"Authorization": header_of(business_line)},
    )

    assert (response.status_code, response.json()["code"]) == (400, 1015008)


def test_an_access_key_gets_no_token(access_key: AccessKey) -> None:
    response = get(access_key, "/v1/token?type=wechatoa")

    assert (response.status_code, response.json()["code"]) == (403, 4005)


def test_another_method_is_405_and_names_the_right_one(business_line: BusinessLine) -> None:
    response = post(business_line, "/v1/token?type=wechatoa", b"null")

    assert (response.status_code, response.json()["code"]) == (405, 4004)
    assert "GET" in response["Allow"]
