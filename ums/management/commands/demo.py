"""`./dev demo`: does the whole main job with real processes, and checks every figure."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ums.local.demo import run_demo
from ums.local.demo_figures import DemoError
from ums.local.stack import StackError


class Command(BaseCommand):
    help = "Uploads, sends, waits for receipts, and exits 0 only if every figure is exactly right."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_demo(say=self._say)
        except (DemoError, StackError) as exc:
            raise CommandError(str(exc)) from exc

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
