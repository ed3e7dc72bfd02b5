"""The body of a push (protocol/jpush.md 2, 3, 9.2)."""

from typing import Any

import pytest

from channels_app.jpush.payloads import push_body

CONTENT = {"platform": "all", "notification": {"alert": "Hi"}}


def body(content: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "registration_ids": ["a", "b"],
        "cid": "key-1",
        "callback_url": "https://ums.example.com/callback",
        "callback_params": {"batch": "7"},
    }
    return push_body(content or CONTENT, **{**arguments, **changes})


def test_a_push_has_content_ids_cid_and_callback() -> None:
    assert body() == {
        "platform": "all",
        "notification": {"alert": "Hi"},
        "audience": {"registration_id": ["a", "b"]},
        "cid": "key-1",
        "options": {"apns_production": True},
        "callback": {
            "url": "https://ums.example.com/callback",
            "params": {"batch": "7"},
            "type": 3,
        },
    }


def test_without_a_cid_the_key_is_left_out() -> None:
    assert "cid" not in body(cid="")


def test_without_callback_params_the_callback_is_left_out() -> None:
    assert "callback" not in body(callback_params=None)


def test_without_a_callback_url_the_address_is_left_to_jpush() -> None:
    assert body(callback_url=None)["callback"] == {"params": {"batch": "7"}, "type": 3}


@pytest.mark.parametrize("options", [None, {}])
def test_apns_is_production_unless_the_sender_says_otherwise(options: Any) -> None:
    assert body({**CONTENT, "options": options})["options"] == {"apns_production": True}


def test_the_options_of_the_sender_win() -> None:
    options = {"apns_production": False, "time_to_live": 60}

    assert body({**CONTENT, "options": options})["options"] == options


def test_the_content_itself_is_not_changed() -> None:
    content: dict[str, Any] = {"platform": "all", "options": {}}

    body(content)

    assert content == {"platform": "all", "options": {}}
