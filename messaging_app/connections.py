"""One JPush client per thread and channel, and the cids that a channel has in stock."""

import threading
import time
from collections import deque
from collections.abc import Mapping

from channels_app.credentials import credentials_of
from channels_app.jpush.client import Credentials, JPushClient, Rate
from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from ums.lib.outbound import OutboundPolicy

CIDS_PER_CALL = 10  # protocol/jpush.md 12, row 11
CID_STOCK_SECONDS = 3600.0  # of the day that a cid is good for (3)
NO_CID_STATUSES = frozenset({404, 405})
NO_CID_RECHECK_SECONDS = 600.0


class Connections:
    """The kept-alive clients of a process: one for each thread and channel."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[tuple[int, int], tuple[Credentials, JPushClient]] = {}

    def client(self, channel: Channel) -> JPushClient:
        """The calling thread's client for `channel`, as it is configured now."""
        key = (threading.get_ident(), channel.pk)
        credentials = credentials_of(channel)
        with self._lock:
            known = self._clients.get(key)
            if known and known[0] == credentials:
                return known[1]
            if known:
                known[1].close()
            client = JPushClient(credentials, OutboundPolicy.from_settings())
            self._clients[key] = (credentials, client)
            return client

    def close(self) -> None:
        with self._lock:
            for _credentials, client in self._clients.values():
                client.close()
            self._clients.clear()


class CidStock:
    """Fetches cids in tens; shared by the threads of one process.

    A cid belongs to the AppKey that fetched it, so a changed one begins with an empty stock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stock: dict[Credentials, deque[tuple[float, str]]] = {}
        self._without_until: dict[Credentials, float] = {}

    def take(self, channel: Channel, number: int) -> dict[str, float] | None:
        """Up to `number` fresh cids, as `give_back` takes them; None where this cloud has none."""
        now = time.monotonic()
        owner = credentials_of(channel)
        with self._lock:
            if self._without_until.get(owner, 0.0) > now:
                return None
            stock = self._stock.setdefault(owner, deque())
            while stock and now - stock[0][0] > CID_STOCK_SECONDS:
                stock.popleft()
            taken = [stock.popleft() for _place in range(min(number, len(stock)))]
        return {cid: fetched_at for fetched_at, cid in taken}

    def give_back(self, channel: Channel, cids: Mapping[str, float]) -> None:
        """Those that nobody has used, the oldest first; they do not grow younger by it."""
        owner = credentials_of(channel)
        with self._lock:
            stock = self._stock.setdefault(owner, deque())
            stock.extendleft((at, cid) for cid, at in reversed(list(cids.items())))

    def missing(self, channel: Channel, wanted: int) -> int:
        """Calls that it takes to have `wanted` in stock."""
        owner = credentials_of(channel)
        with self._lock:
            if self._without_until.get(owner, 0.0) > time.monotonic():
                return 0
            lacking = wanted - len(self._stock.get(owner, ()))
        return max(0, -(-lacking // CIDS_PER_CALL))

    def refill(self, channel: Channel, client: JPushClient) -> Rate:
        """One call to JPush. JPushError where it fails; a cloud without cids is no failure."""
        owner = credentials_of(channel)
        try:
            cids, rate = client.fetch_cids(CIDS_PER_CALL)
        except JPushError as exc:
            private = channel.cloud == Channel.Cloud.PRIVATE
            if not (private and exc.http_status in NO_CID_STATUSES):
                raise
            with self._lock:
                self._without_until[owner] = time.monotonic() + NO_CID_RECHECK_SECONDS
            return Rate()
        fetched_at = time.monotonic()
        with self._lock:
            self._stock.setdefault(owner, deque()).extend((fetched_at, cid) for cid in cids)
        return rate
