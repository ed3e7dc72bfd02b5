"""Private clouds that give no cids: what may have been taken is never repeated."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from requests import PreparedRequest
from responses import RequestsMock
from urllib3.exceptions import MaxRetryError, NewConnectionError

from channels_app.models import Channel
from messaging_app.delivery import Pusher, claim
from messaging_app.ledger import ledger
from messaging_app.models import Batch
from tests.messaging_app.makers import one_batch, push

PRIVATE = "https://push.example.com"
UNREACHABLE = requests.ConnectionError(
    MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool
)
MAY_HAVE_BEEN_TAKEN: list[dict[str, Any]] = [
    {"status": 500, "json": {"error": {"code": 1000, "message": "words of JPush"}}},
    {"status": 502, "body": "<html>Bad gateway</html>"},
    {"status": 503},
    {"status": 504},
    {"body": requests.ReadTimeout("nothing came")},
    {"body": requests.ConnectionError("reset by peer")},
    {"status": 200, "body": "not JSON"},
    {"status": 200, "json": {"sendno": "1"}},
]


@pytest.fixture
def private(db: None) -> Channel:
    """A private cloud that has no cids."""
    return Channel.objects.create(
        code="own",
        name="Own cloud",
        cloud="private",
        api_url=PRIVATE,
        app_key="b" * 24,
        master_secret="s",
    )


@pytest.fixture
def no_cids(private: Channel, jpush: RequestsMock) -> RequestsMock:
    jpush.get(f"{PRIVATE}/v3/push/cid", status=404)
    return jpush


@pytest.mark.parametrize("answer", MAY_HAVE_BEEN_TAKEN)
def test_without_cids_an_ambiguous_failure_is_never_repeated(
    pusher: Pusher, private: Channel, no_cids: RequestsMock, answer: dict[str, Any]
) -> None:
    no_cids.post(f"{PRIVATE}/v3/push", **answer)

    batch = push(pusher, one_batch(private))

    assert (batch.state, batch.attempts, batch.cid) == (Batch.State.UNKNOWN, 1, "")
    assert batch.error_message
    assert ledger(batch.message).unknown == 2
    assert claim(10) == []


@pytest.mark.parametrize(
    "answer", [{"body": UNREACHABLE}, {"status": 429, "json": {"error": {"code": 2002}}}]
)
def test_without_cids_a_call_that_was_surely_not_taken_is_repeated(
    pusher: Pusher, private: Channel, no_cids: RequestsMock, answer: dict[str, Any]
) -> None:
    no_cids.post(f"{PRIVATE}/v3/push", **answer)

    assert push(pusher, one_batch(private)).state == Batch.State.QUEUED


def test_without_cids_a_push_carries_none(
    pusher: Pusher, private: Channel, no_cids: RequestsMock
) -> None:
    no_cids.post(f"{PRIVATE}/v3/push", json={"msg_id": 2134793})

    batch = push(pusher, one_batch(private))

    assert (batch.state, batch.jpush_msg_id) == (Batch.State.SENT, "2134793")
    body = no_cids.calls[-1].request.body
    assert body is not None
    assert b'"cid"' not in body


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("attempts", [0, 1])
def test_a_cid_that_cannot_be_fetched_is_no_attempt(
    pusher: Pusher, private: Channel, jpush: RequestsMock, status: int, attempts: int
) -> None:
    jpush.get(f"{PRIVATE}/v3/push/cid", status=status)
    batch = one_batch(private)
    Batch.objects.update(attempts=attempts)  # an earlier one was surely not taken

    batch = push(pusher, batch)

    assert (batch.state, batch.attempts) == (Batch.State.QUEUED, attempts)
    assert batch.error_code == status


@pytest.mark.parametrize(
    ("in_doubt", "state"), [(False, Batch.State.FAILED), (True, Batch.State.UNKNOWN)]
)
def test_a_cid_that_fails_after_the_messages_time_ends_the_batch(
    pusher: Pusher,
    private: Channel,
    jpush: RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    in_doubt: bool,
    state: Batch.State,
) -> None:
    later = timezone.now() + timedelta(days=2)

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        monkeypatch.setattr(timezone, "now", lambda: later)
        return 503, {}, ""

    jpush.add_callback("GET", f"{PRIVATE}/v3/push/cid", callback=answer)
    batch = one_batch(private)
    Batch.objects.update(attempts=1, in_doubt=in_doubt)

    assert push(pusher, batch).state == state
