"""Checks and reads the content of a message: one element of `msg_app` (protocol/ums.md 5)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ums.lib.errors import Code, DomainError

# protocol/jpush.md 2.1; web and windows on private clouds only (1.4).
PLATFORMS = ("android", "ios", "hmos", "quickapp", "web", "windows")
DEFAULT_TTL_SECONDS = 86_400  # protocol/jpush.md 2.6
MAX_TTL_SECONDS = 864_000
SUMMARY_LENGTH = 200
MAX_DEPTH = 32  # more is no message; and JSON that is too deep cannot be stored
# UMS fills these itself; the original does not support them (protocol/ums.md 5): left out.
NOT_PASSED_ON = ("audience", "callback", "cid")
CARRIERS = ("notification", "message", "live_activity")
OBJECTS = ("notification", "message", "live_activity", "options")


def normalise(element: Mapping[str, Any]) -> dict[str, Any]:
    """The JPush push object, without audience, that `element` asks for.

    All that JPush knows and we do not is passed on unread. DomainError where JPush would refuse.
    """
    content = {key: value for key, value in element.items() if key not in NOT_PASSED_ON}
    _check_storable(content)
    content["platform"] = _platform(content.get("platform"))
    for key in OBJECTS:
        if key in content and not isinstance(content[key], dict):
            raise DomainError(
                _("msg_app.%(field)s must be an object, not %(value)s.")
                % {"field": key, "value": repr(content[key])[:80]}
            )
    if not any(content.get(key) for key in CARRIERS):
        raise DomainError(_("msg_app needs a notification or a message, or both."))
    if notification := content.get("notification"):
        content["notification"] = _notification(notification)
    if "message" in content and not content["message"].get("msg_content"):
        raise DomainError(_("msg_app.message needs msg_content."))
    time_to_live(content)
    return content


def time_to_live(content: Mapping[str, Any]) -> int:
    """Seconds that JPush may keep the message for a device that is offline."""
    seconds = content.get("options", {}).get("time_to_live", DEFAULT_TTL_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise DomainError(
            _("time_to_live must be a whole number of seconds, not %(value)s.")
            % {"value": repr(seconds)[:80]}
        )
    if not 0 <= seconds <= MAX_TTL_SECONDS:
        raise DomainError(
            _("time_to_live is %(value)d; it must be 0 to %(limit)d seconds.")
            % {"value": seconds, "limit": MAX_TTL_SECONDS}
        )
    return seconds


def summary(content: Mapping[str, Any]) -> str:
    """The words by which a person recognises the message in a list."""
    notification = content.get("notification") or {}
    message = content.get("message") or {}
    sources = [notification, *(v for v in notification.values() if isinstance(v, dict))]
    titles = [_text(part.get("title")) for part in sources]
    alerts = [_text(part.get("alert")) for part in sources]
    texts = [*alerts, _text(message.get("msg_content"))]
    title = next(filter(None, [*titles, _text(message.get("title"))]), "")
    text = next(filter(None, texts), "")
    return " — ".join(filter(None, [title, text]))[:SUMMARY_LENGTH]


def _check_storable(content: Mapping[str, Any]) -> None:
    """What is passed on unread must still fit into every database."""
    level: list[Any] = [content]
    for _depth in range(MAX_DEPTH):
        dicts = [value for value in level if isinstance(value, dict)]
        texts = [*level, *(key for part in dicts for key in part)]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise DomainError(_("msg_app holds the character NUL, which cannot be stored."))
        lists = [value for value in level if isinstance(value, list)]
        level = [value for part in dicts for value in part.values()]
        level += [value for part in lists for value in part]
        if not level:
            return
    raise DomainError(
        _("msg_app is nested more than %(limit)d levels deep.") % {"limit": MAX_DEPTH}
    )


def _platform(value: Any) -> str | list[str]:
    if value is None or value in ("", []):
        raise DomainError(
            _("platform is missing: “all”, or any of %(known)s.") % {"known": ", ".join(PLATFORMS)},
            Code.PLATFORM_MISSING,
        )
    if value == "all":
        return "all"
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or any(name not in PLATFORMS for name in names):
        raise DomainError(
            _("platform is %(value)s; it must be “all”, or any of %(known)s.")
            % {"value": repr(value)[:80], "known": ", ".join(PLATFORMS)},
            Code.PLATFORM_WRONG,
        )
    return names


def _notification(notification: Mapping[str, Any]) -> dict[str, Any]:
    parts = {key: value for key, value in notification.items() if key != "voip"}
    # A real client writes `quick` where JPush has `quickapp` (protocol/ums.md 3.0).
    if "quick" in parts:
        parts.setdefault("quickapp", parts.pop("quick"))
    for name in PLATFORMS:
        if name in parts and not isinstance(parts[name], dict):
            raise DomainError(
                _("msg_app.%(field)s must be an object, not %(value)s.")
                % {"field": f"notification.{name}", "value": repr(parts[name])[:80]}
            )
    if not parts:
        raise DomainError(_("msg_app.notification is empty: it needs an alert."))
    return parts


def _text(value: Any) -> str:
    """An iOS alert may be an object with title and body."""
    if isinstance(value, dict):
        return _text(value.get("body")) or _text(value.get("title"))
    return value.strip() if isinstance(value, str) else ""
