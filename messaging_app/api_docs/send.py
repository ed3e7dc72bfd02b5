"""Describes `POST /v1/sent` and `/v1/broadcast` (protocol/ums.md 3.1, 5)."""

from datetime import timedelta

from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY
from messaging_app.api_docs import content
from messaging_app.api_docs.send_fields import (
    ANSWERS,
    AUDIENCE,
    FIELDS,
    IDEMPOTENCY_KEY,
    SENDING,
    Accepted,
)
from messaging_app.api_docs.send_refusals import (
    AUDIENCE_REFUSALS,
    BROADCAST_REFUSALS,
    LINE_REFUSALS,
    OPTION_REFUSALS,
)
from messaging_app.send_request import SendRequest
from ums.lib.json_schema import Fields
from ums.lib.openapi import BODY_REFUSALS, Body, Call, Example

SEND_FIELDS: Fields = {
    **FIELDS,
    SendRequest: {**AUDIENCE, "msg_app": content.MSG_APP, **content.MESSAGES_OF_OTHER_KINDS},
}


def _tomorrow() -> str:
    return (timezone.localtime() + timedelta(days=1)).isoformat(timespec="seconds")


tomorrow = lazy(_tomorrow, str)  # an example that could be sent whenever it is read

SENT = Call(
    name="sent",
    group=SENDING,
    summary=_("Send a message to people"),
    description=_(
        "Accepts one message for the people, tags or registrationIDs named. It is accepted or"
        " refused as a whole; when the answer comes, it is on disk. What became of it is told by"
        " `GET /v1/message/{msgid}`."
    ),
    keys=CHANNEL_KEY,
    parameters=(IDEMPOTENCY_KEY,),
    body=Body(
        SendRequest,
        (
            Example(
                _("To two people"),
                {
                    "aud_userid": ["user1", "user2"],
                    "msg_app": [content.NOTICE],
                    "option": {"sendno": "42", "priority": 2},
                },
            ),
            Example(
                _("To everyone with a tag"),
                {
                    "aud_tag": ["vip"],
                    "msg_app": [{"platform": "all", "notification": {"alert": "Hello"}}],
                },
            ),
            Example(
                _("For each platform its own, a day from now"),
                {
                    "aud_userid": ["user1"],
                    "msg_app": [
                        {"platform": "android", "notification": {"android": {"alert": "Hi"}}},
                        {"platform": "ios", "notification": {"ios": {"alert": "Hello"}}},
                    ],
                    "option": {"send_time": tomorrow()},
                },
            ),
            Example(
                _("To registrationIDs"),
                {
                    "aud_app": [{"data": ["1104a89792bbb69299a", "191e35f7e0fb16c7d45"]}],
                    "msg_app": [{"platform": "all", "notification": {"alert": "Hello"}}],
                },
            ),
        ),
        refusals=BODY_REFUSALS,
    ),
    answer=Accepted,
    answers=ANSWERS,
    refusals=(*AUDIENCE_REFUSALS, *content.REFUSALS, *OPTION_REFUSALS, *LINE_REFUSALS),
    fields=SEND_FIELDS,
)
BROADCAST = Call(
    name="broadcast",
    group=SENDING,
    summary=_("Send a message to everyone"),
    description=_(
        "Accepts one message for everyone who has a device in a channel of this business line. The"
        " body is that of `/v1/sent` without any `aud_…`."
    ),
    keys=CHANNEL_KEY,
    parameters=(IDEMPOTENCY_KEY,),
    body=Body(
        SendRequest,
        (Example(_("To everyone"), {"msg_app": [content.NOTICE], "option": {"sendno": "42"}}),),
        refusals=BODY_REFUSALS,
    ),
    answer=Accepted,
    answers=ANSWERS,
    refusals=(*BROADCAST_REFUSALS, *content.REFUSALS, *OPTION_REFUSALS, *LINE_REFUSALS),
    fields=SEND_FIELDS,
)
