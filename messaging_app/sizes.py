"""How many bytes JPush takes of each part of a push (protocol/jpush.md 2.7)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from ums.lib.errors import DomainError

MAX_ANDROID_BYTES = 4000  # notification and message together
MAX_IOS_BYTES = 2000  # the whole object, braces included
MAX_IOS_MESSAGE_BYTES = 4000
MAX_LIVE_ACTIVITY_BYTES = 3584


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a push as one platform gets it; `size` and `limit` in bytes of UTF-8."""

    platform: str
    fields: str
    size: int
    limit: int


def too_large(push: Mapping[str, Any]) -> list[Part]:
    """The parts that JPush would refuse with 1005; `push` as `content.normalise` returns it."""
    return [part for part in _parts(push) if part.size > part.limit]


def check_sizes(push: Mapping[str, Any]) -> None:
    """DomainError naming the platform, the size and the limit."""
    for part in too_large(push):
        raise DomainError(
            _(
                "For %(platform)s, %(fields)s takes %(size)d bytes; JPush takes at most %(limit)d."
                " A Chinese character is three bytes."
            )
            % {
                "platform": part.platform,
                "fields": part.fields,
                "size": part.size,
                "limit": part.limit,
            }
        )


def _parts(push: Mapping[str, Any]) -> Iterator[Part]:
    """For hmos and the others no limit is known."""
    platforms = push["platform"]
    notification = push.get("notification") or {}
    message = _size(push["message"]) if "message" in push else 0
    if platforms == "all" or "android" in platforms:
        size = _platform_size(notification, "android") + message
        yield Part("android", "notification + message", size, MAX_ANDROID_BYTES)
    if platforms == "all" or "ios" in platforms:
        size = _platform_size(notification, "ios")
        yield Part("ios", "notification.ios", size, MAX_IOS_BYTES)
        yield Part("ios", "message", message, MAX_IOS_MESSAGE_BYTES)
        size = _size(push.get("live_activity") or {})
        yield Part("ios", "live_activity", size, MAX_LIVE_ACTIVITY_BYTES)


def _platform_size(notification: Mapping[str, Any], platform: str) -> int:
    """The platform's own object; the alert for all platforms stands in where it has none."""
    if not notification:
        return 0
    shortcut = {"alert": notification["alert"]} if "alert" in notification else {}
    own = notification.get(platform)
    return _size({**shortcut, **own} if isinstance(own, dict) else shortcut)


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))
