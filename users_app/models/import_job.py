"""One uploaded file and what becomes of it."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from users_app.changes import Mode

LATELY = timedelta(days=7)


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def search(self, text: str) -> "ImportJobQuerySet":
        return self.filter(file_name__icontains=text)

    def noteworthy_first(self) -> "ImportJobQuerySet":
        """Those under way, then the lately refused ones, then the others, each the newest first."""
        lately = timezone.now() - LATELY
        place = Case(
            When(state__in=ImportJob.WORKED_ON, then=0),
            When(state=ImportJob.State.REFUSED, created_at__gte=lately, then=1),
            default=2,
        )
        return self.order_by(place, "-id")

    def at_work(self) -> "ImportJobQuerySet":
        """Those that a worker has to do something for, or is doing it."""
        return self.filter(state__in=ImportJob.WORKED_ON)

    def unclaimed(self) -> "ImportJobQuerySet":
        """Nobody works on them, or whoever did has died; and it is time to."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))

    def claimed(self) -> "ImportJobQuerySet":
        return self.filter(lease_until__gte=timezone.now()).exclude(lease="")


class ImportJob(models.Model):
    """One uploaded file: checked first, applied when the operator says so.

    A worker does both (`import_work`), the pages show how far it is.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("being checked")
        CHECKED = "checked", _("checked, waiting for confirmation")
        CONFIRMED = "confirmed", _("being applied")
        APPLIED = "applied", _("applied")
        CANCELLED = "cancelled", _("cancelled")
        REFUSED = "refused", _("refused")

    class Phase(models.TextChoices):
        READING = "reading", _("reading the file")
        COMPARING = "comparing", _("comparing with what is stored")
        APPLYING = "applying", _("applying")

    WORKED_ON = (State.UPLOADED, State.CONFIRMED)
    MODES = (
        (Mode.SET.value, _("replace the devices")),
        (Mode.ADD.value, _("add only")),
        (Mode.DELETE.value, _("delete")),
    )

    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("operator"),
    )
    file_name = models.CharField(_("file"), max_length=255)
    path = models.CharField(max_length=255, editable=False)  # below UMS_DATA_DIR; "" once deleted
    size = models.PositiveIntegerField(_("bytes"), default=0)
    mode = models.CharField(_("mode"), max_length=10, choices=MODES, default=Mode.SET.value)
    # Of whoever uploaded it: a worker finds the faults, and says them in it.
    language = models.CharField(max_length=10, blank=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.UPLOADED
    )
    problem = models.TextField(_("problem"), blank=True)  # why it was refused

    rows = models.PositiveIntegerField(_("rows"), default=0)
    people = models.PositiveIntegerField(_("people"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    moved = models.PositiveIntegerField(_("devices moved"), default=0)
    bad = models.PositiveIntegerField(_("bad rows"), default=0)
    # What the result page shows beside the figures: import_report.
    report = models.JSONField(default=dict, editable=False)

    # People are applied in the order of their userids: how far that is done.
    applied_to = models.CharField(max_length=64, blank=True, editable=False)
    applied_people = models.PositiveIntegerField(_("people applied"), default=0)

    lease = models.CharField(max_length=32, blank=True, editable=False)
    # Without a lease: not to be claimed before that.
    lease_until = models.DateTimeField(null=True, editable=False)
    # Claims since the work began, or since the one that last got somewhere.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    phase = models.CharField(max_length=10, choices=Phase.choices, blank=True, editable=False)
    # While it waits for a worker to apply it: when it was confirmed.
    phase_started_at = models.DateTimeField(null=True, editable=False)
    # Rows of READING, people of APPLYING. `done_before`: what was done when the phase began, as
    # after a restart. `total` is 0 where nobody knows.
    done = models.PositiveIntegerField(default=0, editable=False)
    done_before = models.PositiveIntegerField(default=0, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)

    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-id",)
        indexes = (models.Index(fields=("state",), name="imports_by_state"),)

    def __str__(self) -> str:
        return self.file_name
