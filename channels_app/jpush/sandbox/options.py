"""How a sandbox behaves: the choices at its start, and the faults that may change later."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlsplit

from channels_app.jpush.sandbox.answers import PUSH_ERRORS

LONGEST_SECONDS = 86_400
LARGEST_COUNT = 1_000_000_000


def _choice(meaning: str, *, default: Any) -> Any:
    """A field whose `help` is also the text of the command's option."""
    return field(default=default, metadata={"help": meaning})


def is_callable_url(url: object) -> bool:
    """Whether a receipt can be posted there."""
    if not isinstance(url, str) or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Faults:
    """The fault menu; fractions are 0..1, times are seconds."""

    latency: float = _choice("seconds that each push or withdrawal takes", default=0.0)
    error_rate: float = _choice(
        "fraction of pushes and withdrawals answered 500 or 503, not taken", default=0.0
    )
    refuse_code: int = _choice(
        "code that pushes, validations, cid calls and withdrawals are refused with; 0 for none",
        default=0,
    )
    refuse_rate: float = _choice("fraction of them that is refused so", default=1.0)
    drop_rate: float = _choice(
        "fraction of pushes and withdrawals whose connection is closed, not taken", default=0.0
    )
    timeout_after_accept_rate: float = _choice(
        "fraction of both taken, then never answered: closed after the hang time", default=0.0
    )
    hang_seconds: float = _choice("how long such an answer is held back", default=30.0)
    drop_after_accept_rate: float = _choice(
        "fraction of both taken, whose connection is then closed without an answer", default=0.0
    )
    shared_calls: int = _choice(
        "push calls per AppKey that somebody else makes, spread over each rate window", default=0
    )
    omit_rate_headers: bool = _choice("answer without X-Rate-Limit headers", default=False)
    quota_header: bool = _choice(
        "name the limit X-Rate-Limit-Quota instead of X-Rate-Limit-Limit", default=False
    )
    duplicate_callbacks: float = _choice("fraction of receipts posted twice", default=0.0)
    late_callbacks: float = _choice("fraction of receipts posted 5 seconds late", default=0.0)
    early_callbacks: bool = _choice("post the receipts before the push is answered", default=False)

    def __post_init__(self) -> None:
        for name in ("latency", "hang_seconds"):
            _require_number(self, name, highest=LONGEST_SECONDS)
        for entry in fields(self):
            if entry.name.endswith(("_rate", "_callbacks")) and entry.type is float:
                _require_number(self, entry.name, highest=1)
            if entry.type is bool and type(getattr(self, entry.name)) is not bool:
                raise ValueError(f"{entry.name} must be true or false.")
        _require_number(self, "shared_calls", highest=LARGEST_COUNT)
        if type(self.refuse_code) is not int or self.refuse_code not in {0, *PUSH_ERRORS}:
            known = ", ".join(map(str, PUSH_ERRORS))
            raise ValueError(f"refuse_code must be 0 or one of {known}, not {self.refuse_code!r}.")

    def changed(self, values: Mapping[str, Any]) -> "Faults":
        """These faults with `values` in place; ValueError names the one that does not fit."""
        names = [entry.name for entry in fields(self)]
        for name in values:
            if name not in names:
                raise ValueError(f"{name} is not on the fault menu: {', '.join(names)}.")
        return replace(self, **values)


@dataclass(frozen=True, slots=True)
class Options:
    """What a sandbox is started with; ValueError if a value makes no sense."""

    host: str = _choice("address to listen on", default="127.0.0.1")
    port: int = _choice("port to listen on; 0 picks a free one", default=0)
    apps: Mapping[str, str] = field(default_factory=dict, repr=False)
    """AppKey to Master Secret; empty: every pair passes."""
    rate_limit: int = _choice(
        "push calls per AppKey and window; reports get 4 times as many", default=600
    )
    rate_window: float = _choice("seconds that a rate window lasts", default=60.0)
    cid_enabled: bool = True
    cid_max: int = _choice("most cids that one call gives", default=10)
    delivered: float = _choice("fraction of live devices that report delivered", default=1.0)
    clicked: float = _choice("fraction of the delivered that report clicked", default=0.2)
    callback_urls: Mapping[str, str] = field(default_factory=dict)
    """AppKey to the URL of its receipts; the key "" stands for every other app."""
    callback_delay: float = _choice(
        "seconds until delivered receipts; clicks take twice that", default=0.5
    )
    callback_batch: int = _choice("most receipts in one post", default=100)
    callback_retry: float = _choice(
        "first of 5 pauses after a failed post; each doubles", default=0.5
    )
    seed: int | None = None
    """Fixes every draw and the msg_ids; without it the msg_ids continue with the clock."""
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        for name in ("rate_limit", "cid_max", "callback_batch"):
            _require_number(self, name, lowest=1, highest=LARGEST_COUNT)
        for name in ("callback_delay", "callback_retry", "rate_window"):
            _require_number(self, name, highest=LONGEST_SECONDS)
        for name in ("delivered", "clicked"):
            _require_number(self, name, highest=1)
        for url in self.callback_urls.values():
            if not is_callable_url(url):
                raise ValueError(f"{url!r} is not an http or https URL.")


def _require_number(owner: object, name: str, *, lowest: float = 0, highest: float) -> None:
    value = getattr(owner, name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= highest:
        raise ValueError(f"{name} must be a number from {lowest} to {highest}, not {value!r}.")
