"""Who can be reached, and how: people, their devices and tags, and the groups they form."""

import re
from collections.abc import Collection

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from users_app.changes import ALL as ALL  # where queries look for it

DAYS = (MinValueValidator(1), MaxValueValidator(3650))  # that a condition looks back
_TAG_ALONE = re.compile(r"tag[:：]\s*(.+)", re.IGNORECASE)


class EndUserQuerySet(models.QuerySet["EndUser"]):
    def search(self, text: str) -> "EndUserQuerySet":
        """People whose userid begins with `text`, or who have that registrationID or that tag.

        `tag:vip` means the tag alone. Each of the three is found by its own index: one condition
        with OR would read everybody.
        """
        if tag := _TAG_ALONE.match(text):
            return self.filter(id__in=Tag.objects.filter(name=tag[1]).values("end_user_id"))
        # The index begins with the channel, of which there are few.
        holders = Registration.objects.filter(
            channel__in=list(Channel.objects.values_list("id", flat=True)), registration_id=text
        )
        tagged = Tag.objects.filter(name=text)
        found = EndUser.objects.order_by().begins_with(text).values("id")
        return self.filter(
            id__in=found.union(holders.values("end_user_id"), tagged.values("end_user_id"))
        )

    def begins_with(self, text: str) -> "EndUserQuerySet":
        if connections[self.db].vendor == "postgresql":
            return self.filter(userid__startswith=text)
        # SQLite's LIKE knows neither the case of letters nor the index.
        return self.filter(userid__gte=text, userid__lt=f"{text}\U0010ffff")


class EndUser(models.Model):
    """A person to reach; the external key is `userid`."""

    userid = models.CharField(_("userid"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = EndUserQuerySet.as_manager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("userid",)

    def __str__(self) -> str:
        return self.userid


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def count_by_person(self, people: Collection[int]) -> dict[int, int]:
        """Of a page of people: an annotation would count for all whom the page passes over."""
        counts = self.filter(end_user_id__in=people).order_by().values("end_user_id")
        return dict(counts.values_list("end_user_id", models.Count("id")))


class Registration(models.Model):
    """One registrationID of one EndUser in one Channel."""

    channel = models.ForeignKey(
        Channel,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("channel"),
    )
    end_user = models.ForeignKey(
        EndUser,
        on_delete=models.CASCADE,
        related_name="registrations",
        db_index=False,
        verbose_name=_("user"),
    )
    registration_id = models.CharField(_("registrationID"), max_length=64)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # JPush called the id invalid; a new upload revives it.
    invalid_at = models.DateTimeField(_("invalid since"), null=True, editable=False)
    invalid_reason = models.CharField(_("reason"), max_length=255, blank=True, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("App registration ID")
        verbose_name_plural = _("App registration IDs")
        constraints = (
            models.UniqueConstraint(
                fields=("end_user", "channel", "registration_id"),
                name="one_binding_per_device_and_user",
            ),
        )
        # Covers what an audience reads.
        indexes = (
            models.Index(
                fields=("channel", "registration_id", "end_user"), name="registrations_by_device"
            ),
        )

    def __str__(self) -> str:
        return self.registration_id


class TagQuerySet(models.QuerySet["Tag"]):
    def names_by_person(self, people: Collection[int]) -> dict[int, list[str]]:
        """Each name once, in alphabetical order."""
        names: dict[int, list[str]] = {}
        rows = self.filter(end_user_id__in=people).values_list("end_user_id", "name").distinct()
        for person, name in rows.order_by("end_user_id", "name"):
            names.setdefault(person, []).append(name)
        return names


class Tag(models.Model):
    """One tag of one EndUser, seen by every business line (`all`) or by one (its ChannelKey)."""

    end_user = models.ForeignKey(
        EndUser,
        on_delete=models.CASCADE,
        related_name="tags",
        db_index=False,
        verbose_name=_("user"),
    )
    bind_id = models.CharField(_("bind_id"), max_length=64)
    name = models.CharField(_("tag"), max_length=40)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = (
            models.UniqueConstraint(
                fields=("end_user", "bind_id", "name"), name="one_tag_per_user"
            ),
        )
        indexes = (models.Index(fields=("name", "bind_id", "end_user"), name="people_by_tag"),)

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """An address of one EndUser in a kind of channel other than App (protocol/ums.md 1.1)."""

    end_user = models.ForeignKey(
        EndUser,
        on_delete=models.CASCADE,
        related_name="contacts",
        db_index=False,
        verbose_name=_("user"),
    )
    # "<kind>:<bind_id>", such as "phone:all" or "wechatoa:shop1": one column, as an upload has it.
    scope = models.CharField(_("kind and bind_id"), max_length=90)
    value = models.CharField(_("address"), max_length=254)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = (
            models.UniqueConstraint(
                fields=("end_user", "scope", "value"), name="one_contact_per_user"
            ),
        )

    def __str__(self) -> str:
        return self.value

    @property
    def kind(self) -> str:
        return self.scope.partition(":")[0]

    @property
    def bind_id(self) -> str:
        return self.scope.partition(":")[2]


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
