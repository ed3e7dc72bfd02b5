"""Files that are kept below UMS_DATA_DIR for a while: safe on disk before their row says so."""

import os
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.utils import timezone

STRAY_AGE = timedelta(days=1)
FILES_PER_ROUND = 500


def new_path(folder: str) -> str:
    """A path below UMS_DATA_DIR, as rows have them, of a file that is to be written."""
    return f"{folder}/{secrets.token_hex(16)}"


def where(path: str) -> Path:
    """On this machine."""
    place: Path = settings.UMS_DATA_DIR / path
    return place


def write(path: str, file: "File[Any]") -> int:
    """Copy `file` to a new file that outlives a loss of power; its bytes."""
    size = 0
    folder = _made(os.path.dirname(path))
    with where(path).open("xb") as stored:
        for chunk in file.chunks():
            size += stored.write(chunk)
        stored.flush()
        os.fsync(stored.fileno())
    _sync(folder)
    return size


def delete(path: str) -> None:
    """Unless it is gone already, as a row says that has no path any more."""
    if path:
        where(path).unlink(missing_ok=True)


def delete_strays(folder: str, known: Callable[[list[str]], set[str]]) -> int:
    """Delete files older than a day that no row knows; how many there were.

    A younger one may be an upload under way. `known` tells which of some paths rows have.
    """
    deleted = 0
    old_files = _old_files(folder)
    while paths := list(islice(old_files, FILES_PER_ROUND)):
        for path in set(paths) - known(paths):
            delete(path)
            deleted += 1
    return deleted


def _made(folder: str) -> Path:
    path = where(folder)
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        _sync(path.parent)
    return path


def _sync(folder: Path) -> None:
    """Make the names in `folder` last as its files do."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _old_files(folder: str) -> Iterator[str]:
    """Paths below UMS_DATA_DIR, as rows have them, of files that are no longer being uploaded."""
    limit = (timezone.now() - STRAY_AGE).timestamp()
    with os.scandir(_made(folder)) as entries:
        for entry in entries:
            try:
                old = entry.is_file() and entry.stat().st_mtime < limit
            except FileNotFoundError:  # another sweep was faster
                continue
            if old:
                yield f"{folder}/{entry.name}"
