"""Private clouds that give no cids: what may have been taken is never repeated."""

from typing import Any

import pytest
import requests
from responses import RequestsMock
from urllib3.exceptions import MaxRetryError, NewConnectionError

from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.ledger import ledger
from messaging_app.models import Batch
from messaging_app.outcomes import record
from tests.messaging_app.makers import claim_now, claimed, one_batch, reread

URL = "https://push.example.com/v3/push"
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


def push_without_cid(caller: Caller, batch: Batch) -> Batch:
    record([caller.push(claimed(batch, cids=None))])
    return reread(batch)


@pytest.mark.parametrize("answer", MAY_HAVE_BEEN_TAKEN)
def test_without_cids_an_ambiguous_failure_is_never_repeated(
    caller: Caller, private: Channel, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    jpush.post(URL, **answer)

    batch = push_without_cid(caller, one_batch(private))

    assert (batch.state, batch.attempts, batch.cid) == (Batch.State.UNKNOWN, 1, "")
    assert batch.cid_at is None
    assert batch.error_message
    assert ledger(batch.message).unknown == 2
    assert claim_now(private) == []


@pytest.mark.parametrize(
    "answer", [{"body": UNREACHABLE}, {"status": 429, "json": {"error": {"code": 2002}}}]
)
def test_without_cids_a_call_that_was_surely_not_taken_is_repeated(
    caller: Caller, private: Channel, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    jpush.post(URL, **answer)

    batch = push_without_cid(caller, one_batch(private))

    assert (batch.state, batch.in_doubt) == (Batch.State.QUEUED, False)


def test_without_cids_a_push_carries_none(
    caller: Caller, private: Channel, jpush: RequestsMock
) -> None:
    jpush.post(URL, json={"msg_id": 2134793})

    batch = push_without_cid(caller, one_batch(private))

    assert (batch.state, batch.jpush_msg_id) == (Batch.State.SENT, "2134793")
    body = jpush.calls[-1].request.body
    assert body is not None
    assert b'"cid"' not in body
