"""Describes `msg_app`: what is sent to apps, and what about it is refused (protocol/ums.md 5)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from messaging_app.content import MAX_TTL_SECONDS, PLATFORMS
from messaging_app.send_request import OTHER_KINDS
from messaging_app.sizes import MAX_IOS_BYTES
from ums.lib.errors import Code
from ums.lib.json_schema import Note
from ums.lib.openapi import Refusal

PLATFORM: dict[str, Any] = {
    "description": _("“all”, one platform, or a list of platforms."),
    "anyOf": [
        {"enum": ["all", *PLATFORMS]},
        {"type": "array", "minItems": 1, "items": {"enum": [*PLATFORMS]}},
    ],
}
PUSH_OBJECT: dict[str, Any] = {
    "type": "object",
    "description": _(
        "A JPush push object; what is not named here is passed on unread. UMS fills `audience`,"
        " `callback` and `cid` itself and leaves out those of the request, and"
        " `notification.voip`. It needs `notification`, `message` or `live_activity`."
    ),
    "required": ["platform"],
    "anyOf": [{"required": [name]} for name in ("notification", "message", "live_activity")],
    "properties": {
        "platform": PLATFORM,
        "notification": {
            "type": "object",
            "description": _(
                "A notification: `alert` for all platforms, or an object for each platform."
            ),
        },
        "message": {
            "type": "object",
            "description": _("A custom message: handed to the app, not shown by the system."),
            "required": ["msg_content"],
        },
        "live_activity": {"type": "object", "description": _("An iOS live activity.")},
        "options": {
            "type": "object",
            "properties": {
                "time_to_live": {
                    "type": "integer",
                    "description": _("Seconds that JPush keeps the message for an offline device."),
                    "minimum": 0,
                    "maximum": MAX_TTL_SECONDS,
                }
            },
        },
    },
}
MSG_APP = Note(
    _(
        "What to send: one JPush push object, or several for different platforms, which become one"
        " push."
    ),
    {"minItems": 1, "items": PUSH_OBJECT},
)
OTHER_KIND = Note(
    _("This server sends to apps only: anything but null is refused, with the code of its kind."),
    {"type": "null"},
)
MESSAGES_OF_OTHER_KINDS = {
    f"msg_{kind}": OTHER_KIND for kind in OTHER_KINDS if kind != "wechatwk_linkedcorp"
}

NOTICE: dict[str, Any] = {
    "platform": "android",
    "notification": {"android": {"alert": "Hi,JPush !"}},
}


def refusal_of_kind(field: str, code: Code) -> Refusal:
    return Refusal(
        400,
        code,
        "%(field)s cannot be sent: this business line has App channels only.",
        {"field": field},
    )


PLATFORM_MISSING = Refusal(
    400,
    Code.PLATFORM_MISSING,
    "platform is missing: “all”, or any of %(known)s.",
    {"known": ", ".join(PLATFORMS)},
)
PLATFORM_WRONG = Refusal(
    400,
    Code.PLATFORM_WRONG,
    "platform is %(value)s; it must be “all”, or any of %(known)s.",
    {"value": "'symbian'", "known": ", ".join(PLATFORMS)},
)
SENSITIVE_WORD = Refusal(
    400,
    Code.SENSITIVE_WORD,
    "The message holds the sensitive word “%(word)s”: write it without.",
    {"word": "jackpot"},
)
REFUSALS = (
    PLATFORM_MISSING,
    PLATFORM_WRONG,
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "For %(platform)s, %(fields)s takes %(size)d bytes; JPush takes at most %(limit)d. A"
        " Chinese character is three bytes.",
        {
            "platform": "ios",
            "fields": "notification.ios",
            "size": MAX_IOS_BYTES + 12,
            "limit": MAX_IOS_BYTES,
        },
    ),
    SENSITIVE_WORD,
    *(refusal_of_kind(field, OTHER_KINDS[field[4:]]) for field in MESSAGES_OF_OTHER_KINDS),
)
