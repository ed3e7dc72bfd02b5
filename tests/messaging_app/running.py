"""Runs the engine against a JPush sandbox, and waits for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from pytest_django.fixtures import Settings

from channels_app.jpush.sandbox import Sandbox
from channels_app.models import Channel
from messaging_app.models import Batch, Callback, Message, Receipt
from messaging_app.pump import Pump
from messaging_app.runner import Runner

PATIENCE_SECONDS = 60.0


def until(condition: Callable[[], bool], *, what: str) -> None:
    """Wait for `condition`, which comes soon on any machine; fail if it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"It never came: {what}"
        time.sleep(0.02)


@contextmanager
def running(threads: int = 8) -> Iterator[Runner]:
    runner = Runner(threads=threads)
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        yield runner
    finally:
        runner.stop()
        thread.join()


@contextmanager
def pump(threads: int = 2) -> Iterator[Pump]:
    pump = Pump(threads=threads)
    try:
        yield pump
    finally:
        pump.close()


def point_to(sandbox: Sandbox, channel: Channel, settings: Settings) -> None:
    """Make `channel` a private cloud that is the sandbox."""
    settings.UMS_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    settings.UMS_ALLOWED_PORTS = [urlsplit(sandbox.url).port]
    channel.cloud = Channel.Cloud.PRIVATE
    channel.api_url = sandbox.url
    channel.calls_per_minute = 100_000
    channel.save()


def is_done(*messages: Message) -> bool:
    chosen = Message.objects.filter(pk__in=[message.pk for message in messages])
    return not chosen.exclude(state=Message.State.DONE).exists()


def is_quiet(sandbox: Sandbox) -> bool:
    """No receipt is on its way any more."""
    return (
        sandbox.stats()["callbacks"]["pending"] == 0
        and not Callback.objects.filter(applied_at=None).exists()
        and not Receipt.objects.exists()
    )


def told(sandbox: Sandbox, figure: str) -> int:
    """Sum of one figure over all messages of the sandbox."""
    messages: dict[str, Any] = sandbox.stats()["messages"]
    return sum(message[figure] for message in messages.values())


def count(state: Batch.State) -> int:
    return Batch.objects.filter(state=state).count()


def database_url() -> str:
    """The test database, for another process."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    login = f"{values['USER']}:{values['PASSWORD']}".rstrip(":")
    return f"postgres://{login}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"
