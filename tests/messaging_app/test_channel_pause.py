"""A channel that JPush refuses as such: nothing is burnt, and all goes on once it is mended."""

from typing import Any

import pytest
import requests
from django.utils import timezone
from responses import RequestsMock

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from channels_app.pausing import pause_channel, resume_channel
from messaging_app import channel_health
from messaging_app.calling import Caller
from messaging_app.claiming import due_channels
from messaging_app.models import Batch, ChannelQuota, Message
from messaging_app.outcomes import record
from messaging_app.sweeps import sweep
from messaging_app.withdrawal import Withdrawer
from tests.messaging_app.makers import (
    CID_URL,
    PUSH_URL,
    add_crowd,
    available_now,
    claims_of,
    expanded,
    one_batch,
    push,
    reread,
)
from tests.messaging_app.running import pump
from tests.messaging_app.withdrawals import URL, due_again, retracted_batch, withdraw

WRONG_KEY: dict[str, Any] = {
    "status": 401,
    "json": {"error": {"code": 1004, "message": "Authentication failed"}},
}


def assert_paused(channel: Channel, code: int | None = 1004) -> None:
    channel.refresh_from_db()
    assert channel.paused_at is not None
    assert channel.pause_code == code
    assert channel.pause_reason


def test_wrong_credentials_pause_the_channel_and_burn_nothing(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, **WRONG_KEY)
    add_crowd(channel, 3000)
    message = expanded(channel)
    claims = claims_of(channel, cids=["c0", "c1", "c2"])

    record([caller.push(each) for each in claims.values()])

    assert_paused(channel)
    assert channel.pause_reason == "Authentication failed"
    for batch in Batch.objects.all():
        assert (batch.state, batch.attempts, batch.in_doubt) == (Batch.State.QUEUED, 1, False)
        assert (batch.lease, batch.error_code) == ("", 1004)
    assert due_channels() == []
    sweep()
    message.refresh_from_db()
    assert message.state == Message.State.SENDING


@pytest.mark.django_db(transaction=True)
def test_after_the_channel_is_mended_everything_is_sent(
    channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, **WRONG_KEY)
    add_crowd(channel, 3000)
    expanded(channel)
    with pump(threads=2) as calls:
        calls.run(seconds=60)
        assert_paused(channel)
        assert set(Batch.objects.values_list("state", flat=True)) == {"queued"}
        cids.replace("POST", PUSH_URL, json={"msg_id": "1"})

        assert resume_channel(channel_id=channel.pk)
        calls.run(seconds=60)

    assert set(Batch.objects.values_list("state", "error_message")) == {("sent", "")}
    assert Batch.objects.count() == 3


def test_a_doubt_from_before_the_pause_is_kept_through_it(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, body=requests.ReadTimeout("nothing came"))
    jpush.post(PUSH_URL, **WRONG_KEY)
    batch = push(caller, one_batch(channel))
    Batch.objects.update(not_before=timezone.now())

    batch = push(caller, batch)

    assert (batch.state, batch.in_doubt, batch.cid) == (Batch.State.QUEUED, True, "c0")


def test_a_pause_keeps_its_first_reason(channel: Channel) -> None:
    assert pause_channel(channel_id=channel.pk, code=1004, reason="x" * 600)
    assert not pause_channel(channel_id=channel.pk, code=2003, reason="black list")

    channel.refresh_from_db()
    assert (channel.pause_code, channel.pause_reason) == (1004, "x" * 500)


def test_a_channel_is_resumed_once_and_without_a_trace(channel: Channel) -> None:
    assert not resume_channel(channel_id=channel.pk)
    pause_channel(channel_id=channel.pk, code=1004, reason="words")

    assert resume_channel(channel_id=channel.pk)

    assert not resume_channel(channel_id=channel.pk)
    channel.refresh_from_db()
    assert (channel.paused_at, channel.pause_code, channel.pause_reason) == (None, None, "")


def test_the_pause_of_one_channel_leaves_others_alone(channel: Channel, second: Channel) -> None:
    for each in (channel, second):
        one_batch(each)

    pause_channel(channel_id=channel.pk, code=1004, reason="words")

    assert due_channels() == [second]


def test_withdrawals_on_a_paused_channel_wait(channel: Channel) -> None:
    retracted_batch(channel)
    assert due_channels() == [channel]

    pause_channel(channel_id=channel.pk, code=1004, reason="words")
    assert due_channels() == []

    resume_channel(channel_id=channel.pk)
    assert due_channels() == [channel]


def test_a_withdrawal_with_wrong_credentials_pauses_the_channel_and_waits(
    withdrawer: Withdrawer, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.delete(URL, **WRONG_KEY)
    batch = withdraw(withdrawer, retracted_batch(channel))

    assert_paused(channel)
    assert (batch.withdrawal, batch.in_doubt, batch.lease) == (Batch.Withdrawal.DUE, False, "")
    assert batch.withdrawal_error == "1004: Authentication failed"
    resume_channel(channel_id=channel.pk)
    due_again()
    jpush.replace("DELETE", URL, body="")
    assert withdraw(withdrawer, batch).withdrawal == Batch.Withdrawal.DONE
    assert reread(batch).withdrawal_error == ""


@pytest.mark.parametrize("status", [404, 405])
def test_a_cloud_without_withdrawals_says_nothing_of_the_channel(
    withdrawer: Withdrawer, channel: Channel, jpush: RequestsMock, status: int
) -> None:
    jpush.delete(URL, status=status)

    batch = withdraw(withdrawer, retracted_batch(channel))

    assert batch.withdrawal == Batch.Withdrawal.FAILED
    channel.refresh_from_db()
    assert channel.paused_at is None


REFILLS: list[tuple[dict[str, Any], int]] = [
    (WRONG_KEY, 1004),
    ({"status": 404}, 404),
    ({"status": 400, "json": {"error": {"code": 1009, "message": "words"}}}, 1009),
    ({"status": 200, "json": {}}, 200),
]


@pytest.mark.parametrize(("answer", "code"), REFILLS)
def test_whoever_gives_no_cids_pauses_the_channel(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any], code: int
) -> None:
    """Without cids nothing can be pushed, so any final refusal concerns the whole channel."""
    jpush.get(CID_URL, **answer)
    error = caller.refill(channel)
    assert error is not None

    channel_health.refill_failed(channel, error, attempts=1)

    assert_paused(channel, code)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"status": 503}, True),
        ({"body": requests.ReadTimeout("x")}, True),
        ({"status": 429}, False),
    ],
)
def test_cids_that_fail_for_a_while_block_the_channel(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any], shown: bool
) -> None:
    jpush.get(CID_URL, **answer)
    assert available_now(channel)
    error = caller.refill(channel)
    assert error is not None

    channel_health.refill_failed(channel, error, attempts=10)

    assert available_now(channel) == 0
    channel.refresh_from_db()
    assert channel.paused_at is None
    # That the minute is used up is no outage.
    assert bool(ChannelQuota.objects.get().failure) == shown


def test_since_when_a_channel_fails_is_shown_until_it_works_again(channel: Channel) -> None:
    available_now(channel)
    outage = JPushError("gone", http_status=503, ambiguous=True)
    channel_health.note_failure(channel, outage)
    first = ChannelQuota.objects.get()
    assert first.failing_since is not None
    assert first.failure == "503: gone"

    channel_health.note_failure(channel, JPushError("another", unreachable=True))
    again = ChannelQuota.objects.get()
    assert (again.failing_since, again.failure) == (first.failing_since, "503: gone")

    channel_health.note_success(channel)
    works = ChannelQuota.objects.get()
    assert (works.failing_since, works.failure) == (None, "")


@pytest.mark.parametrize(
    "error",
    [
        JPushError("full", code=2002, http_status=429),
        JPushError("large", code=1005, http_status=400),
        JPushError("The registration_id r1 is invalid!", code=1003, http_status=400),
    ],
)
def test_a_channel_that_answers_does_not_fail(channel: Channel, error: JPushError) -> None:
    available_now(channel)

    channel_health.note_failure(channel, error)

    assert ChannelQuota.objects.get().failing_since is None
    channel.refresh_from_db()
    assert channel.paused_at is None
