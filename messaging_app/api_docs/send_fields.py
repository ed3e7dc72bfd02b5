"""Describes what all four send calls share (protocol/ums.md 3.1, 4): audience, option, answer."""

from typing import Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from messaging_app.api_docs.content import OTHER_KIND
from messaging_app.audience import (
    MAX_REGISTRATION_IDS,
    MAX_SEGMENTS,
    MAX_TAGS,
    MAX_USERID_LENGTH,
    MAX_USERIDS,
)
from messaging_app.idempotency import MAX_LENGTH
from messaging_app.models import Message
from messaging_app.send_options import MAX_SENDNO_LENGTH, Option
from messaging_app.send_request import OTHER_KINDS, CallbackWish, CustomIds
from ums.lib.json_schema import Fields, Note
from ums.lib.openapi import Example, Parameter

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
    "aud_segment": Note(
        _("The id of a segment that was made in the console."),
        {
            "maxItems": MAX_SEGMENTS,
            "items": {"pattern": r"^\s*[0-9]+\s*$", "minimum": 1},
            "examples": [["1000"]],
        },
    ),
    "aud_app": Note(
        _(
            "registrationIDs, where the caller knows them; at most 1,000 in all elements. Not"
            " together with userids, tags and segments."
        )
    ),
    **{f"aud_{kind}": OTHER_KIND for kind in OTHER_KINDS},
    "rule_id": Note(_("There are no sending rules here: 0, or leave it out."), {"enum": [0, None]}),
    "option": Note(_("Settings of this message.")),
    "callback": Note(_("Checked for its form; without effect yet.")),
}
FIELDS: Fields = {
    Option: {
        "sendno": Note(
            _("A mark of the caller's own; it comes back in the answer."),
            {"maxLength": MAX_SENDNO_LENGTH, "examples": ["42"]},
        ),
        "owner": Note(
            _(
                "An operator's user name. Needed where the line's API messages wait for approval;"
                " otherwise it is ignored."
            )
        ),
        "priority": Note(
            _("1 high, 2 medium, 3 low; 2 if absent."), {"enum": [*Message.Priority.values, None]}
        ),
        "black_id": Note(
            _("The id of a block list: whoever is on it gets nothing. Not with white_id.")
        ),
        "white_id": Note(
            _("The id of an allow list: only who is on it gets the message. Not with black_id.")
        ),
        "send_time": Note(
            _(
                "When to send, up to a year ahead; an extension. A time that is past sends at once,"
                " unless it is past by more than the time-to-live."
            ),
            {
                "anyOf": [{"format": "date-time"}, {"enum": ["", None]}],
                "examples": ["2026-12-01T09:00:00+08:00"],
            },
        ),
    },
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
    CallbackWish: {
        "url": Note(_("An address of the caller's.")),
        "params": Note(_("Any data of the caller's.")),
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
        "Any text of the caller's own for one intended message. For 30 days, a repeated call with"
        " the same key and body is answered with the first msgid and sends nothing; with another"
        " body it is refused (422)."
    ),
    schema={"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": "^[ -~]+$"},
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
