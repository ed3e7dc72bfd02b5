"""What the sandbox does for each call, whatever way it came in."""

import itertools
import logging
import re
import time
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any

from channels_app.jpush.sandbox.answers import DropError, MissingError, RefusalError
from channels_app.jpush.sandbox.callbacks import Callbacks, Receiver
from channels_app.jpush.sandbox.limits import RateWindows
from channels_app.jpush.sandbox.options import Faults, Options
from channels_app.jpush.sandbox.outcomes import Outcomes
from channels_app.jpush.sandbox.posting import basic_header
from channels_app.jpush.sandbox.receipts import ReceiptPlan
from channels_app.jpush.sandbox.rules import Push, read_push
from channels_app.jpush.sandbox.state import Book, Fates, Message

logger = logging.getLogger(__name__)

COUNT = re.compile(r"[1-9][0-9]{0,8}")
SEEDED_MSG_ID = 10**16  # 17 digits, like the clock in units of 100 ns


class Service:
    """One JPush with its apps; safe to use from many threads."""

    def __init__(self, options: Options, *, clock: Callable[[], float]) -> None:
        self.options = options
        self.stopping = Event()
        self.callbacks = Callbacks(first_pause=options.callback_retry)
        self._clock = clock
        seed = options.seed
        self.outcomes = Outcomes(seed or 0, options.delivered, options.clicked)
        self._plan = ReceiptPlan(options, self.outcomes)
        # A product's database outlives a sandbox: an id must not come twice unless asked for.
        self._msg_ids = itertools.count(time.time_ns() // 100 if seed is None else SEEDED_MSG_ID)
        self.reset()

    def reset(self) -> None:
        """Forget all cids, pushes, pending receipts, rate windows and changed faults."""
        self.faults = self.options.faults
        self.book = Book(outcomes=self.outcomes, msg_ids=self._msg_ids, clock=self._clock)
        self.rates = RateWindows(
            limit=self.options.rate_limit, seconds=self.options.rate_window, clock=self._clock
        )
        self._call_numbers = itertools.count()
        self.callbacks.reset()

    def change_faults(self, values: Mapping[str, Any]) -> None:
        """ValueError names what does not fit."""
        self.faults = self.faults.changed(values)

    def stats(self, *, with_messages: bool = True) -> dict[str, Any]:
        stats = self.book.stats(with_messages=with_messages)
        return {**stats, "callbacks": self.callbacks.stats()}

    def is_known(self, app_key: str, master_secret: str) -> bool:
        """Every pair is, unless the options name the apps."""
        if self.options.apps:
            return self.options.apps.get(app_key) == master_secret
        return bool(app_key and master_secret)

    def push(self, app_key: str, master_secret: str, body: bytes) -> dict[str, str]:
        """protocol/jpush.md 2, with the faults on the way."""
        number, faults = next(self._call_numbers), self.faults
        self._fail_before(faults, number)
        push = read_push(body)
        accepted = self.book.accept(app_key, push)
        message = accepted.message
        logger.debug("push %s of %s: %d ids", message.msg_id, app_key, message.targets)
        if accepted.fates is not None:
            authorization = basic_header(app_key, master_secret)
            self._send_receipts(push, message, accepted.fates, authorization)
            # Only the call that was taken: its repetition with the same cid gets the answer.
            self._fail_after(faults, number)
        return {"sendno": accepted.sendno, "msg_id": message.msg_id}

    def withdraw(self, app_key: str, msg_id: str) -> None:
        """protocol/jpush.md 5, with the faults on the way: the body of the answer is empty."""
        number, faults = next(self._call_numbers), self.faults
        self._fail_before(faults, number)
        self.book.withdraw(app_key, msg_id)
        self._fail_after(faults, number)

    def validate(self, app_key: str, body: bytes) -> dict[str, str]:
        """protocol/jpush.md 4: the answer of a push, but nothing is sent."""
        self._refuse(self.faults, next(self._call_numbers))
        push = read_push(body)
        return {"sendno": push.sendno, "msg_id": self.book.check(app_key, push)}

    def issue_cids(self, app_key: str, *, count: str, kind: str) -> dict[str, list[str]]:
        """protocol/jpush.md 3."""
        if not self.options.cid_enabled:
            raise MissingError
        self._refuse(self.faults, next(self._call_numbers))
        if not COUNT.fullmatch(count) or kind not in {"push", "schedule"}:
            raise RefusalError(1003, "count or type is illegal")
        return {"cidlist": self.book.issue_cids(app_key, min(int(count), self.options.cid_max))}

    def _fail_before(self, faults: Faults, number: int) -> None:
        self._hold(faults.latency)
        if self._strikes(faults.drop_rate, "drop", number):
            raise DropError
        self._refuse(faults, number)
        if self._strikes(faults.error_rate, "error", number):
            internal = self._strikes(0.5, "which error", number)
            raise RefusalError.by_fault(1000 if internal else 1030)

    def _refuse(self, faults: Faults, number: int) -> None:
        """As JPush refuses a whole app: whatever it asks of the push API."""
        if faults.refuse_code and self._strikes(faults.refuse_rate, "refuse", number):
            raise RefusalError.by_fault(faults.refuse_code)

    def _fail_after(self, faults: Faults, number: int) -> None:
        if self._strikes(faults.timeout_after_accept_rate, "hang", number):
            self._hold(faults.hang_seconds)
            raise DropError
        if self._strikes(faults.drop_after_accept_rate, "drop after", number):
            raise DropError

    def _hold(self, seconds: float) -> None:
        """Waits, but not longer than the sandbox runs."""
        self.stopping.wait(seconds)

    def _strikes(self, rate: float, name: str, number: int) -> bool:
        return self.outcomes.happens(rate, name, number)

    def _send_receipts(
        self, push: Push, message: Message, fates: Fates, authorization: str
    ) -> None:
        """protocol/jpush.md 9.2: the push's own address wins."""
        urls, faults = self.options.callback_urls, self.faults
        url = push.callback_url or urls.get(message.app_key) or urls.get("")
        if url is None:
            return
        receiver = Receiver(url, authorization)
        batches = self._plan.batches(message, fates, kinds=push.callback_kinds, faults=faults)
        if faults.early_callbacks:
            self.callbacks.post_now(batches, receiver)
        else:
            self.callbacks.schedule(batches, receiver)
