"""Who withdraws which batch and when: leases, quota, the end of the day."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from requests import PreparedRequest
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.claiming import LEASE_SECONDS, due_channels
from messaging_app.models import Batch, ChannelQuota
from messaging_app.withdrawal import WITHDRAWABLE_FOR, Withdrawer
from tests.messaging_app.makers import available_now, reread
from tests.messaging_app.withdrawals import (
    GONE,
    URL,
    due_again,
    leased_now,
    retracted_batch,
    withdraw,
)


@pytest.fixture
def batch(channel: Channel) -> Batch:
    return retracted_batch(channel)


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
    [(batch_id, lease)] = leased_now(batch.channel)
    Batch.objects.update(lease="another worker's")

    withdrawer.withdraw(batch_id, lease)

    assert (reread(batch).lease, batch.in_doubt) == ("another worker's", False)


def test_a_claim_is_leased_and_only_when_due(batch: Batch) -> None:
    Batch.objects.update(not_before=timezone.now() + timedelta(seconds=30))
    assert leased_now(batch.channel) == []
    due_again()
    before = timezone.now()
    assert leased_now(batch.channel, 0) == []

    [(batch_id, lease)] = leased_now(batch.channel)

    reread(batch)
    assert (batch_id, lease, batch.state) == (batch.pk, batch.lease, Batch.State.SENT)
    assert batch.lease_until is not None
    assert batch.lease_until >= before + timedelta(seconds=LEASE_SECONDS)


def test_a_disabled_channel_still_takes_back(batch: Batch) -> None:
    Channel.objects.update(enabled=False)

    assert due_channels() == [batch.channel]
    assert [batch_id for batch_id, _lease in leased_now(batch.channel)] == [batch.pk]


def test_a_full_minute_stops_the_whole_channel(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    headers = {"X-Rate-Limit-Reset": "37"}
    jpush.delete(URL, status=429, json={"error": {"code": 2002}}, headers=headers)
    assert available_now(batch.channel)

    batch = withdraw(withdrawer, batch)

    assert (batch.withdrawal, batch.in_doubt) == (Batch.Withdrawal.DUE, False)
    assert 30 < (batch.not_before - timezone.now()).total_seconds() <= 37
    blocked = ChannelQuota.objects.get().next_call_at - timezone.now().timestamp()
    assert 30 < blocked <= 37
    assert available_now(batch.channel) == 0


def test_a_withdrawal_learns_the_rate(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    headers = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "45"}
    jpush.delete(URL, body="", headers=headers)
    assert available_now(batch.channel)

    withdraw(withdrawer, batch)

    assert 40 < ChannelQuota.objects.get().next_call_at - timezone.now().timestamp() <= 45


def test_a_failure_says_nothing_of_the_rate(
    withdrawer: Withdrawer, batch: Batch, jpush: RequestsMock
) -> None:
    jpush.delete(URL, status=503)
    assert available_now(batch.channel)

    withdraw(withdrawer, batch)

    assert available_now(batch.channel)


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
