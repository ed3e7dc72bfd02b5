"""What real clients do beside the protocol (protocol/ums.md 3.0)."""

import json
from typing import Any

import pytest
from django.test import Client

from channels_app.models import BusinessLine
from messaging_app.models import Message
from tests.messaging_app.calls import TO_U1, get, header_of
from tests.messaging_app.forms import ATTACHMENT, CONTENT_TYPE, FILE, Part, body
from tests.ums.web import Web, basic
from users_app.models import EndUser

LABELS = (
    "application/json;charset=UTF-8",
    "text/html;charset=UTF-8",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
)


def call(line: BusinessLine, method: str, path: str, content: Any, label: str) -> Any:
    return Client().generic(
        method,
        path,
        json.dumps(content),
        content_type=label,
        headers={"Authorization": header_of(line)},
    )


@pytest.mark.parametrize("label", LABELS)
def test_json_is_sent_under_any_label(business_line: BusinessLine, label: str) -> None:
    response = call(business_line, "POST", "/v1/sent", TO_U1, label)

    assert (response.status_code, response.json()["code"]) == (200, 0)
    assert Message.objects.get().audience["userids"] == ["u1"]


@pytest.mark.parametrize("label", LABELS)
def test_users_are_added_under_any_label(business_line: BusinessLine, label: str) -> None:
    response = call(business_line, "POST", "/v1/user/opt", [{"userid": "u1"}], label)

    assert (response.status_code, response.json()["code"]) == (200, 0)
    assert EndUser.objects.get().userid == "u1"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/v1/sent", "/v1/broadcast", "/v1/user/opt", "/v1/material"])
def test_a_wrong_method_is_told_the_right_one_in_json(
    business_line: BusinessLine, method: str, path: str
) -> None:
    response = call(business_line, method, path, None, "application/json")

    assert response.status_code == 405
    assert response["Content-Type"] == "application/json"
    assert response["Allow"] == "POST, OPTIONS"
    assert (response.json()["code"], method in response.json()["message"]) == (4004, True)


@pytest.mark.parametrize("path", ["/v1/%25s/broadcast", "/v1/", "/v1/sent/"])
def test_an_address_that_is_none_is_told_so_in_json(business_line: BusinessLine, path: str) -> None:
    response = get(business_line, path)

    assert (response.status_code, response.json()["code"]) == (404, 4004)


def test_clients_ask_the_bare_host_for_its_http_version(client: Client, db: None) -> None:
    response = client.head("/")

    assert (response.status_code, response.content) == (302, b"")


def test_a_real_server_takes_what_real_clients_say(web: Web) -> None:
    """In one test, because the server takes seconds to start."""
    host, auth = f"Host: 127.0.0.1:{web.port}", f"Authorization: {basic(web.line)}"
    for lines in (["HEAD / HTTP/1.0"], ["HEAD / HTTP/1.1"], ["HEAD / HTTP/1.1", host]):
        assert web.say(*lines) == (302, b"")

    content = json.dumps([{"userid": "u1"}]).encode()
    html, plain = "Content-Type: text/html;charset=UTF-8", "Content-Type: application/json"
    for label in ([], ["Content-Type:"], [html], [html, plain], [plain, html]):
        lines = ["POST /v1/user/opt HTTP/1.1", host, auth, *label]
        status, answer = web.say(*lines, f"Content-Length: {len(content)}", body=content)
        assert (status, json.loads(answer)["data"]["success"]) == (200, ["u1"])

    lines = ["GET /v1/token?type=wechatoa HTTP/1.1", host, auth, "Content-Length: 4"]
    status, answer = web.say(*lines, body=b"null")
    assert (status, json.loads(answer)["code"]) == (400, 1015008)


def test_a_real_server_takes_files(web: Web) -> None:
    lines = [
        "POST /v1/material HTTP/1.1",
        f"Host: 127.0.0.1:{web.port}",
        f"Authorization: {basic(web.line)}",
        f"Content-Type: {CONTENT_TYPE}",
    ]
    large = Part("file", b"x" * 25_000_000, "x")
    for parts, closed, expected in (
        ((ATTACHMENT, FILE), True, (200, 0)),
        ((ATTACHMENT, FILE), False, (200, 0)),
        ((ATTACHMENT, large), True, (413, 4004)),
        ((ATTACHMENT, large), False, (413, 4004)),
    ):
        content = body(*parts, closed=closed)
        status, answer = web.say(*lines, f"Content-Length: {len(content)}", body=content)
        assert (status, json.loads(answer)["code"]) == expected
        pieces = [content[start : start + 1_000_000] for start in range(0, len(content), 1_000_000)]
        status, answer = web.post_in_chunks(
            "/v1/material",
            *pieces,
            **{"Content-Type": CONTENT_TYPE, "Authorization": basic(web.line)},
        )
        assert (status, json.loads(answer)["code"]) == expected
