"""Bodies without Content-Length reach the views through a real web server."""

import base64
import http.client
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ums.lib.encryption import new_key
from ums.local.stack import Stack, free_port


@dataclass(frozen=True)
class Web:
    port: int
    key: str

    def post_in_chunks(self, *chunks: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        pair = base64.b64encode(self.key.encode()).decode()
        try:
            connection.request(
                "POST",
                "/v1/user/opt",
                body=iter(chunks),
                headers={"Authorization": f"Basic {pair}"},
                encode_chunked=True,
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    port = free_port()
    environment = {
        "SECRET_KEY": secrets.token_hex(),
        "UMS_ENCRYPTION_KEYS": new_key(),
        "UMS_DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/web.sqlite3",
        "UMS_LANGUAGE": "en",
    }
    with Stack(environment, log=tmp_path / "log.txt") as stack:
        stack.manage("migrate", "--no-input", "--verbosity", "0")
        key = json.loads(stack.manage("create_access_key", "--name", "Test"))
        stack.start_web("127.0.0.1", port)
        stack.wait_for("web", f"http://127.0.0.1:{port}/health")
        yield Web(port, f"{key['access_key']}:{key['master_secret']}")


def test_a_body_in_chunks_is_read_whole(web: Web) -> None:
    status, body = web.post_in_chunks(b'[{"userid":', b'"u1"', b"}]")

    assert (status, json.loads(body)["data"]["success"]) == (200, ["u1"])


def test_a_body_in_chunks_is_held_to_the_same_limit(web: Web) -> None:
    status, body = web.post_in_chunks(b"[", *[b" " * 1024 * 1024] * 9, b"]")

    assert status == 413
    assert "8388608" in json.loads(body)["message"]
