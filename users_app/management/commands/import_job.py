"""`manage.py import_job ID`: what the embedded worker starts for an import that is not small."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from users_app import import_lease, import_work


class Command(BaseCommand):
    help = "Carry on with an import, as the worker does. SIGTERM leaves the rest to the next one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_id", type=int, metavar="ID")

    def handle(self, *_args: object, job_id: int, **_options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: stopping.set())
        if claim := import_lease.claim(job_id):
            import_work.carry_on(claim, stopping=stopping.is_set)
