"""A command for scripts: one JSON object on stdout, or one sentence on stderr and exit code 1."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ums.lib.errors import DomainError


class JsonCommand(BaseCommand):
    def make(self, **options: Any) -> dict[str, str]:
        """Do the work and return what to print; DomainError where the caller can mend it."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = self.make(**options)
        except DomainError as exc:
            raise CommandError(exc.message) from exc
        self.stdout.write(json.dumps(made, ensure_ascii=False))
