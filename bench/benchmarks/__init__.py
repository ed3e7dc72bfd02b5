"""One benchmark per file; its `run` yields figures, and the file's name is the benchmark's."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator

from bench.figures import Figure


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def figures_of(name: str) -> Iterator[Figure]:
    """Run the benchmark `name` (one of `names`)."""
    run: Callable[[], Iterator[Figure]] = importlib.import_module(f"{__name__}.{name}").run
    return run()
