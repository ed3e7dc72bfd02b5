"""What real clients say to a real server (protocol/ums.md 3.0); the rest is in tests/contract."""

import json

from tests.messaging_app.forms import ATTACHMENT, CONTENT_TYPE, FILE, Part, body
from tests.ums.web import Web, basic


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
