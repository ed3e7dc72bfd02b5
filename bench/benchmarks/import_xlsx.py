"""Seconds from an .xlsx of up to 1,000,000 rows to people and devices, new ones and known ones."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from bench.figures import Figure, interleaved, say
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

STAGED_UPSERT = "staged_upsert"  # bench/floors/imports.py
OPENPYXL_BULK = "openpyxl_bulk"  # bench/rivals/openpyxl_bulk.py
MOST_RIVAL_ROWS = 100_000  # a million take it minutes
GOALS = {STAGED_UPSERT: 1.5, OPENPYXL_BULK: 8}

Phases = Mapping[str, Took]


def run() -> Iterator[Figure]:
    for contest, sizes in contests(MOST_RIVAL_ROWS):
        for rows in sizes:
            say(f"import_xlsx: {ROUNDS} rounds of {rows:,} rows on {contest.database.backend}")
            results = _measured(contest, rows)
            for phase in (NEW, REPEATED):
                yield from _figures(contest.database.backend, rows, phase, results)


def _measured(contest: Contest, rows: int) -> dict[str, list[Phases]]:
    """The file into an empty database, and once more into the one that this has left."""

    def measure(name: str) -> Phases:
        contest.clear()
        took = {}
        for phase in (NEW, REPEATED):
            took[phase] = contest.call("import", name, rows_of(name, rows))
            contest.check(name, rows_of(name, rows))
            contest.database.settle()
        return took

    return interleaved([OURS, STAGED_UPSERT, OPENPYXL_BULK], ROUNDS, measure)


def rows_of(name: str, rows: int) -> int:
    """How many rows one round measures."""
    return min(rows, MOST_RIVAL_ROWS) if name == OPENPYXL_BULK else rows


def _figures(
    backend: str, rows: int, phase: str, results: Mapping[str, Sequence[Phases]]
) -> Iterator[Figure]:
    seconds = {
        name: median(phases[phase].seconds for phases in all_phases)
        for name, all_phases in results.items()
    }
    memory = details(phase, rows, [phases[phase] for phases in results[OURS]])
    largest = rows == LARGEST_ROWS
    yield Figure(
        name="import_xlsx",
        backend=backend,
        n=rows,
        value=seconds[OURS],
        unit="s",
        beside="floor",
        beside_name=STAGED_UPSERT,
        beside_value=seconds[STAGED_UPSERT],
        goal=GOALS[STAGED_UPSERT] if largest else None,
        details=memory,
    )
    rival_rows = rows_of(OPENPYXL_BULK, rows)
    yield Figure(
        name="import_xlsx",
        backend=backend,
        n=rows,
        value=rows / seconds[OURS],
        unit="rows/s",
        beside="rival",
        beside_name=OPENPYXL_BULK,
        beside_value=rival_rows / seconds[OPENPYXL_BULK],
        goal=GOALS[OPENPYXL_BULK] if largest else None,
        details={**memory, "rival_rows": rival_rows},
    )
