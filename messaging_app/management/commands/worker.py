"""`manage.py worker`: expands messages, pushes batches, applies callbacks, until stopped."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from messaging_app.runner import Runner

DEFAULT_THREADS = 16


class Command(BaseCommand):
    help = "Sends what has been accepted. Stop it with SIGTERM or Ctrl-C at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--threads", type=int, default=DEFAULT_THREADS, help="Calls to JPush at the same time."
        )

    def handle(self, *args: Any, threads: int, **options: Any) -> None:
        runner = Runner(threads=max(threads, 1))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: runner.stop())
        self.stderr.write(_("The worker is running."))
        runner.run()
        self.stderr.write(_("The worker has stopped."))
