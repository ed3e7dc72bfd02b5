"""Retracting a message while some of its calls are under way."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from requests import PreparedRequest, ReadTimeout
from responses import RequestsMock

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Message
from messaging_app.outcomes import record
from messaging_app.retraction import Figures, figures, retract
from messaging_app.sweeps import return_expired_leases
from messaging_app.verdicts import not_called, refused
from tests.messaging_app.makers import (
    PUSH_URL,
    claim_now,
    claimed,
    one_batch,
    push,
    reread,
)
from tests.messaging_app.withdrawals import leased_now

UNSURE = JPushError("nothing came", ambiguous=True)
REFUSED = JPushError("words of JPush", code=1011, http_status=400)

ANSWERS: list[tuple[dict[str, Any], Batch.State, str]] = [
    ({"status": 200, "body": '{"msg_id": "17"}'}, Batch.State.SENT, "due"),
    ({"status": 400, "body": '{"error": {"code": 1011}}'}, Batch.State.CANCELLED, ""),
    ({"status": 400, "body": '{"error": {"code": 1005}}'}, Batch.State.CANCELLED, ""),
    ({"status": 401, "body": '{"error": {"code": 1004}}'}, Batch.State.CANCELLED, ""),
    ({"status": 429, "body": ""}, Batch.State.CANCELLED, ""),
    ({"status": 503, "body": ""}, Batch.State.UNKNOWN, "failed"),
]


@pytest.mark.parametrize(("answer", "state", "withdrawn"), ANSWERS)
def test_a_call_under_way_ends_and_is_then_withdrawn_or_stopped(
    caller: Caller,
    channel: Channel,
    jpush: RequestsMock,
    answer: dict[str, Any],
    state: Batch.State,
    withdrawn: str,
) -> None:
    batch = one_batch(channel)

    def during(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        retract(message=batch.message)
        assert (reread(batch).state, batch.stopped) == (Batch.State.PUSHING, True)
        return answer["status"], {}, answer["body"]

    jpush.add_callback("POST", PUSH_URL, callback=during)

    batch = push(caller, batch)

    assert (batch.state, batch.withdrawal, batch.lease) == (state, withdrawn, "")
    assert claim_now(channel) == []
    assert bool(leased_now(channel)) == (withdrawn == "due")


@pytest.mark.parametrize(("answer", "state", "withdrawn"), ANSWERS)
def test_a_call_that_waits_for_a_thread_is_made_and_then_withdrawn_or_stopped(
    caller: Caller,
    channel: Channel,
    jpush: RequestsMock,
    answer: dict[str, Any],
    state: Batch.State,
    withdrawn: str,
) -> None:
    jpush.post(PUSH_URL, **answer)
    batch = one_batch(channel)
    claim = claimed(batch, cids=["c"])
    retract(message=batch.message)

    record([caller.push(claim)])

    assert (reread(batch).state, batch.withdrawal) == (state, withdrawn)
    assert claim_now(channel) == []


@pytest.mark.parametrize(
    ("in_doubt", "state", "withdrawn"),
    [(True, Batch.State.UNKNOWN, "failed"), (False, Batch.State.CANCELLED, "")],
)
def test_a_retracted_call_that_was_not_made_is_never_made(
    channel: Channel, in_doubt: bool, state: Batch.State, withdrawn: str
) -> None:
    batch = one_batch(channel)
    Batch.objects.update(cid="c", in_doubt=in_doubt, error_message="words")
    claim = claimed(batch)
    retract(message=batch.message)

    record([not_called(claim, seconds=0)])

    assert (reread(batch).state, batch.withdrawal, batch.lease) == (state, withdrawn, "")
    assert batch.error_message == "words"
    assert claim_now(channel) == []


def test_a_time_out_of_a_retracted_batch_is_not_repeated(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    batch = one_batch(channel)

    def during(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        retract(message=batch.message)
        raise ReadTimeout("nothing came")

    jpush.add_callback("POST", PUSH_URL, callback=during)

    assert push(caller, batch).state == Batch.State.UNKNOWN
    assert figures(Message.objects.get()) == Figures(failed=2)


def test_bad_ids_that_are_refused_after_the_retraction_leave_nothing_to_push(
    channel: Channel,
) -> None:
    batch = one_batch(channel, "bad", "good1", "good2")
    claim = claimed(batch, cids=["c"])
    retract(message=batch.message)
    error = JPushError("x", code=1003, http_status=400, illegal_ids=("bad",))

    record([refused(claim, error, expires_at=batch.message.expires_at, now=timezone.now())])

    rest = Batch.objects.exclude(pk=batch.pk).get()
    assert (rest.state, rest.size) == (Batch.State.CANCELLED, 2)
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.FAILED, "")
    assert claim_now(channel) == []
    counts = ledger(Message.objects.get())
    assert (counts.invalid_id, counts.cancelled, counts.total) == (1, 2, 3)


def test_the_batch_of_a_dead_worker_is_not_pushed_again_once_retracted(channel: Channel) -> None:
    batch = one_batch(channel)
    claimed(batch, cids=["c"])
    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    retract(message=batch.message)
    return_expired_leases()

    assert (reread(batch).state, batch.withdrawal, batch.lease) == ("unknown", "failed", "")
    assert claim_now(channel) == []


@pytest.mark.parametrize("error", [UNSURE, REFUSED])
def test_a_retracted_batch_that_fails_tells_what_jpush_said(
    channel: Channel, error: JPushError
) -> None:
    batch = one_batch(channel)
    claim = claimed(batch, cids=["c"])
    retract(message=batch.message)

    record([refused(claim, error, expires_at=batch.message.expires_at, now=timezone.now())])

    assert reread(batch).error_message == error.message
    assert batch.state == (Batch.State.UNKNOWN if error.ambiguous else Batch.State.CANCELLED)
