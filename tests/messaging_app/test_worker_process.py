"""`manage.py worker` as a process of its own, stopped and killed in the middle of its work."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from channels_app.models import Channel
from messaging_app.models import Batch, Message
from tests.messaging_app.makers import accept, add_crowd
from tests.messaging_app.receipts import assert_counters_equal_the_rows
from tests.messaging_app.running import count, is_done, point_to, until

pytestmark = pytest.mark.django_db(transaction=True)
BATCHES = 20
DEVICES = 20 * 1000


def database_url() -> str:
    """The test database, for another process."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    login = f"{values['USER']}:{values['PASSWORD']}".rstrip(":")
    return f"postgres://{login}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


@contextmanager
def worker(sandbox: Sandbox) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "UMS_ENCRYPTION_KEYS": ",".join(django_settings.UMS_ENCRYPTION_KEYS),
        "UMS_OUTBOUND_ALLOW": "127.0.0.0/8",
        "UMS_ALLOWED_PORTS": str(urlsplit(sandbox.url).port),
        "UMS_LANGUAGE": "en",
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker", "--threads", "4"],
        cwd=django_settings.BASE_DIR,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def stop(process: subprocess.Popen[str], by: signal.Signals = signal.SIGTERM) -> str:
    """Ask the worker to end; what it has said."""
    process.send_signal(by)
    _nothing, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


@pytest.fixture
def sandbox(channel: Channel, settings: Settings) -> Iterator[Sandbox]:
    """JPush, slow enough to be caught in the middle of 20 batches."""
    options = Options(seed=5, rate_limit=1_000_000, faults=Faults(latency=0.1))
    with Sandbox(options) as sandbox:
        point_to(sandbox, channel, settings)
        yield sandbox


@pytest.fixture
def message(channel: Channel) -> Message:
    add_crowd(channel, DEVICES)
    return accept(channel)


def pushes(sandbox: Sandbox) -> int:
    return int(sandbox.stats()["accepted"]["pushes"])


def assert_each_device_has_it_once(sandbox: Sandbox) -> None:
    assert sandbox.stats()["accepted"] == {
        "pushes": BATCHES,
        "registration_ids": DEVICES,
        "distinct": DEVICES,
        "repeated": 0,
    }
    assert count(Batch.State.SENT) == BATCHES
    assert_counters_equal_the_rows()


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    sandbox: Sandbox, message: Message
) -> None:
    with worker(sandbox) as first:
        until(lambda: pushes(sandbox) >= 5, what="a few pushes")
        first.kill()
        first.wait()
    left = Batch.objects.filter(state=Batch.State.PUSHING)
    assert left.exists()
    assert count(Batch.State.SENT) < BATCHES
    # Its leases run out.
    left.update(lease_until=timezone.now() - timedelta(seconds=1))

    sandbox.change_faults(latency=0)
    with worker(sandbox) as second:
        until(lambda: is_done(message), what="the second worker finishes it")
        stop(second)

    assert_each_device_has_it_once(sandbox)
    # What was on its way when the first one died was answered from memory, by its cid.
    assert sandbox.stats()["duplicates_by_cid"] > 0


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_ends_its_calls_and_keeps_no_lease(
    sandbox: Sandbox, message: Message, by: signal.Signals
) -> None:
    with worker(sandbox) as first:
        until(lambda: pushes(sandbox) >= 5, what="a few pushes")
        said = stop(first, by)

    assert said.index("The worker is running.") < said.index("The worker has stopped.")
    assert count(Batch.State.PUSHING) == 0
    assert pushes(sandbox) == count(Batch.State.SENT) < BATCHES

    sandbox.change_faults(latency=0)
    with worker(sandbox) as second:
        until(lambda: is_done(message), what="the second worker finishes it")
        stop(second)
    assert_each_device_has_it_once(sandbox)
    assert sandbox.stats()["duplicates_by_cid"] == 0


def test_two_workers_share_the_work(sandbox: Sandbox, message: Message) -> None:
    with worker(sandbox) as first, worker(sandbox) as second:
        until(lambda: is_done(message), what="both finish it")
        stop(first)
        stop(second)

    assert_each_device_has_it_once(sandbox)
    assert sandbox.stats()["duplicates_by_cid"] == 0
