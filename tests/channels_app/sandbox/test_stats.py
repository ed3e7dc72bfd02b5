"""What the sandbox remembers and counts."""

import pytest

from channels_app.jpush.sandbox import Options, Sandbox
from tests.channels_app.sandbox.calling import KEY, Client


def test_the_same_seed_gives_the_same_figures() -> None:
    figures = []
    for seed in (5, 5, 6):
        with Sandbox(Options(delivered=0.5, seed=seed)) as sandbox:
            Client(sandbox.url).push(*(f"rid-{number}" for number in range(500)))
            figures.append(sandbox.stats()["messages"])

    assert figures[0] == figures[1] != figures[2]


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
