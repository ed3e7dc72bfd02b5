"""Seconds from an .xlsx of up to 1,000,000 rows to what importing it would change."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from bench.figures import BenchError, Figure, interleaved, say
from bench.import_contest import (
    LARGEST_ROWS,
    NEW,
    OURS,
    REPEATED,
    ROUNDS,
    Contest,
    Took,
    contests,
    details,
)
from bench.people_file import people_in

STAGED_COMPARISON = "staged_comparison"  # bench/floors/imports.py
FILLED_BY = OURS
GOAL = 1.5


def run() -> Iterator[Figure]:
    for contest, sizes in contests():
        for rows in sizes:
            for phase in (NEW, REPEATED):
                yield _figure(
                    contest.database.backend, rows, phase, _measured(contest, rows, phase)
                )


def _measured(contest: Contest, rows: int, phase: str) -> dict[str, list[Took]]:
    contest.clear()
    if phase == REPEATED:
        contest.call("import", FILLED_BY, rows)
        contest.database.settle()
    new = people_in(rows) if phase == NEW else 0

    def measure(name: str) -> Took:
        took = contest.call("check", name, rows)
        if took.new != new:
            raise BenchError(f"{name} says that {took.new} people are new, and it is {new}.")
        return took

    say(f"import_check: {ROUNDS} rounds of {rows:,} {phase} rows on {contest.database.backend}")
    results = interleaved([OURS, STAGED_COMPARISON], ROUNDS, measure)
    contest.check("the check", rows if phase == REPEATED else 0)
    return results


def _figure(backend: str, rows: int, phase: str, results: Mapping[str, Sequence[Took]]) -> Figure:
    seconds = {name: median(took.seconds for took in each) for name, each in results.items()}
    return Figure(
        name="import_check",
        backend=backend,
        n=rows,
        value=seconds[OURS],
        unit="s",
        beside="floor",
        beside_name=STAGED_COMPARISON,
        beside_value=seconds[STAGED_COMPARISON],
        goal=GOAL if rows == LARGEST_ROWS else None,
        details=details(phase, rows, results[OURS]),
    )
