"""Hints to Celery's workers: sent once the row is on disk, and missed by nobody."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app import hints, inbox
from messaging_app.approval import approve
from messaging_app.audience import Audience
from messaging_app.models import Callback, Message
from messaging_app.queues import HINT_SECONDS
from messaging_app.send_options import SendOptions
from messaging_app.submission import submit
from tests.messaging_app.approvals import approver, waiting_message
from tests.messaging_app.brokers import broker, closed_port, sent, summary
from tests.messaging_app.makers import CONTENT, accept, add_crowd

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def memory() -> Iterator[None]:
    with broker("memory://"):
        yield


def accept_with(channel: Channel, options: SendOptions) -> Message:
    return submit(
        audience=Audience(everyone=True), content=CONTENT, channels=[channel], options=options
    )


def test_an_accepted_message_is_hinted_at(memory: None, channel: Channel) -> None:
    message = accept(channel)

    assert summary() == [("expand", [message.pk], "bulk")]


def test_a_small_message_waits_behind_nobodys_calls(memory: None, channel: Channel) -> None:
    message = accept(channel, userids=("u1",))

    assert summary() == [("expand", [message.pk], "urgent")]


def test_a_message_of_high_priority_takes_the_urgent_queue(memory: None, channel: Channel) -> None:
    message = accept_with(channel, SendOptions(priority=Message.Priority.HIGH))

    assert summary() == [("expand", [message.pk], "urgent")]


def test_nobody_is_told_of_a_message_before_it_is_on_disk(memory: None, channel: Channel) -> None:
    with transaction.atomic():
        message = accept(channel)
        assert summary() == []

    assert summary() == [("expand", [message.pk], "bulk")]


def test_nobody_is_told_of_a_message_that_is_not_stored(memory: None, channel: Channel) -> None:
    with transaction.atomic():
        accept(channel)
        transaction.set_rollback(True)

    assert summary() == []


def test_there_is_no_hint_for_a_message_that_waits_for_its_time(
    memory: None, channel: Channel
) -> None:
    accept_with(channel, SendOptions(send_at=timezone.now() + timedelta(hours=1)))

    assert summary() == []


def test_an_approved_message_is_hinted_at(
    memory: None, channel: Channel, business_line: BusinessLine
) -> None:
    business_line.api_approval = True
    business_line.save()
    add_crowd(channel, 1)
    message = waiting_message(channel, line=business_line, owner=approver("owner"))
    assert summary() == []

    approve(message=message, reviewer=approver())

    assert summary() == [("expand", [message.pk], "bulk")]


def test_a_hint_is_dropped_after_a_while(memory: None, channel: Channel) -> None:
    before = timezone.now()
    accept(channel)

    (hint,) = sent()
    lifetime = timedelta(seconds=HINT_SECONDS)
    assert before + lifetime <= hint.expires_at <= timezone.now() + lifetime
    assert hint.expiration == "5000"


def test_a_storm_of_callbacks_is_one_hint(memory: None, channel: Channel) -> None:
    for _number in range(3):
        inbox.store(channel=channel, body=b"[]")

    assert Callback.objects.count() == 3
    assert summary() == [("apply_callbacks", [], "callbacks")]


def test_the_embedded_engine_needs_no_hints(channel: Channel) -> None:
    with broker("memory://"):
        with broker(""):
            accept(channel)
            inbox.store(channel=channel, body=b"[]")

        assert summary() == []


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_that_is_down_fails_no_request_and_is_left_alone_for_a_while(
    channel: Channel, caplog: pytest.LogCaptureFixture, scheme: str
) -> None:
    with broker(f"{scheme}://127.0.0.1:{closed_port()}"):
        messages = [accept(channel), accept(channel)]
        inbox.store(channel=channel, body=b"[]")
        hints.push([channel.pk], urgent=False)

    assert Message.objects.filter(state=Message.State.EXPANDING).count() == len(messages)
    assert Callback.objects.count() == 1
    (warning,) = caplog.messages
    assert warning.startswith("the broker fails, no hints for 30 s: ")


def test_hints_go_on_when_the_broker_is_back(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "BROKEN_SECONDS", 0.0)
    with broker(f"amqp://127.0.0.1:{closed_port()}"):
        accept(channel)
        sender = hints._sender
        with broker("memory://"):
            monkeypatch.setattr(hints, "_sender", sender)
            message = accept(channel)

            assert summary() == [("expand", [message.pk], "bulk")]
