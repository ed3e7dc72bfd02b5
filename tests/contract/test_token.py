"""GET /v1/token?type=: no line has a channel that has a token (protocol/ums.md 3.7, 8)."""

from typing import Any

import pytest
from django.test import Client

from channels_app.models import BusinessLine
from tests.contract.calls import refusal
from tests.messaging_app.calls import get, header_of


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        pytest.param("wechatoa", 1015008, id="wechatoa → 1015008"),
        pytest.param("wechatmp", 1015009, id="wechatmp → 1015009"),
        pytest.param("dingtalkcc", 1015012, id="dingtalkcc → 1015012"),
        pytest.param("wechatwk", 4004, id="wechatwk → 4004, its own code is not known"),
    ],
)
def test_a_kind_that_the_line_has_not(business_line: BusinessLine, kind: str, code: int) -> None:
    response = get(business_line, f"/v1/token?type={kind}")

    answer = refusal(response, code=code, words=f"There is no token for “{kind}”")
    assert set(answer) == {"code", "message"}  # neither token nor expires_in


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="type is required"),
        pytest.param("?type=", id="an empty type"),
        pytest.param("?Type=wechatoa", id="another name"),
        pytest.param("?type=app", id="App has no token"),
        pytest.param("?type=WechatOA", id="case counts"),
        pytest.param("?type=dingtalk_cc", id="the spelling of aud_ and msg_"),
        pytest.param("?type=alipaylife", id="a kind without token"),
        pytest.param("?type=%00", id="NUL"),
        pytest.param("?type=%ff", id="not UTF-8"),
        pytest.param("?type=" + "x" * 2000, id="a long one"),
    ],
)
def test_another_type_is_refused_with_those_that_exist(
    business_line: BusinessLine, query: str
) -> None:
    response = get(business_line, f"/v1/token{query}")

    refusal(response, code=4004, words="wechatoa, wechatmp, dingtalkcc, wechatwk")


@pytest.mark.parametrize("content", [b"null", b"{", b"\xff"], ids=["null", "no JSON", "no text"])
def test_a_body_is_not_even_read(business_line: BusinessLine, content: bytes) -> None:
    """Old Go clients send the literal `null` with this GET (3.0)."""
    response: Any = Client().generic(
        "GET",
        "/v1/token?type=wechatoa",
        content,
        "application/json;charset=UTF-8",
        headers={"Authorization": header_of(business_line)},
    )

    refusal(response, code=1015008)
