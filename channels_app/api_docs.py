"""What every call's documentation says about its credentials (protocol/ums.md 2)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ums.lib.errors import Code
from ums.lib.openapi import Keys, Refusal

_CHANNEL_KEY = {
    "ChannelKey": {
        "type": "http",
        "scheme": "basic",
        "description": _(
            "ChannelKey and Master Secret of a business line: the console shows both under"
            " Business lines."
        ),
    }
}
_ACCESS_KEY = {
    "AccessKey": {
        "type": "http",
        "scheme": "basic",
        "description": _(
            "A global AccessKey with its Master Secret, for the user API: the console shows both"
            " under Access keys."
        ),
    }
}

_WRONG = (
    Refusal(
        401,
        Code.AUTHENTICATION_FAILED,
        "The Authorization header must be: Basic base64(key:Master Secret).",
    ),
    Refusal(
        401,
        Code.AUTHENTICATION_FAILED,
        "The key or the Master Secret in the Authorization header is wrong.",
    ),
)
_CLOSED = Refusal(
    400, Code.LINE_CLOSED, "The business line “%(name)s” is closed.", {"name": "Shop"}
)
_USED_UP = Refusal(
    429,
    Code.TOO_MANY_CALLS,
    "The calls of this minute are used up (limit of this key: %(limit)d); try again in"
    " %(seconds)d s.",
    {"limit": 600, "seconds": 17},
)


def _header(text: Any) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "integer", "minimum": 0}}


# In every answer to a key that has a limit; the names are JPush's (protocol/ums.md 3.0).
_RATE_HEADERS = {
    "X-Rate-Limit-Limit": _header(_("Calls that this key may make in one minute.")),
    "X-Rate-Limit-Remaining": _header(_("Calls that are left in this minute.")),
    "X-Rate-Limit-Reset": _header(_("Seconds until the next minute begins.")),
}

CHANNEL_KEY = Keys(
    schemes=_CHANNEL_KEY,
    refusals=(
        *_WRONG,
        _CLOSED,
        _USED_UP,
        Refusal(
            403,
            Code.AUTHENTICATION_FAILED,
            "This call needs a ChannelKey; an AccessKey is for the user API only.",
        ),
    ),
    headers=_RATE_HEADERS,
)
ACCESS_KEY = Keys(
    schemes=_ACCESS_KEY,
    refusals=(
        *_WRONG,
        _CLOSED,
        _USED_UP,
        Refusal(
            403,
            Code.AUTHENTICATION_FAILED,
            "This call needs a global AccessKey; a ChannelKey may not make it.",
        ),
    ),
    headers=_RATE_HEADERS,
)
EITHER_KEY = Keys(
    schemes={**_CHANNEL_KEY, **_ACCESS_KEY},
    refusals=(*_WRONG, _CLOSED, _USED_UP),
    headers=_RATE_HEADERS,
)
