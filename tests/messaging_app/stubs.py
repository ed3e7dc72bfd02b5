"""JPush as a stub that any number of threads may call, and what it was asked."""

import itertools
import json
import threading
from collections.abc import Callable

from requests import PreparedRequest
from responses import RequestsMock

from tests.messaging_app.makers import CID_URL, PUSH_URL

Answer = tuple[int, dict[str, str], str]


class Stub:
    """Gives cids without end, and accepts every push after `before` has seen its ids."""

    def __init__(self, jpush: RequestsMock) -> None:
        self.pushed: list[tuple[str, ...]] = []  # the registrationIDs of each call, in turn
        self.cid_calls = 0
        self.before: Callable[[tuple[str, ...]], object] = lambda ids: None
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        jpush.assert_all_requests_are_fired = False
        jpush.add_callback("GET", CID_URL, callback=self._cids)
        jpush.add_callback("POST", PUSH_URL, callback=self._push)

    def _cids(self, request: PreparedRequest) -> Answer:
        with self._lock:
            self.cid_calls += 1
            cids = [f"c{next(self._numbers)}" for _cid in range(10)]
        return 200, {}, json.dumps({"cidlist": cids})

    def _push(self, request: PreparedRequest) -> Answer:
        ids = tuple(json.loads(request.body or "")["audience"]["registration_id"])
        with self._lock:
            self.pushed.append(ids)
            number = len(self.pushed)
        self.before(ids)
        return 200, {}, json.dumps({"msg_id": str(number)})
