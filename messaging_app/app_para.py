"""How a template goes to apps: the object `app_para` of a template send (protocol/ums.md 6)."""

from typing import Any

import msgspec

from messaging_app.content import DEFAULT_TTL_SECONDS
from messaging_app.notification import PLATFORMS, Notification


class AppPara(msgspec.Struct):
    """`platform` is "all", one name or a list of names; `time_to_live` is in seconds.

    Taken as it comes: `content.normalise` checks both, with their own business codes.
    """

    platform: Any = None
    time_to_live: int | None = None
    apns_production: bool | None = None

    def push(
        self, *, title: str, text: str, intent: str = "", extras: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The JPush push object without audience; not checked yet.

        Quick apps, web and Windows have no section of their own: they get the text by the
        shortcut `notification.alert`, since a quick app's section needs a page and on the public
        cloud the other two do not exist (protocol/jpush.md 2.3, 1.4).
        """
        named = self.platform if isinstance(self.platform, list) else [self.platform]
        everywhere = self.platform == "all"
        push = Notification(
            title=title,
            text=text,
            platforms=PLATFORMS if everywhere else tuple(p for p in PLATFORMS if p in named),
            extras=extras or {},
            intent=intent,
            time_to_live=DEFAULT_TTL_SECONDS if self.time_to_live is None else self.time_to_live,
            apns_production=self.apns_production is not False,
        ).to_push()
        if everywhere or any(platform not in PLATFORMS for platform in named):
            push["notification"] = {"alert": text, **push["notification"]}
        return {**push, "platform": self.platform}
