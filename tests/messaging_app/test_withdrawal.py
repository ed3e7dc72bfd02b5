"""Having JPush take back a pushed batch: the call, its repetitions, its leases."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from requests import PreparedRequest
from responses import RequestsMock
from urllib3.exceptions import MaxRetryError, NewConnectionError

from channels_app.models import Channel
from messaging_app import quota
from messaging_app.delivery import BACKOFF_CAP_SECONDS, LEASE_SECONDS
from messaging_app.models import Batch, ChannelQuota, Message
from messaging_app.retraction import retract
from messaging_app.withdrawal import WITHDRAWABLE_FOR, Withdrawer, claim
from tests.messaging_app.makers import reread
from tests.messaging_app.withdrawals import GONE, URL, due_again, retracted_batch, withdraw

TIMEOUT: dict[str, Any] = {"body": requests.ReadTimeout("nothing came")}
UNREACHABLE = requests.ConnectionError(
    MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool
)


@pytest.fixture
def withdrawer(stopping: threading.Event) -> Iterator[Withdrawer]:
    withdrawer = Withdrawer(stopping)
    yield withdrawer
    withdrawer.close()


@pytest.fixture
def batch(channel: Channel) -> Batch:
    """A pushed batch whose message was retracted just now."""
    batch = one_batch(channel)
    settle(batch, Batch.State.SENT, jpush_msg_id="17", pushed_at=timezone.now())
    retract(message=batch.message)
    return reread(batch)


def withdraw(withdrawer: Withdrawer, batch: Batch) -> Batch:
    lease = dict(claim(10))[batch.pk]
    withdrawer.withdraw(batch.pk, lease)
    return reread(batch)


def due_again() -> None:
    Batch.objects.update(not_before=timezone.now())
    ChannelQuota.objects.update(next_call_at=0)


@pytest.fixture
def batch(channel: Channel) -> Batch:
    return retracted_batch(channel)


@pytest.mark.parametrize("answer", [{"body": ""}, {"json": {}}, {"status": 204}])
def test_a_batch_is_withdrawn_by_its_msg_id(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    jpush.delete(URL, **answer)

    batch = withdraw(withdrawer, batch)

    assert (batch.state, batch.withdrawal) == (Batch.State.SENT, Batch.Withdrawal.DONE)
    assert (batch.lease, batch.lease_until, batch.in_doubt) == ("", None, False)
    assert batch.withdrawal_error == ""
    assert claim(10) == []


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, GONE["json"], "1003: msg_id not exist"),
        (401, {"error": {"code": 1004, "message": "auth"}}, "1004: auth"),
        (404, None, "404: HTTP 404"),
        (403, {"error": {"code": 2006, "message": "x" * 600}}, "2006: " + "x" * 494),
    ],
)
def test_a_final_refusal_is_kept_in_jpush_s_words(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock, status: int, body: Any, words: str
) -> None:
    jpush.delete(URL, status=status, json=body)

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.withdrawal_error) == (Batch.Withdrawal.FAILED, words)
    assert (batch.state, batch.error_message, batch.lease) == (Batch.State.SENT, "", "")
    assert claim(10) == []


@pytest.mark.parametrize(
    ("answer", "in_doubt"),
    [
        (TIMEOUT, True),
        ({"status": 503}, True),
        ({"body": requests.ConnectionError("reset by peer")}, True),
        ({"body": UNREACHABLE}, False),
    ],
)
def test_a_failure_that_may_pass_is_repeated_later(
    withdrawer: Withdrawer,
    batch: Batch,
    jpush: RequestsMock,
    answer: dict[str, Any],
    in_doubt: bool,
) -> None:
    jpush.delete(URL, **answer)
    before = timezone.now()

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.in_doubt) == (Batch.Withdrawal.DUE, in_doubt)
    assert batch.withdrawal_error
    assert before <= batch.not_before <= timezone.now() + timedelta(seconds=10)
    due_again()
    jpush.replace("DELETE", URL, body="")
    assert withdraw(withdrawer, batch).withdrawal == Batch.Withdrawal.DONE
    assert reread(batch).withdrawal_error == ""


def test_the_pause_grows_with_the_time_up_to_a_minute(
    withdrawer: Withdrawer,
    batch: Batch,
    jpush: RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    jpush.delete(URL, status=503)
    pauses = []
    for seconds in (0, 16, 50, 4000):
        Message.objects.update(retracted_at=timezone.now() - timedelta(seconds=seconds))
        due_again()
        began = timezone.now()
        pauses.append((withdraw(withdrawer, batch).not_before - began).total_seconds())

    for pause, expected in zip(pauses, (1, 16, 50, BACKOFF_CAP_SECONDS), strict=True):
        assert expected <= pause < expected + 5


def test_a_second_withdrawal_finds_what_the_first_has_done(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    jpush.delete(URL, **TIMEOUT)  # JPush has withdrawn it, but its answer was lost
    jpush.delete(URL, **GONE)
    withdraw(withdrawer, batch)
    due_again()

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.in_doubt) == (Batch.Withdrawal.DONE, False)


def test_a_wrong_key_after_a_time_out_is_a_refusal(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    jpush.delete(URL, **TIMEOUT)
    jpush.delete(URL, status=401, json={"error": {"code": 1004, "message": "auth"}})
    withdraw(withdrawer, batch)
    due_again()

    assert withdraw(withdrawer, batch).withdrawal == Batch.Withdrawal.FAILED


def test_a_worker_that_dies_after_the_call_is_followed_by_one_that_finds_it_done(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    def die(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        raise SystemExit  # JPush has done it; the process ends before it is written down

    jpush.add_callback("DELETE", URL, callback=die)
    [(batch_id, lease)] = claim(10)
    with pytest.raises(SystemExit):
        withdrawer.withdraw(batch_id, lease)
    assert (reread(batch).withdrawal, batch.lease) == (Batch.Withdrawal.DUE, lease)
    assert claim(10) == []  # its lease runs

    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    jpush.replace("DELETE", URL, **GONE)

    assert withdraw(withdrawer, batch).withdrawal == Batch.Withdrawal.DONE
    assert batch.lease == ""


@pytest.mark.parametrize("answer", [{"body": ""}, GONE, {"status": 503}])
def test_a_result_that_comes_after_the_lease_changes_nothing(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    def late(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        Batch.objects.update(lease="another worker's")
        return int(answer.get("status", 200)), {}, str(answer.get("body", "{}"))

    jpush.add_callback("DELETE", URL, callback=late)

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.lease) == (Batch.Withdrawal.DUE, "another worker's")
    assert (batch.in_doubt, batch.withdrawal_error) == (True, "")


def test_a_lease_that_has_passed_on_makes_no_call(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    [(batch_id, lease)] = claim(10)
    Batch.objects.update(lease="another worker's")

    withdrawer.withdraw(batch_id, lease)

    assert (reread(batch).lease, batch.in_doubt) == ("another worker's", False)


def test_a_claim_is_leased_and_only_when_due(batch: Batch) -> None:
    Batch.objects.update(not_before=timezone.now() + timedelta(seconds=30))
    assert claim(10) == []
    due_again()
    before = timezone.now()
    assert claim(0) == []

    [(batch_id, lease)] = claim(10)

    reread(batch)
    assert (batch_id, lease, batch.state) == (batch.pk, batch.lease, Batch.State.SENT)
    assert batch.lease_until is not None
    assert batch.lease_until >= before + timedelta(seconds=LEASE_SECONDS)


def test_a_disabled_channel_still_takes_back(batch: Batch) -> None:
    Channel.objects.update(enabled=False)

    assert [batch_id for batch_id, _lease in claim(10)] == [batch.pk]


def test_a_full_minute_stops_the_whole_channel(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    headers = {"X-Rate-Limit-Reset": "37"}
    jpush.delete(URL, status=429, json={"error": {"code": 2002}}, headers=headers)

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.in_doubt) == (Batch.Withdrawal.DUE, False)
    assert 30 < (batch.not_before - timezone.now()).total_seconds() <= 37
    blocked = ChannelQuota.objects.get().next_call_at - timezone.now().timestamp()
    assert 30 < blocked <= 37
    Batch.objects.update(not_before=timezone.now())
    assert claim(10) == []


def test_a_withdrawal_takes_a_slot_and_learns_the_rate(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    headers = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "45"}
    jpush.delete(URL, body="", headers=headers)

    withdraw(withdrawer, batch)

    assert 40 < ChannelQuota.objects.get().next_call_at - timezone.now().timestamp() <= 45


@pytest.mark.parametrize("stops", [True, False])
def test_without_a_slot_the_batch_is_given_back(
    withdrawer: Withdrawer,
    batch: Batch,
    jpush: RequestsMock,
    stopping: threading.Event,
    stops: bool,
) -> None:
    [(batch_id, lease)] = claim(10)
    if stops:
        stopping.set()
    else:
        quota.block(batch.channel, 40)

    withdrawer.withdraw(batch_id, lease)

    assert (reread(batch).withdrawal, batch.lease, batch.in_doubt) == ("due", "", False)


@pytest.mark.parametrize(
    ("before", "words"),
    [("", "The time in which JPush takes a message back is over."), ("503: x", "503: x")],
)
def test_a_day_after_the_push_it_is_given_up(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock, before: str, words: str
) -> None:
    Batch.objects.update(
        pushed_at=timezone.now() - WITHDRAWABLE_FOR - timedelta(seconds=1), withdrawal_error=before
    )

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.withdrawal_error) == (Batch.Withdrawal.FAILED, words)


def test_a_failure_after_which_the_day_is_over_is_the_last(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = timezone.now() + WITHDRAWABLE_FOR + timedelta(seconds=1)

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        monkeypatch.setattr(timezone, "now", lambda: later)
        return 503, {}, ""

    jpush.add_callback("DELETE", URL, callback=answer)

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.withdrawal_error) == ("failed", "503: HTTP 503")
