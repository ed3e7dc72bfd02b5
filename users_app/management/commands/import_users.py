"""Imports a file of people without the console, for people who have a shell on the server."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ums.lib.errors import DomainError
from users_app import imports


class Command(BaseCommand):
    help = (
        "Import users from an Excel or CSV file: the good rows are applied. Prints one JSON"
        " object with rows, people, new, changed, moved, unchanged and bad; the first bad rows go"
        " to stderr."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="a workbook (.xlsx, .xls) or a CSV file"
        )
        parser.add_argument(
            "--check", action="store_true", help="only say what would change; write nothing"
        )

    def handle(self, *_args: object, file: Path, check: bool, **_options: Any) -> None:
        try:
            outcome = imports.run(path=file, apply=not check)
        except DomainError as exc:
            raise CommandError(f"{file}: {exc.message}") from exc
        except OSError as exc:
            raise CommandError(f"{file} cannot be read: {exc.strerror}.") from exc
        for row in outcome.first_bad:
            for column, reason in row.problems.items():
                self.stderr.write(f"row {row.number}, {column}: {reason}")
        figures = outcome.figures
        self.stdout.write(
            json.dumps(
                {
                    "rows": outcome.rows,
                    "people": figures.people,
                    "new": figures.new,
                    "changed": figures.changed,
                    "moved": figures.moved,
                    "unchanged": figures.unchanged,
                    "bad": outcome.bad,
                }
            )
        )
