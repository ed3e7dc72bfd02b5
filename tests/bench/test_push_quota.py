"""What makes a run of push_quota worthless."""

from typing import Any

import pytest

from bench.benchmarks.push_quota import check
from bench.figures import BenchError
from channels_app.jpush import sandbox


def stats(**changes: Any) -> dict[str, Any]:
    """What a sandbox says to which nothing has happened, but for `changes`."""
    with sandbox.Sandbox() as server:
        return {**server.stats(), **changes}


@pytest.mark.parametrize("refused", [{}, {"rate_limited": 2, "errors": {"2002": 2}}])
def test_a_call_too_many_is_a_result(refused: dict[str, Any]) -> None:
    check(stats(**refused), waiting=1)


@pytest.mark.parametrize(
    ("changes", "waiting"),
    [
        ({"rate_limited": 2, "errors": {"2002": 2, "1003": 1}}, 1),
        ({"accepted": {"repeated": 1}}, 1),
        ({}, 0),  # the broadcast has ended too early
    ],
)
def test_a_worthless_run_is_no_measurement(changes: dict[str, Any], waiting: int) -> None:
    with pytest.raises(BenchError):
        check(stats(**changes), waiting=waiting)
