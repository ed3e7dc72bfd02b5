"""The four ticks of a new installation, each read from the data, each with its next step."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.translation import gettext as _

from channels_app.models import Channel
from messaging_app.models import Batch
from users_app.models import Registration


@dataclass(frozen=True, slots=True)
class Tick:
    """`url` is empty where the operator may not go there."""

    name: str
    label: str
    help: str
    done: bool
    link: str
    url: str


def ticks(operator: User | AnonymousUser, channels: Sequence[Channel]) -> list[Tick]:
    """The four steps in their order; none once all are done."""
    verified = any(channel.verified_at for channel in channels)
    bound = Registration.objects.exists()
    clicked = Batch.objects.filter(clicked__gt=0).exists()
    if channels and verified and bound and clicked:
        return []
    may = operator.has_perm
    return [
        Tick(
            name="channel",
            label=_("A channel is created"),
            help=_("The JPush app to send through, with its AppKey and Master Secret."),
            done=bool(channels),
            link=_("Create a channel"),
            url=reverse("admin:channels_app_channel_add")
            if may("channels_app.add_channel")
            else "",
        ),
        Tick(
            name="verified",
            label=_("JPush accepts its credentials"),
            help=_("The button “Verify” on the channel's page asks JPush; nothing is sent."),
            done=verified,
            link=_("Verify the channel"),
            url=_verify_url(channels) if may("channels_app.change_channel") else "",
        ),
        Tick(
            name="device",
            label=_("A device is bound to a user"),
            help=_("Upload a workbook with userids and registrationIDs, or use the REST API."),
            done=bound,
            link=_("Import users"),
            url=reverse("users:import_new") if may("users_app.add_importjob") else "",
        ),
        Tick(
            name="clicked",
            label=_("A push is delivered and clicked"),
            help=_("Send a message to yourself and tap it: JPush's receipt closes the circle."),
            done=clicked,
            link=_("Compose"),
            url=reverse("messages:compose") if may("messaging_app.add_message") else "",
        ),
    ]


def _verify_url(channels: Sequence[Channel]) -> str:
    if not channels:
        return ""
    return reverse("admin:channels_app_channel_change", args=(channels[0].pk,))
