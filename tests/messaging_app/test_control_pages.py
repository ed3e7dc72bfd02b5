"""The buttons of a message: pause, resume, cancel, push again."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.models import Batch, Message
from tests.messaging_app.buttons import offered, operator, state_of, url
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import accept, add_crowd, expanded
from tests.messaging_app.pages import get_report, text_of

LIST_URL = reverse("messages:list")
OUTLOOK = re.compile(r'data-outlook="(\w+)" data-count="(\d+)"')


@pytest.fixture
def message(channel: Channel) -> Message:
    return expanded(channel, registration_ids=("r1", "r2"))


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("pending_approval", {"cancel", "retract"}),
        ("scheduled", {"pause", "cancel", "retract"}),
        ("expanding", {"pause", "cancel", "retract"}),
        ("sending", {"pause", "cancel", "retract"}),
        ("paused", {"resume", "cancel", "retract"}),
        ("done", {"retract"}),
        ("cancelled", {"retract"}),
        ("retracted", set()),
        ("failed", set()),
        ("missed", set()),
    ],
)
def test_list_and_report_offer_what_fits_the_state(
    admin_client: Client, message: Message, state: str, buttons: set[str]
) -> None:
    Message.objects.update(state=state)

    assert offered(text_of(get_report(admin_client, message)), message) == buttons
    assert offered(text_of(admin_client.get(LIST_URL)), message) == buttons


def test_a_message_whose_time_is_over_is_not_offered_to_be_resumed(
    admin_client: Client, message: Message
) -> None:
    Message.objects.update(state="paused", expires_at=timezone.now())

    assert "resume" not in offered(text_of(get_report(admin_client, message)), message)


@pytest.mark.parametrize(
    ("permissions", "buttons"),
    [
        ((), set()),
        (("add_message",), {"pause", "cancel"}),
        (("retract_message",), {"retract"}),
    ],
)
def test_who_may_not_sees_no_button(
    client: Client, message: Message, permissions: tuple[str, ...], buttons: set[str]
) -> None:
    client.force_login(operator("view_message", *permissions))

    assert offered(text_of(get_report(client, message)), message) == buttons
    assert offered(text_of(client.get(LIST_URL)), message) == buttons


@pytest.mark.parametrize("page", ["pause", "resume", "cancel", "repeat"])
@pytest.mark.parametrize("permissions", [("view_message", "retract_message"), ("add_message",)])
def test_the_pages_need_their_rights(
    client: Client, message: Message, page: str, permissions: tuple[str, ...]
) -> None:
    assert client.post(url(message, page))["Location"].startswith("/console/login/")
    client.force_login(operator(*permissions))

    assert client.get(url(message, page)).status_code == 403
    assert client.post(url(message, page)).status_code == 403
    assert state_of(message) == "sending"


@pytest.mark.parametrize("page", ["pause", "resume", "cancel", "repeat"])
def test_the_buttons_are_protected_against_foreign_pages(
    admin_user: User, message: Message, page: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post(url(message, page)).status_code == 403


@pytest.mark.parametrize("page", ["pause", "resume", "cancel", "repeat"])
def test_an_unknown_message_is_not_found(admin_client: Client, db: None, page: str) -> None:
    assert admin_client.get(reverse(f"messages:{page}", args=(999,))).status_code == 404


def test_a_message_is_paused_and_resumed_at_once(admin_client: Client, message: Message) -> None:
    page = text_of(admin_client.post(url(message, "pause"), follow=True))
    assert "Paused: no further call is made." in page
    assert 'data-state="paused"' in page
    assert "1 call to JPush once it is resumed" in page

    page = text_of(admin_client.post(url(message, "resume"), follow=True))
    assert "Resumed: it goes on where it was." in page
    assert 'data-state="sending"' in page


def test_a_get_changes_nothing(admin_client: Client, message: Message) -> None:
    for page in ("pause", "resume"):
        response = admin_client.get(url(message, page))
        assert response["Location"] == reverse("messages:report", args=(message.pk,))
    assert state_of(message) == "sending"


@pytest.mark.parametrize(
    ("asked", "leads_to_the_list"),
    [(f"{LIST_URL}?q=Hi&page=1", True), ("https://evil.example/", False), ("", False)],
)
def test_the_list_s_buttons_lead_back_to_the_list_as_it_was(
    admin_client: Client, message: Message, asked: str, leads_to_the_list: bool
) -> None:
    response = admin_client.post(url(message, "pause"), {"next": asked})

    report = reverse("messages:report", args=(message.pk,))
    assert response["Location"] == (asked if leads_to_the_list else report)


def test_the_list_tells_where_it_is_to_its_buttons(admin_client: Client, message: Message) -> None:
    page = text_of(admin_client.get(LIST_URL, {"q": "Hi"}))

    assert f'<input type="hidden" name="next" value="{LIST_URL}?q=Hi">' in page
    assert 'type="hidden" name="next"' not in text_of(get_report(admin_client, message))


def test_a_move_that_is_not_possible_any_more_is_told(
    admin_client: Client, message: Message
) -> None:
    Message.objects.update(state="done")

    for page, words in (
        ("pause", "cannot be paused: it is done"),
        ("resume", "cannot be resumed: it is done"),
        ("cancel", "cannot be cancelled: it is done"),
        ("repeat", "There is nothing to push again"),
    ):
        assert words in text_of(admin_client.post(url(message, page), follow=True))
    for page, words in (
        ("cancel", "This message cannot be cancelled any more."),
        ("repeat", "Nothing of this message can be pushed again."),
    ):
        assert words in text_of(admin_client.get(url(message, page), follow=True))


def test_cancelling_asks_first_with_exact_numbers(admin_client: Client, channel: Channel) -> None:
    add_crowd(channel, 4500)
    message = expanded(channel)
    pushing, sent, unknown, *_waiting = Batch.objects.order_by("pk")
    settle(pushing, Batch.State.PUSHING, lease="x", in_doubt=True)
    settle(sent, Batch.State.SENT, clicked=3)
    settle(unknown, Batch.State.UNKNOWN)

    page = text_of(admin_client.get(url(message, "cancel")))

    assert dict(OUTLOOK.findall(page)) == {
        "stopped": "1500",
        "under_way": "1000",
        "kept": "1000",
        "unknown": "1000",
    }
    assert "Cancel for 1,500 devices" in page
    assert state_of(message) == "sending"

    page = text_of(admin_client.post(url(message, "cancel"), follow=True))

    assert "Cancelled: nothing more of this message is pushed." in page
    assert 'data-state="cancelled"' in page
    assert 'hx-trigger="every 3s"' in page  # one call is under way still


def test_a_message_that_is_not_counted_is_cancelled_without_numbers(
    admin_client: Client, channel: Channel
) -> None:
    message = accept(channel)

    page = text_of(admin_client.get(url(message, "cancel")))

    assert "No device has this message, and none will get it." in page
    assert "Cancel this message" in page
    assert not OUTLOOK.findall(page)


def test_a_longer_list_costs_as_many_queries(admin_client: Client, message: Message) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(LIST_URL)
        return len(captured)

    one = queries()
    for number in range(5):
        made = expanded(Channel.objects.get(), registration_ids=(f"x{number}",))
        Message.objects.filter(pk=made.pk).update(state="paused")

    assert queries() == one


def test_a_paused_message_that_is_not_counted_says_so(
    admin_client: Client, channel: Channel
) -> None:
    message = accept(channel)
    expires_at = timezone.now() + timedelta(hours=1)
    Message.objects.update(state="paused", expires_at=expires_at)

    report = text_of(get_report(admin_client, message))

    assert "Nothing is sent before it is resumed." in report
    assert "The audience is counted when it is sent." in report
