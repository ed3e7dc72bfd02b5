"""`manage.py worker` as a process of its own, stopped and killed in the middle of its work."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from channels_app.jpush.sandbox import Options, Sandbox
from channels_app.models import Channel
from messaging_app.models import Batch, Message
from messaging_app.retraction import retract
from tests.messaging_app.makers import accept, add_crowd
from tests.messaging_app.receipts import assert_counters_equal_the_rows
from tests.messaging_app.running import count, database_url, is_done, point_to, told, until

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4


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
        [sys.executable, "manage.py", "worker", "--threads", str(THREADS)],
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
    with Sandbox(Options(seed=5, rate_limit=1_000_000)) as sandbox:
        point_to(sandbox, channel, settings)
        yield sandbox


def broadcast(channel: Channel, *, batches: int) -> Message:
    add_crowd(channel, batches * 1000)
    return accept(channel)


def pushes(sandbox: Sandbox) -> int:
    return int(sandbox.stats()["accepted"]["pushes"])


def all_hang(sandbox: Sandbox) -> bool:
    """Every thread has a push that JPush does not answer, and nothing goes on any more."""

    def now() -> tuple[int, int]:
        return pushes(sandbox), count(Batch.State.SENT)

    before = now()
    time.sleep(0.3)
    return before == now() and before[0] - before[1] == THREADS


def assert_each_device_has_it_once(sandbox: Sandbox, *, batches: int) -> None:
    assert sandbox.stats()["accepted"] == {
        "pushes": batches,
        "registration_ids": batches * 1000,
        "distinct": batches * 1000,
        "repeated": 0,
    }
    assert count(Batch.State.SENT) == batches
    assert_counters_equal_the_rows()


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    sandbox: Sandbox, channel: Channel
) -> None:
    message = broadcast(channel, batches=20)
    # Some pushes are answered, until each thread has one that JPush has taken but not answered.
    sandbox.change_faults(timeout_after_accept_rate=0.4, hang_seconds=600)
    with worker(sandbox) as first:
        until(lambda: all_hang(sandbox), what="all threads hang")
        first.kill()
        first.wait()
    left = Batch.objects.filter(state=Batch.State.PUSHING)
    # Some more were claimed, to be called by the next free thread.
    assert THREADS <= left.count() <= THREADS * 2
    assert 0 < count(Batch.State.SENT) < 20 - THREADS
    # Its leases run out.
    left.update(lease_until=timezone.now() - timedelta(seconds=1))

    sandbox.change_faults(timeout_after_accept_rate=0)
    with worker(sandbox) as second:
        until(lambda: is_done(message), what="the second worker finishes it")
        stop(second)

    assert_each_device_has_it_once(sandbox, batches=20)
    # What was on its way when the first one died was answered from memory, by its cid.
    assert sandbox.stats()["duplicates_by_cid"] == THREADS


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_ends_its_calls_and_keeps_no_lease(
    sandbox: Sandbox, channel: Channel, by: signal.Signals
) -> None:
    message = broadcast(channel, batches=12)
    sandbox.change_faults(latency=0.5)
    with worker(sandbox) as first:
        until(lambda: pushes(sandbox) > 0, what="the first push")
        said = stop(first, by)

    assert said.index("The worker is running.") < said.index("The worker has stopped.")
    assert count(Batch.State.PUSHING) == 0
    assert pushes(sandbox) == count(Batch.State.SENT) < 12

    sandbox.change_faults(latency=0)
    with worker(sandbox) as second:
        until(lambda: is_done(message), what="the second worker finishes it")
        stop(second)
    assert_each_device_has_it_once(sandbox, batches=12)
    assert sandbox.stats()["duplicates_by_cid"] == 0


def test_two_workers_share_the_work(sandbox: Sandbox, channel: Channel) -> None:
    message = broadcast(channel, batches=12)
    with worker(sandbox) as first, worker(sandbox) as second:
        until(lambda: is_done(message), what="both finish it")
        stop(first)
        stop(second)

    assert_each_device_has_it_once(sandbox, batches=12)
    assert sandbox.stats()["duplicates_by_cid"] == 0


def test_a_worker_killed_while_it_withdraws_leaves_nothing_out(
    sandbox: Sandbox, channel: Channel
) -> None:
    message = broadcast(channel, batches=8)
    with worker(sandbox) as first:
        until(lambda: is_done(message), what="it is sent")
        # JPush withdraws, but no answer comes: each thread hangs in its call.
        sandbox.change_faults(timeout_after_accept_rate=1, hang_seconds=600)
        retract(message=message)
        until(lambda: told(sandbox, "withdrawn") == THREADS, what="all threads hang")
        first.kill()
        first.wait()
    left = Batch.objects.filter(withdrawal=Batch.Withdrawal.DUE).exclude(lease="")
    assert THREADS <= left.count() <= THREADS * 2
    left.update(lease_until=timezone.now() - timedelta(seconds=1))

    sandbox.change_faults(timeout_after_accept_rate=0)
    with worker(sandbox) as second:
        done = Batch.objects.filter(withdrawal=Batch.Withdrawal.DONE)
        until(lambda: done.count() == 8, what="the second worker finishes it")
        stop(second)

    assert told(sandbox, "withdrawn") == 8
    assert not Batch.objects.exclude(withdrawal_error="").exists()
