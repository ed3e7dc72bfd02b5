"""Celery's tasks, each called as a worker would, and the hints that they send."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery.signals import task_prerun
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from channels_app.jpush.sandbox import Options, Sandbox
from channels_app.models import Channel
from messaging_app import hints, tasks
from messaging_app.expansion import expand
from messaging_app.models import Batch, Callback, Message
from messaging_app.queues import QUEUES, queue_name, task_name
from tests.messaging_app.brokers import broker, closed_port, sent, summary
from tests.messaging_app.makers import accept, add_crowd, expanded
from tests.messaging_app.races import held_open
from tests.messaging_app.running import count, point_to, until
from ums.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    with broker("memory://"):
        yield


@pytest.fixture
def sandbox(channel: Channel, settings: Settings) -> Iterator[Sandbox]:
    with Sandbox(Options(seed=5, rate_limit=1_000_000)) as sandbox:
        point_to(sandbox, channel, settings)
        yield sandbox
        tasks._finish_calls()
        tasks._pump_of_this_process.cache_clear()


def urgent(channel: Channel) -> Message:
    message = expanded(channel)
    Message.objects.filter(pk=message.pk).update(priority=Message.Priority.HIGH)
    Batch.objects.filter(message=message).update(lane=Batch.Lane.URGENT)
    return message


def test_every_task_has_a_queue_and_every_queue_exists() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.startswith("messaging_app.")}

    assert ours == {task_name(task) for task in QUEUES}
    for task, queue in QUEUES.items():
        destination = app.amqp.router.route({}, task_name(task))["queue"]
        assert destination.name == queue_name(queue)
        assert destination.durable


def test_beat_sends_tasks_that_exist_and_that_expire() -> None:
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] == entry["options"]["expiration"] > 0


def test_expanding_has_the_message_pushed(channel: Channel) -> None:
    add_crowd(channel, 2)
    message = accept(channel)
    sent()

    tasks.expand(message.pk)

    message.refresh_from_db()
    assert message.state == Message.State.SENDING
    assert summary() == [("push", [[channel.pk]], "bulk")]


def test_expanding_an_urgent_message_takes_the_urgent_queue(channel: Channel) -> None:
    add_crowd(channel, 2)
    message = accept(channel)
    Message.objects.update(priority=Message.Priority.HIGH)
    sent()

    tasks.expand(message.pk)

    assert summary() == [("push_urgent", [[channel.pk]], "urgent")]


def test_a_hint_that_comes_twice_does_nothing(channel: Channel) -> None:
    add_crowd(channel, 2)
    message = expanded(channel)
    sent()

    tasks.expand(message.pk)

    assert summary() == []
    assert Batch.objects.count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer")
def test_nobody_waits_for_another_worker_that_expands_the_message(channel: Channel) -> None:
    add_crowd(channel, 2)
    message = accept(channel)
    with held_open(lambda: expand(message.pk)):
        assert not expand(message.pk)

    assert Batch.objects.count() == 1


def test_pushing_leaves_slow_calls_to_their_threads(channel: Channel, sandbox: Sandbox) -> None:
    add_crowd(channel, 2)
    expanded(channel)
    sandbox.change_faults(latency=0.5)

    tasks.push([channel.pk])

    assert count(Batch.State.SENT) == 0
    until(lambda: count(Batch.State.SENT) == 1, what="the push is answered")


def test_a_process_that_ends_finishes_its_calls(channel: Channel, sandbox: Sandbox) -> None:
    add_crowd(channel, 2)
    expanded(channel)
    sandbox.change_faults(latency=0.5)
    tasks.push([channel.pk])
    until(lambda: count(Batch.State.PUSHING) == 1, what="the call is under way")

    tasks._finish_calls()

    assert count(Batch.State.SENT) == 1


def test_an_urgent_push_makes_urgent_calls_only(channel: Channel, sandbox: Sandbox) -> None:
    add_crowd(channel, 2)
    normal, fast = expanded(channel), urgent(channel)

    tasks.push_urgent([channel.pk])

    until(lambda: count(Batch.State.SENT) == 1, what="the push")
    assert Batch.objects.get(message=fast).state == Batch.State.SENT
    assert Batch.objects.get(message=normal).state == Batch.State.QUEUED


def test_beat_finds_what_has_lost_its_hint(channel: Channel, second: Channel) -> None:
    add_crowd(channel, 2)
    add_crowd(second, 2, prefix="x")
    urgent(channel)
    expanded(second)
    waiting = accept(channel)
    later = accept(channel)
    Message.objects.filter(pk=later.pk).update(
        state=Message.State.SCHEDULED, send_at=timezone.now() - timedelta(seconds=1)
    )
    sent()

    tasks.find_work()

    found = {(task, str(sorted(_flat(args))), queue) for task, args, queue in summary()}
    assert found == {
        ("expand", f"[{waiting.pk}]", "bulk"),
        ("expand", f"[{later.pk}]", "bulk"),
        ("push_urgent", f"[{channel.pk}]", "urgent"),
        ("push", f"[{channel.pk}, {second.pk}]", "bulk"),
    }


def _flat(args: list[Any]) -> list[int]:
    (value,) = args
    return value if isinstance(value, list) else [value]


def test_a_task_that_has_come_tells_that_the_broker_is_back(channel: Channel) -> None:
    add_crowd(channel, 1)
    message = accept(channel)
    with broker(f"amqp://127.0.0.1:{closed_port()}"):
        hints.expand(message)
        silent = hints._sender
    assert sent()
    hints._sender = silent
    tasks.find_work()
    assert summary() == []

    task_prerun.send(sender=tasks.find_work)
    tasks.find_work()

    assert summary() == [("expand", [message.pk], "bulk")]


def test_nothing_to_do_is_no_hint(channel: Channel) -> None:
    tasks.find_work()

    assert summary() == []


def test_beat_returns_the_leases_of_dead_workers_and_ends_messages(channel: Channel) -> None:
    add_crowd(channel, 1)
    lost, sent_message = expanded(channel), expanded(channel)
    past = timezone.now() - timedelta(seconds=1)
    Batch.objects.filter(message=lost).update(
        state=Batch.State.PUSHING, lease="x", lease_until=past, cid="c", cid_at=past
    )
    Batch.objects.filter(message=sent_message).update(state=Batch.State.SENT)

    tasks.find_work()

    assert Batch.objects.get(message=lost).state == Batch.State.QUEUED
    assert Message.objects.get(pk=sent_message.pk).state == Message.State.DONE


def test_many_channels_share_hints_in_groups(db: None) -> None:
    channels = Channel.objects.bulk_create(
        Channel(code=f"c{n}", name=f"C {n}", app_key=f"k{n}", master_secret="s") for n in range(20)
    )

    groups = list(tasks._groups(channels))

    assert [len(group) for group in groups] == [4, 4, 4, 4, 4]
    assert {pk for group in groups for pk in group} == {channel.pk for channel in channels}


def test_callbacks_are_applied_until_none_is_left(channel: Channel) -> None:
    Callback.objects.bulk_create(Callback(channel=channel, body=b"[]") for _ in range(250))

    tasks.apply_callbacks()

    assert not Callback.objects.filter(applied_at=None).exists()


def test_what_is_too_old_is_forgotten(channel: Channel) -> None:
    old = timezone.now() - timedelta(days=10)
    Callback.objects.create(channel=channel, body=b"[]", applied_at=old)

    tasks.forget()

    assert not Callback.objects.exists()
