"""The address that JPush calls (protocol/jpush.md 9.10)."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from channels_app.callbacks import callback_url
from channels_app.models import Channel
from messaging_app.models import Callback
from tests.messaging_app.calls import basic
from tests.messaging_app.receipts import DELIVERED, item

RECEIPTS = json.dumps([item("r1", DELIVERED)]).encode()


def call(
    path: str,
    body: bytes | None = RECEIPTS,
    *,
    header: str | None = None,
    method: str = "POST",
    content_type: str = "application/json",
) -> Any:
    headers = {"Authorization": header} if header is not None else {}
    client = Client(enforce_csrf_checks=True)
    return client.generic(method, path, body or b"", content_type=content_type, headers=headers)


def assert_plain(response: Any) -> None:
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_callback_is_on_disk_before_it_is_answered(channel: Channel) -> None:
    response = call(channel.callback_path)

    assert (response.status_code, response.content) == (200, b"success")
    assert_plain(response)
    callback = Callback.objects.get()
    assert callback.channel == channel
    assert bytes(callback.body) == RECEIPTS
    assert (callback.applied_at, callback.receipts, callback.problem) == (None, 0, "")


def test_the_address_that_a_push_gives_is_the_one_that_answers(
    channel: Channel, settings: Settings
) -> None:
    settings.UMS_BASE_URL = "http://testserver"

    assert call(callback_url(channel)).status_code == 200


@pytest.mark.parametrize(
    "body", [b"hello", b"\xff\xfe\x00", b"<script>alert(1)</script>", b"[" * 100_000, b'["\xff"]']
)
def test_whatever_comes_is_kept(channel: Channel, body: bytes) -> None:
    response = call(channel.callback_path, body)

    assert (response.status_code, response.content) == (200, b"success")
    assert bytes(Callback.objects.get().body) == body


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_the_content_type_does_not_matter(channel: Channel, content_type: str) -> None:
    assert call(channel.callback_path, content_type=content_type).status_code == 200
    assert bytes(Callback.objects.get().body) == RECEIPTS


def test_without_the_token_there_is_nothing(channel: Channel) -> None:
    other = Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    good = f"/callback/jpush/{channel.code}/"

    for path in (
        *(good + "wrong", good + other.callback_token, good + channel.callback_token + "x"),
        *(good + channel.callback_token[:-1], good + "%E6%88%91", good + "%00"),
        f"/callback/jpush/unknown/{channel.callback_token}",
        f"/callback/jpush/%00/{channel.callback_token}",
        f"/callback/jpush/{channel.code.upper()}/{channel.callback_token}",
    ):
        for method in ("POST", "GET"):
            response = call(path, method=method)
            assert response.status_code == 404, path
            assert_plain(response)
            assert channel.callback_token not in response.content.decode()
    assert not Callback.objects.exists()


def test_right_credentials_pass(channel: Channel) -> None:
    header = basic(channel.app_key, channel.master_secret)

    assert call(channel.callback_path, header=header).status_code == 200
    assert call(channel.callback_path, header=header.replace("Basic", "basic")).status_code == 200


@pytest.mark.parametrize("require", [True, False])
@pytest.mark.parametrize(
    "header",
    [
        basic("a" * 24, "wrong"),
        basic("wrong", "s" * 24),
        "Basic",
        "Basic !!!",
        "Basic é",
        "Bearer " + "s" * 24,
        basic("a" * 24, "s" * 24).replace("Basic", "Digest"),
    ],
)
def test_wrong_credentials_are_refused_even_where_none_are_demanded(
    channel: Channel, header: str, require: bool
) -> None:
    Channel.objects.update(require_callback_auth=require)

    for method in ("POST", "GET"):
        response = call(channel.callback_path, header=header, method=method)
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Basic")
        assert_plain(response)
    assert not Callback.objects.exists()


def test_a_channel_may_demand_credentials(channel: Channel) -> None:
    Channel.objects.update(require_callback_auth=True)

    assert call(channel.callback_path).status_code == 401
    assert not Callback.objects.exists()
    header = basic(channel.app_key, channel.master_secret)
    assert call(channel.callback_path, header=header).status_code == 200


def test_receipts_of_a_disabled_channel_are_kept(channel: Channel) -> None:
    Channel.objects.update(enabled=False)

    assert call(channel.callback_path).status_code == 200
    assert Callback.objects.exists()


@pytest.mark.parametrize("word", ["12345678", "<script>alert(1)</script>", "您好", ""])
def test_a_handshake_by_get_is_echoed_as_plain_text(channel: Channel, word: str) -> None:
    response: Any = Client().get(channel.callback_path, {"echostr": word})

    assert (response.status_code, response.content.decode()) == (200, word)
    assert_plain(response)
    assert not Callback.objects.exists()


@pytest.mark.parametrize("word", ["12345678", "<script>alert(1)</script>", "您好"])
def test_a_handshake_by_post_is_echoed_as_plain_text(channel: Channel, word: str) -> None:
    response = call(channel.callback_path, json.dumps({"echostr": word}).encode())

    assert (response.status_code, response.content.decode()) == (200, word)
    assert_plain(response)
    assert not Callback.objects.exists()


def test_looking_at_the_address_does_no_harm(channel: Channel) -> None:
    for method in ("GET", "HEAD"):
        response = call(channel.callback_path, method=method)
        assert (response.status_code, response.content) == (200, b"")
    assert not Callback.objects.exists()


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_an_empty_body_is_refused(channel: Channel, body: bytes) -> None:
    response = call(channel.callback_path, body)

    assert response.status_code == 400
    assert_plain(response)
    assert not Callback.objects.exists()


def test_a_body_above_the_limit_is_refused(channel: Channel, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert call(channel.callback_path, b"x" * 1000).status_code == 200
    response = call(channel.callback_path, b"x" * 1001)

    assert response.status_code == 413
    assert_plain(response)
    assert Callback.objects.count() == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_refused(channel: Channel, method: str) -> None:
    assert call(channel.callback_path, method=method).status_code == 405
    assert not Callback.objects.exists()
