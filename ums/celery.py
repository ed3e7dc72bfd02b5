"""The app of the distributed engine: `celery -A ums worker` and `celery -A ums beat`.

Tasks are hints (`messaging_app.tasks`): what waits is in the rows, and the broker keeps nothing of
worth. What differs per machine is in the settings.
"""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab

from messaging_app.queues import HINT_SECONDS, QUEUES, lifetime, queue_name, task_name

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.settings")

BEAT_SECONDS = 1.0
HOUR_SECONDS = 3600.0


def route(name: str, *_args: Any, **_options: Any) -> dict[str, str] | None:
    """The queue of a task that is sent without one, as beat does."""
    routes = {task_name(task): queue for task, queue in QUEUES.items()}
    return {"queue": queue_name(routes[name])} if name in routes else None


app = Celery("ums")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    task_ignore_result=True,
    task_routes=(route,),
    task_create_missing_queues=False,  # a queue name that is mistyped stops the worker
    task_default_delivery_mode="transient",  # a hint need not survive the broker's restart
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # A push takes 3 s; a process that hangs in it, in spite of all time-outs, is replaced.
    task_time_limit=120,
    broker_connection_timeout=2.0,
    broker_pool_acquire_timeout=2.0,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker as long as it takes
    worker_pool="prefork",  # one Pump for each process
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,  # LOGGING of the settings
    beat_scheduler="celery.beat:Scheduler",  # keeps no file: it has nothing to remember
    beat_schedule={
        "find_work": {
            "task": task_name("find_work"),
            "schedule": BEAT_SECONDS,
            "options": lifetime(HINT_SECONDS),
        },
        "apply_callbacks": {
            "task": task_name("apply_callbacks"),
            "schedule": BEAT_SECONDS,
            "options": lifetime(HINT_SECONDS),
        },
        "forget": {
            "task": task_name("forget"),
            "schedule": crontab(minute="17"),
            "options": lifetime(HOUR_SECONDS),
        },
    },
)
app.set_default()
app.autodiscover_tasks()
