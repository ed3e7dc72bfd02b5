"""What becomes of a batch that JPush refuses, or of which nothing is heard."""

import socket
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from pytest_django.fixtures import Settings
from responses import RequestsMock
from urllib3.exceptions import MaxRetryError, NewConnectionError

from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.ledger import ledger
from messaging_app.models import Batch, ChannelQuota, Delivery
from messaging_app.verdicts import BACKOFF_CAP_SECONDS
from tests.messaging_app.makers import PUSH_URL, available_now, ends_late, one_batch, push

UNREACHABLE = requests.ConnectionError(
    MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool
)
TIMEOUT = requests.ReadTimeout("nothing came")


def error(code: int, message: str = "words of JPush") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


REPEATED: list[dict[str, Any]] = [
    {"status": 500, "json": error(1000)},
    {"status": 503, "json": error(1030)},
    {"status": 502, "body": "<html>Bad gateway</html>"},
    {"status": 504},
    {"body": TIMEOUT},
    {"body": requests.ConnectionError("reset by peer")},
    {"body": UNREACHABLE},
    {"status": 200, "body": "not JSON"},
    {"status": 200, "json": {"sendno": "1"}},
]


@pytest.mark.parametrize("answer", REPEATED)
def test_a_failure_that_may_pass_is_repeated_later(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    jpush.post(PUSH_URL, **answer)
    before = timezone.now()

    batch = push(caller, one_batch(channel))

    assert (batch.state, batch.attempts, batch.cid) == (Batch.State.QUEUED, 1, "c0")
    assert (batch.lease, batch.lease_until) == ("", None)
    assert batch.error_message
    assert before <= batch.not_before <= timezone.now() + timedelta(seconds=2)


def test_the_pause_grows_with_the_attempts_up_to_a_minute(
    caller: Caller, channel: Channel, jpush: RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging_app.verdicts.random.uniform", lambda low, high: high)
    jpush.post(PUSH_URL, status=503)
    batch = one_batch(channel)
    pauses = []
    for attempts in (0, 1, 4, 5, 6, 5000):
        Batch.objects.update(attempts=attempts, not_before=timezone.now())
        began = timezone.now()
        pauses.append((push(caller, batch).not_before - began).total_seconds())

    for pause, expected in zip(pauses, (2, 4, 32, *[BACKOFF_CAP_SECONDS] * 3), strict=True):
        assert expected <= pause < expected + 1.5


FULL_MINUTES: list[tuple[dict[str, Any], int]] = [
    ({"status": 429, "json": error(2002), "headers": {"X-Rate-Limit-Reset": "37"}}, 37),
    ({"status": 429, "json": error(2002)}, 60),
    ({"status": 429, "body": "slow down"}, 60),
    ({"status": 400, "json": error(23008)}, 60),
]


@pytest.mark.parametrize(("answer", "seconds"), FULL_MINUTES)
def test_a_full_minute_stops_the_whole_channel(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any], seconds: int
) -> None:
    jpush.post(PUSH_URL, **answer)
    assert available_now(channel)

    batch = push(caller, one_batch(channel))

    assert batch.state == Batch.State.QUEUED
    pause = (batch.not_before - timezone.now()).total_seconds()
    assert seconds - 5 < pause <= seconds
    blocked = ChannelQuota.objects.get().next_call_at - timezone.now().timestamp()
    assert seconds - 5 < blocked <= seconds
    assert available_now(channel) == 0


@pytest.mark.parametrize(("answer", "seconds"), FULL_MINUTES)
def test_a_full_minute_stops_the_channel_though_the_batch_has_ended(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any], seconds: int
) -> None:
    jpush.post(PUSH_URL, **answer)
    batch = one_batch(channel)
    Batch.objects.update(cid="c", cid_at=timezone.now(), attempts=1, in_doubt=True)
    ends_late(batch)
    assert available_now(channel)

    assert push(caller, batch).state == Batch.State.UNKNOWN

    blocked = ChannelQuota.objects.get().next_call_at - timezone.now().timestamp()
    assert seconds - 5 < blocked <= seconds


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (400, error(1005), 1005, "words of JPush"),
        (400, error(1003, "platform is illegal"), 1003, "platform is illegal"),
        (400, {"error": "text"}, 400, "HTTP 400"),
        (403, error(2006), 2006, "words of JPush"),
        (400, error(1011, "x" * 600), 1011, "x" * 500),
    ],
)
def test_a_final_refusal_is_stored_with_code_and_words(
    caller: Caller,
    channel: Channel,
    jpush: RequestsMock,
    status: int,
    body: Any,
    code: int,
    words: str,
) -> None:
    jpush.post(PUSH_URL, status=status, json=body)

    batch = push(caller, one_batch(channel))

    assert (batch.state, batch.error_code, batch.error_message) == (
        Batch.State.FAILED,
        code,
        words,
    )
    assert ledger(batch.message).failed == ledger(batch.message).total == 2
    assert not Delivery.objects.exclude(state=Delivery.State.PENDING).exists()


def test_a_channel_that_may_not_be_called_is_paused_with_the_reason(
    caller: Caller, channel: Channel, settings: Settings
) -> None:
    settings.UMS_OUTBOUND_ALLOW = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings.UMS_ALLOWED_PORTS = [port]
        Channel.objects.update(cloud="private", api_url=f"http://127.0.0.1:{port}")
        channel.refresh_from_db()

        batch = push(caller, one_batch(channel))

    assert (batch.state, batch.in_doubt) == (Batch.State.QUEUED, False)
    assert "UMS_OUTBOUND_ALLOW" in batch.error_message
    channel.refresh_from_db()
    assert channel.paused_at is not None
    assert channel.pause_code is None
    assert "UMS_OUTBOUND_ALLOW" in channel.pause_reason
