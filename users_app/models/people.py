"""Who can be reached, and how: people, their devices and tags, and the groups they form."""

import re
from collections.abc import Collection

from django.db import connections, models
from django.utils.translation import gettext_lazy as _

from channels_app.models import Channel
from users_app.changes import ALL as ALL  # where queries look for it

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
