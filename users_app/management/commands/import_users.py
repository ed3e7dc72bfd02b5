"""Imports a file of people without the console, for people who have a shell on the server."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from ums.lib.terminal import ProgressLine
from users_app import imports
from users_app.changes import Mode
from users_app.import_progress import Progress
from users_app.import_standing import figures_of, of_people
from users_app.models import ImportJob

INTERRUPTED = 130  # as a shell has it for Ctrl-C


class Command(BaseCommand):
    help = (
        "Import users from an Excel or CSV file: the good rows are applied. Prints one JSON"
        " object with rows, people, new, changed, moved, unchanged and bad; the first bad rows"
        " and, at a terminal, the progress go to stderr."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="a workbook (.xlsx, .xls) or a CSV file"
        )
        parser.add_argument(
            "--mode",
            choices=[mode.value for mode in Mode],
            default=Mode.SET.value,
            help="set (default): its devices and addresses replace those of the same person and"
            " channel, its tags are added; add: nothing is removed; delete: exactly what it names"
            " is removed",
        )
        parser.add_argument(
            "--check", action="store_true", help="only say what would change; write nothing"
        )
        parser.add_argument(
            "--errors",
            type=Path,
            metavar="OUT.xlsx",
            help="write the bad rows with their reasons to this workbook",
        )

    def handle(
        self,
        *_args: object,
        file: Path,
        mode: str,
        check: bool,
        errors: Path | None,
        **_options: Any,
    ) -> None:
        progress = _Shown(ProgressLine(sys.stderr))
        try:
            file.open("rb").close()
        except OSError as exc:
            raise CommandError(
                _("%(file)s cannot be read: %(reason)s.") % {"file": file, "reason": exc.strerror}
            ) from exc
        try:
            with _written(errors, beside=file) as bad_rows:
                outcome = imports.run(
                    path=file,
                    mode=Mode(mode),
                    apply=not check,
                    progress=progress,
                    bad_rows=bad_rows,
                )
        except DomainError as exc:
            raise CommandError(f"{file}: {exc.message}") from exc
        except OSError as exc:
            raise CommandError(f"{_stopped(progress)} {exc.strerror}.") from exc
        except KeyboardInterrupt as exc:
            raise CommandError(_stopped(progress), returncode=INTERRUPTED) from exc
        finally:
            progress.line.clear()
        self._report(outcome)

    def _report(self, outcome: imports.Outcome) -> None:
        for row in outcome.first_bad:
            for column, reason in row.problems.items():
                self.stderr.write(
                    _("row %(number)d, %(column)s: %(reason)s")
                    % {"number": row.number, "column": column, "reason": reason}
                )
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


class _Shown(Progress):
    """Shows itself at a terminal."""

    def __init__(self, line: ProgressLine) -> None:
        super().__init__()
        self.line = line

    def enter(self, phase: ImportJob.Phase, *, total: int = 0, done: int = 0) -> None:
        super().enter(phase, total=total, done=done)
        self._show()

    def reach(self, done: int) -> None:
        super().reach(done)
        if self.line.due():
            self._show()

    def leave(self) -> None:
        self.line.clear()

    def _show(self) -> None:
        words = (str(ImportJob.Phase(self.phase).label), *figures_of(self))
        self.line.show(", ".join(words), self.share())


def _stopped(progress: Progress) -> str:
    if progress.phase != ImportJob.Phase.APPLYING or not progress.done:
        return _("Stopped before anything was applied.")
    return _(
        "Stopped after %(people)s, who stay applied. The same command again does the rest."
    ) % {"people": of_people(progress.done, progress.total)}


@contextmanager
def _written(place: Path | None, *, beside: Path) -> Iterator[IO[bytes] | None]:
    """A file that gets its name once it is whole; whether it can is known before the import."""
    if place is None:
        yield None
        return
    if place.exists() and beside.exists() and place.samefile(beside):
        raise CommandError(
            _("--errors %(file)s is the file to import; name another one.") % {"file": place}
        )
    if place.is_dir():
        raise CommandError(_("--errors %(file)s is a folder; name a file in it.") % {"file": place})
    try:
        whole = NamedTemporaryFile(dir=place.parent, prefix=place.name, delete=False)  # noqa: SIM115
    except OSError as exc:
        raise CommandError(
            _("--errors %(file)s cannot be written: %(reason)s.")
            % {"file": place, "reason": exc.strerror}
        ) from exc
    with ExitStack() as undo:
        undo.callback(os.unlink, whole.name)
        with whole:
            yield whole
        Path(whole.name).replace(place)
        undo.pop_all()
