"""Files that callers upload for a later message: kept for hours, then forgotten (3.6)."""

import logging
import secrets
from contextlib import ExitStack
from datetime import timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine
from messaging_app.models import Material
from ums.lib import kept_files
from ums.lib.errors import DomainError

logger = logging.getLogger(__name__)

FOLDER = "material"
MAX_BYTES = 20 * 1024 * 1024  # ours: the original's is not known
DEFAULT_HOURS = 24
MAX_HOURS = 168  # protocol/ums.md 3.6; its own example sends 169 (12.1, 5), so more is cut to it


def store(*, line: BusinessLine, file: UploadedFile, hours: int) -> Material:
    """Put `file` on disk for `hours`, at most MAX_HOURS; it is safe there once this returns.

    DomainError if `hours` is less than 1. The caller has held the file to MAX_BYTES.
    """
    if hours < 1:
        raise DomainError(
            _("time_to_live is %(hours)d; a file is kept for at least 1 hour.") % {"hours": hours}
        )
    path = kept_files.new_path(FOLDER)
    with ExitStack() as undo:
        undo.callback(kept_files.delete, path)
        size = kept_files.write(path, file)
        material = Material.objects.create(
            business_line=line,
            token=secrets.token_urlsafe(32),
            name=(file.name or "")[-255:],
            path=path,
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
    while paths := dict(expired.values_list("pk", "path")[: kept_files.FILES_PER_ROUND]):
        for path in paths.values():
            kept_files.delete(path)
        Material.objects.filter(pk__in=paths).delete()
        forgotten += len(paths)
    forgotten += kept_files.delete_strays(FOLDER, _known)
    if forgotten:
        logger.info("material: %d files forgotten", forgotten)
    return forgotten


def _known(paths: list[str]) -> set[str]:
    return set(Material.objects.filter(path__in=paths).values_list("path", flat=True))
