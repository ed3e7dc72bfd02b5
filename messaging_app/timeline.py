"""Every message to one person, with what became of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from messaging_app.ledger import with_box
from messaging_app.models import Delivery, Message
from messaging_app.people import Person, person
from messaging_app.reports import STATE_TONES
from users_app.models import EndUser, Registration

SHARED_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """`note` says why a message under another userid is here."""

    message: Message
    message_tone: str
    fate: Person
    at: datetime
    note: str


def entries(end_user: EndUser) -> QuerySet[Delivery]:
    """The ledger's rows of this person, the newest message first; by index, however many there are.

    A device of two people gets a message once, under the first of their userids: for the other one
    it is found by the device. Messages to a bare registrationID name nobody, and are not found.
    """
    wanted = Q(userid=end_user.userid)
    for userid, channel_id, registration_id in _shared(end_user):
        wanted |= Q(userid=userid, channel_id=channel_id, registration_id=registration_id)
    return (
        with_box(Delivery.objects.filter(wanted))
        .select_related("message")
        .defer("message__audience", "message__content")
        # + 0: by the column itself PostgreSQL, while its statistics are young, walks the ledger
        # from its end, in the hope of meeting this person soon.
        .order_by((F("message_id") + 0).desc(), "-pk")
    )


def entry(end_user: EndUser, delivery: Delivery) -> Entry:
    message = delivery.message
    note = ""
    if delivery.userid != end_user.userid:
        note = _("through a device shared with %(userid)s") % {"userid": delivery.userid}
    batch = delivery.batch
    return Entry(
        message=message,
        message_tone=STATE_TONES[Message.State(message.state)],
        fate=person(delivery),
        at=(batch and batch.pushed_at) or message.created_at,
        note=note,
    )


def _shared(end_user: EndUser) -> list[tuple[str, int, str]]:
    """Others who have one of this person's devices: userid, channel, registrationID."""
    own = Registration.objects.filter(end_user=end_user).order_by("-id")
    devices = set(own.values_list("channel_id", "registration_id")[:SHARED_SHOWN])
    holders = (
        Registration.objects.filter(
            channel__in={channel_id for channel_id, _id in devices},
            registration_id__in={registration_id for _channel, registration_id in devices},
        )
        .exclude(end_user=end_user)
        .values_list("end_user__userid", "channel_id", "registration_id")
    )
    return [row for row in holders[:SHARED_SHOWN] if row[1:] in devices]
