"""The sandbox counts calls per AppKey and window."""

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from tests.channels_app.sandbox.calling import Client, Clock


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


def test_somebody_else_may_use_up_calls_of_the_same_app() -> None:
    clock = Clock()
    options = Options(rate_limit=10, faults=Faults(shared_calls=6))
    with Sandbox(options, clock=clock) as sandbox:
        client = Client(sandbox.url)
        remaining = []
        for _ in range(5):
            remaining.append(client.push("rid-1").headers["X-Rate-Limit-Remaining"])
            clock.now += 10
        refused = client.push("rid-1")
        report = client.call("GET", "/v3/received/detail?msg_ids=1")
        clock.now += 10
        later = client.push("rid-1")

        assert remaining == ["9", "7", "5", "3", "1"]
        assert (refused.status, refused.headers["X-Rate-Limit-Remaining"]) == (429, "0")
        assert report.headers["X-Rate-Limit-Remaining"] == "39"
        assert later.headers["X-Rate-Limit-Remaining"] == "9"
        assert sandbox.stats()["accepted"]["pushes"] == 6


def test_somebody_else_counts_from_when_the_fault_is_set() -> None:
    clock = Clock()
    with Sandbox(Options(rate_limit=100), clock=clock) as sandbox:
        client = Client(sandbox.url)
        client.push("rid-1")
        clock.now += 30
        client.push("rid-1")
        sandbox.change_faults(shared_calls=60)
        clock.now += 10

        assert client.push("rid-1").headers["X-Rate-Limit-Remaining"] == "87"
        sandbox.change_faults(shared_calls=0)
        clock.now += 10
        assert client.push("rid-1").headers["X-Rate-Limit-Remaining"] == "86"


def test_the_rate_headers_may_be_missing() -> None:
    with Sandbox(Options(rate_limit=1, faults=Faults(omit_rate_headers=True))) as sandbox:
        replies = [Client(sandbox.url).push("rid-1") for _ in range(2)]

        assert [reply.status for reply in replies] == [200, 429]
        for reply in replies:
            assert not [name for name in reply.headers if name.startswith("X-Rate-Limit")]


def test_the_limit_may_be_called_quota() -> None:
    with Sandbox(Options(faults=Faults(quota_header=True))) as sandbox:
        headers = Client(sandbox.url).push("rid-1").headers

        assert headers["X-Rate-Limit-Quota"] == "600"
        assert headers["X-Rate-Limit-Remaining"] == "599"
        assert "X-Rate-Limit-Limit" not in headers


def test_a_window_without_length_limits_nothing() -> None:
    with Sandbox(Options(rate_limit=1, rate_window=0)) as sandbox:
        assert [Client(sandbox.url).push("rid-1").status for _ in range(3)] == [200] * 3
