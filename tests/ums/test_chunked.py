"""Bodies without Content-Length reach the views through a real web server."""

import json

from tests.ums.web import Web

URL = "/v1/user/opt"


def test_a_body_in_chunks_is_read_whole(web: Web) -> None:
    status, body = web.post_in_chunks(URL, b'[{"userid":', b'"u1"', b"}]")

    assert (status, json.loads(body)["data"]["success"]) == (200, ["u1"])


def test_a_body_in_chunks_is_held_to_the_same_limit(web: Web) -> None:
    status, body = web.post_in_chunks(URL, b"[", *[b" " * 1024 * 1024] * 9, b"]")

    assert status == 413
    assert "8388608" in json.loads(body)["message"]
