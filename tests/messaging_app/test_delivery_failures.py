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
from messaging_app.delivery import BACKOFF_CAP_SECONDS, Pusher, claim
from messaging_app.ledger import deliveries, ledger
from messaging_app.models import Batch, ChannelQuota, Delivery
from tests.messaging_app.makers import (
    CID_URL,
    PUSH_URL,
    add_person,
    expanded,
    one_batch,
    push,
)
from users_app.models import Registration

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
    pusher: Pusher, channel: Channel, cids: RequestsMock, answer: dict[str, Any]
) -> None:
    cids.post(PUSH_URL, **answer)
    before = timezone.now()

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.attempts, batch.cid) == (Batch.State.QUEUED, 1, "c0")
    assert (batch.lease, batch.lease_until) == ("", None)
    assert batch.error_message
    assert before <= batch.not_before <= timezone.now() + timedelta(seconds=2)


def test_the_pause_grows_with_the_attempts_up_to_a_minute(
    pusher: Pusher, channel: Channel, jpush: RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    jpush.post(PUSH_URL, status=503)
    batch = one_batch(channel)
    Batch.objects.update(cid="c", cid_at=timezone.now())
    pauses = []
    for attempts in (0, 1, 4, 5, 6, 5000):
        Batch.objects.update(attempts=attempts, not_before=timezone.now())
        began = timezone.now()
        pauses.append((push(pusher, batch).not_before - began).total_seconds())

    for pause, expected in zip(pauses, (2, 4, 32, *[BACKOFF_CAP_SECONDS] * 3), strict=True):
        assert expected <= pause < expected + 1.5


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({"status": 429, "json": error(2002), "headers": {"X-Rate-Limit-Reset": "37"}}, 37),
        ({"status": 429, "json": error(2002)}, 60),
        ({"status": 429, "body": "slow down"}, 60),
        ({"status": 400, "json": error(23008)}, 60),
    ],
)
def test_a_full_minute_stops_the_whole_channel(
    pusher: Pusher, channel: Channel, cids: RequestsMock, answer: dict[str, Any], seconds: int
) -> None:
    cids.post(PUSH_URL, **answer)
    other = one_batch(channel, "other")

    batch = push(pusher, one_batch(channel))

    assert batch.state == Batch.State.QUEUED
    pause = (batch.not_before - timezone.now()).total_seconds()
    assert seconds - 5 < pause <= seconds
    blocked = ChannelQuota.objects.get().next_call_at - timezone.now().timestamp()
    assert seconds - 5 < blocked <= seconds
    # The other one is nobody's any more before that.
    Batch.objects.filter(pk=other.pk).update(state=Batch.State.QUEUED)
    assert claim(5) == []


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (401, error(1004, "Authentication failed"), 1004, "Authentication failed"),
        (400, error(1005), 1005, "words of JPush"),
        (400, error(1003, "platform is illegal"), 1003, "platform is illegal"),
        (403, error(2003), 2003, "words of JPush"),
        (404, {}, 404, "HTTP 404"),
        (400, {"error": "text"}, 400, "HTTP 400"),
        (301, {}, 301, "HTTP 301"),
        (400, error(1011, "x" * 600), 1011, "x" * 500),
    ],
)
def test_a_final_refusal_is_stored_with_code_and_words(
    pusher: Pusher,
    channel: Channel,
    cids: RequestsMock,
    status: int,
    body: Any,
    code: int,
    words: str,
) -> None:
    cids.post(PUSH_URL, status=status, json=body)

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.error_code, batch.error_message) == (
        Batch.State.FAILED,
        code,
        words,
    )
    assert ledger(batch.message).failed == ledger(batch.message).total == 2
    assert not Delivery.objects.exclude(state=Delivery.State.PENDING).exists()


def test_a_channel_that_may_not_be_called_fails_with_the_reason(
    pusher: Pusher, channel: Channel, settings: Settings
) -> None:
    settings.UMS_OUTBOUND_ALLOW = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings.UMS_ALLOWED_PORTS = [port]
        Channel.objects.update(cloud="private", api_url=f"http://127.0.0.1:{port}")

        batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.attempts) == (Batch.State.FAILED, 0)
    assert "UMS_OUTBOUND_ALLOW" in batch.error_message


def test_no_target_fails_the_batch_but_marks_no_registration(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    add_person("u1", devices={channel: ["r1"]})
    cids.post(PUSH_URL, status=400, json={**error(1011), "msg_id": 1309530630})

    message = expanded(channel)
    batch = push(pusher, Batch.objects.get())

    assert (batch.state, batch.error_code) == (Batch.State.FAILED, 1011)
    assert not Registration.objects.exclude(invalid_at=None).exists()
    assert ledger(message).failed == 1


@pytest.mark.parametrize(
    "refusal",
    [
        error(1003, "The registration_id bad is invalid!"),
        error(20101, "registration_id bad is invalid"),
        {"error": {"code": 1003, "message": "some", "illegal_rids": ["bad"]}},
        {"illegal_rids": ["bad"], **error(1003)},
    ],
)
def test_a_bad_id_is_taken_out_and_the_rest_is_sent(
    pusher: Pusher, channel: Channel, cids: RequestsMock, refusal: dict[str, Any]
) -> None:
    add_person("u1", devices={channel: ["good1", "bad", "good2"]})
    cids.post(PUSH_URL, status=400, json=refusal)
    cids.post(PUSH_URL, json={"msg_id": "77"})
    message = expanded(channel)

    first = push(pusher, Batch.objects.get())
    [(fresh_id, lease)] = claim(10)
    pusher.push(fresh_id, lease)

    assert (first.state, first.size, first.invalid) == (Batch.State.FAILED, 1, 1)
    fresh = Batch.objects.get(pk=fresh_id)
    assert (fresh.state, fresh.size, fresh.cid) == (Batch.State.SENT, 2, "c1")
    counts = ledger(message)
    assert (counts.invalid_id, counts.sent, counts.total, counts.targets) == (1, 2, 3, 3)
    [bad] = deliveries(message, box="invalid_id")
    assert bad.registration_id == "bad"
    marked = Registration.objects.get(registration_id="bad")
    assert marked.invalid_at is not None
    assert marked.invalid_reason
    assert Registration.objects.filter(invalid_at=None).count() == 2


def test_a_bad_id_of_somebody_else_fails_the_batch(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, status=400, json=error(1003, "The registration_id who is invalid!"))

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.size, batch.invalid) == (Batch.State.FAILED, 2, 0)
    assert Batch.objects.count() == 1


def test_wrong_credentials_fail_before_the_push(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.get(CID_URL, status=401, json=error(1004, "Authentication failed"))

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.error_code, batch.attempts) == (Batch.State.FAILED, 1004, 0)
