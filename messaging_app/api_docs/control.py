"""Describes the calls that pause, resume and cancel a message: extensions of ours."""

from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY
from messaging_app.api_docs.messages import MSGID_PARAMETER, UNKNOWN_MESSAGE, Done
from messaging_app.api_docs.send_fields import MSGID, SENDING
from messaging_app.models import Message
from ums.lib.errors import Code
from ums.lib.openapi import Call, Example, Refusal, Text

SUCCESS = {"code": 0, "message": "success"}


def _refusal(message: str, **values: object) -> Refusal:
    return Refusal(400, Code.INVALID_PARAMETER, message, {"msgid": MSGID, **values})


def _call(name: str, *refusals: Refusal, summary: Text, description: Text, answer: Text) -> Call:
    return Call(
        name=name,
        group=SENDING,
        summary=summary,
        description=description,
        keys=CHANNEL_KEY,
        parameters=(MSGID_PARAMETER,),
        answer=Done,
        answers=(Example(answer, SUCCESS),),
        refusals=(UNKNOWN_MESSAGE, *refusals),
    )


PAUSE = _call(
    "pause",
    _refusal(
        "The message “%(msgid)s” cannot be paused: it is %(state)s.",
        state=Message.State.DONE.label,
    ),
    summary=_("Pause a message"),
    description=_(
        "No call to JPush begins any more for this message; those under way end. Possible while it"
        " is `scheduled`, `expanding` or `sending`. Its time-to-live goes on. The body is not read."
        " An extension: the original has no such call."
    ),
    answer=_("Paused"),
)
RESUME = _call(
    "resume",
    _refusal(
        "The message “%(msgid)s” cannot be resumed: it is %(state)s.",
        state=Message.State.SENDING.label,
    ),
    _refusal(
        "The message “%(msgid)s” is paused and cannot be resumed: its time-to-live is over."
        " Cancel it, and send a new message."
    ),
    summary=_("Resume a paused message"),
    description=_(
        "It goes on where it was paused: it is `scheduled`, `expanding` or `sending` again. The"
        " body is not read. An extension: the original has no such call."
    ),
    answer=_("Resumed"),
)
CANCEL = _call(
    "cancel",
    _refusal(
        "The message “%(msgid)s” cannot be cancelled: it is %(state)s.",
        state=Message.State.DONE.label,
    ),
    summary=_("Cancel a message"),
    description=_(
        "Nothing more of it is handed to JPush; what JPush has already is delivered as usual, and"
        " can be taken back by `/v1/retract/{msgid}`. Possible before it is `done`, `failed` or"
        " `missed`. The body is not read. An extension: the original has no such call."
    ),
    answer=_("Cancelled"),
)
