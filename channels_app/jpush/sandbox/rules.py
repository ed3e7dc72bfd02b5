"""Checks the body of a push as JPush does, and tells which error code it earns."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels_app.jpush.sandbox.answers import RefusalError
from channels_app.jpush.sandbox.shapes import (
    ANDROID,
    CALLBACK,
    EVERY_KIND,
    HMOS,
    IOS,
    MESSAGE,
    OPTIONS,
    Check,
    is_text,
    json_size,
)

MAX_IDS_PER_PUSH = 1000  # protocol/jpush.md 2.2
MAX_ANDROID_BYTES = 4000  # protocol/jpush.md 2.7: notification and message together
MAX_IOS_BYTES = 2000
MAX_IOS_MESSAGE_BYTES = 4000
MAX_LIVE_ACTIVITY_BYTES = 3584

PLATFORMS = ("android", "ios", "hmos", "quickapp")
TOP_KEYS = {
    *("cid", "platform", "audience", "notification", "message", "live_activity", "inapp_message"),
    *("notification_3rd", "sms_message", "options", "callback"),
}
# protocol/jpush.md 11; those that begin with `invalid` or `illegal` stand for foreign ones.
_USABLE_ID = re.compile(r"(?!invalid|illegal)[0-9A-Za-z_-]{1,64}")
_LISTED_ID = re.compile(r"illegal[0-9A-Za-z_-]{0,57}")


@dataclass(frozen=True, slots=True)
class Push:
    """A push that may be taken, if its cid is right and a device is left."""

    cid: str | None
    sendno: str
    platform: str
    targets: int
    live_ids: tuple[str, ...]
    override_msg_id: str | None
    callback_url: str | None
    callback_params: Mapping[str, object]
    callback_kinds: int
    content: Mapping[str, object]
    """The whole body but for its audience."""


def is_usable_id(registration_id: object) -> bool:
    """Whether JPush would know the id, active or not."""
    return isinstance(registration_id, str) and _USABLE_ID.fullmatch(registration_id) is not None


def read_object(body: bytes) -> dict[str, Any]:
    """`body` as a JSON object, or 1003."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise RefusalError(1003, "The request body is not a JSON object")
    return document


def read_push(body: bytes) -> Push:
    """A checked push; RefusalError with the code of protocol/jpush.md 8.1 otherwise."""
    document = read_object(body)
    _refuse_unknown_keys(document, TOP_KEYS, "the push object")
    platform = _platform(document)
    ids = _registration_ids(document)
    _check_content(document)
    _check_sizes(document, PLATFORMS if platform == "all" else platform.split(","))
    options = _part(document, "options", OPTIONS)
    callback = _part(document, "callback", CALLBACK)
    cid = document.get("cid")
    if cid is not None and not isinstance(cid, str):
        raise RefusalError(1003, "cid must be a string")
    override = options.get("override_msg_id")
    return Push(
        cid=cid,
        sendno=str(options.get("sendno", 0)),
        platform=platform,
        targets=len(ids),
        # Well-formed, but without an active device: skipped silently.
        live_ids=tuple(each for each in ids if not each.startswith("gone")),
        override_msg_id=None if override is None else str(override),
        callback_url=callback.get("url"),
        callback_params=callback.get("params", {}),
        callback_kinds=callback.get("type", EVERY_KIND),
        content={key: value for key, value in document.items() if key != "audience"},
    )


def _platform(document: Mapping[str, Any]) -> str:
    """protocol/jpush.md 2.1: "all", or the named ones with commas."""
    value = document.get("platform")
    if value is None:
        raise RefusalError(1002, "Missing parameter: platform")
    if value == "all":
        return "all"
    if not isinstance(value, list) or not value or any(each not in PLATFORMS for each in value):
        raise RefusalError(1003, "platform must be all or a list of " + ", ".join(PLATFORMS))
    return ",".join(value)


def _registration_ids(document: Mapping[str, Any]) -> list[str]:
    """protocol/jpush.md 2.2 and 8.5: the distinct ids, all of legal form."""
    audience = document.get("audience")
    if not audience:
        raise RefusalError(1002, "Missing parameter: audience")
    if not isinstance(audience, dict) or set(audience) != {"registration_id"}:
        raise RefusalError(1003, "The sandbox knows only registration_id as an audience")
    ids = audience["registration_id"]
    if ids == []:
        raise RefusalError(1002, "Missing parameter: audience.registration_id")
    if not isinstance(ids, list) or len(ids) > MAX_IDS_PER_PUSH:
        raise RefusalError(1003, f"registration_id must be a list of 1 to {MAX_IDS_PER_PUSH} ids")
    if "" in ids:
        raise RefusalError(1003, "An element of registration_id is empty")
    bad_ids = [each for each in ids if not is_usable_id(each)]
    if bad_ids:
        raise _bad_ids_refusal(bad_ids)
    return list(dict.fromkeys(ids))


def _bad_ids_refusal(bad_ids: list[Any]) -> RefusalError:
    """protocol/jpush.md 8.5: names the first; 2.8: lists all, if each stands for this form."""
    for each in bad_ids:
        if not isinstance(each, str) or not _LISTED_ID.fullmatch(each):
            return RefusalError(1003, f"The registration_id {each} is invalid!")
    return RefusalError(1003, "Some registration_ids are illegal", illegal_rids=bad_ids)


def _check_content(document: Mapping[str, Any]) -> None:
    """protocol/jpush.md 2.3 and 2.4."""
    if not document.get("notification") and not document.get("message"):
        raise RefusalError(1002, "Missing parameter: notification or message")
    notification = _part(document, "notification", {"alert": is_text})
    _part(notification, "quickapp", {})
    _refuse_unknown_keys(_part(notification, "android", ANDROID), ANDROID, "notification.android")
    _part(notification, "ios", IOS)
    _part(notification, "hmos", HMOS)
    for name in PLATFORMS:
        if notification.get(name) == {}:
            raise RefusalError(1002 if name == "hmos" else 1003, f"notification.{name} is empty")
        if name in notification and "alert" not in {**notification, **notification[name]}:
            raise RefusalError(1002, f"Missing parameter: notification.{name}.alert")
    if "message" in document and "msg_content" not in _part(document, "message", MESSAGE):
        raise RefusalError(1002, "Missing parameter: message.msg_content")


def _check_sizes(document: Mapping[str, Any], platforms: list[str] | tuple[str, ...]) -> None:
    """protocol/jpush.md 2.7."""
    notification = document.get("notification", {})
    shortcut = {key: notification[key] for key in ("alert",) if key in notification}
    message = json_size(document["message"]) if "message" in document else 0
    android = json_size({**shortcut, **notification.get("android", {})}) if notification else 0
    ios = json_size({**shortcut, **notification.get("ios", {})})
    live_activity = json_size(document.get("live_activity", {}))
    too_large = {
        "android": android + message > MAX_ANDROID_BYTES,
        "ios": ios > MAX_IOS_BYTES
        or message > MAX_IOS_MESSAGE_BYTES
        or live_activity > MAX_LIVE_ACTIVITY_BYTES,
    }
    for name in platforms:
        if too_large.get(name):
            raise RefusalError(1005, f"The message is too large for {name}")


def _part(document: Mapping[str, Any], name: str, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The object under `name`, {} if there is none."""
    part = document.get(name, {})
    if not isinstance(part, dict):
        raise RefusalError(1003, f"{name} must be an object")
    for key, check in checks.items():
        if key in part and not check(part[key]):
            raise RefusalError(1003, f"The value of {name}.{key} is illegal")
    return part


def _refuse_unknown_keys(
    part: Mapping[str, object], known: Mapping[str, Check] | set[str], where: str
) -> None:
    for key in part:
        if key not in known:
            raise RefusalError(1009, f"Unsupported key {key} in {where}")
