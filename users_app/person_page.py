"""What the page of a person shows: devices by channel, tags, contacts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channels_app.models import Channel
from users_app.changes import ALL
from users_app.contacts import ContactKind
from users_app.models import Contact, EndUser, Registration, Tag

ROWS_SHOWN = 200  # of each kind
OTHERS_SHOWN = 5
PARTS: tuple[type[Any], ...] = (Registration, Tag, Contact)


@dataclass(frozen=True, slots=True)
class Device:
    registration: Registration
    others: tuple[str, ...]  # userids that have it as well


@dataclass(frozen=True, slots=True)
class ChannelDevices:
    channel: Channel
    devices: tuple[Device, ...]


def visible_parts(operator: Any) -> list[type[Any]]:
    """Those of a person's data that `operator` has the right to see."""
    return [
        model for model in PARTS if operator.has_perm(f"users_app.view_{model._meta.model_name}")
    ]


def sections(end_user: EndUser, parts: Sequence[type[Any]]) -> dict[str, Any]:
    """Context of `users/person.html`; a part that may not be seen is None."""
    tags = Tag.objects.filter(end_user=end_user).order_by("name", "bind_id")
    contacts = Contact.objects.filter(end_user=end_user).order_by("scope", "value")
    return {
        "end_user": end_user,
        "channels": _by_channel(end_user) if Registration in parts else None,
        "tags": tags[:ROWS_SHOWN] if Tag in parts else None,
        "contacts": [
            (
                ContactKind(contact.kind).label,
                "" if contact.bind_id == ALL else contact.bind_id,
                contact.value,
            )
            for contact in contacts[:ROWS_SHOWN]
        ]
        if Contact in parts
        else None,
    }


def _by_channel(end_user: EndUser) -> list[ChannelDevices]:
    """Every channel in use, also those in which the person has nothing."""
    rows = list(
        Registration.objects.filter(end_user=end_user).order_by("channel", "id")[:ROWS_SHOWN]
    )
    others = _others(end_user, rows)
    devices: dict[int, list[Device]] = defaultdict(list)
    for row in rows:
        key = (row.channel_id, row.registration_id)
        devices[row.channel_id].append(Device(row, tuple(others[key])))
    return [
        ChannelDevices(channel, tuple(devices[channel.pk]))
        for channel in Channel.objects.defer("master_secret")
        if channel.enabled or devices[channel.pk]
    ]


def _others(end_user: EndUser, rows: list[Registration]) -> dict[tuple[int, str], list[str]]:
    found = (
        Registration.objects.filter(
            channel__in={row.channel_id for row in rows},
            registration_id__in={row.registration_id for row in rows},
        )
        .exclude(end_user=end_user)
        .order_by("-id")
        .values_list("channel_id", "registration_id", "end_user__userid")
    )
    others: dict[tuple[int, str], list[str]] = defaultdict(list)
    for channel_id, registration_id, userid in found[: ROWS_SHOWN * OTHERS_SHOWN]:
        if len(names := others[channel_id, registration_id]) < OTHERS_SHOWN:
            names.append(userid)
    return others
