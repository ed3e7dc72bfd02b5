"""`./dev messages`: brings the Chinese catalogue up to date, or checks that it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ums.local import catalogue

SHOWN = 20


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Collects every string that a person sees into the Chinese catalogue and compiles it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; fail if untrue.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            missing = catalogue.update()
            self.stdout.write(f"The catalogue is up to date; {missing} strings to translate.")
            return
        found = catalogue.problems()
        if found:
            lines = [f"  “{problem.message_id}” {problem.reason}" for problem in found[:SHOWN]]
            raise CommandError(
                f"The Chinese catalogue has {len(found)} faults (./dev messages collects):\n"
                + "\n".join(lines)
            )
        self.stdout.write("The Chinese catalogue is complete.")
