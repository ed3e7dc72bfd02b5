"""Each operator sees the pages that they may use."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpRequest
from django.test import RequestFactory

from channels_app.models import Channel
from tests.messaging_app.approvals import approver, waiting_message
from ums.navigation import sidebar


def items(user: User) -> list[dict[str, Any]]:
    request: HttpRequest = RequestFactory().get("/")
    request.user = user
    return [
        item for group in sidebar(request) for item in group["items"] if item["permission"](request)
    ]


EVERYBODYS = ["Dashboard", "API documentation"]


def titles(user: User) -> list[str]:
    return [str(item["title"]) for item in items(user)]


def test_an_administrator_sees_every_page(admin_user: User) -> None:
    assert titles(admin_user) == [
        "Dashboard",
        "Compose",
        "Messages",
        "Approvals",
        "Templates",
        "Users",
        "Device conflicts",
        "Import",
        "Segments",
        "Block and allow lists",
        "Channels",
        "Business lines",
        "Access keys",
        "Sensitive words",
        "Operators",
        "Groups",
        "API documentation",
    ]


def test_a_person_without_rights_sees_what_everybody_may_see(db: None) -> None:
    assert titles(User.objects.create_user("new", is_staff=True)) == EVERYBODYS


@pytest.mark.parametrize(
    ("codename", "title"),
    [
        ("view_channel", "Channels"),
        ("view_businessline", "Business lines"),
        ("view_accesskey", "Access keys"),
        ("view_enduser", "Users"),
        ("view_registration", "Device conflicts"),
        ("view_importjob", "Import"),
        ("view_segment", "Segments"),
        ("view_personlist", "Block and allow lists"),
        ("add_message", "Compose"),
        ("view_message", "Messages"),
        ("approve_message", "Approvals"),
        ("view_template", "Templates"),
        ("view_sensitiveword", "Sensitive words"),
        ("view_user", "Operators"),
        ("view_group", "Groups"),
    ],
)
def test_a_right_shows_its_page(db: None, codename: str, title: str) -> None:
    user = User.objects.create_user("new", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=codename))

    assert sorted(titles(user)) == sorted([*EVERYBODYS, title])


def test_the_menu_counts_the_messages_to_approve(channel: Channel) -> None:
    [approvals] = [item for item in items(approver("one")) if item["title"] == "Approvals"]
    assert "badge" not in approvals

    waiting_message(channel)
    waiting_message(channel)

    [approvals] = [item for item in items(approver("two")) if item["title"] == "Approvals"]
    assert approvals["badge"] == "2"
