"""What a message says on each platform, for the eyes of whoever must judge it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What "all" means to JPush's current apps; other platforms show where they have their own object.
COMMON_PLATFORMS = ("android", "ios", "hmos")


@dataclass(frozen=True, slots=True)
class Wording:
    """One title and text with the platforms that show it; none for a message inside the app."""

    platforms: tuple[str, ...]
    title: str
    text: str


def platforms(content: Mapping[str, Any]) -> tuple[str, ...]:
    """JPush's names of the platforms that a normalised push goes to."""
    if content["platform"] != "all":
        return tuple(content["platform"])
    notification = content.get("notification") or {}
    own = (name for name, part in notification.items() if isinstance(part, dict))
    return tuple(dict.fromkeys((*COMMON_PLATFORMS, *own)))


def wordings(content: Mapping[str, Any]) -> list[Wording]:
    """Every different text of a normalised push, in full (protocol/jpush.md 2.3, 2.4)."""
    said: dict[tuple[str, str], list[str]] = {}
    if notification := content.get("notification"):
        for platform in platforms(content):
            said.setdefault(_notification(notification, platform), []).append(platform)
    found = [Wording(tuple(names), title, text) for (title, text), names in said.items()]
    if message := content.get("message"):
        found.append(Wording((), _text(message.get("title")), _text(message.get("msg_content"))))
    return found


def _notification(notification: Mapping[str, Any], platform: str) -> tuple[str, str]:
    """Title and text; a platform without an alert of its own shows the common one."""
    part = notification.get(platform)
    own = part if isinstance(part, dict) else {}
    alert = own.get("alert") or notification.get("alert")
    if isinstance(alert, dict):  # iOS
        return _text(alert.get("title")), _lines(alert.get("subtitle"), alert.get("body"))
    return _text(own.get("title")), _lines(alert, own.get("big_text"))


def _lines(*values: Any) -> str:
    return "\n".join(filter(None, map(_text, values)))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
