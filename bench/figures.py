"""What a benchmark reports, and the arithmetic behind it."""

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

T = TypeVar("T")


class BenchError(Exception):
    """What was measured is not what was meant; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside a floor or a rival of the same run.

    `n` is how much one round measures. `details` come with the value: a phase, percentiles.
    """

    name: str
    backend: str
    n: int
    value: float
    unit: str
    beside: Literal["floor", "rival"]
    beside_name: str
    beside_value: float
    goal: float | None = None  # of the ratio
    value_goal: float | None = None  # of the value itself, where a ratio says nothing
    details: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times the floor's or the rival's value ours is."""
        return self.value / self.beside_value

    def line(self) -> str:
        """The figure as one JSON object."""
        values = {
            "name": self.name,
            "backend": self.backend,
            **self.details,
            "n": self.n,
            "value": self.value,
            "unit": self.unit,
            self.beside: self.beside_name,
            f"{self.beside}_value": self.beside_value,
            "ratio": self.ratio,
            "goal": self.goal,
            "value_goal": self.value_goal,
        }
        return json.dumps(
            {k: _rounded(v) if isinstance(v, float) else v for k, v in values.items()}
        )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of them do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100) - 1, 0)]


def interleaved(
    contestants: Sequence[str], rounds: int, measure: Callable[[str], T]
) -> dict[str, list[T]]:
    """Each contestant's measurements. Every round has all of them, so that noise hits all alike.

    Each round begins with another one: nobody always comes first.
    """
    results: dict[str, list[T]] = {name: [] for name in contestants}
    for number in range(rounds):
        first = number % len(contestants)
        for name in (*contestants[first:], *contestants[:first]):
            results[name].append(measure(name))
    return results


def say(text: str) -> None:
    """Progress, for a person."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return float(f"{value:.4g}")
