"""Reads what `deploy/` says, so that tests run what an operator would."""

import shlex
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"


def compose() -> dict[str, Any]:
    file: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return file


def command(service: str) -> list[str]:
    """The words of a service's command."""
    return shlex.split(compose()["services"][service]["command"])


def by_python(words: list[str]) -> list[str]:
    """The same command as arguments of this Python."""
    program, *arguments = words
    return arguments if program == "python" else ["-m", program, *arguments]


def names_in(path: Path) -> set[str]:
    """The settings that an example of an environment file names, commented out or not."""
    lines = [line.lstrip("#") for line in path.read_text().splitlines()]
    names = {line.partition("=")[0] for line in lines if "=" in line}
    return {name for name in names if name.isupper() and " " not in name}
