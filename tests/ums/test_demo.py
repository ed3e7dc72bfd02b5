"""`./dev demo` in the tests: real web, worker and sandbox, over HTTP only."""

import pytest

from ums.local.demo import run_demo
from ums.local.demo_figures import DemoError, require


def test_the_main_job_works_from_end_to_end_with_exact_figures() -> None:
    said: list[str] = []

    run_demo(say=said.append)

    assert any(line.startswith("REST, to everyone: targets 5,002 = ") for line in said)
    assert said[-1].startswith("Every figure is exactly right")


def test_a_wrong_figure_fails_the_demo() -> None:
    with pytest.raises(DemoError, match="clicks: the sandbox has 2, we have 1"):
        require(False, "clicks: the sandbox has 2, we have 1.")
