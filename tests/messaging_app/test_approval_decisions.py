"""Approving and refusing messages on their page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.approval import approve
from messaging_app.models import Message
from tests.messaging_app.approvals import approver, half_price, state_of, url_of, waiting_message
from tests.messaging_app.pages import text_of

LIST_URL = reverse("messages:approval_list")


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


def post(client: Client, message: Message, page: str, **data: object) -> Any:
    return client.post(url_of(message, page), data, follow=True)


def test_an_approved_message_is_on_its_way(
    client: Client, reviewer: User, message: Message
) -> None:
    page = post(client, message, "approve", devices=1)

    assert page.redirect_chain == [(LIST_URL, 302)]
    assert "Approved: the message is on its way." in text_of(page)
    message.refresh_from_db()
    assert (message.state, message.reviewer) == (Message.State.EXPANDING, reviewer)


def test_a_message_of_later_says_when(client: Client, reviewer: User, message: Message) -> None:
    Message.objects.update(send_at=timezone.now() + timedelta(days=1))
    assert "the audience is counted again then." in text_of(client.get(url_of(message)))

    page = post(client, message, "approve", devices=1)

    assert "Approved: the message will be sent at" in text_of(page)
    assert state_of(message) == Message.State.SCHEDULED


@pytest.mark.parametrize("devices", ["2", "-1", "", "x"])
def test_another_number_than_the_one_read_approves_nothing(
    client: Client, reviewer: User, message: Message, devices: str
) -> None:
    page = post(client, message, "approve", devices=devices)

    assert page.redirect_chain == [(url_of(message), 302)]
    assert "the audience has changed since you read it, to 1 device." in text_of(page)
    assert state_of(message) == Message.State.PENDING_APPROVAL


def test_a_message_that_reaches_nobody_now_can_be_approved(
    client: Client, reviewer: User, channel: Channel
) -> None:
    message = waiting_message(channel, userids=("ghost",))
    page = text_of(client.get(url_of(message)))
    assert "At this moment the message would reach no device." in page
    assert "Approve and send to 0 devices" in page

    post(client, message, "approve", devices=0)

    assert state_of(message) == Message.State.EXPANDING


def test_a_refused_message_ends(client: Client, reviewer: User, message: Message) -> None:
    page = post(client, message, "refuse", reason="Too loud.")

    assert page.redirect_chain == [(LIST_URL, 302)]
    assert "Refused: nothing of the message has been sent." in text_of(page)
    assert "Too loud." in text_of(page)
    assert state_of(message) == Message.State.CANCELLED


@pytest.mark.parametrize(
    ("reason", "error"),
    [(" ", "Write why the message is refused"), ("x" * 256, "at most 255 characters")],
)
def test_a_refusal_needs_a_reason(
    client: Client, reviewer: User, message: Message, reason: str, error: str
) -> None:
    page = post(client, message, "refuse", reason=reason)

    assert page.status_code == 400
    assert error in text_of(page)
    assert "Approve and send to 1 device<" in text_of(page)
    assert state_of(message) == Message.State.PENDING_APPROVAL


def test_the_submitter_reads_why_he_cannot_approve(
    client: Client, owner: User, message: Message
) -> None:
    client.force_login(owner)

    page = text_of(client.get(url_of(message)))
    assert "The message was filed under your account (owner)" in page
    assert url_of(message, "approve") not in page
    assert url_of(message, "refuse") in page

    assert "filed under your account" in text_of(post(client, message, "approve", devices=1))
    assert state_of(message) == Message.State.PENDING_APPROVAL


@pytest.mark.parametrize(
    ("page", "data"), [("approve", {"devices": 1}), ("refuse", {"reason": "No."})]
)
def test_who_comes_late_reads_who_has_decided(
    client: Client, reviewer: User, message: Message, page: str, data: dict[str, Any]
) -> None:
    approve(message=message, reviewer=approver("first"))

    answer = post(client, message, page, **data)

    assert answer.redirect_chain == [(url_of(message), 302)]
    assert "is decided on already (approved by first)" in text_of(answer)
    assert "<form method" not in text_of(answer).partition('<div class="ums-page">')[2]
    assert reverse("messages:report", args=(message.pk,)) not in text_of(answer)


@pytest.mark.parametrize("page", ["approve", "refuse"])
def test_a_decision_is_posted_by_our_own_page(
    client: Client, reviewer: User, message: Message, page: str
) -> None:
    assert client.get(url_of(message, page)).status_code == 405

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reviewer)
    assert strict.post(url_of(message, page), {"devices": 1, "reason": "x"}).status_code == 403

    assert state_of(message) == Message.State.PENDING_APPROVAL
