"""The sandbox's addresses, and the credentials that they ask for."""

import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from channels_app.jpush.sandbox import Options, Sandbox
from tests.channels_app.sandbox.calling import KEY, SECRET, Client, Reply, push_body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v3/push", 405),
        ("PUT", "/v3/push/cid", 405),
        ("DELETE", "/sandbox/stats", 405),
        ("GET", "/v3/nothing", 404),
        ("GET", "/private/sandbox/stats", 404),
        ("GET", "/sandbox/pushes/1", 404),
        ("HEAD", "/v3/push", 501),
    ],
)
def test_other_addresses_and_methods_are_refused(
    shared: Client, method: str, path: str, status: int
) -> None:
    refused = (
        shared.call(method, path)
        if method != "HEAD"
        else Reply(_status_of_head(shared, path), {}, None)
    )

    assert refused.status == status
    if status == 405:
        assert refused.data["error"]["code"] == 1001


def test_a_private_cloud_may_have_a_prefix(shared: Client) -> None:
    assert shared.call("POST", "/jpush/api/v3/push", push_body("rid-1")).status == 200


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic ???", "Basic /w==", "Bearer a2V5OnNlY3JldA==", "Basic OnNlY3JldA=="],
)
def test_unreadable_credentials_are_refused(shared: Client, authorization: str) -> None:
    refused = shared.call("POST", "/v3/push", push_body("rid-1"), {"Authorization": authorization})

    assert (refused.status, refused.data["error"]["code"]) == (401, 1004)
    assert "X-Rate-Limit-Limit" not in refused.headers


def test_with_named_apps_only_their_pairs_pass() -> None:
    with Sandbox(Options(apps={KEY: SECRET})) as sandbox:
        assert Client(sandbox.url).push("rid-1").status == 200
        assert Client(sandbox.url, secret="wrong").push("rid-1").status == 401
        assert Client(sandbox.url, key="other").push("rid-1").status == 401
        assert sandbox.stats()["errors"] == {"1004": 2}
        assert SECRET not in json.dumps(sandbox.stats())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "many"}, 411),
        ({"Content-Length": str(5 * 1024 * 1024)}, 413),
        ({"Content-Length": "9" * 5000}, 413),
    ],
)
def test_a_body_without_a_sound_length_is_refused(
    shared: Client, headers: dict[str, str], status: int
) -> None:
    assert shared.call("POST", "/v3/push", None, headers).status == status


def _status_of_head(client: Client, path: str) -> int:
    parts = urlsplit(client.url)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=10)) as connection:
        connection.request("HEAD", path)
        return connection.getresponse().status
