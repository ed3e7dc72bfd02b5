"""Where the files of imports are kept, and for how long."""

import logging
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ums.lib import kept_files
from ums.lib.errors import DomainError
from users_app.models import ImportJob

logger = logging.getLogger(__name__)

FOLDER = "imports"


def place_of(job: ImportJob) -> Path:
    """DomainError if the file is gone."""
    path = kept_files.where(job.path)
    if not path.is_file():
        raise DomainError(
            _("The uploaded file “%(file)s” is no longer stored. Upload it again.")
            % {"file": job.file_name}
        )
    return path


def forget() -> int:
    """Delete the files of imports that are over, or wait for a word that nobody has said in time.

    How many there were. Files go before their rows' paths, so that whatever a crash leaves is
    found again.
    """
    now = timezone.now()
    old = ImportJob.objects.filter(
        created_at__lt=now - timedelta(days=settings.UMS_IMPORT_KEEP_DAYS)
    ).exclude(path="")
    # From here on nobody can confirm it.
    old.filter(state=ImportJob.State.CHECKED).update(
        state=ImportJob.State.CANCELLED, finished_at=now
    )
    over = old.exclude(state__in=ImportJob.WORKED_ON).order_by("pk")
    forgotten = 0
    while paths := dict(over.values_list("pk", "path")[: kept_files.FILES_PER_ROUND]):
        for path in paths.values():
            kept_files.delete(path)
        ImportJob.objects.filter(pk__in=paths).update(path="")
        forgotten += len(paths)
    forgotten += kept_files.delete_strays(FOLDER, _known)
    if forgotten:
        logger.info("imports: %d files forgotten", forgotten)
    return forgotten


def _known(paths: list[str]) -> set[str]:
    return set(ImportJob.objects.filter(path__in=paths).values_list("path", flat=True))
