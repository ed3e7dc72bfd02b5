"""Celery's tasks: each is a hint to look at rows, and may be lost, repeated or late.

A task calls a service of the embedded engine and adds nothing to it but the next hint.
"""

import logging
import mmap
import random
import time
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from celery import shared_task
from celery.signals import task_prerun, worker_process_shutdown, worker_shutting_down
from django.conf import settings
from django.db import DatabaseError

from channels_app.models import Channel
from messaging_app import expansion, hints, inbox, sweeps
from messaging_app.claiming import ALL_LANES, due_channels
from messaging_app.models import Batch, Message
from messaging_app.pump import Pump
from users_app import import_lease, import_work

logger = logging.getLogger(__name__)

# Shared memory: the main process writes it, those that it has forked read it.
_shutting_down = mmap.mmap(-1, 1)

# Then the process looks for other work, so that no queue waits long for one. With a hint a second,
# as many pumps serve a channel at a time; calls under way go on in their threads.
PUSH_SECONDS = 3.0
CALLBACK_SECONDS = 1.0
EXPAND_LIMIT_SECONDS = 3000  # a million people take half a minute
FORGET_LIMIT_SECONDS = 3000
# RabbitMQ gives up on whoever has not answered within 30 minutes; the next worker would go on.
IMPORT_LIMIT_SECONDS = 1500
# Hints of one second, at most: what is left over is found in the next.
MESSAGES_PER_SECOND = 200
CHANNELS_PER_HINT = 4  # a process serves them side by side, so a slow one keeps none waiting


@shared_task(time_limit=EXPAND_LIMIT_SECONDS)
def expand(message_id: int) -> None:
    """Write the ledger of one message, then have it pushed."""
    if not expansion.expand(message_id):
        return
    batches = Batch.objects.filter(message_id=message_id)
    lanes = dict(batches.values_list("channel_id", "lane").distinct())
    for urgent in (True, False):
        channels = [pk for pk, lane in lanes.items() if (lane == Batch.Lane.URGENT) == urgent]
        if channels:
            hints.push(channels, urgent=urgent)


@shared_task
def push(channel_ids: list[int]) -> None:
    """Make the calls of these channels that are due: pushes of all lanes, withdrawals, cids."""
    _pump_of_this_process().run(
        seconds=PUSH_SECONDS, channel_ids=channel_ids, lanes=ALL_LANES, finish=False
    )


@shared_task
def push_urgent(channel_ids: list[int]) -> None:
    """The same for the urgent lane alone: for workers that keep themselves free for it."""
    _pump_of_this_process().run(
        seconds=PUSH_SECONDS, channel_ids=channel_ids, lanes=(Batch.Lane.URGENT,), finish=False
    )


@shared_task
def apply_callbacks() -> None:
    """Apply the receipts that wait, also those that came before their batch was known."""
    ends_at = time.monotonic() + CALLBACK_SECONDS
    while inbox.apply_callbacks() and time.monotonic() < ends_at:
        pass
    inbox.match_early_receipts()


@shared_task
def find_work() -> None:
    """From beat, each second: sweep, and send a hint for everything that waits in the rows."""
    try:
        sweeps.sweep()
    except DatabaseError:  # such as a deadlock with another one
        logger.exception("a sweep failed, the next one repeats it")
    waiting = Message.objects.filter(pk__in=expansion.to_expand()[:MESSAGES_PER_SECOND])
    for message in waiting.order_by("pk").only("priority", "broadcast"):
        hints.expand(message)
    for group in _groups(due_channels(lanes=(Batch.Lane.URGENT,))):
        hints.push(group, urgent=True)
    for group in _groups(due_channels()):
        hints.push(group, urgent=False)
    for job_id in import_lease.next_ones():
        hints.work_on_import(job_id)


@shared_task(time_limit=FORGET_LIMIT_SECONDS)
def forget() -> None:
    """From beat, each hour."""
    sweeps.forget()


@shared_task(time_limit=IMPORT_LIMIT_SECONDS)
def work_on_import(job_id: int) -> None:
    """Check an uploaded file, or apply it."""
    if claim := import_lease.claim(job_id):
        import_work.carry_on(claim, stopping=_is_shutting_down)


def _groups(channels: Collection[Channel]) -> Iterator[list[int]]:
    """In another order each time: no channel always shares a process with the same slow one."""
    ids = random.sample([channel.pk for channel in channels], len(channels))
    for start in range(0, len(ids), CHANNELS_PER_HINT):
        yield ids[start : start + CHANNELS_PER_HINT]


@cache
def _pump_of_this_process() -> Pump:
    """Made by the first push, and so after the fork: threads and connections do not survive one."""
    return Pump(threads=settings.UMS_CALL_THREADS)


@task_prerun.connect
def _trust_the_broker(**_signal: Any) -> None:
    hints.try_again()


@worker_process_shutdown.connect
def _finish_calls(**_signal: Any) -> None:
    if _pump_of_this_process.cache_info().currsize:
        _pump_of_this_process().close()


@worker_shutting_down.connect
def _leave_imports(**_signal: Any) -> None:
    """In the main process, which waits for its tasks; an import may take longer than one can."""
    _shutting_down[0] = 1


def _is_shutting_down() -> bool:
    return bool(_shutting_down[0])
