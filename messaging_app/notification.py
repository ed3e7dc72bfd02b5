"""Turns a notification as an operator writes it into a JPush push (protocol/jpush.md 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLATFORMS = ("android", "ios", "hmos")


@dataclass(frozen=True, slots=True)
class Notification:
    """`intent` is what a click opens on Android and HarmonyOS; "" opens the app.

    `time_to_live` in seconds.
    """

    title: str
    text: str
    platforms: tuple[str, ...] = PLATFORMS
    extras: Mapping[str, Any] = field(default_factory=dict)
    intent: str = ""
    hmos_category: str = ""
    time_to_live: int = 86_400
    apns_production: bool = True

    def to_push(self) -> dict[str, Any]:
        """The push object without its audience."""
        makers = {"android": self._android, "ios": self._ios, "hmos": self._hmos}
        chosen = [name for name in PLATFORMS if name in self.platforms]
        return {
            "platform": "all" if len(chosen) == len(PLATFORMS) else chosen,
            "notification": {name: makers[name]() for name in chosen},
            "options": {
                "time_to_live": self.time_to_live,
                "apns_production": self.apns_production,
            },
        }

    def _android(self) -> dict[str, Any]:
        # An intent for one system means nothing to the other; a deep link serves both.
        url = "" if self.intent.startswith("action.") else self.intent
        return _filled(
            alert=self.text, title=self.title, extras=dict(self.extras), intent=_url(url)
        )

    def _ios(self) -> dict[str, Any]:
        alert = {"title": self.title, "body": self.text} if self.title else self.text
        return {
            "alert": alert,
            "sound": "default",
            "badge": "+1",
            "mutable-content": True,  # else iOS counts no delivery (2.3)
            **_filled(extras=dict(self.extras)),
        }

    def _hmos(self) -> dict[str, Any]:
        url = "" if self.intent.startswith("intent:") else self.intent
        return _filled(
            alert=self.text,
            title=self.title,
            category=self.hmos_category,
            extras=dict(self.extras),
            intent=_url(url),
        )


def _url(url: str) -> dict[str, str]:
    return {"url": url} if url else {}


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
