"""Calls JPush's REST API; the only module that does (protocol/jpush.md 1-5)."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

from channels_app.jpush.errors import JPushError
from ums.lib.errors import DomainError
from ums.lib.outbound import OutboundPolicy
from ums.lib.outbound_sockets import guarded_pools

PUBLIC_API_URL = "https://api.jpush.cn"  # protocol/jpush.md 1.1
CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 15.0
CALL_SECONDS = CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS
ERROR_TEXT_LENGTH = 500
MAX_MSG_ID_LENGTH = 64  # 17 digits are the longest known (2.8)
MAX_CID_LENGTH = 100  # 61 characters (3)
MAX_DIGITS = 9  # of a number that is kept: no figure of JPush's has more than five


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where and as whom to call; `api_url` may have a path prefix (private cloud)."""

    app_key: str
    master_secret: str
    api_url: str = PUBLIC_API_URL

    def __repr__(self) -> str:
        return f"Credentials({self.app_key} at {self.api_url})"


@dataclass(frozen=True, slots=True)
class Rate:
    """JPush's own count of the running minute, where it tells (protocol/jpush.md 7)."""

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class PushResult:
    msg_id: str
    rate: Rate


class JPushClient:
    """One AppKey's calls over kept-alive connections; for one thread at a time.

    Every method raises JPushError and nothing else.
    """

    def __init__(self, credentials: Credentials, policy: OutboundPolicy) -> None:
        self._base = credentials.api_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy: the guard must see the real address
        self._session.auth = HTTPBasicAuth(
            credentials.app_key.encode(), credentials.master_secret.encode()
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _GuardedAdapter(policy))

    def close(self) -> None:
        self._session.close()

    def push(self, body: Mapping[str, Any]) -> PushResult:
        """POST /v3/push: JPush has accepted it, which does not mean delivered (2.8)."""
        data, rate = self._call("POST", "/v3/push", content=msgspec.json.encode(body))
        msg_id = data.get("msg_id") if isinstance(data, dict) else None
        if not msg_id:
            raise JPushError("JPush's answer has no msg_id.", http_status=200, ambiguous=True)
        return PushResult(_text(msg_id, MAX_MSG_ID_LENGTH), rate)

    def fetch_cids(self, count: int) -> tuple[list[str], Rate]:
        """GET /v3/push/cid: up to `count` ids, each good for one push and one day (3)."""
        data, rate = self._call("GET", f"/v3/push/cid?type=push&count={count}")
        cids = data.get("cidlist") if isinstance(data, dict) else None
        known = [cid for cid in cids if _is_cid(cid)] if isinstance(cids, list) else []
        if not known:
            raise JPushError("JPush's answer has no cidlist.", http_status=200)
        return known, rate

    def withdraw(self, msg_id: str) -> Rate:
        """DELETE /v3/push/{msg_id}: stop what waits, remove what is shown and not clicked (5)."""
        _data, rate = self._call("DELETE", f"/v3/push/{quote(msg_id, safe='')}")
        return rate

    def _call(self, method: str, path: str, *, content: bytes | None = None) -> tuple[Any, Rate]:
        try:
            response = self._session.request(
                method,
                self._base + path,
                data=content,
                headers={"Content-Type": "application/json"},
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
                allow_redirects=False,
            )
        except DomainError as exc:
            raise JPushError(exc.message, misconfigured=True) from exc
        except (requests.RequestException, LocationValueError) as exc:
            raise _no_answer(self._base, exc) from exc
        rate = _rate(response.headers)
        # A withdrawal is answered with nothing (5).
        if response.status_code in {requests.codes.ok, requests.codes.no_content}:
            return _json(response), rate
        raise _refusal(response, rate)


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, policy: OutboundPolicy) -> None:
        self._policy = policy
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = guarded_pools(self._policy)


def _no_answer(base: str, exc: Exception) -> JPushError:
    """A failure below HTTP: harmless if nothing was sent, else ambiguous."""
    cause = getattr(exc.args[0] if exc.args else None, "reason", None) or exc
    values = {"url": base, "seconds": CONNECT_TIMEOUT_SECONDS, "name": type(cause).__name__}
    match cause:
        case requests.exceptions.InvalidURL() | LocationValueError():
            text = _("“%(url)s” is not a valid address.")
            return JPushError(text % values, misconfigured=True)
        case NameResolutionError():
            text = _("The host name in “%(url)s” is not known (DNS).")
        case NewConnectionError():
            text = _("“%(url)s” refuses the connection or is not reachable.")
        case ConnectTimeoutError():
            text = _("“%(url)s” gives no connection within %(seconds)g seconds.")
        case SSLError() if isinstance(cause.args[0], ssl.SSLCertVerificationError):
            text = _("“%(url)s” shows a TLS certificate that is not valid.")
        case _:
            text = _("“%(url)s” gave no answer (%(name)s).")
            return JPushError(text % values, ambiguous=True)
    return JPushError(text % values, unreachable=True)


def _refusal(response: requests.Response, rate: Rate) -> JPushError:
    """An answer that is not 200 (2.8, 8); its body may be anything (8.4)."""
    data = _json(response)
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        error = {}
    illegal = error.get("illegal_rids") or (
        data.get("illegal_rids") if isinstance(data, dict) else None
    )
    code = error.get("code")
    message = error.get("message") or f"HTTP {response.status_code}"
    return JPushError(
        _text(message, ERROR_TEXT_LENGTH),
        code=code if type(code) is int and 0 <= code < 10**MAX_DIGITS else None,
        http_status=response.status_code,
        # A gateway's time-out tells nothing about what JPush did.
        ambiguous=response.status_code in {500, 502, 503, 504},
        retry_after=rate.reset_seconds if response.status_code == 429 else None,
        illegal_ids=tuple(map(str, illegal)) if isinstance(illegal, list) else (),
    )


def _json(response: requests.Response) -> Any:
    try:
        return msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _rate(headers: Mapping[str, str]) -> Rate:
    """`-Limit` as real answers have it, `-Quota` as the documents do (12, row 8)."""
    return Rate(
        limit=_number(headers.get("X-Rate-Limit-Limit") or headers.get("X-Rate-Limit-Quota")),
        remaining=_number(headers.get("X-Rate-Limit-Remaining")),
        reset_seconds=_number(headers.get("X-Rate-Limit-Reset")),
    )


def _text(value: object, length: int) -> str:
    """As every database can store it: PostgreSQL knows no NUL."""
    return str(value).replace("\0", "")[:length]


def _is_cid(value: object) -> bool:
    return isinstance(value, str) and value == _text(value, MAX_CID_LENGTH)


def _number(text: str | None) -> int | None:
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) <= MAX_DIGITS else None
