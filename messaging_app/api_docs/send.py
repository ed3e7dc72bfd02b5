"""Describes `POST /v1/sent` and `/v1/broadcast` (protocol/ums.md 3.1, 4, 5)."""

from typing import Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY
from messaging_app.api_docs import content
from messaging_app.audience import MAX_REGISTRATION_IDS, MAX_TAGS, MAX_USERID_LENGTH, MAX_USERIDS
from messaging_app.send_request import (
    MAX_SENDNO_LENGTH,
    OTHER_KINDS,
    PRIORITIES,
    CustomIds,
    Option,
    SendRequest,
)
from ums.lib.errors import Code
from ums.lib.json_schema import Fields, Note
from ums.lib.openapi import BODY_REFUSALS, Body, Call, Example, Parameter, Refusal

SENDING = _("Sending")
MSGID = "v:1t:1603707455p:27133n:2"


class Accepted(msgspec.Struct):
    """The answer to an accepted message."""

    code: Literal[0]
    message: Literal["success"]
    msgid: str
    sendno: str | msgspec.UnsetType = msgspec.UNSET


AUDIENCE: dict[str, Note] = {
    "aud_userid": Note(
        _("userids as uploaded. One that nobody has uploaded counts as a target without a device."),
        {
            "maxItems": MAX_USERIDS,
            "items": {"minLength": 1, "maxLength": MAX_USERID_LENGTH},
            "examples": [["user1", "user2"]],
        },
    ),
    "aud_tag": Note(
        _(
            "Tags: everyone who has any of them. The business line's own tag comes first; if nobody"
            " has it under this line, that of `all` is taken."
        ),
        {"maxItems": MAX_TAGS, "items": {"minLength": 1}, "examples": [["vip"]]},
    ),
    "aud_segment": Note(_("The id of a segment.")),
    "aud_app": Note(
        _(
            "registrationIDs, where the caller knows them; at most 1,000 in all elements. Not"
            " together with userids, tags and segments."
        )
    ),
    "rule_id": Note(_("There are no sending rules here: 0, or leave it out.")),
    "option": Note(_("Settings of this message.")),
}
OPTION: dict[str, Note] = {
    "sendno": Note(
        _("A mark of the caller's own; it comes back in the answer."),
        {"maxLength": MAX_SENDNO_LENGTH, "examples": ["42"]},
    ),
    "priority": Note(_("1 high, 2 medium, 3 low; 2 if absent."), {"enum": [*PRIORITIES, None]}),
    "black_id": Note(_("A block list: whoever is on it gets nothing. Not with white_id.")),
    "white_id": Note(_("An allow list: only who is on it gets the message.")),
    "send_time": Note(_("Not supported yet; leave it out."), {"type": "null"}),
}
FIELDS: Fields = {
    SendRequest: {
        **AUDIENCE,
        "msg_app": content.MSG_APP,
        **dict.fromkeys(OTHER_KINDS, content.OTHER_KIND),
    },
    Option: OPTION,
    CustomIds: {
        "data": Note(
            _("registrationIDs."),
            {
                "maxItems": MAX_REGISTRATION_IDS,
                "items": {"pattern": "^[0-9A-Za-z_-]{1,64}$"},
                "examples": [["1104a89792bbb69299a"]],
            },
        ),
        "instance": Note(_("Reserved; without effect.")),
    },
    Accepted: {
        "msgid": Note(_("Names the message in all other calls."), {"examples": [MSGID]}),
        "sendno": Note(_("`option.sendno` of the request, if it had one."), {"examples": ["42"]}),
    },
}

IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    text=_(
        "Any text of the caller's own for one intended message. A repeated call with the same key"
        " and body is answered with the first msgid and sends nothing; with another body it is"
        " refused (422)."
    ),
    schema={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    example="order-4711",
)
ANSWERS = (
    Example(
        _("The message is accepted"),
        {"code": 0, "message": "success", "msgid": MSGID, "sendno": "42"},
    ),
    Example(
        _("The message is accepted; the request had no sendno"),
        {"code": 0, "message": "success", "msgid": MSGID},
    ),
)
SEND_REFUSALS = (
    Refusal(400, Code.NO_APP_CHANNEL, "There is no enabled App channel to send through."),
    Refusal(
        400, Code.RULE_INVALID, "There is no sending rule %(id)d; leave rule_id out.", {"id": 1001}
    ),
    Refusal(400, Code.LIST_UNKNOWN, "There is no block or allow list %(id)d.", {"id": 1234}),
    Refusal(400, Code.TWO_LISTS, "black_id and white_id cannot be used together."),
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "option.priority is %(value)d; it must be 1, 2 or 3.",
        {"value": 4},
    ),
)
AUDIENCE_REFUSALS = (
    Refusal(
        400,
        Code.TOO_MANY_USERIDS,
        "%(field)s has %(number)d entries; at most %(limit)d are allowed in one call.",
        {"field": "aud_userid", "number": MAX_USERIDS + 1, "limit": MAX_USERIDS},
    ),
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "The audience is empty: name at least one aud_userid, aud_tag or aud_app.",
    ),
)
NO_AUDIENCE_REFUSALS = (
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "A broadcast goes to everyone and takes no %(field)s; use /v1/sent.",
        {"field": "aud_userid"},
    ),
)

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
    refusals=(*AUDIENCE_REFUSALS, *content.REFUSALS, *SEND_REFUSALS),
    fields=FIELDS,
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
    body=Body(
        SendRequest,
        (Example(_("To everyone"), {"msg_app": [content.NOTICE], "option": {"sendno": "42"}}),),
        refusals=BODY_REFUSALS,
    ),
    answer=Accepted,
    answers=ANSWERS,
    refusals=(*NO_AUDIENCE_REFUSALS, *content.REFUSALS, *SEND_REFUSALS),
    fields=FIELDS,
)
