"""Makes one push of several elements of `msg_app`, each for platforms of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from messaging_app.content import normalise
from ums.lib.errors import DomainError

# Options that mean something to one platform only (protocol/jpush.md 2.6).
OPTIONS_OF_A_PLATFORM = ("apns_production", "apns_collapse_id", "third_party_channel")


def combine(elements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The push object for all of `elements`, of which there is at least one.

    What several elements mean is not documented (protocol/ums.md 12.2). A device gets a message
    once, so each element must be for platforms that no other one is for.
    """
    pushes = [normalise(element) for element in elements]
    if len(pushes) == 1:
        return pushes[0]
    platforms = _platforms(pushes)
    whole = _common(pushes)
    if notification := _notification(pushes):
        whole["notification"] = notification
    if options := _options(pushes):
        whole["options"] = options
    return {"platform": platforms, **whole}


def _platforms(pushes: Sequence[Mapping[str, Any]]) -> list[str]:
    found: list[str] = []
    for push in pushes:
        if push["platform"] == "all":
            raise DomainError(
                _(
                    "msg_app has %(number)d elements and one is for “all” platforms: several"
                    " elements must be for different platforms, since a device gets a message once."
                )
                % {"number": len(pushes)}
            )
        for platform in push["platform"]:
            if platform in found:
                raise DomainError(
                    _(
                        "Two elements of msg_app are for %(platform)s: several elements must be for"
                        " different platforms, since a device gets a message once."
                    )
                    % {"platform": platform}
                )
            found.append(platform)
    return found


def _notification(pushes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each platform's own object, with the alert that its element has for all."""
    merged: dict[str, Any] = {}
    for push in pushes:
        notification = push.get("notification") or {}
        shortcut = {"alert": notification["alert"]} if "alert" in notification else {}
        for platform in push["platform"]:
            if own := {**shortcut, **(notification.get(platform) or {})}:
                merged[platform] = own
    return merged


def _options(pushes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    every = [push.get("options") or {} for push in pushes]
    merged: dict[str, Any] = {}
    for name in OPTIONS_OF_A_PLATFORM:
        values = [options[name] for options in every if name in options]
        if values:
            merged[name] = _same(f"options.{name}", values)
    shared = [
        {name: value for name, value in options.items() if name not in OPTIONS_OF_A_PLATFORM}
        for options in every
    ]
    return {**_same("options", shared), **merged}


def _common(pushes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All other fields: JPush has them once in a push, for all of its platforms."""
    names = {name for push in pushes for name in push} - {"platform", "notification", "options"}
    return {name: _same(name, [push.get(name) for push in pushes]) for name in sorted(names)}


def _same(field: str, values: Sequence[Any]) -> Any:
    if any(value != values[0] for value in values):
        raise DomainError(
            _(
                "The elements of msg_app differ in “%(field)s”, which JPush has once for all"
                " platforms of a push. Make it the same, or send the elements separately."
            )
            % {"field": field}
        )
    return values[0]
