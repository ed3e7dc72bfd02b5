"""The kinds of conflicts, and what the console says of each."""

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext


class Kind(TextChoices):
    SHARED = "shared", gettext_lazy("Devices of several people")
    WITHOUT = "without", gettext_lazy("People without a device")
    STALE = "stale", gettext_lazy("Devices invalid for long")

    def explained(self, days: int) -> str:
        match self:
            case Kind.SHARED:
                return _(
                    "registrationIDs that two or more people have in this channel. A message to"
                    " several of them reaches the device once."
                )
            case Kind.WITHOUT:
                return _(
                    "People who have no valid registrationID in this channel: its messages cannot"
                    " reach them. Have their devices uploaded."
                )
            case Kind.STALE:
                return _(
                    "registrationIDs that JPush called invalid more than %(days)d days ago and that"
                    " nobody has uploaded since. Messages skip them anyway."
                ) % {"days": days}

    def counted(self, number: int) -> str:
        match self:
            case Kind.SHARED:
                words = ngettext("%(count)s shared device", "%(count)s shared devices", number)
            case Kind.WITHOUT:
                words = ngettext("%(count)s person", "%(count)s people", number)
            case Kind.STALE:
                words = ngettext(
                    "%(count)s invalid registrationID", "%(count)s invalid registrationIDs", number
                )
        return words % {"count": f"{number:,}"}

    def offer(self, number: int, days: int) -> str:
        """What the button says; "" where there is nothing to do."""
        match self:
            case Kind.SHARED if number:
                words = ngettext(
                    "Give %(count)s shared device to its newest owner",
                    "Give %(count)s shared devices to their newest owner",
                    number,
                )
            case Kind.STALE if number:
                words = ngettext(
                    "Delete %(count)s registrationID that has been invalid for %(days)d days",
                    "Delete %(count)s registrationIDs that have been invalid for %(days)d days",
                    number,
                )
            case Kind():
                return ""
        return words % {"count": f"{number:,}", "days": days}

    def done(self, number: int, days: int) -> str:
        if self is Kind.SHARED:
            words = ngettext(
                "%(count)s shared device belongs to its newest owner alone now.",
                "%(count)s shared devices belong to their newest owner alone now.",
                number,
            )
        else:
            words = ngettext(
                "%(count)s registrationID was deleted that had been invalid for %(days)d days.",
                "%(count)s registrationIDs were deleted that had been invalid for %(days)d days.",
                number,
            )
        return words % {"count": f"{number:,}", "days": days}
