"""What is known of a push whose answer never came, and what follows from it."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from requests import PreparedRequest
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.delivery import Pusher, return_expired_leases
from messaging_app.models import Batch, ChannelQuota, Message
from tests.messaging_app.makers import PUSH_URL, leased, one_batch, push

TIMEOUT: dict[str, Any] = {"body": requests.ReadTimeout("nothing came")}
FULL: dict[str, Any] = {"status": 429, "json": {"error": {"code": 2002, "message": "full"}}}
WRONG_KEY: dict[str, Any] = {"status": 401, "json": {"error": {"code": 1004, "message": "auth"}}}
BAD_ID: dict[str, Any] = {
    "status": 400,
    "json": {"error": {"code": 1003, "message": "The registration_id rid1 is invalid!"}},
}


def due_again(batch: Batch) -> Batch:
    Batch.objects.update(not_before=timezone.now())
    return batch


def expire() -> None:
    Message.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def test_doubt_is_kept_until_jpush_has_answered(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, **TIMEOUT)
    cids.post(PUSH_URL, **FULL)
    cids.post(PUSH_URL, json={"msg_id": "1"})
    batch = push(pusher, one_batch(channel))
    assert (batch.state, batch.in_doubt) == (Batch.State.QUEUED, True)

    batch = push(pusher, due_again(batch))
    # The second call was surely not taken; of the first, that says nothing.
    assert (batch.state, batch.in_doubt, batch.error_code) == (Batch.State.QUEUED, True, 2002)

    ChannelQuota.objects.update(next_call_at=0)
    batch = push(pusher, due_again(batch))
    assert (batch.state, batch.in_doubt) == (Batch.State.SENT, False)


@pytest.mark.parametrize("answer", [FULL, WRONG_KEY])
def test_a_definite_failure_leaves_no_doubt(
    pusher: Pusher, channel: Channel, cids: RequestsMock, answer: dict[str, Any]
) -> None:
    cids.post(PUSH_URL, **answer)

    assert not push(pusher, one_batch(channel)).in_doubt


@pytest.mark.parametrize(
    ("in_doubt", "state"), [(False, Batch.State.FAILED), (True, Batch.State.UNKNOWN)]
)
def test_a_final_refusal_says_nothing_of_an_attempt_before_it(
    pusher: Pusher, channel: Channel, jpush: RequestsMock, in_doubt: bool, state: Batch.State
) -> None:
    jpush.post(PUSH_URL, **WRONG_KEY)
    batch = one_batch(channel)
    Batch.objects.update(cid="c", cid_at=timezone.now(), attempts=1, in_doubt=in_doubt)

    batch = push(pusher, batch)

    assert (batch.state, batch.attempts, batch.error_code) == (state, 2, 1004)


@pytest.mark.parametrize("answer", [FULL, TIMEOUT, {"status": 503}])
def test_after_the_messages_time_a_batch_in_doubt_is_asked_about_once_more(
    pusher: Pusher, channel: Channel, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    jpush.post(PUSH_URL, **answer)
    batch = one_batch(channel)
    Batch.objects.update(cid="c", cid_at=timezone.now(), attempts=1, in_doubt=True)
    expire()

    batch = push(pusher, batch)

    assert (batch.state, batch.attempts) == (Batch.State.UNKNOWN, 2)


def test_after_the_messages_time_a_batch_that_was_surely_not_taken_is_not_pushed(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    batch = one_batch(channel)
    Batch.objects.update(cid="c", cid_at=timezone.now(), attempts=3)
    expire()

    batch = push(pusher, batch)

    assert (batch.state, batch.attempts) == (Batch.State.FAILED, 3)
    assert "expired" in batch.error_message


@pytest.mark.parametrize(
    ("status", "state"), [(429, Batch.State.FAILED), (503, Batch.State.UNKNOWN)]
)
def test_a_call_that_fails_when_the_messages_time_has_passed_is_not_repeated(
    pusher: Pusher,
    channel: Channel,
    cids: RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    state: Batch.State,
) -> None:
    later = timezone.now() + timedelta(days=2)

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        monkeypatch.setattr(timezone, "now", lambda: later)
        return status, {}, ""

    cids.add_callback("POST", PUSH_URL, callback=answer)

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.attempts) == (state, 1)


def test_a_refusal_that_names_an_id_ends_the_doubt(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, **BAD_ID)
    batch = one_batch(channel)
    Batch.objects.update(cid="c", cid_at=timezone.now(), attempts=1, in_doubt=True)

    batch = push(pusher, batch)

    assert (batch.state, batch.in_doubt, batch.invalid) == (Batch.State.FAILED, False, 1)
    rest = Batch.objects.exclude(pk=batch.pk).get()
    assert (rest.state, rest.in_doubt, rest.size) == (Batch.State.QUEUED, False, 1)


def test_a_worker_that_dies_after_a_refusal_leaves_no_doubt_without_cids(
    channel: Channel, jpush: RequestsMock
) -> None:
    batch = leased(one_batch(channel))
    # Its first call was answered 429; it died before the second one.
    Batch.objects.update(attempts=1, lease_until=timezone.now() - timedelta(seconds=1))

    return_expired_leases()

    batch.refresh_from_db()
    assert batch.state == Batch.State.QUEUED


def test_a_batch_that_has_to_wait_keeps_the_words_of_its_last_failure(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, **FULL)
    batch = push(pusher, one_batch(channel))
    # Claimed by a worker that did not know of the pause.
    soon = timezone.now() + timedelta(minutes=1)
    Batch.objects.update(state=Batch.State.PUSHING, lease="mine", lease_until=soon)

    pusher.push(batch.pk, "mine")

    batch.refresh_from_db()
    assert (batch.state, batch.error_code) == (Batch.State.QUEUED, 2002)
