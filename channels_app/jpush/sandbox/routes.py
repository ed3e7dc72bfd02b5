"""Leads an HTTP request to the service, past authentication and the rate limit."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace

from channels_app.jpush.sandbox import reports
from channels_app.jpush.sandbox.answers import MissingError, RefusalError
from channels_app.jpush.sandbox.limits import Family
from channels_app.jpush.sandbox.rules import read_object
from channels_app.jpush.sandbox.service import Service

# Not JPush's error shape: an older server does not know the address at all.
NOTHING = {"message": "There is nothing here."}


@dataclass(frozen=True, slots=True)
class Request:
    """What came in over HTTP."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out; a `content` of None is an empty body."""

    status: int
    content: object
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        return b"" if self.content is None else json.dumps(self.content).encode()


@dataclass(frozen=True, slots=True)
class Caller:
    app_key: str = ""
    master_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its route; `argument` is what the path has in the open place."""

    service: Service
    request: Request
    argument: str
    caller: Caller = field(default_factory=Caller)


@dataclass(frozen=True, slots=True)
class Route:
    """One address; without a family it is the sandbox's own and open to everyone."""

    name: str
    method: str
    path: str
    handle: Callable[[Call], object]
    family: Family | None = None

    def argument(self, path: str) -> str | None:
        """What is in the open place, "" if there is none; None if this is another address."""
        # A private cloud may have a prefix (protocol/jpush.md 1.4).
        prefix = "(?:/.*)?" if self.family else ""
        match = re.fullmatch(prefix + self.path, path)
        return None if match is None else "".join(match.groups())


def answer(service: Service, request: Request) -> Answer:
    """The answer, or DropError if there shall be none."""
    found = [
        (route, argument)
        for route in ROUTES
        if (argument := route.argument(request.path)) is not None
    ]
    for route, argument in found:
        if route.method == request.method:
            call = Call(service, request, argument)
            return (
                _answer_app(call, route, route.family) if route.family else _answer_own(call, route)
            )
    if found:
        service.book.count_error(1001)
        refusal = RefusalError(1001, f"{request.method} is not allowed here")
        return Answer(refusal.status, refusal.body())
    return Answer(404, NOTHING)


def _answer_app(call: Call, route: Route, family: Family) -> Answer:
    """Answers as JPush: who is not known has no rate, all others see theirs."""
    book, faults = call.service.book, call.service.faults
    book.count_call(route.name)
    headers: dict[str, str] = {}
    try:
        caller = _caller(call)
        shared_calls = faults.shared_calls if family is Family.PUSH else 0
        allowance = call.service.rates.take(caller.app_key, family, shared_calls=shared_calls)
        headers = allowance.headers(faults)
        allowance.require()
        return Answer(200, route.handle(replace(call, caller=caller)), headers)
    except RefusalError as refusal:
        book.count_error(refusal.code)
        return Answer(refusal.status, refusal.body(), headers)
    except MissingError:
        return Answer(404, NOTHING, headers)


def _answer_own(call: Call, route: Route) -> Answer:
    """Answers the person at the controls; nothing of it is counted."""
    try:
        return Answer(200, route.handle(call))
    except RefusalError as refusal:
        return Answer(refusal.status, refusal.body())
    except MissingError:
        return Answer(404, NOTHING)


def _caller(call: Call) -> Caller:
    """protocol/jpush.md 1.3."""
    scheme, _, token = call.request.authorization.partition(" ")
    try:
        pair = base64.b64decode(token, validate=True).decode()
    except ValueError:
        pair = ""
    app_key, _, master_secret = pair.partition(":")
    if scheme.lower() != "basic" or not call.service.is_known(app_key, master_secret):
        raise RefusalError(1004, "Basic authentication failed")
    return Caller(app_key, master_secret)


def _push(call: Call) -> object:
    return call.service.push(call.caller.app_key, call.caller.master_secret, call.request.body)


def _validate(call: Call) -> object:
    return call.service.validate(call.caller.app_key, call.request.body)


def _cid(call: Call) -> object:
    query = call.request.query
    return call.service.issue_cids(
        call.caller.app_key, count=query.get("count", "1"), kind=query.get("type", "push")
    )


def _withdraw(call: Call) -> None:
    call.service.withdraw(call.caller.app_key, call.argument)


def _received(call: Call) -> object:
    msg_ids = call.request.query.get("msg_ids", "")
    return reports.received(call.service.book, call.caller.app_key, msg_ids)


def _status(call: Call) -> object:
    service = call.service
    return reports.statuses(service.book, service.outcomes, call.caller.app_key, call.request.body)


def _device(call: Call) -> object:
    return reports.device(call.argument)


def _stats(call: Call) -> object:
    return call.service.stats(with_messages=call.request.query.get("messages") != "0")


def _sent(call: Call) -> object:
    content = call.service.book.content(call.argument)
    if content is None:
        raise MissingError
    return content


def _reset(call: Call) -> object:
    call.service.reset()
    return {}


def _faults(call: Call) -> object:
    return asdict(call.service.faults)


def _change_faults(call: Call) -> object:
    try:
        call.service.change_faults(read_object(call.request.body))
    except ValueError as exc:
        raise RefusalError(1003, str(exc)) from exc
    return _faults(call)


ROUTES = (
    Route("push", "POST", "/v3/push", _push, Family.PUSH),
    Route("validate", "POST", "/v3/push/validate", _validate, Family.PUSH),
    Route("cid", "GET", "/v3/push/cid", _cid, Family.PUSH),
    Route("withdraw", "DELETE", r"/v3/push/(\d+)", _withdraw, Family.PUSH),
    Route("received", "GET", "/v3/received/detail", _received, Family.REPORT),
    Route("status", "POST", "/v3/status/message", _status, Family.REPORT),
    Route("device", "GET", "/v3/devices/([^/]+)", _device, Family.DEVICE),
    Route("stats", "GET", "/sandbox/stats", _stats),
    Route("sent", "GET", r"/sandbox/pushes/(\d+)", _sent),
    Route("reset", "POST", "/sandbox/reset", _reset),
    Route("faults", "GET", "/sandbox/faults", _faults),
    Route("faults", "POST", "/sandbox/faults", _change_faults),
)
