"""Files that callers upload for a later message: kept for hours, then forgotten (3.6)."""

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine
from messaging_app.models import Material
from ums.lib.errors import DomainError

logger = logging.getLogger(__name__)

FOLDER = "material"
MAX_BYTES = 20 * 1024 * 1024  # ours: the original's is not known
DEFAULT_HOURS = 24
MAX_HOURS = 168  # protocol/ums.md 3.6; its own example sends 169 (12.1, 5), so more is cut to it
STRAY_AGE = timedelta(days=1)
FILES_PER_ROUND = 500


def store(*, line: BusinessLine, file: UploadedFile, hours: int) -> Material:
    """Put `file` on disk for `hours`, at most MAX_HOURS; it is safe there once this returns.

    DomainError if `hours` is less than 1. The caller has held the file to MAX_BYTES.
    """
    if hours < 1:
        raise DomainError(
            _("time_to_live is %(hours)d; a file is kept for at least 1 hour.") % {"hours": hours}
        )
    path = _folder() / secrets.token_hex(16)
    with ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)
        size = _write(path, file)
        material = Material.objects.create(
            business_line=line,
            token=secrets.token_urlsafe(32),
            name=(file.name or "")[-255:],
            path=str(path.relative_to(settings.UMS_DATA_DIR)),
            size=size,
            expires_at=timezone.now() + timedelta(hours=min(hours, MAX_HOURS)),
        )
        undo.pop_all()
    logger.info("material %d stored: line=%d bytes=%d", material.pk, line.pk, size)
    return material


def address_of(material: Material) -> str:
    """What a message names the file by; nothing can be downloaded there (3.6)."""
    return f"{settings.UMS_BASE_URL}/v1/material/{material.token}"


def forget_expired() -> int:
    """Delete files whose time has passed, and files older than a day that no row knows.

    How many there were. Files go before their rows, so that whatever a crash leaves is found again;
    a younger file without a row may be an upload under way.
    """
    forgotten = 0
    expired = Material.objects.filter(expires_at__lte=timezone.now()).order_by("pk")
    while paths := dict(expired.values_list("pk", "path")[:FILES_PER_ROUND]):
        for path in paths.values():
            (settings.UMS_DATA_DIR / path).unlink(missing_ok=True)
        Material.objects.filter(pk__in=paths).delete()
        forgotten += len(paths)
    old_files = _old_files()
    while names := list(islice(old_files, FILES_PER_ROUND)):
        known = Material.objects.filter(path__in=names).values_list("path", flat=True)
        for name in set(names).difference(known):
            (settings.UMS_DATA_DIR / name).unlink(missing_ok=True)
            forgotten += 1
    if forgotten:
        logger.info("material: %d files forgotten", forgotten)
    return forgotten


def _folder() -> Path:
    folder: Path = settings.UMS_DATA_DIR / FOLDER
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)
    return folder


def _write(path: Path, file: UploadedFile) -> int:
    """Copy `file` to a new file that outlives a loss of power; its bytes."""
    size = 0
    with path.open("xb") as stored:
        for chunk in file.chunks():
            size += stored.write(chunk)
        stored.flush()
        os.fsync(stored.fileno())
    _sync(path.parent)
    return size


def _sync(folder: Path) -> None:
    """Make the names in `folder` last as its files do."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _old_files() -> Iterator[str]:
    """Paths below UMS_DATA_DIR, as rows have them, of files that are no longer being uploaded."""
    limit = (timezone.now() - STRAY_AGE).timestamp()
    with os.scandir(_folder()) as entries:
        for entry in entries:
            try:
                old = entry.is_file() and entry.stat().st_mtime < limit
            except FileNotFoundError:  # another sweep was faster
                continue
            if old:
                yield f"{FOLDER}/{entry.name}"
