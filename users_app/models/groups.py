"""Groups of people that operators make: segments, block and allow lists."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel

DAYS = (MinValueValidator(1), MaxValueValidator(3650))  # that a condition looks back


class SegmentQuerySet(models.QuerySet["Segment"]):
    def with_channels(self) -> "SegmentQuerySet":
        """By their names: nothing that tells of a segment needs a channel's stored secret."""
        return self.prefetch_related(models.Prefetch("channels", Channel.objects.only("name")))


class Segment(models.Model):
    """People described by conditions that all hold; the API names it by its id (aud_segment)."""

    class Activity(models.TextChoices):
        """What a person did with a message, as its ledger has it."""

        RECEIVED = "received", _("received it")
        CLICKED = "clicked", _("clicked it")
        NOT_CLICKED = "not_clicked", _("did not click it")

    name = models.CharField(_("name"), max_length=64, unique=True)
    tags_any = models.JSONField(_("with any of these tags"), default=list, blank=True)
    tags_all = models.JSONField(_("with all of these tags"), default=list, blank=True)
    tags_none = models.JSONField(_("with none of these tags"), default=list, blank=True)
    channels = models.ManyToManyField(
        Channel,
        verbose_name=_("with a device in any of these channels"),
        blank=True,
        related_name="+",
    )
    registered_since = models.DateField(_("registered on or after"), null=True, blank=True)
    registered_within_days = models.PositiveSmallIntegerField(
        _("registered within the last … days"), null=True, blank=True, validators=DAYS
    )
    seen_within_days = models.PositiveSmallIntegerField(
        _("seen within the last … days"), null=True, blank=True, validators=DAYS
    )
    unseen_for_days = models.PositiveSmallIntegerField(
        _("not seen for … days"), null=True, blank=True, validators=DAYS
    )
    activity = models.CharField(
        _("what they did with a message"), max_length=20, choices=Activity.choices, blank=True
    )
    # Messages belong to a later app, so it is no foreign key: the message may be gone.
    msgid = models.CharField(_("msgid of the message"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(activity="", msgid="")
                | ~models.Q(activity="") & ~models.Q(msgid=""),
                name="an_activity_has_a_message",
            ),
        )

    def __str__(self) -> str:
        return self.name


class PersonList(models.Model):
    """A block list or an allow list; a send names it by its id (black_id, white_id)."""

    class Kind(models.TextChoices):
        BLOCK = "block", _("block list")
        ALLOW = "allow", _("allow list")

    name = models.CharField(_("name"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.BLOCK)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("block or allow list")
        verbose_name_plural = _("block and allow lists")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PersonListEntry(models.Model):
    """One userid on a list, whether or not anybody has uploaded that person yet."""

    person_list = models.ForeignKey(
        PersonList, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    userid = models.CharField(_("userid"), max_length=64)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = (
            models.UniqueConstraint(
                fields=("person_list", "userid"), name="one_entry_per_person_and_list"
            ),
        )

    def __str__(self) -> str:
        return self.userid
