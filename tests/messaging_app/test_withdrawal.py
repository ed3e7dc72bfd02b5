"""Having JPush take back a pushed batch: the call and its repetitions."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from requests import PreparedRequest
from responses import RequestsMock
from urllib3.exceptions import MaxRetryError, NewConnectionError

from channels_app.models import Channel
from messaging_app.models import Batch, Message
from messaging_app.verdicts import BACKOFF_CAP_SECONDS
from messaging_app.withdrawal import Withdrawer
from tests.messaging_app.makers import reread
from tests.messaging_app.withdrawals import (
    GONE,
    URL,
    due_again,
    leased_now,
    retracted_batch,
    withdraw,
)

TIMEOUT: dict[str, Any] = {"body": requests.ReadTimeout("nothing came")}
UNREACHABLE = requests.ConnectionError(
    MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool
)


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
    assert leased_now(batch.channel) == []


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, GONE["json"], "1003: msg_id not exist"),
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
    assert leased_now(batch.channel) == []


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


def test_a_wrong_key_after_a_time_out_leaves_the_doubt(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    jpush.delete(URL, **TIMEOUT)
    jpush.delete(URL, status=401, json={"error": {"code": 1004, "message": "auth"}})
    jpush.delete(URL, **GONE)
    withdraw(withdrawer, batch)
    due_again()

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.in_doubt) == (Batch.Withdrawal.DUE, True)
    due_again()
    assert withdraw(withdrawer, batch).withdrawal == Batch.Withdrawal.DONE


def test_a_worker_that_dies_after_the_call_is_followed_by_one_that_finds_it_done(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    def die(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        raise SystemExit  # JPush has done it; the process ends before it is written down

    jpush.add_callback("DELETE", URL, callback=die)
    [(batch_id, lease)] = leased_now(batch.channel)
    with pytest.raises(SystemExit):
        withdrawer.withdraw(batch_id, lease)
    assert (reread(batch).withdrawal, batch.lease) == (Batch.Withdrawal.DUE, lease)
    assert leased_now(batch.channel) == []  # its lease runs

    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    jpush.replace("DELETE", URL, **GONE)

    assert withdraw(withdrawer, batch).withdrawal == Batch.Withdrawal.DONE
    assert batch.lease == ""
