"""The receipts that the sandbox posts: what is in them, when they come and how often."""

import base64
from collections import Counter
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from channels_app.jpush.sandbox.receipts import LATE_SECONDS, Kind
from tests.channels_app.sandbox.calling import (
    KEY,
    PROMPT,
    SECRET,
    Client,
    Clock,
    Receiver,
    all_posted,
    until,
)


def test_receipts_carry_what_the_protocol_page_says(receiver: Receiver) -> None:
    clock = Clock()
    with Sandbox(replace(PROMPT, clicked=1.0), clock=clock) as sandbox:
        client = Client(sandbox.url)
        callback = {"url": receiver.url, "params": {"batch": "7"}}
        msg_id = client.push("rid-1", "gone-1", callback=callback).data["msg_id"]
        until(lambda: len(receiver.receipts) == 2)

    expected = {
        "registration_id": "rid-1",
        "msg_id": msg_id,
        "platform": "android",
        "sent_time": int(clock.now),
        "channel": 0,
        "params": {"batch": "7"},
    }
    receipts = sorted(receiver.receipts, key=lambda receipt: int(receipt["callback_type"]))
    assert receipts == [{**expected, "callback_type": kind} for kind in (1, 2)]
    token = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert receiver.authorizations == {f"Basic {token}"}


def test_receipts_add_up_to_the_stats_and_come_in_batches(receiver: Receiver) -> None:
    options = replace(
        PROMPT, delivered=0.6, clicked=0.5, callback_batch=7, callback_urls={"": receiver.url}
    )
    with Sandbox(options) as sandbox:
        client = Client(sandbox.url)
        msg_id = client.push(*(f"rid-{number}" for number in range(100))).data["msg_id"]
        until(all_posted(sandbox))
        stats = sandbox.stats()

    message = stats["messages"][msg_id]
    assert receiver.kinds() == {
        Kind.DELIVERED: message["delivered"],
        Kind.CLICKED: message["clicked"],
        Kind.NOT_DELIVERED: message["not_delivered"],
    }
    assert 0 < message["clicked"] < message["delivered"] < 100
    assert message["delivered"] + message["not_delivered"] == message["live"] == 100
    assert max(map(len, receiver.posts)) == 7
    assert stats["callbacks"] == {
        "scheduled": len(receiver.receipts),
        "pending": 0,
        "posted": len(receiver.receipts),
        "lost": 0,
    }


@pytest.mark.parametrize(("mask", "kinds"), [(1, {1}), (3, {1, 2}), (6, {2, 4}), (8, set())])
def test_only_the_kinds_of_the_mask_are_posted(
    receiver: Receiver, mask: int, kinds: set[int]
) -> None:
    options = replace(PROMPT, delivered=0.5, clicked=0.5, callback_urls={KEY: receiver.url}, seed=1)
    with Sandbox(options) as sandbox:
        ids = (f"rid-{number}" for number in range(50))
        assert Client(sandbox.url).push(*ids, callback={"type": mask}).status == 200
        assert Client(sandbox.url, key="other").push("rid-1").status == 200  # has no URL
        until(all_posted(sandbox))

    assert set(receiver.kinds()) == kinds


def test_a_failed_post_is_retried_and_in_the_end_lost(receiver: Receiver) -> None:
    options = replace(PROMPT, clicked=0.0, callback_urls={"": receiver.url})
    with Sandbox(options) as sandbox:
        client = Client(sandbox.url)
        receiver.statuses[:] = [500] * 5
        client.push("rid-1")
        until(lambda: len(receiver.receipts) == 1)
        until(all_posted(sandbox))
        receiver.statuses[:] = [500] * 6
        client.push("rid-2")
        until(all_posted(sandbox))

        assert sandbox.stats()["callbacks"]["posted"] == 1
        assert sandbox.stats()["callbacks"]["lost"] == 1
        assert receiver.statuses == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://{}/", "http://a..b/", "http://127.0.0.1/a b"]
)
def test_a_receiver_that_cannot_be_reached_loses_its_receipts(receiver: Receiver, url: str) -> None:
    callback = {"url": url.format(urlsplit(receiver.url).netloc), "type": 1}
    with Sandbox(PROMPT) as sandbox:
        assert Client(sandbox.url).push("rid-1", callback=callback).status == 200
        until(lambda: sandbox.stats()["callbacks"]["lost"] == 1)


def test_receipts_may_come_twice(receiver: Receiver) -> None:
    faults = Faults(duplicate_callbacks=1.0)
    options = replace(PROMPT, clicked=0.0, faults=faults, callback_urls={"": receiver.url})
    with Sandbox(options) as sandbox:
        Client(sandbox.url).push("rid-1", "rid-2")
        until(all_posted(sandbox))

    ids = [receipt["registration_id"] for receipt in receiver.receipts]
    assert sorted(ids) == ["rid-1", "rid-1", "rid-2", "rid-2"]


def test_late_receipts_wait_and_a_reset_forgets_them(receiver: Receiver) -> None:
    options = replace(
        PROMPT, clicked=0.0, faults=Faults(late_callbacks=1.0), callback_urls={"": receiver.url}
    )
    with Sandbox(options) as sandbox:
        client = Client(sandbox.url)
        client.push("rid-1")

        assert LATE_SECONDS == 5
        assert sandbox.stats()["callbacks"]["pending"] == 1
        sandbox.reset()
        assert sandbox.stats()["callbacks"]["scheduled"] == 0
        sandbox.change_faults(late_callbacks=0)
        client.push("rid-2")
        until(all_posted(sandbox))

    assert [receipt["registration_id"] for receipt in receiver.receipts] == ["rid-2"]


def test_late_receipts_may_come_twice_too(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels_app.jpush.sandbox.receipts.LATE_SECONDS", 0.1)
    faults = Faults(duplicate_callbacks=1.0, late_callbacks=0.5)
    options = replace(PROMPT, clicked=0.0, faults=faults, callback_urls={"": receiver.url}, seed=1)
    clock = Clock()
    clock.now += 0.95  # what is late bears the next second
    with Sandbox(options, clock=clock) as sandbox:
        Client(sandbox.url).push(*(f"rid-{number}" for number in range(100)))
        until(all_posted(sandbox))

    times = Counter((each["registration_id"], each["sent_time"]) for each in receiver.receipts)
    assert len(times) == 100
    assert set(times.values()) == {2}
    assert {sent for _, sent in times} == {int(clock.now), int(clock.now) + 1}


def test_early_receipts_are_there_before_the_answer(receiver: Receiver) -> None:
    faults = Faults(early_callbacks=True, late_callbacks=1.0)
    with Sandbox(Options(clicked=1.0, callback_delay=1000, faults=faults)) as sandbox:
        Client(sandbox.url).push("rid-1", callback={"url": receiver.url})

        assert receiver.kinds() == {Kind.DELIVERED: 1, Kind.CLICKED: 1}
        assert all_posted(sandbox)()
