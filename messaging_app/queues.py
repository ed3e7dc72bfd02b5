"""Which of Celery's tasks goes to which queue; Celery reads it before there are models."""

from enum import StrEnum
from typing import Any

from django.conf import settings

HINT_SECONDS = 5.0  # by then there is another one: a queue that nobody reads stays short


class Queue(StrEnum):
    URGENT = "urgent"
    BULK = "bulk"
    CALLBACKS = "callbacks"
    IMPORTS = "imports"


# Of each task in `tasks`.
QUEUES = {
    "expand": Queue.URGENT,
    "push": Queue.BULK,
    "push_urgent": Queue.URGENT,
    "apply_callbacks": Queue.CALLBACKS,
    "find_work": Queue.URGENT,
    "forget": Queue.BULK,
    "work_on_import": Queue.IMPORTS,
}


def task_name(task: str) -> str:
    return f"messaging_app.tasks.{task}"


def queue_name(queue: Queue) -> str:
    """What the broker calls it."""
    return f"{settings.UMS_QUEUE_PREFIX}{queue}"


def lifetime(seconds: float) -> dict[str, Any]:
    """Options of a task: a worker skips it after `seconds`, and RabbitMQ drops it."""
    return {"expires": seconds, "expiration": seconds}
