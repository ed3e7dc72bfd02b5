"""What the sandbox tells about messages and devices afterwards."""

from collections import Counter

from channels_app.jpush.sandbox import Options, Sandbox
from tests.channels_app.sandbox.calling import Client


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
            {
                "msg_id": int(msg_id),
                "registration_ids": [*ids, "invalid-1", "illegal-1", "rid-900"],
            },
        ).data
        counts = Counter(each["status"] for each in statuses.values())
        assert counts[0] == message["delivered"]
        assert counts[1] == message["not_delivered"]
        assert statuses["invalid-1"] == statuses["illegal-1"] == {"status": 2}
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
