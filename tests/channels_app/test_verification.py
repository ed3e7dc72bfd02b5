"""What Verify tells an operator about JPush's answer."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pytest_django.fixtures import Settings
from responses import RequestsMock
from urllib3.exceptions import MaxRetryError, NewConnectionError

from channels_app.models import Channel
from channels_app.verification import verify_channel

CID_URL = "https://api.jpush.cn/v3/push/cid"


def test_an_accepted_channel_is_remembered_as_verified(
    channel: Channel, jpush: RequestsMock
) -> None:
    jpush.get(CID_URL, json={"cidlist": ["a"]})

    verification = verify_channel(channel)

    assert verification.ok
    assert verification.message == (
        "JPush has accepted the AppKey and the Master Secret of “App 1”."
    )
    assert Channel.objects.get().verified_at is not None
    assert jpush.calls[0].request.url == f"{CID_URL}?type=push&count=1"


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, {"error": {"code": 1004}}, "does not accept this AppKey with this Master Secret"),
        (401, "<html>", "Service Center, Developer Platform"),
        (400, {"error": {"code": 1008}}, "does not accept this AppKey"),
        (401, {"error": {"code": 21004}}, "does not accept this AppKey"),
        (403, {"error": {"code": 2003}}, "on its blacklist"),
        (403, {"error": {"code": 2004}}, "refuses the IP address of this server"),
        (400, {"error": {"code": 23009}}, "refuses the IP address of this server"),
        (404, {"error": {"code": 1020}}, "answers to https:// only"),
        (429, {"error": {"code": 2002}}, "Try again in a minute"),
        (400, {"error": {"code": 23008}}, "Try again in a minute"),
        (500, {"error": {"code": 1000, "message": "oops"}}, "(1000: oops)"),
        (503, "<html>", "failure of its own (503: HTTP 503)"),
        (
            403,
            {"error": {"code": 2007, "message": "no right"}},
            "Your contract with Jiguang does not",
        ),
        (400, {"error": {"code": 1099, "message": "new"}}, "refused the call: 1099: new"),
        (404, "<html>", "older one without the call that is used here (/v3/push/cid)"),
        (404, "<html>", "request URL or its path prefix is wrong"),
        (302, "", "answers HTTP 302, but not as JPush does"),
        (403, "<html>", "answers HTTP 403, but not as JPush does"),
        (200, "<html>welcome", "answers HTTP 200, but not as JPush does"),
        (200, {"cidlist": []}, "answers HTTP 200, but not as JPush does"),
    ],
)
def test_each_refusal_is_explained(
    channel: Channel, jpush: RequestsMock, status: int, answer: Any, told: str
) -> None:
    body = answer if isinstance(answer, str) else json.dumps(answer)
    jpush.get(CID_URL, status=status, body=body)

    verification = verify_channel(channel)

    assert not verification.ok
    assert told in verification.message
    assert verification.message.endswith(".")
    assert channel.master_secret not in verification.message
    assert Channel.objects.get().verified_at is None


def test_a_broken_connection_says_where_to_look(channel: Channel, jpush: RequestsMock) -> None:
    jpush.get(CID_URL, body=requests.ReadTimeout("slow"))

    verification = verify_channel(channel)

    assert verification.message == (
        "“https://api.jpush.cn” gave no answer (ReadTimeout). Check the request URL, the DNS and"
        " the firewalls between this server and JPush."
    )


def test_a_refused_connection_says_where_to_look(channel: Channel, jpush: RequestsMock) -> None:
    cause = NewConnectionError(None, "refused")  # type: ignore[arg-type]  # no connection needed
    failure = requests.ConnectionError(MaxRetryError(None, "/", cause))  # type: ignore[arg-type]  # nor a pool
    jpush.get(CID_URL, body=failure)

    assert "refuses the connection" in verify_channel(channel).message


@pytest.fixture
def local_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("refused_by", ["UMS_ALLOWED_PORTS", "UMS_OUTBOUND_ALLOW"])
def test_a_forbidden_address_names_the_setting(
    channel: Channel, settings: Settings, local_port: int, refused_by: str
) -> None:
    settings.UMS_ALLOWED_PORTS = [local_port]
    settings.UMS_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    setattr(settings, refused_by, [])
    Channel.objects.update(cloud="private", api_url=f"http://127.0.0.1:{local_port}")

    verification = verify_channel(Channel.objects.get())

    assert not verification.ok
    assert refused_by in verification.message


def test_a_channel_that_was_changed_meanwhile_is_not_called_verified(
    channel: Channel, jpush: RequestsMock
) -> None:
    jpush.get(CID_URL, json={"cidlist": ["a"]})
    Channel.objects.get().save()

    assert verify_channel(channel).ok

    assert Channel.objects.get().verified_at is None
