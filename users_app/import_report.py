"""What an import has found, as its job keeps it for the pages."""

from dataclasses import asdict
from typing import Any

from users_app.bind_ids import BindIds
from users_app.changes import shown
from users_app.files.columns import REASON
from users_app.files.values import text_of
from users_app.models import ImportJob
from users_app.reading import Reading
from users_app.upload import Figures


def values_of(reading: Reading, figures: Figures, repeated: int) -> dict[str, Any]:
    """For the fields of the job."""
    return {
        "rows": reading.rows,
        "bad": reading.bad,
        **asdict(figures),
        "report": {**_report(reading), "repeated": repeated},
    }


def bind_ids_of(job: ImportJob) -> BindIds:
    """What was usable when the rows were judged, not what is usable today."""
    return BindIds(job.report["channels"], frozenset(job.report["lines"]))


def _report(reading: Reading) -> dict[str, Any]:
    sheet = reading.sheet
    columns = {name: place for name, place in sheet.columns.items() if name != REASON}
    return {
        "sheet": sheet.name,
        "columns": [
            {"name": name, "heading": sheet.headings[place]} for name, place in columns.items()
        ],
        "ignored": list(sheet.ignored),
        "first_bad": [
            {
                "number": row.number,
                "cells": [
                    {
                        "text": shown(text_of(row.values[place]).strip()),
                        "reason": row.problems.get(name, ""),
                    }
                    for name, place in columns.items()
                ],
            }
            for row in reading.first_bad
        ],
        "channels": dict(reading.bind_ids.channels),
        "lines": sorted(reading.bind_ids.lines),
    }
