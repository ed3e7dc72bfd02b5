"""Reads a JPush callback, tolerantly: its format is not public (protocol/jpush.md 9.10)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

import msgspec

DELIVERED, CLICKED, FAILED = 1, 2, 4  # the bits of callback.type (9.2)
KINDS: Mapping[object, int] = {
    1: DELIVERED,
    "1": DELIVERED,
    "received": DELIVERED,
    "delivered": DELIVERED,
    2: CLICKED,
    "2": CLICKED,
    "click": CLICKED,
    "clicked": CLICKED,
    4: FAILED,
    "4": FAILED,
}
ID_NAMES = ("registration_id", "registrationId", "regid", "rid", "to")
MSG_ID_NAMES = ("msg_id", "msgid", "message_id")
KIND_NAMES = ("callback_type", "type")
TIME_NAMES = ("sent_time", "itime", "time", "timestamp")
PARAMS_NAMES = ("params", "custom_args")
LIST_NAMES = ("rows", "data", "messages")
CHINA = timezone(timedelta(hours=8))
MILLISECONDS_FROM = 100_000_000_000  # a larger number cannot be seconds of this age
# A time outside is junk; the extremes of a datetime do not even fit into every time zone.
LIKELY_YEARS = range(2000, 2100)
ID = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")  # registrationID (11) and msg_id


@dataclass(frozen=True, slots=True)
class ReceiptFact:
    """One delivered, clicked or failed fact about one device.

    `params` is what the push gave JPush to echo; `msg_id` is "" where JPush names none.
    """

    registration_id: str
    kind: int
    msg_id: str
    params: Mapping[str, Any]
    happened_at: datetime


def echo(body: bytes) -> str | None:
    """The word to send back if `body` is only a JSON handshake (9.10, point 5)."""
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(data, dict) and list(data) == ["echostr"] and _plain(data["echostr"]):
        return str(data["echostr"])
    return None


def parse(body: bytes, *, received_at: datetime) -> list[ReceiptFact]:
    """The facts of one callback; an item of another kind (push success, …) gives none.

    ValueError if nothing in the body can be understood as a list of receipts.
    """
    try:
        items = list(_items(_load(body)))
    except RecursionError as exc:
        raise ValueError("The body is nested too deeply.") from exc
    if not items:
        raise ValueError("There is no receipt in the body.")
    facts = [fact for item in items if (fact := _fact(item, received_at))]
    if not facts and not any(_first(item, KIND_NAMES) is not None for item in items):
        raise ValueError(f"No known field in: {sorted(items[0])}"[:255])
    return facts


def _load(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        # Perhaps a form with a field that holds JSON.
        for _name, value in parse_qsl(body.decode("utf-8", "replace")):
            if value[:1] in "[{":
                try:
                    return msgspec.json.decode(value.encode())
                except msgspec.DecodeError:  # always UTF-8 here
                    continue
        raise ValueError(f"The body is not JSON: {exc}") from exc


def _items(data: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, list):
        for element in data:
            yield from _items(element)
    elif isinstance(data, dict):
        inner = next((data[name] for name in LIST_NAMES if name in data), None)
        if isinstance(inner, list | dict):
            yield from _items(inner)
        else:
            yield data


def _fact(item: Mapping[str, Any], received_at: datetime) -> ReceiptFact | None:
    status = item.get("status")
    kind: Any = _first(item, KIND_NAMES)
    if isinstance(status, dict):
        kind = status.get("message_status", kind)
    registration_id = _id(_first(item, ID_NAMES))
    known = KINDS.get(kind.lower() if isinstance(kind, str) else kind) if _plain(kind) else None
    if known is None or not registration_id:
        return None
    params = _first(item, PARAMS_NAMES)
    return ReceiptFact(
        registration_id=registration_id,
        kind=known,
        msg_id=_id(_first(item, MSG_ID_NAMES)),
        params=params if isinstance(params, dict) else {},
        happened_at=_time(_first(item, TIME_NAMES)) or received_at,
    )


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)


def _id(value: Any) -> str:
    """A registrationID or msg_id, "" where the value cannot be one."""
    text = str(value) if _plain(value) else ""
    return text if ID.match(text) else ""


def _plain(value: Any) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _time(value: Any) -> datetime | None:
    """Seconds or milliseconds by size, or a text in China's time."""
    if isinstance(value, str) and not value.isdecimal():
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return None
        return _likely(parsed if parsed.tzinfo else parsed.replace(tzinfo=CHINA))
    if not _plain(value) and not isinstance(value, float):
        return None
    try:
        seconds = float(value)
        if seconds >= MILLISECONDS_FROM:
            seconds /= 1000
        return _likely(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _likely(moment: datetime) -> datetime | None:
    return moment if moment.year in LIKELY_YEARS else None
