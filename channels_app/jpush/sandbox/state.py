"""The sandbox's memory: cids, messages, and the counts that /sandbox/stats shows."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock

from channels_app.jpush.sandbox.answers import RefusalError
from channels_app.jpush.sandbox.outcomes import Outcomes
from channels_app.jpush.sandbox.rules import Push

DAY_SECONDS = 86_400  # protocol/jpush.md 3: a cid; 5: withdraw; 2.6: override_msg_id
KEPT_CONTENTS = 1000


@dataclass(frozen=True, slots=True)
class Fates:
    """What the live devices of one push will report."""

    delivered: tuple[str, ...]
    clicked: tuple[str, ...]
    not_delivered: tuple[str, ...]


@dataclass(slots=True)
class Message:
    """One effective push; its ids are packed, since a million of them may be remembered."""

    app_key: str
    msg_id: str
    accepted_at: float
    platform: str
    params: Mapping[str, object]
    targets: int
    live: int
    packed_ids: str
    delivered: int
    clicked: int
    not_delivered: int
    withdrawn: bool = False

    @property
    def device_platform(self) -> str:
        """All devices of a push run the first platform that it names."""
        return "android" if self.platform == "all" else self.platform.split(",")[0]

    def stats(self) -> dict[str, object]:
        names = ("app_key", "platform", "params", "targets", "live")
        counts = ("delivered", "clicked", "not_delivered", "withdrawn")
        return {name: getattr(self, name) for name in (*names, *counts)}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A push that is answered 200; `fates` are missing if an earlier one with its cid counts."""

    sendno: str
    message: Message
    fates: Fates | None = None


@dataclass(slots=True)
class _Cid:
    issued_at: float
    first: Accepted | None = None


@dataclass(slots=True)
class _App:
    cids: dict[str, _Cid] = field(default_factory=dict)
    pushed: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)


class Book:
    """Everything since the start or the last reset; safe to use from many threads."""

    def __init__(
        self, *, outcomes: Outcomes, msg_ids: Iterator[int], clock: Callable[[], float]
    ) -> None:
        self._outcomes = outcomes
        self._msg_ids = msg_ids
        self._clock = clock
        self._lock = Lock()
        self._apps: dict[str, _App] = {}
        self._messages: dict[str, Message] = {}
        self._contents: dict[str, Mapping[str, object]] = {}
        self._calls: Counter[str] = Counter()
        self._errors: Counter[int] = Counter()
        self._registration_ids = 0
        self._duplicates_by_cid = 0

    def count_call(self, name: str) -> None:
        with self._lock:
            self._calls[name] += 1

    def count_error(self, code: int) -> None:
        with self._lock:
            self._errors[code] += 1

    def issue_cids(self, app_key: str, count: int) -> list[str]:
        """protocol/jpush.md 3."""
        cids = [f"{app_key}-{uuid.uuid4()}" for _ in range(count)]
        with self._lock:
            known = self._apps.setdefault(app_key, _App()).cids
            known.update((cid, _Cid(issued_at=self._clock())) for cid in cids)
        return cids

    def accept(self, app_key: str, push: Push) -> Accepted:
        """Take the push, unless its cid was taken before; RefusalError 1003 or 1011."""
        with self._lock:
            app = self._apps.setdefault(app_key, _App())
            cid = self._checked_cid(app, push)
            if cid is not None and cid.first is not None:
                self._duplicates_by_cid += 1
                return cid.first
            msg_id = self._new_msg_id(app_key, push)
            fates = self._fates(push, msg_id)
            message = Message(
                app_key=app_key,
                msg_id=msg_id,
                accepted_at=self._clock(),
                platform=push.platform,
                params=push.callback_params,
                targets=push.targets,
                live=len(push.live_ids),
                packed_ids="\n".join(push.live_ids),
                delivered=len(fates.delivered),
                clicked=len(fates.clicked),
                not_delivered=len(fates.not_delivered),
            )
            self._remember(app, message, push)
            if cid is not None:
                cid.first = Accepted(sendno=push.sendno, message=message)
            return Accepted(sendno=push.sendno, message=message, fates=fates)

    def check(self, app_key: str, push: Push) -> str:
        """What `accept` would refuse; gives a msg_id that means nothing (protocol/jpush.md 4)."""
        with self._lock:
            self._checked_cid(self._apps.setdefault(app_key, _App()), push)
            return self._new_msg_id(app_key, push)

    def withdraw(self, app_key: str, msg_id: str) -> None:
        """protocol/jpush.md 5: once, within a day; RefusalError 1003 otherwise."""
        with self._lock:
            message = self._recent(app_key, msg_id)
            if message is None or message.withdrawn:
                raise RefusalError(1003, "msg_id not exist")
            message.withdrawn = True

    def message(self, app_key: str, msg_id: str) -> Message | None:
        """The app's message of that number, if it was sent."""
        message = self._messages.get(msg_id)
        return message if message is not None and message.app_key == app_key else None

    def content(self, msg_id: str) -> dict[str, object] | None:
        """The push without its audience; only the latest are kept."""
        with self._lock:
            content = self._contents.get(msg_id)
            if content is None:
                return None
            return {**content, "registration_ids": self._messages[msg_id].targets}

    def stats(self, *, with_messages: bool) -> dict[str, object]:
        """The answer of /sandbox/stats but for its callbacks; no secrets."""
        with self._lock:
            stats: dict[str, object] = {
                "calls": dict(self._calls),
                "accepted": {
                    "pushes": len(self._messages),
                    "registration_ids": self._registration_ids,
                    "distinct": sum(len(app.pushed) for app in self._apps.values()),
                    "repeated": sum(len(app.repeated) for app in self._apps.values()),
                },
                "duplicates_by_cid": self._duplicates_by_cid,
                "rate_limited": self._errors[2002],
                "errors": {str(code): count for code, count in self._errors.items()},
            }
            if with_messages:
                stats["messages"] = {key: each.stats() for key, each in self._messages.items()}
            return stats

    def _recent(self, app_key: str, msg_id: str) -> Message | None:
        message = self.message(app_key, msg_id)
        if message is None or self._clock() - message.accepted_at >= DAY_SECONDS:
            return None
        return message

    def _checked_cid(self, app: _App, push: Push) -> _Cid | None:
        if push.cid is None:
            return None
        cid = app.cids.get(push.cid)
        if cid is None or self._clock() - cid.issued_at >= DAY_SECONDS:
            raise RefusalError(1003, "cid was not issued to this app within a day")
        return cid

    def _new_msg_id(self, app_key: str, push: Push) -> str:
        override = push.override_msg_id
        if override is not None and self._recent(app_key, override) is None:
            raise RefusalError(1003, "override_msg_id is invalid")
        msg_id = str(next(self._msg_ids))
        if not push.live_ids:
            raise RefusalError(1011, "cannot find user by this audience", msg_id=msg_id)
        return msg_id

    def _fates(self, push: Push, msg_id: str) -> Fates:
        draws = self._outcomes
        delivered = draws.chosen(push.live_ids, draws.delivered, "delivered", msg_id=msg_id)
        clicked = draws.chosen(delivered, draws.clicked, "clicked", msg_id=msg_id)
        reached = frozenset(delivered)
        others = tuple(each for each in push.live_ids if each not in reached)
        return Fates(tuple(delivered), tuple(clicked), others)

    def _remember(self, app: _App, message: Message, push: Push) -> None:
        self._messages[message.msg_id] = message
        self._contents[message.msg_id] = push.content
        if len(self._contents) > KEPT_CONTENTS:
            del self._contents[next(iter(self._contents))]
        self._registration_ids += message.live
        app.repeated.update(app.pushed.intersection(push.live_ids))
        app.pushed.update(push.live_ids)
