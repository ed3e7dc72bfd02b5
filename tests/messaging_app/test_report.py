"""The report of one message: every target in one box."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.ledger import BOXES
from messaging_app.models import Batch, Message
from tests.messaging_app.figures import finish, mixed_message, settle
from tests.messaging_app.makers import accept, add_crowd, expanded, one_batch
from tests.messaging_app.pages import boxes, get_report, text_of

STEP = re.compile(r'data-step="(\w+)" data-count="(\d+)"')


@pytest.fixture
def message(channel: Channel) -> Message:
    return mixed_message(channel)


def test_the_boxes_add_up_to_the_audience(admin_client: Client, message: Message) -> None:
    page = get_report(admin_client, message)

    assert tuple(boxes(page)) == BOXES
    assert boxes(page) == {
        "queued": 0,
        "sent": 1,
        "delivered": 1,
        "clicked": 1,
        "failed": 1,
        "no_device": 1,
        "invalid_id": 1,
        "cancelled": 0,
        "unknown": 0,
    }
    assert "The boxes add up: 1 + 1 + 1 + 1 + 1 + 1 = 6 targets ✓" in text_of(page)
    assert 'data-state="done"' in text_of(page)
    assert message.msgid in text_of(page)


def test_the_funnel_narrows_from_targets_to_clicks(admin_client: Client, message: Message) -> None:
    page = get_report(admin_client, message)

    assert STEP.findall(text_of(page)) == [
        ("targets", "6"),
        ("accepted", "4"),
        ("delivered", "2"),
        ("clicked", "1"),
    ]
    assert [step.rate for step in page.context["steps"]] == ["", "66.7%", "50.0%", "50.0%"]


def test_without_targets_there_are_no_rates(admin_client: Client, channel: Channel) -> None:
    page = get_report(admin_client, finish(expanded(channel, everyone=True)))

    assert [step.rate for step in page.context["steps"]] == [""] * 4
    assert "The boxes add up: 0 = 0 targets ✓" in text_of(page)
    assert "Nobody here." in text_of(page)


def test_boxes_that_do_not_add_up_are_called_so(admin_client: Client, message: Message) -> None:
    Message.objects.update(targets=7)

    assert "The boxes add up to 1 + 1 + 1 + 1 + 1 + 1 = 6, but there are 7 targets" in text_of(
        get_report(admin_client, message)
    )


def test_a_message_that_is_being_counted_says_so(admin_client: Client, channel: Channel) -> None:
    page = text_of(get_report(admin_client, accept(channel)))

    assert 'data-sum="counting"' in page
    assert 'hx-trigger="every 3s"' in page
    assert 'data-state="expanding"' in page


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        ({"everyone": True}, "Everyone with a device in these channels"),
        ({"registration_ids": ("r0",)}, "1 device named by registrationID"),
        (
            {"userids": tuple(f"u{n}" for n in range(21)), "tags": ("VIP",)},
            "u19, …; people with any of these tags: VIP",
        ),
    ],
)
def test_the_report_says_what_was_asked(
    admin_client: Client, channel: Channel, audience: dict[str, Any], words: str
) -> None:
    message = expanded(channel, **audience)
    Message.objects.update(sendno="4711")

    page = text_of(get_report(admin_client, message))

    assert words in page
    assert "4711" in page
    assert "&quot;alert&quot;: &quot;Hi&quot;" in page


def test_who_sent_it_is_the_operator_or_the_business_line(
    admin_client: Client, admin_user: User, channel: Channel, business_line: BusinessLine
) -> None:
    message = expanded(channel, everyone=True)
    assert get_report(admin_client, message).context["row"].who == "–"

    Message.objects.update(business_line=business_line)
    assert get_report(admin_client, message).context["row"].who == "Shop"

    Message.objects.update(operator=admin_user)
    assert get_report(admin_client, message).context["row"].who == "admin"


def test_reasons_are_grouped_with_their_devices(admin_client: Client, channel: Channel) -> None:
    add_crowd(channel, 4001)
    message = expanded(channel, everyone=True)
    refused, again, silent, invalid, late = Batch.objects.filter(message=message).order_by("pk")
    gone = {"error_code": 1011, "error_message": "cannot find user"}
    settle(refused, Batch.State.FAILED, **gone)
    settle(again, Batch.State.FAILED, **gone)
    settle(silent, Batch.State.UNKNOWN, error_message="No answer.")
    settle(invalid, Batch.State.FAILED, error_code=1003, error_message="bad id", invalid=1, size=1)
    settle(late, Batch.State.QUEUED, error_code=2002, error_message="Rate limit exceeded")

    page = get_report(admin_client, message)

    assert [(r.label, r.devices, r.code, r.text) for r in page.context["reasons"]] == [
        ("failed", 2000, 1011, "cannot find user"),
        ("outcome unknown", 1000, None, "No answer."),
        ("waiting", 1, 2002, "Rate limit exceeded"),
        ("invalid id", 1, 1003, "bad id"),
    ]
    assert "2,000" in text_of(page)


def test_what_jpush_reports_as_not_delivered_is_a_reason(
    admin_client: Client, message: Message
) -> None:
    reasons = get_report(admin_client, message).context["reasons"]

    assert [(r.text, r.devices) for r in reasons] == [("JPush reported it as not delivered", 1)]


def test_a_message_without_faults_has_no_reasons(admin_client: Client, channel: Channel) -> None:
    assert "Why some were not reached" not in text_of(
        get_report(admin_client, expanded(channel, everyone=True))
    )


def test_the_figures_refresh_themselves_while_they_may_change(
    admin_client: Client, channel: Channel
) -> None:
    batch = one_batch(channel, "rid1")
    message = batch.message
    assert 'hx-trigger="every 3s"' in text_of(get_report(admin_client, message))

    finish(message)
    assert 'hx-trigger="every' not in text_of(get_report(admin_client, message))

    settle(batch, Batch.State.SENT)
    assert 'hx-trigger="every 10s"' in text_of(get_report(admin_client, message))

    Message.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert 'hx-trigger="every' not in text_of(get_report(admin_client, message))


def test_the_fragment_is_the_figures_alone(admin_client: Client, message: Message) -> None:
    fragment = admin_client.get(reverse("messages:progress", args=(message.pk,)))

    assert text_of(fragment).strip().startswith('<div id="figures"')
    assert boxes(fragment) == boxes(get_report(admin_client, message))


@pytest.mark.parametrize("page", ["report", "progress", "export"])
def test_twenty_people_cost_as_many_queries_as_one(
    admin_client: Client, channel: Channel, page: str
) -> None:
    def queries(message: Message) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = admin_client.get(reverse(f"messages:{page}", args=(message.pk,)))
            if answer.streaming:
                b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a stream
        return len(captured)

    add_crowd(channel, 1)
    one = queries(expanded(channel, everyone=True))
    add_crowd(channel, 19, prefix="more")

    assert queries(expanded(channel, everyone=True)) == one


@pytest.mark.parametrize("page", ["report", "progress", "export"])
def test_a_report_needs_its_permission(client: Client, message: Message, page: str) -> None:
    url = reverse(f"messages:{page}", args=(message.pk,))
    # htmx would put a login page into the report; a 403 it leaves alone.
    assert client.get(url).status_code == (403 if page == "progress" else 302)

    client.force_login(User.objects.create_user("someone", is_staff=True))

    assert client.get(url).status_code == 403


@pytest.mark.parametrize("pk", [999, 10**30])
def test_an_unknown_message_is_not_found(admin_client: Client, db: None, pk: int) -> None:
    assert admin_client.get(reverse("messages:report", args=(pk,))).status_code == 404
