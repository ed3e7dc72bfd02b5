"""Which keys and values JPush allows in the parts of a push."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from channels_app.jpush.sandbox.options import is_callable_url

EVERY_KIND = 15  # protocol/jpush.md 9.2: no callback.type, every kind

Check = Callable[[Any], bool]


def json_size(value: object) -> int:
    """Bytes of the compact JSON, as protocol/jpush.md 2.7 counts."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode(errors="surrogatepass"))


def is_text(value: Any) -> bool:
    """Of any length: the whole is measured, not its texts."""
    return isinstance(value, str)


def _integer(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high  # True is no number here


def _text(max_bytes: int) -> Check:
    return lambda value: is_text(value) and len(value.encode(errors="surrogatepass")) <= max_bytes


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


# protocol/jpush.md 2.3; a key that is not here is refused.
ANDROID: Mapping[str, Check] = {
    **dict.fromkeys(("alert", "title", "category", "big_text", "big_pic_path"), is_text),
    **dict.fromkeys(("large_icon", "small_icon_uri", "icon_bg_color", "badge_class"), is_text),
    **dict.fromkeys(("uri_activity", "uri_action", "sound"), is_text),
    **dict.fromkeys(("show_begin_time", "show_end_time"), is_text),
    **dict.fromkeys(("inbox", "extras", "intent"), _is_object),
    "builder_id": _integer(0, 2**31 - 1),
    "channel_id": _text(1000),
    "priority": _integer(-2, 2),
    "style": _integer(0, 3),
    "alert_type": _integer(-1, 7),
    "badge_add_num": _integer(1, 99),
    "badge_set_num": _integer(0, 99),
    "display_foreground": lambda value: value in ("0", "1"),
}
IOS: Mapping[str, Check] = {
    "alert": lambda value: isinstance(value, str | dict),
    "extras": _is_object,
    "content-available": _is_flag,
    "mutable-content": _is_flag,
    "interruption-level": lambda value: (
        value in ("active", "critical", "passive", "time-sensitive")
    ),
}
HMOS: Mapping[str, Check] = {  # an empty alert is not allowed here
    "alert": lambda value: isinstance(value, str) and value != "",
    "extras": _is_object,
}
MESSAGE: Mapping[str, Check] = {"msg_content": is_text, "extras": _is_object}
# protocol/jpush.md 2.6; JPush knows more, which pass.
OPTIONS: Mapping[str, Check] = {
    "sendno": lambda value: type(value) is int and value != 0,
    "time_to_live": _integer(0, 864_000),
    "override_msg_id": _integer(1, 2**63 - 1),
    "apns_production": _is_flag,
    "apns_collapse_id": _text(64),
    "big_push_duration": _integer(0, 1400),
    "classification": _integer(0, 1),
    "third_party_channel": _is_object,
}
# protocol/jpush.md 9.2
CALLBACK: Mapping[str, Check] = {
    "url": is_callable_url,
    "params": _is_object,
    "type": _integer(1, EVERY_KIND),
}
