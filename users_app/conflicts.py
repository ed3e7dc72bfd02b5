"""Devices and people that uploads have left in disorder: found, counted, and put in order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Channel
from ums.lib import sql
from ums.lib.errors import DomainError
from ums.lib.exports.tables import Row, Table, by_key, in_pages
from users_app.conflict_kinds import Kind
from users_app.models import EndUser, Registration
from users_app.upload import TURN

OWNERS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Conflict:
    """One kind of disorder in one channel; `days`: for how long an id has been invalid at least."""

    kind: Kind
    channel: Channel
    days: int

    def found(self) -> QuerySet[Any, Any]:
        """The rows of the list, in an order that has an index."""
        match self.kind:
            case Kind.SHARED:
                return _shared(self.channel)
            case Kind.WITHOUT:
                return _without(self.channel)
            case Kind.STALE:
                return _stale(self.channel, self.days).select_related("end_user")

    def count(self) -> int:
        return self.found().order_by().count()

    def rows(self, page: Sequence[Any]) -> list[Row]:
        """What a list shows of a page of `found()`, below `heading`."""
        match self.kind:
            case Kind.SHARED:
                owners = _owners(self.channel, [row.registration_id for row in page])
                return [_shared_row(row, owners[row.registration_id]) for row in page]
            case Kind.WITHOUT:
                devices = Registration.objects.count_by_person([person.pk for person in page])
                return [(p.userid, devices.get(p.pk, 0), p.created_at) for p in page]
            case Kind.STALE:
                return [
                    (
                        device.registration_id,
                        device.end_user.userid,
                        device.invalid_at,
                        device.invalid_reason,
                    )
                    for device in page
                ]

    def heading(self) -> Sequence[str]:
        match self.kind:
            case Kind.SHARED:
                return ("registrationID", _("people"), _("newest owner"), _("earlier owners"))
            case Kind.WITHOUT:
                return ("userid", _("devices in all channels"), _("created"))
            case Kind.STALE:
                return ("registrationID", "userid", _("invalid since"), _("reason"))

    def table(self) -> Table:
        def pages() -> Iterator[list[Row]]:
            match self.kind:
                case Kind.SHARED:
                    found: Iterator[list[Any]] = by_key(self.found(), "registration_id")
                case Kind.WITHOUT:
                    found = in_pages(self.found().order_by("pk"), EndUser.objects.all())
                case Kind.STALE:
                    devices = Registration.objects.select_related("end_user")
                    found = in_pages(self.found(), devices)
            for page in found:
                yield self.rows(page)

        return Table(f"{self.kind}-{self.channel.code}", self.heading(), pages)


def clean_up(*, conflict: Conflict, expected: int, operator: User) -> str:
    """Give shared devices to their newest owner, or delete stale ones; a sentence that says so.

    DomainError, and nothing is changed, if there are not `expected` of them any more.
    """
    with transaction.atomic():
        sql.take_turns(TURN)
        number = conflict.count()
        if number != expected:
            raise DomainError(
                _("Nothing has been changed: it would concern %(now)s now, not %(then)s.")
                % {"now": conflict.kind.counted(number), "then": f"{expected:,}"}
            )
        match conflict.kind:
            case Kind.SHARED:
                sql.execute(_TAKE_FROM_EARLIER_OWNERS, [conflict.channel.pk] * 2)
            case Kind.STALE:
                _stale(conflict.channel, conflict.days).delete()
            case Kind.WITHOUT:
                raise ValueError("People are not cleaned up.")
        said = conflict.kind.done(number, conflict.days)
        LogEntry.objects.create(
            user=operator,
            content_type=ContentType.objects.get_for_model(Registration),
            object_repr=str(conflict.channel)[:200],
            action_flag=CHANGE if conflict.kind is Kind.SHARED else DELETION,
            change_message=said,
        )
    return said


# A valid binding goes before an invalid one, then the one that was uploaded last.
_TAKE_FROM_EARLIER_OWNERS = """
DELETE FROM users_app_registration WHERE id IN (
    SELECT id FROM (
        SELECT id, ROW_NUMBER() OVER (
            PARTITION BY registration_id ORDER BY (invalid_at IS NULL) DESC, id DESC
        ) AS place
        FROM users_app_registration
        WHERE channel_id = %s AND registration_id IN (
            SELECT registration_id FROM users_app_registration
            WHERE channel_id = %s GROUP BY registration_id HAVING COUNT(*) > 1
        )
    ) AS ranked
    WHERE place > 1
)"""


def _shared(channel: Channel) -> QuerySet[Registration, Any]:
    """Each `registration_id` with its number of `people`."""
    return (
        Registration.objects.filter(channel=channel)
        .order_by("registration_id")
        .values("registration_id")
        .annotate(people=Count("id"))
        .filter(people__gt=1)
        .values_list("registration_id", "people", named=True)
    )


def _owners(channel: Channel, registration_ids: Sequence[str]) -> dict[str, list[str]]:
    """Their userids, the one who is to keep the device first."""
    devices = Registration.objects.filter(channel=channel, registration_id__in=registration_ids)
    rows = devices.values_list("registration_id", "end_user__userid", "invalid_at", "id")
    owners: dict[str, list[str]] = defaultdict(list)
    for registration_id, userid, _invalid, _id in sorted(
        rows, key=lambda row: (row[2] is None, row[3]), reverse=True
    ):
        owners[registration_id].append(userid)
    return owners


def _shared_row(device: Any, owners: Sequence[str]) -> Row:
    newest, *earlier = owners or [""]  # empty: taken away a moment ago
    more = " …" if len(earlier) > OWNERS_SHOWN else ""
    return (
        device.registration_id,
        device.people,
        newest,
        f"{', '.join(earlier[:OWNERS_SHOWN])}{more}",
    )


def _without(channel: Channel) -> QuerySet[EndUser]:
    devices = Registration.objects.filter(end_user=OuterRef("pk"))
    valid = devices.filter(channel=channel, invalid_at=None)
    return EndUser.objects.filter(~Exists(valid))


def _stale(channel: Channel, days: int) -> QuerySet[Registration]:
    return Registration.objects.filter(channel=channel, invalid_at__lt=_since(days)).order_by("pk")


def _since(days: int) -> datetime:
    """Whole days, so that a number that somebody has read still holds when it is confirmed."""
    today = timezone.now().astimezone(timezone.get_default_timezone())
    return today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
