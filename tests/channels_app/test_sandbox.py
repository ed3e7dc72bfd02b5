"""The stand-in JPush server over real HTTP: rules, cids, limits, receipts, faults, command."""

import base64
import io
import json
import logging
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from channels_app.jpush.sandbox.receipts import LATE_SECONDS, Kind

KEY, SECRET = "key-of-the-app", "its-secret"
PROMPT = Options(callback_delay=0.0, callback_retry=0.0)
HOURS_24 = 24 * 60 * 60


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    data: Any


@dataclass(frozen=True)
class Client:
    """A caller with credentials; each call has its own connection."""

    url: str
    key: str = KEY
    secret: str = SECRET

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        token = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        parts = urlsplit(self.url)
        with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=10)) as connection:
            connection.request(
                method, path, content, {"Authorization": f"Basic {token}", **(headers or {})}
            )
            response = connection.getresponse()
            text = response.read()
            return Reply(response.status, dict(response.headers), json.loads(text or "null"))

    def push(self, *ids: str, **parts: Any) -> Reply:
        return self.call("POST", "/v3/push", push_body(*ids, **parts))

    def cid(self) -> str:
        return str(self.call("GET", "/v3/push/cid?type=push").data["cidlist"][0])

    def stats(self) -> Any:
        return self.call("GET", "/sandbox/stats").data


class Clock:
    """A time that only the test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Receiver:
    """Where receipts arrive; answers with the next of `statuses`, else 200."""

    url: str
    posts: list[list[dict[str, Any]]] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)

    @property
    def receipts(self) -> list[dict[str, Any]]:
        return [receipt for post in self.posts for receipt in post]

    def kinds(self) -> Counter[int]:
        return Counter(receipt["callback_type"] for receipt in self.receipts)


def push_body(*ids: str, **parts: Any) -> dict[str, Any]:
    body = {
        "platform": "all",
        "audience": {"registration_id": list(ids)},
        "notification": {"alert": "Hello"},
        **parts,
    }
    return {name: part for name, part in body.items() if part is not None}


def until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.005)


def all_posted(sandbox: Sandbox) -> Callable[[], bool]:
    return lambda: sandbox.stats()["callbacks"]["pending"] == 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    received = Receiver(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = received.statuses.pop(0) if received.statuses else 200
            if status == 200:
                received.posts.append(json.loads(body))
                received.authorizations.add(self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        received.url = f"http://127.0.0.1:{server.server_port}/callback?from=jpush"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield received
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """For calls that are refused and leave nothing behind."""
    with Sandbox(Options(rate_limit=1_000_000)) as sandbox:
        yield Client(sandbox.url)


# What is accepted


def test_a_push_is_answered_with_its_number_and_a_17_digit_string(shared: Client) -> None:
    with_number = shared.push("rid-1", options={"sendno": 18})
    without = shared.push("rid-1")

    assert with_number.status == 200
    assert with_number.data["sendno"] == "18"
    assert without.data["sendno"] == "0"
    assert len(without.data["msg_id"]) == 17
    assert with_number.data["msg_id"] != without.data["msg_id"]


@pytest.mark.parametrize(
    "parts",
    [
        {"platform": ["android", "ios"]},
        {"notification": None, "message": {"msg_content": "x", "extras": {}}},
        {"message": {"msg_content": "x"}},
        {"notification": {"android": {"alert": "", "priority": -2, "extras": {"a": 1}}}},
        {"notification": {"alert": "x", "ios": {"sound": "y", "interruption-level": "active"}}},
        {"notification": {"hmos": {"alert": "x"}}, "callback": {"type": 3}},
        {"notification": {"alert": "x" * 3000}, "platform": ["android"]},
        {"options": {"time_to_live": 0, "apns_production": False, "unknown": 1}},
    ],
)
def test_a_legal_push_is_accepted(shared: Client, parts: dict[str, Any]) -> None:
    assert shared.push("rid-1", **parts).status == 200


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (1002, {"platform": None}),
        (1003, {"platform": []}),
        (1003, {"platform": "android"}),
        (1003, {"platform": ["winphone"]}),
        (1002, {"audience": None}),
        (1003, {"audience": "all"}),
        (1003, {"audience": {"tag": ["x"]}}),
        (1002, {"audience": {"registration_id": []}}),
        (1003, {"audience": {"registration_id": "rid-1"}}),
        (1003, {"audience": {"registration_id": ["rid-1", ""]}}),
        (1003, {"audience": {"registration_id": ["rid-1", 5]}}),
        (1003, {"audience": {"registration_id": ["x"] * 1001}}),
        (1002, {"notification": None}),
        (1002, {"notification": {}}),
        (1003, {"notification": "Hello"}),
        (1003, {"notification": {"alert": 5}}),
        (1003, {"notification": {"alert": "x", "android": {}}}),
        (1003, {"notification": {"alert": "x", "ios": {}}}),
        (1002, {"notification": {"alert": "x", "hmos": {}}}),
        (1002, {"notification": {"android": {"title": "x"}}}),
        (1003, {"notification": {"hmos": {"alert": ""}}}),
        (1003, {"notification": {"quickapp": "x"}}),
        (1003, {"notification": {"android": {"alert": "x", "priority": 3}}}),
        (1003, {"notification": {"android": {"alert": "x", "style": True}}}),
        (1003, {"notification": {"android": {"alert": "x", "channel_id": "通" * 334}}}),
        (1003, {"notification": {"android": {"alert": "x", "display_foreground": []}}}),
        (1009, {"notification": {"android": {"alert": "x", "colour": "red"}}}),
        (1009, {"colour": "red"}),
        (1002, {"message": {"title": "x"}}),
        (1005, {"notification": {"alert": "x" * 4000}}),
        (1005, {"platform": ["android"], "message": {"msg_content": "通" * 1333}}),
        (1005, {"platform": ["ios"], "notification": {"alert": "x" * 2000}}),
        (1005, {"platform": ["ios"], "message": {"msg_content": "x" * 4000}}),
        (1005, {"platform": ["ios"], "live_activity": {"x": "y" * 3584}}),
        (1003, {"options": []}),
        (1003, {"options": {"sendno": 0}}),
        (1003, {"options": {"override_msg_id": 5}}),
        (1003, {"options": {"apns_collapse_id": "x" * 65}}),
        (1003, {"callback": {"type": 16}}),
        (1003, {"callback": {"url": "ftp://example.org"}}),
        (1003, {"callback": {"url": "http://example.org:port"}}),
        (1003, {"callback": {"url": 5}}),
        (1003, {"cid": 5}),
        (1003, {"cid": "never-issued"}),
    ],
)
def test_an_illegal_push_is_refused_with_its_code(
    shared: Client, code: int, parts: dict[str, Any]
) -> None:
    for path in ("/v3/push", "/v3/push/validate"):
        refused = shared.call("POST", path, push_body("rid-1", **parts))

        assert (refused.status, refused.data["error"]["code"]) == (400, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(shared: Client, body: bytes) -> None:
    assert shared.call("POST", "/v3/push", body).data["error"]["code"] == 1003


def test_the_first_bad_id_is_named_and_nothing_is_sent() -> None:
    with Sandbox() as sandbox:
        refused = Client(sandbox.url).push("rid-1", "invalid-7", "not legal")

        assert refused.data == {
            "error": {"code": 1003, "message": "The registration_id invalid-7 is invalid!"}
        }
        assert sandbox.stats()["accepted"]["pushes"] == 0
        assert sandbox.stats()["errors"] == {"1003": 1}


def test_gone_devices_are_skipped_and_refused_if_no_other_is_left() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        msg_id = client.push("gone-1", "rid-1", "rid-1").data["msg_id"]
        refused = client.push("gone-1", "gone-2")

        assert sandbox.stats()["messages"][msg_id]["targets"] == 2
        assert sandbox.stats()["messages"][msg_id]["live"] == 1
        assert (refused.status, refused.data["error"]["code"]) == (400, 1011)
        assert isinstance(refused.data["msg_id"], int)


def test_validate_answers_as_a_push_but_sends_nothing() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        body = push_body("rid-1", cid=client.cid(), options={"sendno": 7})

        assert client.call("POST", "/v3/push/validate", body).data["sendno"] == "7"
        assert sandbox.stats()["accepted"]["pushes"] == 0
        assert client.call("POST", "/v3/push", body).status == 200
        assert sandbox.stats()["duplicates_by_cid"] == 0


# Addresses and credentials


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v3/push", 405),
        ("PUT", "/v3/push/cid", 405),
        ("DELETE", "/sandbox/stats", 405),
        ("GET", "/v3/nothing", 404),
        ("GET", "/private/sandbox/stats", 404),
        ("GET", "/sandbox/pushes/1", 404),
        ("HEAD", "/v3/push", 501),
    ],
)
def test_other_addresses_and_methods_are_refused(
    shared: Client, method: str, path: str, status: int
) -> None:
    refused = (
        shared.call(method, path)
        if method != "HEAD"
        else Reply(_status_of_head(shared, path), {}, None)
    )

    assert refused.status == status
    if status == 405:
        assert refused.data["error"]["code"] == 1001


def test_a_private_cloud_may_have_a_prefix(shared: Client) -> None:
    assert shared.call("POST", "/jpush/api/v3/push", push_body("rid-1")).status == 200


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic ???", "Basic /w==", "Bearer a2V5OnNlY3JldA==", "Basic OnNlY3JldA=="],
)
def test_unreadable_credentials_are_refused(shared: Client, authorization: str) -> None:
    refused = shared.call("POST", "/v3/push", push_body("rid-1"), {"Authorization": authorization})

    assert (refused.status, refused.data["error"]["code"]) == (401, 1004)
    assert "X-Rate-Limit-Limit" not in refused.headers


def test_with_named_apps_only_their_pairs_pass() -> None:
    with Sandbox(Options(apps={KEY: SECRET})) as sandbox:
        assert Client(sandbox.url).push("rid-1").status == 200
        assert Client(sandbox.url, secret="wrong").push("rid-1").status == 401
        assert Client(sandbox.url, key="other").push("rid-1").status == 401
        assert sandbox.stats()["errors"] == {"1004": 2}
        assert SECRET not in json.dumps(sandbox.stats())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "many"}, 411),
        ({"Content-Length": str(5 * 1024 * 1024)}, 413),
        ({"Content-Length": "9" * 5000}, 413),
    ],
)
def test_a_body_without_a_sound_length_is_refused(
    shared: Client, headers: dict[str, str], status: int
) -> None:
    assert shared.call("POST", "/v3/push", None, headers).status == status


# cid


def test_a_second_push_with_a_cid_gets_the_first_answer() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        cid = client.cid()
        first = client.push("rid-1", cid=cid, options={"sendno": 5})
        second = client.push("rid-1", cid=cid, options={"sendno": 6})

        assert cid.startswith(f"{KEY}-")
        assert second.data == first.data
        assert sandbox.stats()["accepted"]["pushes"] == 1
        assert sandbox.stats()["duplicates_by_cid"] == 1


def test_a_cid_may_be_used_again_after_a_failure() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        cid = client.cid()

        assert client.push("gone-1", cid=cid).status == 400
        assert client.push("rid-1", cid=cid).status == 200
        assert sandbox.stats()["duplicates_by_cid"] == 0


def test_of_concurrent_pushes_with_one_cid_one_is_effective() -> None:
    with Sandbox() as sandbox, ThreadPoolExecutor(8) as pool:
        client = Client(sandbox.url)
        cid = client.cid()
        answers = list(pool.map(lambda _: client.push("rid-1", cid=cid).data["msg_id"], range(8)))

        assert len(set(answers)) == 1
        assert sandbox.stats()["accepted"]["registration_ids"] == 1
        assert sandbox.stats()["duplicates_by_cid"] == 7


def test_a_cid_is_for_its_app_and_for_a_day() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        client = Client(sandbox.url)
        cid = client.cid()

        assert Client(sandbox.url, key="other").push("rid-1", cid=cid).status == 400
        clock.now += HOURS_24
        assert client.push("rid-1", cid=cid).data["error"]["code"] == 1003


@pytest.mark.parametrize(("count", "given"), [("1", 1), ("3", 3), ("1000", 4)])
def test_the_number_of_cids_is_capped(count: str, given: int) -> None:
    with Sandbox(Options(cid_max=4)) as sandbox:
        answer = Client(sandbox.url).call("GET", f"/v3/push/cid?count={count}")

        assert len(answer.data["cidlist"]) == given


@pytest.mark.parametrize("query", ["count=0", "count=-1", "count=many", "type=pull"])
def test_a_strange_cid_call_is_refused(shared: Client, query: str) -> None:
    assert shared.call("GET", f"/v3/push/cid?{query}").data["error"]["code"] == 1003


def test_an_older_private_cloud_has_no_cids() -> None:
    with Sandbox(Options(cid_enabled=False)) as sandbox:
        answer = Client(sandbox.url).call("GET", "/v3/push/cid")

        assert answer.status == 404
        assert "error" not in answer.data


# Rate limits


def test_calls_over_the_limit_are_refused_until_the_window_ends() -> None:
    clock = Clock()
    with Sandbox(Options(rate_limit=2), clock=clock) as sandbox:
        client = Client(sandbox.url)
        first = client.push("rid-1")
        clock.now += 20
        client.cid()
        refused = client.push("rid-1")

        assert first.headers["X-Rate-Limit-Limit"] == "2"
        assert first.headers["X-Rate-Limit-Remaining"] == "1"
        assert first.headers["X-Rate-Limit-Reset"] == "60"
        assert (refused.status, refused.data["error"]["code"]) == (429, 2002)
        assert refused.headers["X-Rate-Limit-Remaining"] == "0"
        assert refused.headers["X-Rate-Limit-Reset"] == "40"
        assert Client(sandbox.url, key="other").push("rid-1").status == 200
        assert client.call("GET", "/v3/devices/rid-1").status == 200
        assert client.call("GET", "/v3/received/detail?msg_ids=1").headers[
            "X-Rate-Limit-Limit"
        ] == str(2 * 4)
        assert sandbox.stats()["rate_limited"] == 1
        clock.now += 40
        assert client.push("rid-1").status == 200


# Withdraw, reports, devices


def test_a_message_is_withdrawn_once_within_a_day_by_its_app() -> None:
    clock = Clock()
    with Sandbox(clock=clock) as sandbox:
        client = Client(sandbox.url)
        msg_id, late = (client.push("rid-1").data["msg_id"] for _ in range(2))

        assert Client(sandbox.url, key="other").call("DELETE", f"/v3/push/{msg_id}").status == 400
        withdrawn = client.call("DELETE", f"/v3/push/{msg_id}")
        assert (withdrawn.status, withdrawn.data) == (200, None)
        assert client.call("DELETE", f"/v3/push/{msg_id}").data["error"] == {
            "code": 1003,
            "message": "msg_id not exist",
        }
        clock.now += HOURS_24
        assert client.call("DELETE", f"/v3/push/{late}").status == 400
        assert sandbox.stats()["messages"][msg_id]["withdrawn"] is True


def test_the_faults_strike_withdrawals_too() -> None:
    with Sandbox(Options(seed=3)) as sandbox:
        client = Client(sandbox.url)
        msg_id = client.push("rid-1").data["msg_id"]
        sandbox.change_faults(error_rate=1)
        assert client.call("DELETE", f"/v3/push/{msg_id}").status in {500, 503}
        assert sandbox.stats()["messages"][msg_id]["withdrawn"] is False

        sandbox.change_faults(error_rate=0, drop_after_accept_rate=1)
        with pytest.raises(RemoteDisconnected):
            client.call("DELETE", f"/v3/push/{msg_id}")

        assert sandbox.stats()["messages"][msg_id]["withdrawn"] is True
        # Done is done: the repetition is told that there is nothing left.
        assert client.call("DELETE", f"/v3/push/{msg_id}").data["error"]["code"] == 1003


def test_a_push_may_override_a_known_one(shared: Client) -> None:
    msg_id = int(shared.push("rid-1").data["msg_id"])

    assert shared.push("rid-1", options={"override_msg_id": msg_id}).status == 200


def test_the_report_counts_delivered_devices_in_the_field_of_their_platform() -> None:
    with Sandbox(Options(delivered=0.5)) as sandbox:
        client = Client(sandbox.url)
        ids = [f"rid-{number}" for number in range(200)]
        msg_id = client.push(*ids, platform=["ios", "android"]).data["msg_id"]
        report = client.call("GET", f"/v3/received/detail?msg_ids={msg_id},17").data
        message = sandbox.stats()["messages"][msg_id]

        assert report[0]["ios_apns_received"] == message["delivered"]
        assert report[0]["jpush_received"] is None
        assert report[1] == {"msg_id": "17"}
        assert 60 < message["delivered"] < 140
        statuses = client.call(
            "POST",
            "/v3/status/message",
            {"msg_id": int(msg_id), "registration_ids": [*ids, "invalid-1", "rid-900"]},
        ).data
        counts = Counter(each["status"] for each in statuses.values())
        assert counts[0] == message["delivered"]
        assert counts[1] == message["not_delivered"]
        assert statuses["invalid-1"] == {"status": 2}
        assert statuses["rid-900"] == {"status": 3}


def test_strange_report_calls_are_refused(shared: Client) -> None:
    for query in ("", "?msg_ids=x", "?msg_ids=" + ",".join(["1"] * 101)):
        assert shared.call("GET", f"/v3/received/detail{query}").data["error"]["code"] == 1003
    for ids in ([], "rid-1", ["x"] * 1001):
        body = {"msg_id": 1, "registration_ids": ids}
        assert shared.call("POST", "/v3/status/message", body).data["error"]["code"] == 1003
    unknown = {"msg_id": 1, "registration_ids": ["rid-1"]}
    assert shared.call("POST", "/v3/status/message", unknown).data == {"rid-1": {"status": 3}}


def test_a_device_has_nothing_set_and_an_illegal_one_is_refused(shared: Client) -> None:
    known = shared.call("GET", "/v3/devices/rid-1")
    refused = shared.call("GET", "/v3/devices/invalid-1")

    assert known.data == {"tags": None, "alias": None, "mobile": None}
    assert (refused.status, refused.data["error"]["code"]) == (400, 7002)


# Receipts


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


# Faults


def test_the_same_seed_gives_the_same_figures() -> None:
    figures = []
    for seed in (5, 5, 6):
        with Sandbox(Options(delivered=0.5, seed=seed)) as sandbox:
            Client(sandbox.url).push(*(f"rid-{number}" for number in range(500)))
            figures.append(sandbox.stats()["messages"])

    assert figures[0] == figures[1] != figures[2]


def test_faults_before_acceptance_take_nothing() -> None:
    with Sandbox(Options(seed=3, faults=Faults(error_rate=1.0, latency=0.001))) as sandbox:
        client = Client(sandbox.url)
        errors = {client.push("rid-1").data["error"]["code"] for _ in range(20)}
        sandbox.change_faults(error_rate=0, drop_rate=1)
        with pytest.raises(RemoteDisconnected):
            client.push("rid-1")

        assert errors == {1000, 1030}
        assert set(sandbox.stats()["errors"]) == {"1000", "1030"}
        assert sandbox.stats()["accepted"]["pushes"] == 0
        assert sandbox.stats()["calls"] == {"push": 21}


@pytest.mark.parametrize(
    "faults",
    [{"timeout_after_accept_rate": 1, "hang_seconds": 0.01}, {"drop_after_accept_rate": 1}],
)
def test_after_a_lost_answer_the_same_cid_gets_it(faults: dict[str, float]) -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        cid = client.cid()
        sandbox.change_faults(**faults)
        with pytest.raises(RemoteDisconnected):
            client.push("rid-1", cid=cid)

        (msg_id,) = sandbox.stats()["messages"]
        assert client.push("rid-1", cid=cid).data["msg_id"] == msg_id
        assert sandbox.stats()["accepted"]["registration_ids"] == 1


def test_a_call_that_hangs_does_not_hold_up_the_stop() -> None:
    faults = Faults(timeout_after_accept_rate=1.0, hang_seconds=1000)
    with ThreadPoolExecutor(1) as pool:
        with Sandbox(Options(faults=faults)) as sandbox:
            answer = pool.submit(Client(sandbox.url).push, "rid-1")
            until(lambda: sandbox.stats()["accepted"]["pushes"] == 1)
        assert isinstance(answer.exception(), HTTPException)


def test_the_stop_ends_kept_alive_connections() -> None:
    with Sandbox() as sandbox:
        parts = urlsplit(sandbox.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        for _ in range(2):
            connection.request("GET", "/sandbox/stats")
            connection.getresponse().read()
    with closing(connection):
        connection.request("GET", "/sandbox/stats")
        with pytest.raises(RemoteDisconnected):
            connection.getresponse()


def test_a_client_that_gives_up_is_no_event(capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox(Options(faults=Faults(latency=0.05))) as sandbox:
        parts = urlsplit(sandbox.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
            # Closing with unread data and no lingering is a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(b"POST /v3/push HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        assert Client(sandbox.url).push("rid-1").status == 200

    assert capfd.readouterr().err == ""


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


def test_early_receipts_are_there_before_the_answer(receiver: Receiver) -> None:
    faults = Faults(early_callbacks=True, late_callbacks=1.0)
    with Sandbox(Options(clicked=1.0, callback_delay=1000, faults=faults)) as sandbox:
        Client(sandbox.url).push("rid-1", callback={"url": receiver.url})

        assert receiver.kinds() == {Kind.DELIVERED: 1, Kind.CLICKED: 1}
        assert all_posted(sandbox)()


def test_faults_are_read_and_changed_over_http(shared: Client) -> None:
    changed = shared.call("POST", "/sandbox/faults", {"latency": 0.5, "early_callbacks": True})

    assert changed.status == 200
    assert changed.data == shared.call("GET", "/sandbox/faults").data
    assert (changed.data["latency"], changed.data["drop_rate"]) == (0.5, 0)
    assert shared.call("POST", "/sandbox/reset").data == {}
    assert shared.call("GET", "/sandbox/faults").data["latency"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"weather": 1},
        {"latency": "long"},
        {"latency": -1},
        {"latency": 10**400},
        {"drop_rate": 1.5},
        {"drop_rate": True},
        {"early_callbacks": 1},
        [],
    ],
)
def test_a_fault_that_is_not_on_the_menu_is_refused(shared: Client, change: Any) -> None:
    before = shared.stats()["errors"]

    assert shared.call("POST", "/sandbox/faults", change).status == 400
    assert shared.stats()["errors"] == before


# Stats


def test_stats_count_devices_once_and_again() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        client.push("rid-1", "rid-2")
        client.push("rid-2", "rid-3")
        client.push("rid-2", callback={"params": {"batch": "7"}})
        accepted = client.stats()["accepted"]
        messages = list(client.stats()["messages"].values())

        assert accepted == {"pushes": 3, "registration_ids": 5, "distinct": 3, "repeated": 1}
        assert messages[2]["params"] == {"batch": "7"}
        assert messages[2]["app_key"] == KEY
        assert "messages" not in client.call("GET", "/sandbox/stats?messages=0").data


def test_the_latest_pushes_can_be_read_without_their_audience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels_app.jpush.sandbox.state.KEPT_CONTENTS", 1)
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        older, newer = (client.push("rid-1", "rid-2").data["msg_id"] for _ in range(2))

        assert client.call("GET", f"/sandbox/pushes/{older}").status == 404
        assert client.call("GET", f"/sandbox/pushes/{newer}").data == {
            "platform": "all",
            "notification": {"alert": "Hello"},
            "registration_ids": 2,
        }


def test_msg_ids_go_on_after_a_reset() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        before = client.push("rid-1").data["msg_id"]
        sandbox.reset()

        assert client.push("rid-1").data["msg_id"] > before
        assert sandbox.stats()["accepted"]["pushes"] == 1


# The command


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_a_signal(
    number: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    out = io.StringIO()
    handler = signal.getsignal(number)
    replies: list[Reply] = []

    def visit() -> None:
        try:
            until(lambda: "\n" in out.getvalue())
            url = out.getvalue().split()[-1]
            replies.append(Client(url).push("rid-1", callback={"url": "http://127.0.0.1:1"}))
            replies.append(Client(url, key="other").push("rid-1"))
        finally:
            os.kill(os.getpid(), number)

    visitor = Thread(target=visit)
    visitor.start()
    call_command(
        "jpush_sandbox",
        "--port=0",
        f"--app={KEY}:{SECRET}",
        "--callback-url=http://127.0.0.1:1/",
        f"--callback-url={KEY}=http://127.0.0.1:1/",
        "--early-callbacks",
        "--verbose-calls",
        stdout=out,
    )
    visitor.join()
    logging.getLogger("channels_app.jpush.sandbox").setLevel(logging.NOTSET)

    assert out.getvalue().startswith("JPush sandbox on http://127.0.0.1:")
    assert [reply.status for reply in replies] == [200, 401]
    assert signal.getsignal(number) is handler
    (line,) = (record.getMessage() for record in caplog.records)
    assert KEY in line
    assert "rid-1" not in line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host=0.0.0.0"], "0.0.0.0 is not a loopback address"),
        (["--host=example.org"], "example.org is not a loopback address"),
        (["--host=192.0.2.1", "--allow-remote"], "cannot listen on 192.0.2.1 port 8900"),
        (["--port=70000"], "cannot listen on 127.0.0.1 port 70000"),
        (["--app=no-secret"], "--app must be KEY:SECRET"),
        (["--callback-url=KEY"], "'' is not an http or https URL"),
        (["--delivered=2"], "delivered must be a number from 0 to 1"),
        (["--rate-limit=0"], "rate_limit must be a number from 1"),
        (["--latency=-1"], "latency must be a number from 0"),
    ],
)
def test_the_command_refuses_in_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("jpush_sandbox", *arguments)


def test_the_command_names_a_taken_port() -> None:
    with Sandbox() as sandbox:
        port = urlsplit(sandbox.url).port

        with pytest.raises(CommandError, match=f"cannot listen on localhost port {port}"):
            call_command("jpush_sandbox", host="localhost", port=port)


def test_the_sandbox_speaks_ipv6() -> None:
    with Sandbox(Options(host="::1")) as sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert Client(sandbox.url).push("rid-1").status == 200


def _status_of_head(client: Client, path: str) -> int:
    parts = urlsplit(client.url)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=10)) as connection:
        connection.request("HEAD", path)
        return connection.getresponse().status
