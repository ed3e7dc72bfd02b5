"""The sandbox's fault menu."""

from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected
from typing import Any

import pytest

from channels_app.jpush.sandbox import Faults, Options, Sandbox
from tests.channels_app.sandbox.calling import Client, push_body, until


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


def test_latency_comes_before_acceptance() -> None:
    with ThreadPoolExecutor(1) as pool:
        with Sandbox(Options(faults=Faults(latency=1000))) as sandbox:
            client = Client(sandbox.url)
            slow = pool.submit(client.push, "rid-1")
            until(lambda: sandbox.stats()["calls"] == {"push": 1})
            meanwhile = client.call("POST", "/v3/push/validate", push_body("rid-1"))
            assert sandbox.stats()["accepted"]["pushes"] == 0
        # The stop ends the latency.
        assert slow.result().data["msg_id"] > meanwhile.data["msg_id"]


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
        {"omit_rate_headers": 1},
        {"quota_header": "yes"},
        {"shared_calls": -1},
        {"refuse_code": 1234},
        {"refuse_code": "1004"},
        {"refuse_code": True},
        {"refuse_rate": 2},
        [],
    ],
)
def test_a_fault_that_is_not_on_the_menu_is_refused(shared: Client, change: Any) -> None:
    before = shared.stats()["errors"]

    assert shared.call("POST", "/sandbox/faults", change).status == 400
    assert shared.stats()["errors"] == before
