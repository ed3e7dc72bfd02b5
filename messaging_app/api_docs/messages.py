"""Describes the calls about one message: its state, and taking it back (protocol/ums.md 3.3, 7)."""

from dataclasses import replace
from typing import Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY
from messaging_app.api_docs.send_fields import MSGID, SENDING
from messaging_app.ledger import BOXES
from messaging_app.models import Message
from ums.lib.errors import Code
from ums.lib.json_schema import Fields, Note
from ums.lib.openapi import Call, Example, Parameter, Refusal

MSGID_PARAMETER = Parameter(
    name="msgid",
    place="path",
    text=_("As the send call returned it; colons may be written as `%3A`."),
    schema={"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
    example=MSGID,
)
UNKNOWN_MESSAGE = Refusal(
    404, Code.INVALID_PARAMETER, "There is no message “%(msgid)s”.", {"msgid": MSGID}
)


class Done(msgspec.Struct):
    """The answer to what needs no other words."""

    code: Literal[0]
    message: Literal["success"]


class MessageLedger(msgspec.Struct):
    """Numbers of targets by what became of them."""

    targets: int
    queued: int
    sent: int
    delivered: int
    clicked: int
    failed: int
    no_device: int
    invalid_id: int
    cancelled: int
    unknown: int


class MessageRetraction(msgspec.Struct):
    """Numbers of devices of a message that was taken back."""

    stopped: int
    withdrawn: int
    pending: int
    failed: int


class MessageState(msgspec.Struct):
    """The answer about one message."""

    code: Literal[0]
    message: Literal["success"]
    msgid: str
    state: str
    ledger: MessageLedger
    retraction: MessageRetraction | msgspec.UnsetType = msgspec.UNSET


BOX_TEXTS = {
    "queued": _("Waiting to be handed to JPush."),
    "sent": _("Accepted by JPush; no receipt yet."),
    "delivered": _("Delivered to the device, not clicked."),
    "clicked": _("Clicked."),
    "failed": _("Refused by JPush, or not delivered."),
    "no_device": _("People without a device in a channel of the line."),
    "invalid_id": _("registrationIDs that JPush does not know."),
    "cancelled": _("Cancelled or taken back before they were handed to JPush."),
    "unknown": _("Nobody knows whether JPush has accepted them; the console can send them again."),
}
COUNT = {"minimum": 0}
FIELDS: Fields = {
    MessageState: {
        "msgid": Note("", {"examples": [MSGID]}),
        "state": Note(
            _(
                "How far the message is. `paused`: nothing is sent until it is resumed. `missed`:"
                " its time has come and gone while nothing ran."
            ),
            {"enum": [*Message.State.values]},
        ),
        "ledger": Note(
            _("The boxes are exclusive and sum to `targets` once the message is expanded.")
        ),
        "retraction": Note(_("Of a retracted message only.")),
    },
    MessageRetraction: {
        "stopped": Note(_("Stopped before they were pushed."), COUNT),
        "withdrawn": Note(_("Withdrawn by JPush."), COUNT),
        "pending": Note(_("JPush has yet to withdraw them."), COUNT),
        "failed": Note(_("Could not be withdrawn."), COUNT),
    },
    MessageLedger: {
        "targets": Note(_("Devices, and people without one."), COUNT),
        **{name: Note(BOX_TEXTS[name], COUNT) for name in BOXES},
    },
}

MESSAGE = Call(
    name="message",
    group=SENDING,
    summary=_("See what became of a message"),
    description=_(
        "State and ledger of one message of this business line. An extension: the original has no"
        " such call."
    ),
    keys=CHANNEL_KEY,
    parameters=(MSGID_PARAMETER,),
    answer=MessageState,
    answers=(
        Example(
            _("A message that is done"),
            {
                "code": 0,
                "message": "success",
                "msgid": MSGID,
                "state": "done",
                "ledger": {
                    **dict.fromkeys(("targets", *BOXES), 0),
                    "targets": 5,
                    "sent": 1,
                    "delivered": 2,
                    "clicked": 1,
                    "no_device": 1,
                },
            },
        ),
        Example(
            _("A message that was taken back"),
            {
                "code": 0,
                "message": "success",
                "msgid": MSGID,
                "state": "retracted",
                "ledger": {
                    **dict.fromkeys(("targets", *BOXES), 0),
                    "targets": 3,
                    "sent": 1,
                    "clicked": 1,
                    "cancelled": 1,
                },
                "retraction": {"stopped": 1, "withdrawn": 1, "pending": 0, "failed": 0},
            },
        ),
    ),
    refusals=(UNKNOWN_MESSAGE,),
    fields=FIELDS,
)
RETRACT = Call(
    name="retract",
    group=SENDING,
    summary=_("Take a message back"),
    description=_(
        "Stops what has not been handed to JPush and has JPush withdraw the rest, if it is shown"
        " and not clicked. Possible for 24 hours after the message was sent, also of a cancelled"
        " one; a message that has not begun can be taken back at any time. The body is not read."
    ),
    keys=CHANNEL_KEY,
    parameters=(MSGID_PARAMETER,),
    answer=Done,
    answers=(Example(_("Taken back"), {"code": 0, "message": "success"}),),
    refusals=(
        replace(UNKNOWN_MESSAGE, status=400),  # as every failure of this call (protocol 3.3)
        Refusal(
            400,
            Code.ALREADY_RETRACTED,
            "The message “%(msgid)s” has been retracted already.",
            {"msgid": MSGID},
        ),
        Refusal(
            400,
            Code.INVALID_PARAMETER,
            "The message “%(msgid)s” was sent more than %(hours)d hours ago: it is too late to"
            " retract it.",
            {"msgid": MSGID, "hours": 24},
        ),
        Refusal(
            400,
            Code.INVALID_PARAMETER,
            "The message “%(msgid)s” was cancelled: there is nothing to retract.",
            {"msgid": MSGID},
        ),
    ),
)
