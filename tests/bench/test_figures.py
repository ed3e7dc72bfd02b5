"""What a benchmark reports, and the arithmetic behind it."""

import json

import pytest

from bench import benchmarks
from bench.__main__ import main
from bench.figures import Figure, interleaved, percentile


def test_a_figure_is_one_json_object_with_its_ratio() -> None:
    figure = Figure(
        name="user_opt",
        backend="sqlite",
        n=40_000,
        value=30_000.4,
        unit="users/s",
        beside="rival",
        beside_name="bulk",
        beside_value=8_000.0,
        goal=4.0,
        details={"phase": "new", "p50_ms": 61.23456},
    )

    assert json.loads(figure.line()) == {
        "name": "user_opt",
        "backend": "sqlite",
        "phase": "new",
        "p50_ms": 61.23,
        "n": 40_000,
        "value": 30_000.0,
        "unit": "users/s",
        "rival": "bulk",
        "rival_value": 8_000.0,
        "ratio": 3.75,
        "goal": 4.0,
        "value_goal": None,
    }


def test_a_figure_beside_a_floor_says_so() -> None:
    figure = Figure(
        name="expand",
        backend="postgresql",
        n=1_000_000,
        value=3.0,
        unit="s",
        beside="floor",
        beside_name="insert_select",
        beside_value=2.0,
    )

    line = json.loads(figure.line())

    assert (line["floor"], line["floor_value"], line["ratio"]) == ("insert_select", 2.0, 1.5)
    assert line["goal"] is None


@pytest.mark.parametrize(("percent", "wanted"), [(0, 1), (50, 5), (90, 9), (99, 10), (100, 10)])
def test_a_percentile_is_one_of_the_values(percent: float, wanted: float) -> None:
    assert percentile([10, 3, 1, 2, 4, 6, 5, 8, 7, 9], percent) == wanted


def test_every_round_has_all_contestants_and_another_one_begins() -> None:
    order: list[str] = []

    def measure(name: str) -> int:
        order.append(name)
        return len(order)

    results = interleaved(["a", "b", "c"], 3, measure)

    assert "".join(order) == "abcbcacab"
    assert results == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}


def test_a_benchmark_is_known_by_the_name_of_its_file() -> None:
    assert "user_opt" in benchmarks.names()


def test_an_unknown_benchmark_is_refused_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["user_op"]) == 2
    assert "“user_op”" in (error := capsys.readouterr().err)
    assert "user_opt" in error
