"""Builds the body of a JPush push from a message's content (protocol/jpush.md 2)."""

from collections.abc import Mapping, Sequence
from typing import Any

MAX_IDS_PER_PUSH = 1000  # protocol/jpush.md 2.2
# Delivered and clicked. Bit 4 (not delivered) is in one third-party source only (9.2).
CALLBACK_TYPE = 3


def push_body(
    content: Mapping[str, Any],
    *,
    registration_ids: Sequence[str],
    cid: str,
    callback_url: str | None,
    callback_params: Mapping[str, str] | None,
) -> dict[str, Any]:
    """The push object for up to 1,000 registrationIDs.

    `content` is a push object without its audience, with `platform` as JPush wants it.
    `callback_params` None leaves the whole callback out; `callback_url` None leaves the address to
    JPush's own settings.
    """
    body = {**content, "audience": {"registration_id": list(registration_ids)}}
    if cid:
        body["cid"] = cid
    # JPush's default is production, its SDKs' is development: never leave it open (12, row 21).
    body["options"] = {"apns_production": True, **(content.get("options") or {})}
    if callback_params is not None:
        callback: dict[str, Any] = {"params": dict(callback_params), "type": CALLBACK_TYPE}
        if callback_url:
            callback["url"] = callback_url
        body["callback"] = callback
    return body
