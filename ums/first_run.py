"""The four ticks of a new installation, each read from the data, each with its next step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.translation import gettext as _

from channels_app.models import Channel
from messaging_app.models import Batch
from users_app.models import Registration


@dataclass(frozen=True, slots=True)
class Tick:
    """`url` leads to where the step is done; empty for an operator without `permission`."""

    name: str
    label: str
    help: str
    done: bool
    link: str
    url: str
    permission: str


def ticks(operator: User | AnonymousUser, channels: Sequence[Channel]) -> list[Tick]:
    """The four steps in their order; none once all are done."""
    steps = _steps(channels)
    if all(step.done for step in steps):
        return []
    return [step if operator.has_perm(step.permission) else replace(step, url="") for step in steps]


def _steps(channels: Sequence[Channel]) -> list[Tick]:
    return [
        Tick(
            name="channel",
            label=_("A channel is created"),
            help=_("The JPush app to send through, with its AppKey and Master Secret."),
            done=bool(channels),
            link=_("Create a channel"),
            url=reverse("admin:channels_app_channel_add"),
            permission="channels_app.add_channel",
        ),
        Tick(
            name="verified",
            label=_("JPush accepts its credentials"),
            help=_("The button “Verify” on the channel's page asks JPush; nothing is sent."),
            done=any(channel.verified_at for channel in channels),
            link=_("Verify the channel"),
            url=_verify_url(channels),
            permission="channels_app.change_channel",
        ),
        Tick(
            name="device",
            label=_("A device is bound to a user"),
            help=_("Upload a workbook with userids and registrationIDs, or use the REST API."),
            done=Registration.objects.exists(),
            link=_("Import users"),
            url=reverse("users:import_new"),
            permission="users_app.add_importjob",
        ),
        Tick(
            name="clicked",
            label=_("A push is delivered and clicked"),
            help=_("Send a message to yourself and tap it: JPush's receipt closes the circle."),
            done=Batch.objects.filter(clicked__gt=0).exists(),
            link=_("Compose"),
            url=reverse("messages:compose"),
            permission="messaging_app.add_message",
        ),
    ]


def _verify_url(channels: Sequence[Channel]) -> str:
    if not channels:
        return ""
    return reverse("admin:channels_app_channel_change", args=(channels[0].pk,))
