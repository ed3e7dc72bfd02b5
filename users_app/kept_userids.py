"""Keeps a list of userids from the page that reviews it until it is confirmed, or for a day."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from ums.lib import kept_files
from ums.lib.errors import DomainError
from users_app import userid_lines
from users_app.userid_lines import UseridLine

logger = logging.getLogger(__name__)

FOLDER = "userids"


def keep(key: UUID, *, text: str, file: UploadedFile | None) -> None:
    """Store the file, or else the pasted text; `key` names it."""
    if file:
        kept_files.write(_uploaded(key), file)
    else:
        kept_files.write(_pasted(key), ContentFile(text.encode()))


@contextmanager
def opened(key: UUID) -> Iterator[Iterator[UseridLine]]:
    """The lines of the list; DomainError if it is forgotten."""
    path = kept_files.where(_pasted(key))
    is_pasted = path.exists()
    try:
        file = (path if is_pasted else kept_files.where(_uploaded(key))).open("rb")
    except FileNotFoundError as exc:
        raise DomainError(
            _("The list of userids is no longer stored. Paste or upload it again.")
        ) from exc
    with file:
        if is_pasted:
            yield userid_lines.pasted(file.read().decode())
        else:
            yield userid_lines.uploaded(file)


def pasted_text(key: UUID) -> str:
    """What was pasted, to go on writing; "" if that was a file, or is forgotten."""
    try:
        return kept_files.where(_pasted(key)).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def forget(key: UUID) -> None:
    kept_files.delete(_pasted(key))
    kept_files.delete(_uploaded(key))


def forget_old() -> int:
    """Delete the lists that nobody has confirmed in a day; how many there were."""
    forgotten = kept_files.delete_strays(FOLDER, known=lambda _paths: set())
    if forgotten:
        logger.info("%d lists of userids forgotten", forgotten)
    return forgotten


def _pasted(key: UUID) -> str:
    return f"{FOLDER}/{key.hex}.pasted"


def _uploaded(key: UUID) -> str:
    return f"{FOLDER}/{key.hex}.uploaded"
