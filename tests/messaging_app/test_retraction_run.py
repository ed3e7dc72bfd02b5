"""Retracting a message that a real worker sends, against JPush's sandbox over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from channels_app.models import BusinessLine, Channel
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Message
from messaging_app.retraction import Figures, figures, retract
from tests.messaging_app.calls import get, post
from tests.messaging_app.makers import accept, add_crowd
from tests.messaging_app.running import count, is_done, point_to, running, told, until

pytestmark = pytest.mark.django_db(transaction=True)


def is_settled() -> bool:
    """Nothing is queued, being pushed, or to be withdrawn."""
    open_ = Batch.objects.filter(state__in=(Batch.State.QUEUED, Batch.State.PUSHING))
    return not (open_ | Batch.objects.filter(withdrawal=Batch.Withdrawal.DUE)).exists()


def retract_over_http(line: BusinessLine, message: Message) -> None:
    assert post(line, f"/v1/retract/{message.msgid}", b"null").json()["code"] == 0


def test_a_message_retracted_in_the_middle_is_stopped_and_withdrawn(
    channel: Channel, business_line: BusinessLine, settings: Settings
) -> None:
    add_crowd(channel, 20_000)
    faults = Faults(latency=0.2)
    with Sandbox(Options(seed=1, rate_limit=1_000_000, faults=faults)) as sandbox:
        point_to(sandbox, channel, settings)
        message = accept(channel, line=business_line)
        with running(threads=3):
            until(lambda: count(Batch.State.SENT) >= 3, what="some batches are sent")
            retract_over_http(business_line, message)
            until(is_settled, what="nothing is left to do")
        stats = sandbox.stats()
        withdrawn = told(sandbox, "withdrawn")

    message.refresh_from_db()
    sent = count(Batch.State.SENT)
    assert 3 <= sent < 20
    assert stats["accepted"]["pushes"] == stats["calls"]["withdraw"] == withdrawn == sent
    assert figures(message) == Figures(stopped=(20 - sent) * 1000, withdrawn=sent * 1000)
    answer = get(business_line, f"/v1/message/{message.msgid}").json()
    assert answer["state"] == "retracted"
    assert answer["ledger"]["cancelled"] == answer["retraction"]["stopped"]
    assert answer["retraction"]["withdrawn"] == sent * 1000
    assert ledger(message).total == 20_000


def test_whatever_fails_in_between_each_device_is_stopped_withdrawn_or_named(
    channel: Channel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: low)
    add_crowd(channel, 20_000)
    faults = Faults(latency=0.05, error_rate=0.3, drop_rate=0.1, drop_after_accept_rate=0.3)
    with Sandbox(Options(seed=2, rate_limit=1_000_000, faults=faults)) as sandbox:
        point_to(sandbox, channel, settings)
        message = accept(channel)
        with running(threads=4):
            until(lambda: count(Batch.State.SENT) >= 5, what="some batches are sent")
            retract(message=message)
            until(is_settled, what="nothing is left to do")
        messages = sandbox.stats()["messages"]

    message.refresh_from_db()
    found = figures(message)
    assert found is not None
    assert found.total == 20_000
    assert found.pending == 0
    of_jpush = {msg_id for msg_id, each in messages.items() if each["withdrawn"]}
    of_ours = Batch.objects.filter(withdrawal=Batch.Withdrawal.DONE)
    assert of_jpush == set(of_ours.values_list("jpush_msg_id", flat=True))
    # What JPush has and was not asked to take back is what it never answered about.
    left = sum(each["live"] for each in messages.values() if not each["withdrawn"])
    assert left <= found.failed
    assert not Batch.objects.filter(withdrawal=Batch.Withdrawal.FAILED).exclude(state="unknown")


def test_withdrawals_keep_within_the_calls_per_minute(channel: Channel, settings: Settings) -> None:
    add_crowd(channel, 4_000)  # the sandbox names its limit, so they leave two seconds apart
    with Sandbox(Options(seed=1, rate_limit=30, rate_window=2.0)) as sandbox:
        point_to(sandbox, channel, settings)
        Channel.objects.update(calls_per_minute=600)
        message = accept(channel)
        with running(threads=4):
            until(lambda: is_done(message), what="it is sent")
            retract(message=message)
            until(is_settled, what="all is withdrawn")
        stats = sandbox.stats()

    assert stats["rate_limited"] == 0
    assert Batch.objects.filter(withdrawal=Batch.Withdrawal.DONE).count() == 4


def test_a_withdrawal_left_by_a_dead_worker_is_repeated_and_ends_done(
    channel: Channel, settings: Settings
) -> None:
    add_crowd(channel, 1000)
    with Sandbox(Options(seed=1, rate_limit=1_000_000)) as sandbox:
        point_to(sandbox, channel, settings)
        message = accept(channel)
        with running(threads=1):
            until(lambda: is_done(message), what="it is sent")
        retract(message=message)
        # A worker that called JPush and died before it wrote that down.
        sandbox.change_faults(drop_after_accept_rate=1)
        with running(threads=1):
            until(lambda: told(sandbox, "withdrawn") == 1, what="JPush has withdrawn it")
        sandbox.change_faults(drop_after_accept_rate=0)
        Batch.objects.update(
            withdrawal=Batch.Withdrawal.DUE,
            in_doubt=True,
            lease="the dead one's",
            lease_until=timezone.now() - timedelta(seconds=1),
            not_before=timezone.now(),
        )
        with running(threads=1):
            until(is_settled, what="the next worker finds out")

    assert Batch.objects.get().withdrawal == Batch.Withdrawal.DONE
