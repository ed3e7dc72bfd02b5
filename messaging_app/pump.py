"""Makes the calls that are due: takes a channel's slots, claims the best batches, calls JPush."""

import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Collection

from django.db import (
    DEFAULT_DB_ALIAS,
    Error,
    close_old_connections,
    connections,
    transaction,
)

from channels_app.models import Channel
from messaging_app import channel_health, quota, verdicts, withdrawal
from messaging_app.call_pool import CallPool
from messaging_app.calling import Caller
from messaging_app.claiming import ALL_LANES, Claim, claim, due_channels, wanted_cids
from messaging_app.models import Batch
from messaging_app.recorder import Recorder
from messaging_app.withdrawal import Withdrawer

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
# Ended calls are replaced together: each claim is a commit.
GATHER_SECONDS = 0.01
FAILURE_PAUSE_SECONDS = 1.0
# Of the threads, where there are several channels: one that answers slowly leaves some to others.
SLOW_SECONDS = 1.0
SLOW_SHARE = 0.75
CIDS_AHEAD = 2  # for each thread
REFILL_THREADS = 2  # beside the others: cids are to be there before a thread asks for one


class Pump:
    """One for each process. Nothing is kept in it that is not in the rows as well."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._changed = threading.Condition()
        self._calls = CallPool(threads, name="call", changed=self._changed)
        self._refills = CallPool(REFILL_THREADS, name="cids", changed=self._changed)
        self._failed_refills: Counter[int] = Counter()  # in a row
        self._turns = itertools.count()
        self._stopping = threading.Event()
        self._caller = Caller()
        self._withdrawer = Withdrawer(self._caller.connections)
        self._recorder = Recorder()

    def run(
        self,
        *,
        stopping: threading.Event | None = None,
        seconds: float | None = None,
        channel_ids: Collection[int] | None = None,
        lanes: Collection[Batch.Lane] = ALL_LANES,
        finish: bool = True,
    ) -> None:
        """Make calls until `stopping` or, with `seconds`, until then or nothing more is due.

        Calls under way are finished first, or left to their threads, which go on until `close`. For
        one caller at a time.
        """
        self._stopping = stopping or threading.Event()
        ends_at = None if seconds is None else time.monotonic() + seconds
        while not self._stopping.is_set() and (ends_at is None or time.monotonic() < ends_at):
            try:
                wait = self._hand_out(channel_ids, lanes)
            except Exception:
                # Most often the database is away for a moment.
                logger.exception("no calls could be claimed")
                connections[DEFAULT_DB_ALIAS].close()
                wait = FAILURE_PAUSE_SECONDS
            if wait is None:
                is_idle = not self._is_calling() and self._recorder.is_idle
                if ends_at is not None and (is_idle or not finish):
                    break
                wait = IDLE_SECONDS
            self._wait(wait)
            close_old_connections()
        while finish and self._is_calling():
            self._wait(IDLE_SECONDS)

    def close(self) -> None:
        """Finish the calls under way and write down what came of them."""
        self._calls.close()
        self._refills.close()
        self._recorder.close()
        self._caller.close()

    def _hand_out(
        self, channel_ids: Collection[int] | None, lanes: Collection[Batch.Lane]
    ) -> float | None:
        """Give each call that may leave now to a thread.

        Seconds until another may, None: none is due.
        """
        channels = due_channels(channel_ids=channel_ids, lanes=lanes)
        if not channels:
            return None
        several = Channel.objects.enabled().filter(paused_at=None)[:2].count() > 1
        # Another channel is first each time: free threads go round.
        first = next(self._turns) % len(channels)
        waits = [IDLE_SECONDS]
        for channel in channels[first:] + channels[:first]:
            free = self._free(channel.pk, several=several)
            if free > 0:
                waits.append(self._try_to_serve(channel, free, lanes))
        return min(waits)

    def _try_to_serve(self, channel: Channel, free: int, lanes: Collection[Batch.Lane]) -> float:
        """A channel that cannot be served must not keep the others."""
        try:
            return self._serve(channel, free, lanes)
        except Error:
            raise  # the database is away, for all of them
        except Exception:
            logger.exception("no calls of channel %s could be claimed", channel.pk)
            return FAILURE_PAUSE_SECONDS

    @property
    def _capacity(self) -> int:
        """One for each thread and one in hand for it, so that none of them waits for us."""
        return self._threads * 2

    def _free(self, channel_id: int, *, several: bool) -> int:
        """Calls that may be added for one channel."""
        free = self._capacity - self._calls.under_way()
        if several and self._calls.seconds(channel_id) > SLOW_SECONDS:
            share = max(1, int(self._threads * SLOW_SHARE))
            return min(free, share - self._calls.under_way(channel_id))
        return free

    def _serve(self, channel: Channel, free: int, lanes: Collection[Batch.Lane]) -> float:
        """Claim up to `free` calls of one channel and start them; seconds until the next may leave.

        Slots and claims are one commit: a slot is taken for a call and for nothing else.
        """
        refills = self._lacking_refills(channel)
        taken = self._caller.cids.take(channel, free)
        cids = None if taken is None else list(taken)
        leases: list[tuple[int, str]] = []
        claims: list[Claim] = []
        try:
            with transaction.atomic():
                turn = quota.take_turn(channel)
                left = min(free, turn.available)
                # First what is to be taken back: each second counts, and it is little.
                leases = withdrawal.claim(channel, left)
                refills = min(refills, left - len(leases))
                left -= len(leases) + refills
                if channel.enabled and left:
                    claims = claim(channel, left, cids=cids, lanes=lanes)
                wait = turn.spend(len(leases) + refills + len(claims))
        finally:
            if taken and cids:  # those that no claim has taken off
                self._caller.cids.give_back(channel, {cid: taken[cid] for cid in cids})
        for batch_id, lease in leases:
            self._calls.submit(channel.pk, self._withdrawer.withdraw, batch_id, lease)
        for _refill in range(refills):
            self._refills.submit(channel.pk, self._refill, channel)
        for each in claims:
            self._calls.submit(channel.pk, self._push, each)
        return wait or IDLE_SECONDS

    def _lacking_refills(self, channel: Channel) -> int:
        """Calls for cids to make now, beside those under way."""
        ahead = self._threads * CIDS_AHEAD
        if not channel.enabled or not self._caller.cids.missing(channel, ahead):
            return 0
        wanted = wanted_cids(channel, ahead)
        under_way = self._refills.under_way(channel.pk)
        return max(0, self._caller.cids.missing(channel, wanted) - under_way)

    def _push(self, claim: Claim) -> None:
        if self._stopping.is_set():
            outcome = verdicts.not_called(claim, seconds=0)
        else:
            outcome = self._caller.push(claim)
        self._recorder.put(outcome)

    def _refill(self, channel: Channel) -> None:
        error = self._caller.refill(channel)
        if error is None:
            self._failed_refills.pop(channel.pk, None)
            return
        self._failed_refills[channel.pk] += 1
        channel_health.refill_failed(channel, error, attempts=self._failed_refills[channel.pk])

    def _is_calling(self) -> bool:
        return bool(self._calls.under_way() + self._refills.under_way())

    def _wait(self, seconds: float) -> None:
        """Until a call has ended, or `seconds` are over."""
        with self._changed:
            if self._changed.wait(seconds):
                self._changed.wait(GATHER_SECONDS)
