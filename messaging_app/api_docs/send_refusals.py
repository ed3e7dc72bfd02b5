"""What all send calls refuse, with the sentences of the code that does (protocol/ums.md 8)."""

from messaging_app.api_docs.content import refusal_of_kind
from messaging_app.audience import MAX_USERIDS
from messaging_app.send_request import OTHER_KINDS
from ums.lib.errors import Code
from ums.lib.openapi import Refusal

OPTION_REFUSALS = (
    Refusal(
        400, Code.RULE_INVALID, "There is no sending rule %(id)d; leave rule_id out.", {"id": 1001}
    ),
    Refusal(
        400,
        Code.LIST_UNKNOWN,
        "There is no block list with the id %(value)s. The console lists them.",
        {"value": 1234},
    ),
    Refusal(400, Code.TWO_LISTS, "black_id and white_id cannot be used together."),
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "option.priority is %(value)d; it must be 1, 2 or 3.",
        {"value": 4},
    ),
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "option.send_time “%(value)s” is not a time of RFC 3339 with its offset, such as"
        " 2026-12-01T09:00:00+08:00.",
        {"value": "tomorrow"},
    ),
)
LINE_REFUSALS = (
    Refusal(400, Code.NO_APP_CHANNEL, "There is no enabled App channel to send through."),
    Refusal(
        400,
        Code.OWNER_NEEDED,
        "API messages of this business line need approval: option.owner must be the user name of"
        " an operator, which “%(value)s” is not.",
        {"value": ""},
    ),
    Refusal(
        400,
        Code.QUIET_HOURS,
        "The quiet hours of “%(line)s” last until %(until)s; send later.",
        {"line": "Shop", "until": "2026-12-01 08:00 +0800"},
    ),
    Refusal(
        422,
        Code.INVALID_PARAMETER,
        "The Idempotency-Key “%(key)s” was used for another call or body before. Use a new key for"
        " each message.",
        {"key": "order-4711"},
    ),
)
# Of `/sent` and of `/template/sent`.
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
        "The audience is empty: name at least one aud_userid, aud_tag, aud_segment or aud_app.",
    ),
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "There is no user segment with the id “%(value)s”. The console lists the segments with"
        " their ids.",
        {"value": "1000"},
    ),
    *(refusal_of_kind(f"aud_{kind}", code) for kind, code in OTHER_KINDS.items()),
)
# Of `/broadcast` and of `/template/broadcast`.
BROADCAST_REFUSALS = (
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "A broadcast goes to everyone and takes no %(field)s; use /v1/sent.",
        {"field": "aud_userid"},
    ),
    Refusal(
        400,
        Code.BROADCASTS_USED_UP,
        "“%(line)s” may send %(limit)d broadcasts a day; those of today are used up.",
        {"line": "Shop", "limit": 0},
    ),
)
