"""The sandbox counts calls per AppKey and window."""

from channels_app.jpush.sandbox import Options, Sandbox
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
