"""What is known of a push whose answer never came, and what follows from it."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from requests import PreparedRequest
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.models import Batch
from messaging_app.outcomes import record
from messaging_app.verdicts import not_called
from tests.messaging_app.makers import PUSH_URL, claimed, ends_late, one_batch, push, reread

TIMEOUT: dict[str, Any] = {"body": requests.ReadTimeout("nothing came")}
FULL: dict[str, Any] = {"status": 429, "json": {"error": {"code": 2002, "message": "full"}}}
WRONG_KEY: dict[str, Any] = {"status": 401, "json": {"error": {"code": 1004, "message": "auth"}}}
TOO_LARGE: dict[str, Any] = {"status": 400, "json": {"error": {"code": 1005, "message": "large"}}}
BAD_ID: dict[str, Any] = {
    "status": 400,
    "json": {"error": {"code": 1003, "message": "The registration_id rid1 is invalid!"}},
}


def due_again(batch: Batch) -> Batch:
    Batch.objects.update(not_before=timezone.now())
    return batch


def attempted(channel: Channel, *, in_doubt: bool) -> Batch:
    """A batch that waits for its second attempt."""
    batch = one_batch(channel)
    Batch.objects.update(cid="c", cid_at=timezone.now(), attempts=1, in_doubt=in_doubt)
    return reread(batch)


def test_doubt_is_kept_until_jpush_has_answered(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, **TIMEOUT)
    jpush.post(PUSH_URL, **FULL)
    jpush.post(PUSH_URL, json={"msg_id": "1"})
    batch = push(caller, one_batch(channel))
    assert (batch.state, batch.in_doubt) == (Batch.State.QUEUED, True)

    batch = push(caller, due_again(batch))
    # The second call was surely not taken; of the first, that says nothing.
    assert (batch.state, batch.in_doubt, batch.error_code) == (Batch.State.QUEUED, True, 2002)

    batch = push(caller, due_again(batch))
    assert (batch.state, batch.in_doubt) == (Batch.State.SENT, False)


@pytest.mark.parametrize("answer", [FULL, WRONG_KEY, TOO_LARGE])
def test_a_definite_failure_leaves_no_doubt(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    jpush.post(PUSH_URL, **answer)

    assert not push(caller, one_batch(channel)).in_doubt


@pytest.mark.parametrize(
    ("in_doubt", "state"), [(False, Batch.State.FAILED), (True, Batch.State.UNKNOWN)]
)
def test_a_final_refusal_says_nothing_of_an_attempt_before_it(
    caller: Caller, channel: Channel, jpush: RequestsMock, in_doubt: bool, state: Batch.State
) -> None:
    jpush.post(PUSH_URL, **TOO_LARGE)

    batch = push(caller, attempted(channel, in_doubt=in_doubt))

    assert (batch.state, batch.attempts, batch.error_code) == (state, 2, 1005)


@pytest.mark.parametrize("in_doubt", [False, True])
def test_a_refusal_of_the_channel_says_nothing_of_an_attempt_before_it(
    caller: Caller, channel: Channel, jpush: RequestsMock, in_doubt: bool
) -> None:
    jpush.post(PUSH_URL, **WRONG_KEY)

    batch = push(caller, attempted(channel, in_doubt=in_doubt))

    assert (batch.state, batch.in_doubt) == (Batch.State.QUEUED, in_doubt)


@pytest.mark.parametrize("answer", [FULL, TIMEOUT, {"status": 503}])
def test_after_the_messages_time_a_batch_in_doubt_is_asked_about_once_more(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    jpush.post(PUSH_URL, **answer)
    batch = attempted(channel, in_doubt=True)
    ends_late(batch)

    batch = push(caller, batch)

    assert (batch.state, batch.attempts) == (Batch.State.UNKNOWN, 2)


@pytest.mark.parametrize(
    ("status", "state"), [(429, Batch.State.FAILED), (503, Batch.State.UNKNOWN)]
)
def test_a_call_that_fails_when_the_messages_time_has_passed_is_not_repeated(
    caller: Caller,
    channel: Channel,
    jpush: RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    state: Batch.State,
) -> None:
    later = timezone.now() + timedelta(days=2)

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        monkeypatch.setattr(timezone, "now", lambda: later)
        return status, {}, ""

    jpush.add_callback("POST", PUSH_URL, callback=answer)

    batch = push(caller, one_batch(channel))

    assert (batch.state, batch.attempts) == (state, 1)


def test_a_refusal_that_names_an_id_ends_the_doubt(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, **BAD_ID)

    batch = push(caller, attempted(channel, in_doubt=True))

    assert (batch.state, batch.in_doubt, batch.invalid) == (Batch.State.FAILED, False, 1)
    rest = Batch.objects.exclude(pk=batch.pk).get()
    assert (rest.state, rest.in_doubt, rest.size) == (Batch.State.QUEUED, False, 1)


@pytest.mark.parametrize("in_doubt", [False, True])
def test_a_call_that_was_not_made_leaves_the_doubt_as_it_was(
    channel: Channel, in_doubt: bool
) -> None:
    batch = attempted(channel, in_doubt=in_doubt)
    Batch.objects.update(error_code=2002, error_message="full")

    record([not_called(claimed(batch), seconds=0)])

    assert (reread(batch).state, batch.in_doubt, batch.cid) == (Batch.State.QUEUED, in_doubt, "c")
    # A batch that has to wait keeps the words of its last failure.
    assert (batch.error_code, batch.error_message) == (2002, "full")
