"""A notification becomes a JPush push object."""

import pytest

from messaging_app.content import normalise
from messaging_app.notification import Notification


def test_each_platform_gets_what_it_understands() -> None:
    push = Notification(
        title="Shipped",
        text="It comes tomorrow.",
        extras={"order": "12"},
        intent="shop://order/12",
        hmos_category="EXPRESS",
        time_to_live=3600,
        apns_production=False,
    ).to_push()

    assert push == {
        "platform": "all",
        "notification": {
            "android": {
                "alert": "It comes tomorrow.",
                "title": "Shipped",
                "extras": {"order": "12"},
                "intent": {"url": "shop://order/12"},
            },
            "ios": {
                "alert": {"title": "Shipped", "body": "It comes tomorrow."},
                "sound": "default",
                "badge": "+1",
                "mutable-content": True,
                "extras": {"order": "12"},
            },
            "hmos": {
                "alert": "It comes tomorrow.",
                "title": "Shipped",
                "category": "EXPRESS",
                "extras": {"order": "12"},
                "intent": {"url": "shop://order/12"},
            },
        },
        "options": {"time_to_live": 3600, "apns_production": False},
    }
    assert normalise(push) == push


def test_what_was_left_empty_is_left_out() -> None:
    push = Notification(title="", text="Hi", platforms=("ios", "android")).to_push()

    assert push["platform"] == ["android", "ios"]
    assert push["notification"] == {
        "android": {"alert": "Hi"},
        "ios": {"alert": "Hi", "sound": "default", "badge": "+1", "mutable-content": True},
    }
    assert push["options"] == {"time_to_live": 86_400, "apns_production": True}


@pytest.mark.parametrize(
    ("intent", "systems"),
    [
        ("intent:#Intent;action=android.intent.action.MAIN;end", {"android"}),
        ("action.system.home", {"hmos"}),
        ("https://shop.example/1", {"android", "hmos"}),
    ],
)
def test_an_intent_goes_to_the_systems_that_know_its_form(intent: str, systems: set[str]) -> None:
    parts = Notification(title="", text="Hi", intent=intent).to_push()["notification"]

    assert {name for name, part in parts.items() if "intent" in part} == systems
