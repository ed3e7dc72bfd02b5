"""A broker in this process, and what was sent through it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest import mock

from django.test import override_settings
from kombu.transport.memory import Transport

from messaging_app import hints
from messaging_app.queues import Queue, queue_name
from ums.celery import app


@dataclass(frozen=True, slots=True)
class Hint:
    task: str
    args: list[Any]
    queue: Queue
    expires_at: datetime
    expiration: str  # milliseconds, for RabbitMQ


@contextmanager
def broker(url: str) -> Iterator[None]:
    """As in a process that was started with this CELERY_BROKER_URL."""
    environment = mock.patch.dict(os.environ, CELERY_BROKER_URL=url)
    sender = mock.patch.object(hints, "_sender", hints._Sender())
    with environment, sender, override_settings(CELERY_BROKER_URL=url):
        _connect_anew()
        try:
            yield
        finally:
            _connect_anew()
            Transport.global_state.clear()


def _connect_anew() -> None:
    """Celery keeps its pools, whatever becomes of the address."""
    for owner, pool in ((app, "_pool"), (app.amqp, "_producer_pool")):
        setattr(owner, pool, None)


def sent() -> list[Hint]:
    """What was sent since the last look, queue by queue."""
    found = []
    with app.connection_for_write() as connection:
        for queue in Queue:
            messages = connection.SimpleQueue(queue_name(queue))
            for _number in range(messages.qsize()):
                message = messages.get_nowait()
                message.ack()
                found.append(_hint(message, queue))
            messages.close()
    return found


def _hint(message: Any, queue: Queue) -> Hint:
    return Hint(
        task=message.headers["task"].removeprefix("messaging_app.tasks."),
        args=message.payload[0],
        queue=queue,
        expires_at=datetime.fromisoformat(message.headers["expires"]),
        expiration=message.properties["expiration"],
    )


def summary() -> list[tuple[str, list[Any], str]]:
    return [(hint.task, hint.args, str(hint.queue)) for hint in sent()]


def closed_port() -> int:
    """Nobody listens there."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
