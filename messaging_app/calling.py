"""Makes the calls to JPush that a channel's quota allows, and tells what came of each."""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from channels_app.callbacks import callback_url
from channels_app.jpush.errors import JPushError
from channels_app.jpush.payloads import push_body
from channels_app.models import Channel
from messaging_app import quota, verdicts
from messaging_app.claiming import Claim
from messaging_app.connections import CidStock, Connections
from messaging_app.models import Message
from messaging_app.verdicts import Outcome
from ums.lib.json_rows import texts

logger = logging.getLogger(__name__)

BATCH_PARAM = "ums_batch"  # our mark in callback.params, echoed by JPush
MESSAGES_KEPT = 32


@dataclass(frozen=True, slots=True)
class _Content:
    push: dict[str, Any]
    expires_at: datetime


class Caller:
    """The calls of a process; used by all its threads at once."""

    def __init__(self) -> None:
        self.cids = CidStock()
        self.connections = Connections()
        self._contents: OrderedDict[int, _Content] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        self.connections.close()

    def push(self, claim: Claim) -> Outcome:
        """Make the call for one claimed Batch; outside any transaction."""
        if claim.is_stale:
            return verdicts.not_called(claim, seconds=1)
        content = self._content(claim.message_id)
        body = _body(claim, content.push)
        try:
            result = self.connections.client(claim.channel).push(body)
        except JPushError as exc:
            return verdicts.refused(claim, exc, expires_at=content.expires_at, now=timezone.now())
        return verdicts.accepted(claim, result.msg_id, result.rate)

    def refill(self, channel: Channel) -> JPushError | None:
        """Fetch cids for the stock; the error if JPush gave none."""
        try:
            rate = self.cids.refill(channel, self.connections.client(channel))
        except JPushError as exc:
            logger.warning("cids of channel %s: %s", channel.pk, exc)
            return exc
        quota.learn(channel, rate)
        return None

    def _content(self, message_id: int) -> _Content:
        """A message is immutable, and a thousand Batches share it."""
        with self._lock:
            known = self._contents.get(message_id)
            if known is not None:
                self._contents.move_to_end(message_id)
                return known
        message = Message.objects.only("content", "expires_at").get(pk=message_id)
        content = _Content(message.content, message.expires_at)
        with self._lock:
            self._contents[message_id] = content
            while len(self._contents) > MESSAGES_KEPT:
                self._contents.popitem(last=False)
        return content


def _body(claim: Claim, push: dict[str, Any]) -> dict[str, object]:
    # All of them, always: a repetition must say what the first attempt said, although receipts of
    # that one may be here already.
    ids = texts(
        "SELECT registration_id FROM messaging_app_delivery WHERE batch_id = %s"
        " ORDER BY registration_id",
        [claim.batch_id],
    )
    channel = claim.channel
    return push_body(
        push,
        registration_ids=ids,
        cid=claim.cid,
        callback_url=callback_url(channel),
        callback_params={BATCH_PARAM: str(claim.batch_id)} if channel.send_callback else None,
    )
