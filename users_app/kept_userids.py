"""Keeps a list of userids from the page that reviews it until it is confirmed, or for a day."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app import userid_lines
from users_app.userid_lines import UseridLine

logger = logging.getLogger(__name__)

FOLDER = "userids"
KEPT_FOR = timedelta(days=1)
_PASTED, _UPLOADED = "pasted", "uploaded"  # they are read differently


def keep(key: UUID, *, text: str, file: UploadedFile | None) -> None:
    """Store the file, or else the pasted text; `key` names it."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{key.hex}.{_UPLOADED if file else _PASTED}").open("xb") as stored:
        for chunk in file.chunks() if file else [text.encode()]:
            stored.write(chunk)


@contextmanager
def opened(key: UUID) -> Iterator[Iterator[UseridLine]]:
    """The lines of the list; DomainError if it is forgotten."""
    pasted, uploaded = _paths(key)
    path = pasted if pasted.exists() else uploaded
    try:
        file = path.open("rb")
    except FileNotFoundError as exc:
        raise DomainError(
            _("The list of userids is no longer stored. Paste or upload it again.")
        ) from exc
    with file:
        if path == pasted:
            yield userid_lines.pasted(file.read().decode())
        else:
            yield userid_lines.uploaded(file)


def pasted_text(key: UUID) -> str:
    """What was pasted, to go on writing; "" if that was a file, or is forgotten."""
    try:
        return _paths(key)[0].read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def forget(key: UUID) -> None:
    for path in _paths(key):
        path.unlink(missing_ok=True)


def forget_old() -> int:
    """Delete the lists that nobody has confirmed; how many there were."""
    limit = (timezone.now() - KEPT_FOR).timestamp()
    forgotten = 0
    if _folder().is_dir():
        with os.scandir(_folder()) as entries:
            for entry in entries:
                try:
                    if entry.stat().st_mtime < limit:
                        os.unlink(entry.path)
                        forgotten += 1
                except FileNotFoundError:  # confirmed, or another sweep was faster
                    continue
    if forgotten:
        logger.info("%d lists of userids forgotten", forgotten)
    return forgotten


def _folder() -> Path:
    folder: Path = settings.UMS_DATA_DIR / FOLDER
    return folder


def _paths(key: UUID) -> tuple[Path, Path]:
    name = _folder() / key.hex
    return name.with_suffix(f".{_PASTED}"), name.with_suffix(f".{_UPLOADED}")
