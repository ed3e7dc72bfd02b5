"""Describes the calls about one message: `GET /v1/message/{msgid}`."""

from typing import Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY, RATE_HEADERS
from messaging_app.api_docs.send import MSGID, SENDING
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


class MessageState(msgspec.Struct):
    """The answer about one message."""

    code: Literal[0]
    message: Literal["success"]
    msgid: str
    state: str
    ledger: MessageLedger


BOX_TEXTS = {
    "queued": _("Waiting to be handed to JPush."),
    "sent": _("Accepted by JPush; no receipt yet."),
    "delivered": _("Delivered to the device, not clicked."),
    "clicked": _("Clicked."),
    "failed": _("Refused by JPush, or not delivered."),
    "no_device": _("People without a device in a channel of the line."),
    "invalid_id": _("registrationIDs that JPush does not know."),
    "cancelled": _("Taken back before they were handed to JPush."),
    "unknown": _("Nobody knows whether JPush has accepted them; the console can send them again."),
}
COUNT = {"minimum": 0}
FIELDS: Fields = {
    MessageState: {
        "msgid": Note("", {"examples": [MSGID]}),
        "state": Note(_("How far the message is."), {"enum": [*Message.State.values]}),
        "ledger": Note(
            _("The boxes are exclusive and sum to `targets` once the message is expanded.")
        ),
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
    ),
    answer_headers=RATE_HEADERS,
    refusals=(UNKNOWN_MESSAGE,),
    fields=FIELDS,
)
