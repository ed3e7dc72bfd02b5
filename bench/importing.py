"""One contestant of import_xlsx or import_check, in a process of its own: what one file took."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.floors.imports import staged_comparison, staged_upsert
from bench.memory import watched_family
from bench.rivals.openpyxl_bulk import openpyxl_bulk
from users_app.bind_ids import bind_ids_for
from users_app.changes import Mode
from users_app.import_progress import Progress
from users_app.import_work import Source, staged_from
from users_app.imports import run


def ours(path: Path) -> int:
    return run(path=path, mode=Mode.SET, apply=True).figures.new


def ours_check(path: Path) -> int:
    """As the worker checks an upload (`import_work`)."""
    source = Source(path, bind_ids_for(None), Mode.SET)
    with staged_from(source, Progress()) as (_reading, upload):
        figures = upload.compare()
        upload.repeated()
    return figures.new


# Some say how many people are new to the database.
Contestant = Callable[[Path], int | None]
IMPORTS: Mapping[str, Contestant] = {
    "ours": ours,
    "staged_upsert": staged_upsert,
    "openpyxl_bulk": openpyxl_bulk,
}
CHECKS: Mapping[str, Contestant] = {"ours": ours_check, "staged_comparison": staged_comparison}


def main(step: str, name: str, path: str) -> None:
    """`step` is "import" or "check"; prints JSON."""
    contestant = {"import": IMPORTS, "check": CHECKS}[step][name]
    with watched_family(os.getpid()) as memory:
        began = time.perf_counter()
        new = contestant(Path(path))
        seconds = time.perf_counter() - began
    took = {
        "seconds": seconds,
        "new": new,
        "private_mb": max(each.private_mb for each in memory),
        "peak_mb": max(each.all_mb for each in memory),
    }
    sys.stdout.write(json.dumps(took))
