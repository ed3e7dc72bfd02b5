"""Retracting a message while some of its calls are under way."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from requests import PreparedRequest, ReadTimeout
from responses import RequestsMock

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app import outcomes, withdrawal
from messaging_app.delivery import Pusher, claim, return_expired_leases
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Message
from messaging_app.retraction import Figures, figures, retract
from tests.messaging_app.makers import CID_URL, PUSH_URL, calling, leased, one_batch, push, reread

UNSURE = JPushError("nothing came", ambiguous=True)
REFUSED = JPushError("words of JPush", code=1011, http_status=400)


def test_a_batch_whose_call_has_not_begun_is_taken_from_its_worker(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    batch = leased(one_batch(channel))

    retract(message=batch.message)
    pusher.push(batch.pk, batch.lease)

    assert (reread(batch).state, batch.lease, batch.attempts) == (Batch.State.CANCELLED, "", 0)


def test_a_batch_that_is_retracted_while_it_waits_for_its_turn_is_not_pushed(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    batch = one_batch(channel)

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        retract(message=batch.message)
        return 200, {}, '{"cidlist": ["c0"]}'

    jpush.add_callback("GET", CID_URL, callback=answer)

    assert push(pusher, batch).state == Batch.State.CANCELLED
    assert batch.attempts == 0


def test_a_repetition_in_doubt_that_waits_for_its_turn_is_not_made(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    batch = calling(one_batch(channel))
    Batch.objects.update(error_message="no answer")

    retract(message=batch.message)
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.PUSHING, "due")
    pusher.push(batch.pk, batch.lease)

    assert (reread(batch).state, batch.withdrawal) == (Batch.State.UNKNOWN, "failed")
    assert (batch.attempts, batch.error_message) == (1, "no answer")


ANSWERS: list[tuple[dict[str, Any], Batch.State, str]] = [
    ({"status": 200, "body": '{"msg_id": "7"}'}, Batch.State.SENT, "due"),
    ({"status": 400, "body": '{"error": {"code": 1011}}'}, Batch.State.CANCELLED, ""),
    ({"status": 429, "body": ""}, Batch.State.CANCELLED, ""),
    ({"status": 503, "body": ""}, Batch.State.UNKNOWN, "failed"),
]


@pytest.mark.parametrize(("answer", "state", "withdrawn"), ANSWERS)
def test_a_call_under_way_ends_and_is_then_withdrawn_or_stopped(
    pusher: Pusher,
    channel: Channel,
    cids: RequestsMock,
    answer: dict[str, Any],
    state: Batch.State,
    withdrawn: str,
) -> None:
    batch = one_batch(channel)

    def during(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        retract(message=batch.message)
        assert reread(batch).state == Batch.State.PUSHING
        return answer["status"], {}, answer["body"]

    cids.add_callback("POST", PUSH_URL, callback=during)

    batch = push(pusher, batch)

    assert (batch.state, batch.withdrawal, batch.lease) == (state, withdrawn, "")
    assert claim(10) == []
    assert bool(withdrawal.claim(10)) == (withdrawn == "due")


def test_a_time_out_of_a_retracted_batch_is_not_repeated(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    batch = one_batch(channel)

    def during(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        retract(message=batch.message)
        raise ReadTimeout("nothing came")

    cids.add_callback("POST", PUSH_URL, callback=during)

    assert push(pusher, batch).state == Batch.State.UNKNOWN
    assert figures(Message.objects.get()) == Figures(failed=2)


def test_bad_ids_that_are_refused_after_the_retraction_leave_nothing_to_push(
    channel: Channel,
) -> None:
    batch = calling(one_batch(channel, "bad", "good1", "good2"))
    retract(message=batch.message)
    error = JPushError("x", code=1003, http_status=400, illegal_ids=("bad",))

    outcomes.drop_bad_ids(batch, error)

    rest = Batch.objects.exclude(pk=batch.pk).get()
    assert (rest.state, rest.size) == (Batch.State.CANCELLED, 2)
    assert claim(10) == []
    counts = ledger(Message.objects.get())
    assert (counts.invalid_id, counts.cancelled, counts.total) == (1, 2, 3)


@pytest.mark.parametrize(
    ("in_doubt", "state", "withdrawn"),
    [(True, Batch.State.UNKNOWN, "failed"), (False, Batch.State.CANCELLED, "")],
)
def test_the_batch_of_a_dead_worker_is_not_pushed_again_once_retracted(
    channel: Channel, in_doubt: bool, state: Batch.State, withdrawn: str
) -> None:
    batch = calling(one_batch(channel))
    Batch.objects.update(in_doubt=in_doubt, lease_until=timezone.now() - timedelta(seconds=1))

    retract(message=batch.message)
    return_expired_leases()

    assert (reread(batch).state, batch.withdrawal, batch.lease) == (state, withdrawn, "")
    assert claim(10) == []


@pytest.mark.parametrize("error", [UNSURE, REFUSED])
def test_a_retracted_batch_that_fails_tells_what_jpush_said(
    channel: Channel, error: JPushError
) -> None:
    batch = calling(one_batch(channel))
    retract(message=batch.message)
    batch.in_doubt = error.ambiguous

    outcomes.release(batch, seconds=0, error=error)

    assert reread(batch).error_message == error.message
    assert batch.state == (Batch.State.UNKNOWN if error.ambiguous else Batch.State.CANCELLED)
