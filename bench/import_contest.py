"""The contestants of import_xlsx and import_check on one database, and what it is to hold."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import Database, openers
from bench.figures import BenchError, say
from bench.instance import Instance, scratch_instance
from bench.people_file import CHANNELS, people_in, write_workbook

ROWS = "UMS_BENCH_ROWS"
DEFAULT_ROWS = "100000 1000000"
LARGEST_ROWS = 1_000_000  # goals are for these
ROUNDS = 3
NEW, REPEATED = "new", "repeated"  # phases: nobody in the file is stored yet; everybody is
OURS = "ours"
PRIVATE_MB_GOAL = 600


@dataclass(frozen=True, slots=True)
class Took:
    """`new` is how many people were new, if the contestant says so.

    The memory is that of its process and of those that it has started, together.
    """

    seconds: float
    new: int | None
    private_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Contest:
    instance: Instance
    files: Mapping[int, Path]  # by their rows

    @property
    def database(self) -> Database:
        return self.instance.database

    def clear(self) -> None:
        clear(self.database)

    def call(self, step: str, name: str, rows: int) -> Took:
        """Let one contestant import or check the file of so many rows."""
        printed = self.instance.call("bench.importing", step, name, str(self.files[rows]))
        took = Took(**json.loads(printed))
        say(f"  {name}: {took.seconds:.2f} s, {took.private_mb:.0f} to {took.peak_mb:.0f} MB")
        return took

    def check(self, name: str, rows: int) -> None:
        check(self.database, name, people=people_in(rows), devices=rows)


def details(phase: str, rows: int, taken: Sequence[Took]) -> dict[str, str | float]:
    """What comes with a figure of ours: the phase, and the most memory of all rounds."""
    goal = {"private_mb_goal": PRIVATE_MB_GOAL} if rows == LARGEST_ROWS else {}
    return {
        "phase": phase,
        "peak_mb": max(took.peak_mb for took in taken),
        "private_mb": max(took.private_mb for took in taken),
        **goal,
    }


def contests(*more_rows: int) -> Iterator[tuple[Contest, list[int]]]:
    """One for each database, with the sizes to measure; it has files of `more_rows` as well."""
    sizes = [int(rows) for rows in (os.environ.get(ROWS, "") or DEFAULT_ROWS).split()]
    with _workbooks({*sizes, *more_rows}) as files:
        for opener in openers():
            with opener() as database, scratch_instance(database) as instance:
                for code in CHANNELS:
                    instance.create_channel(code)
                yield Contest(instance, files), sizes


def clear(database: Database) -> None:
    """As it was when nobody had been stored yet: small, and without statistics of the tables."""
    if database.backend == "postgresql":
        database.settle()
        database.execute("TRUNCATE users_app_registration, users_app_enduser CASCADE")
    else:
        database.execute("DELETE FROM users_app_registration")
        database.execute("DELETE FROM users_app_enduser")
        database.execute("VACUUM")
        database.settle()


def check(database: Database, name: str, *, people: int, devices: int) -> None:
    """BenchError unless exactly so many are stored, and each device belongs to a person."""
    stored = {
        "people": database.scalar("SELECT COUNT(*) FROM users_app_enduser"),
        "devices": database.scalar("SELECT COUNT(*) FROM users_app_registration"),
        "people with devices": database.scalar(
            "SELECT COUNT(*) FROM (SELECT DISTINCT end_user_id FROM users_app_registration) AS p"
        ),
    }
    if list(stored.values()) != [people, devices, people]:
        raise BenchError(
            f"After {name} there are not {people} people with {devices} devices: {stored}"
        )


@contextmanager
def _workbooks(sizes: set[int]) -> Iterator[dict[int, Path]]:
    with tempfile.TemporaryDirectory(prefix="ums-bench-") as folder:
        files = {rows: Path(folder) / f"{rows}.xlsx" for rows in sizes}
        for rows, path in files.items():
            write_workbook(path, rows)
        yield files
