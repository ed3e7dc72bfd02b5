"""The pages that show what waits for approval and what was decided."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.approval import approve, refuse
from messaging_app.models import Message
from tests.messaging_app.approvals import approver, half_price, state_of, url_of, waiting_message
from tests.messaging_app.makers import accept, add_crowd, add_person
from tests.messaging_app.pages import get_report, text_of

LIST_URL = reverse("messages:approval_list")
REACH = re.compile(r'data-reach="(\w+)" data-count="(\d+)"')


@pytest.fixture
def owner(db: None) -> User:
    return approver("owner")


@pytest.fixture
def reviewer(db: None, client: Client) -> User:
    """Who `client` is signed in as."""
    user = approver()
    client.force_login(user)
    return user


@pytest.fixture
def message(channel: Channel, business_line: BusinessLine, owner: User) -> Message:
    return half_price(channel, business_line, owner)


def queries(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


def test_an_empty_list_says_what_would_wait_there(client: Client, reviewer: User) -> None:
    page = text_of(client.get(LIST_URL))

    assert "No message waits for approval." in page
    assert "Nothing has been decided yet." in page


def test_the_list_shows_what_waits_for_whom(
    client: Client, reviewer: User, message: Message, channel: Channel
) -> None:
    accept(channel)
    later = waiting_message(channel, send_at=timezone.now() + timedelta(days=1))

    page = client.get(LIST_URL)

    assert re.findall(r'data-message="(\d+)"', text_of(page)) == [str(message.pk), str(later.pk)]
    for words in ("Half price", "Shop", "owner", "when approved", url_of(message)):
        assert words in text_of(page)


def test_a_list_page_holds_25(client: Client, reviewer: User, channel: Channel) -> None:
    made = [waiting_message(channel) for _ in range(26)]

    assert list(client.get(LIST_URL).context["page"]) == made[:25]
    assert list(client.get(LIST_URL, {"page": "2"}).context["page"]) == made[25:]


def test_the_list_ends_with_the_latest_decisions(
    client: Client, reviewer: User, channel: Channel
) -> None:
    for number in range(51):
        refuse(message=waiting_message(channel), reviewer=reviewer, reason=f"No {number}.")
    approve(message=waiting_message(channel), reviewer=reviewer)

    page = client.get(LIST_URL)

    decisions = page.context["decisions"]
    assert len(decisions) == 50
    assert [refused for _message, refused in decisions[:2]] == [False, True]
    assert "No 50." in text_of(page)
    assert "No 1." not in text_of(page)


def test_the_page_of_a_message_tells_all_that_a_reviewer_must_know(
    client: Client, reviewer: User, message: Message
) -> None:
    page = client.get(url_of(message))

    assert REACH.findall(text_of(page)) == [("devices", "1"), ("no_device", "1")]
    assert "Approve and send to 1 device<" in text_of(page)
    assert page.context["samples"] == ["u0"]
    assert page.context["audience"] == "2 people named by userid: u0, ghost"
    assert page.context["platforms"] == "Android, iOS"
    assert page.context["wordings"] == [
        ("Android", {"title": "Sale", "text": "Half price"}),
        ("iOS", {"title": "", "text": "Half price"}),
    ]
    assert "&quot;alert&quot;: &quot;Half price&quot;" in text_of(page)
    assert "as soon as it is approved" in text_of(page)


def test_messages_that_needed_no_approval_have_no_page(
    client: Client, reviewer: User, channel: Channel
) -> None:
    assert client.get(url_of(accept(channel))).status_code == 404
    assert client.get(reverse("messages:approval_detail", args=(10**30,))).status_code == 404


@pytest.mark.parametrize("page", ["list", "detail", "approve", "refuse"])
def test_the_pages_need_their_permission(client: Client, message: Message, page: str) -> None:
    url = LIST_URL if page == "list" else url_of(message, page)
    ask = client.get if page in ("list", "detail") else client.post
    assert reverse("admin:login") in ask(url)["Location"]

    client.force_login(User.objects.create_user("someone", is_staff=True))

    assert ask(url).status_code == 403
    assert state_of(message) == Message.State.PENDING_APPROVAL


def test_twenty_messages_cost_as_many_queries_as_one(
    client: Client, reviewer: User, channel: Channel, business_line: BusinessLine, owner: User
) -> None:
    def grow(number: int) -> None:
        for _number in range(number):
            waiting_message(channel, line=business_line, owner=owner)
            refused = waiting_message(channel, line=business_line, owner=owner)
            refuse(message=refused, reviewer=reviewer, reason="No.")

    grow(1)
    one = queries(lambda: client.get(LIST_URL))
    grow(19)

    assert queries(lambda: client.get(LIST_URL)) == one


def test_a_crowd_costs_as_many_queries_as_one_person(
    client: Client, reviewer: User, channel: Channel
) -> None:
    add_person("alone", devices={channel: ["r"]})
    message = waiting_message(channel)
    one = queries(lambda: client.get(url_of(message)))
    add_crowd(channel, 100)

    assert queries(lambda: client.get(url_of(message))) == one


def test_report_and_list_tell_of_the_approval(
    admin_client: Client, channel: Channel, owner: User
) -> None:
    message = waiting_message(channel)
    page = text_of(get_report(admin_client, message))
    assert 'data-state="pending_approval"' in page
    assert 'data-sum="waiting"' in page
    assert url_of(message) in page
    assert "Nothing is sent before it is approved." in text_of(
        admin_client.get(reverse("messages:list"))
    )

    refuse(message=message, reviewer=owner, reason="Too loud.")

    for page in (
        text_of(get_report(admin_client, message)),
        text_of(admin_client.get(reverse("messages:list"))),
    ):
        assert "refused by owner: Too loud." in page
    approved = waiting_message(channel)
    approve(message=approved, reviewer=owner)
    assert "approved by owner" in text_of(get_report(admin_client, approved))
