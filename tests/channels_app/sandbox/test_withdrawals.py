"""The sandbox withdraws and overrides what was pushed."""

from http.client import RemoteDisconnected

import pytest

from channels_app.jpush.sandbox import Options, Sandbox
from tests.channels_app.sandbox.calling import HOURS_24, Client, Clock


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
