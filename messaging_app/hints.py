"""Tells Celery's workers at once that a row waits; without a hint, beat finds it a second later.

The rows are the truth: a hint that is lost, late or repeated does no harm. With the embedded
worker there are none.
"""

import logging
import time
from collections.abc import Collection
from functools import partial

from amqp.exceptions import AMQPError
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError

from messaging_app.models import Message
from messaging_app.queues import HINT_SECONDS, QUEUES, Queue, lifetime, queue_name, task_name

logger = logging.getLogger(__name__)

BROKEN_SECONDS = 30.0
CALLBACK_HINT_SECONDS = 0.2  # one of them has all callbacks applied that wait


def message_accepted(message: Message) -> None:
    """To be expanded once it is on disk, unless it has to wait for something else."""
    if message.state == Message.State.EXPANDING:
        transaction.on_commit(partial(expand, message), robust=True)


def callback_stored() -> None:
    """To be applied once it is on disk."""
    transaction.on_commit(_sender.apply_callbacks, robust=True)


def expand(message: Message) -> None:
    """All but broadcasts are done soon, and must not wait behind other messages' calls."""
    is_slow = message.broadcast and message.priority != Message.Priority.HIGH
    _sender.send("expand", message.pk, queue=Queue.BULK if is_slow else Queue.URGENT)


def push(channel_ids: Collection[int], *, urgent: bool) -> None:
    """Calls of these channels are due; `urgent`: those of the urgent lane."""
    _sender.send("push_urgent" if urgent else "push", sorted(channel_ids))


def work_on_import(job_id: int) -> None:
    """Its file is to be checked or applied."""
    _sender.send("work_on_import", job_id)


def try_again() -> None:
    """A task has come from the broker: it is back."""
    _sender.try_again()


class _Sender:
    """What this process knows of the broker: nothing that a row would not tell."""

    def __init__(self) -> None:
        self._silent_until = 0.0
        self._callbacks_at = 0.0

    def try_again(self) -> None:
        self._silent_until = 0.0

    def apply_callbacks(self) -> None:
        now = time.monotonic()
        if now - self._callbacks_at >= CALLBACK_HINT_SECONDS:
            self._callbacks_at = now
            self.send("apply_callbacks")

    def send(self, task: str, *args: object, queue: Queue | None = None) -> None:
        """One attempt. Where it fails, none for a while: no request waits for a broker again."""
        if not settings.CELERY_BROKER_URL or time.monotonic() < self._silent_until:
            return
        try:
            current_app.send_task(
                task_name(task),
                args,
                queue=queue_name(queue or QUEUES[task]),
                **lifetime(HINT_SECONDS),
                retry=False,
                ignore_result=True,
            )
        except (KombuError, AMQPError) as exc:
            self._silent_until = time.monotonic() + BROKEN_SECONDS
            logger.warning("the broker fails, no hints for %d s: %s", int(BROKEN_SECONDS), exc)


_sender = _Sender()
