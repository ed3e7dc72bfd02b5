"""Writes outcomes down in groups: one commit for all that came while the last one was written."""

import logging
import threading
import time

from django.db import InterfaceError, OperationalError, connection

from channels_app.jpush.client import Rate
from messaging_app import channel_health, outcomes, quota
from messaging_app.verdicts import Outcome

logger = logging.getLogger(__name__)

LOST_DATABASE = (OperationalError, InterfaceError)
GATHER_SECONDS = 0.01  # each group is a commit
RETRY_SECONDS = 0.5
CLOSE_SECONDS = 10.0
LEARN_SECONDS = 1.0
SCARCE_SHARE = 20  # of the minute's calls: from there on every answer counts


class Recorder:
    """A thread of its own. What it cannot write in time is found by the sweep of leases."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Outcome] = []
        self._writing = 0
        self._closing_at: float | None = None
        self._learned_at: dict[int, float] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def is_idle(self) -> bool:
        with self._changed:
            return not self._waiting and not self._writing

    def put(self, outcome: Outcome) -> None:
        with self._changed:
            self._waiting.append(outcome)
            self._changed.notify()

    def close(self) -> None:
        """Write down what waits; give up after a while where the database is gone."""
        with self._changed:
            self._closing_at = time.monotonic()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while group := self._take():
                self._write(group)
                with self._changed:
                    self._writing = 0
        finally:
            connection.close()

    def _take(self) -> list[Outcome]:
        """All that wait, at least one; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing_at is not None)
            if self._closing_at is None:
                self._changed.wait_for(lambda: self._closing_at is not None, GATHER_SECONDS)
            group, self._waiting = self._waiting, []
            self._writing = len(group)
            return group

    def _write(self, group: list[Outcome]) -> None:
        while not self._is_over():
            try:
                outcomes.record(group)
                self._learn(group)
            except LOST_DATABASE:
                logger.exception("%d outcomes could not be written yet", len(group))
                connection.close()
                time.sleep(RETRY_SECONDS)
            except Exception:
                logger.exception("%d outcomes are written one by one", len(group))
                self._write_one_by_one(group)
                return
            else:
                return

    def _write_one_by_one(self, group: list[Outcome]) -> None:
        """One that cannot be written must not keep the others."""
        for outcome in group:
            try:
                outcomes.record([outcome])
            except Exception:
                logger.exception("the outcome of batch %s is lost", outcome.claim.batch_id)

    def _is_over(self) -> bool:
        closing_at = self._closing_at
        return closing_at is not None and time.monotonic() - closing_at > CLOSE_SECONDS

    def _learn(self, group: list[Outcome]) -> None:
        """JPush's own count: of each channel the latest."""
        for outcome in {outcome.claim.channel.pk: outcome for outcome in group}.values():
            channel = outcome.claim.channel
            if outcome.rate is None:
                continue
            channel_health.note_success(channel)
            if self._is_news(channel.pk, outcome.rate):
                quota.learn(channel, outcome.rate)

    def _is_news(self, channel_id: int, rate: Rate) -> bool:
        now = time.monotonic()
        scarce = (
            rate.remaining is not None
            and rate.limit is not None
            and rate.remaining * SCARCE_SHARE < rate.limit
        )
        if not scarce and now - self._learned_at.get(channel_id, 0.0) < LEARN_SECONDS:
            return False
        self._learned_at[channel_id] = now
        return True
