"""Which pushes the sandbox takes, and with which code it refuses the others."""

from typing import Any

import pytest

from channels_app.jpush.sandbox import Sandbox
from tests.channels_app.sandbox.calling import Client, push_body


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


def test_all_listed_ids_come_in_illegal_rids_unless_another_is_named() -> None:
    with Sandbox() as sandbox:
        client = Client(sandbox.url)
        body = push_body("rid-1", "illegal-1", "gone-1", "illegal")
        listed = client.call("POST", "/v3/push", body)
        validated = client.call("POST", "/v3/push/validate", body)
        named = client.push("illegal-1", "invalid-7", "illegal-2")

        assert (listed.status, listed.data["error"]["code"]) == (400, 1003)
        assert listed.data["error"]["illegal_rids"] == ["illegal-1", "illegal"]
        assert "illegal-1" not in listed.data["error"]["message"]
        assert validated.data == listed.data
        assert "invalid-7" in named.data["error"]["message"]
        assert "illegal_rids" not in named.data["error"]
        assert client.push("illegally-long" * 5).data["error"].keys() == {"code", "message"}
        assert sandbox.stats()["accepted"]["pushes"] == 0


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
