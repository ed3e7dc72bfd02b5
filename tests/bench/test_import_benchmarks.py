"""import_xlsx and import_check from their file to their figures, as small as they can be."""

import pytest

from bench import benchmarks, import_contest
from bench.benchmarks import import_check, import_xlsx
from bench.databases import sqlite_database

ROWS = 100


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(import_contest.ROWS, str(ROWS))
    monkeypatch.setattr(import_contest, "openers", lambda: [sqlite_database])
    monkeypatch.setattr(import_xlsx, "MOST_RIVAL_ROWS", ROWS // 2)
    for benchmark in (import_xlsx, import_check):
        monkeypatch.setattr(benchmark, "ROUNDS", 1)


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("import_xlsx", ["staged_upsert", "openpyxl_bulk"]),
        ("import_check", ["staged_comparison"]),
    ],
)
def test_each_phase_has_its_figures(name: str, beside: list[str]) -> None:
    figures = list(benchmarks.figures_of(name))

    assert [(figure.details["phase"], figure.beside_name) for figure in figures] == [
        (phase, each) for phase in ("new", "repeated") for each in beside
    ]
    for figure in figures:
        assert (figure.name, figure.backend, figure.n) == (name, "sqlite", ROWS)
        assert figure.ratio > 0
        assert figure.goal is None
        private_mb, peak_mb = (figure.details[key] for key in ("private_mb", "peak_mb"))
        assert 20 < float(private_mb) < float(peak_mb) < 300
