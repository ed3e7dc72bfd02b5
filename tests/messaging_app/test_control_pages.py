"""The buttons of a message: pause, resume, cancel, push again."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.models import Batch, Message
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import accept, add_crowd, expanded, one_batch, reread
from tests.messaging_app.pages import get_report, text_of

LIST_URL = reverse("messages:list")
PAGES = ("pause", "resume", "cancel", "retract", "repeat")
OUTLOOK = re.compile(r'data-outlook="(\w+)" data-count="(\d+)"')


def url(message: Message, page: str) -> str:
    return reverse(f"messages:{page}", args=(message.pk,))


def operator(*permissions: str) -> User:
    user = User.objects.create_user("someone", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def offered(page: str, message: Message) -> set[str]:
    """The buttons that lead somewhere for this message."""
    return {name for name in PAGES if f'"{url(message, name)}"' in page}


@pytest.fixture
def message(channel: Channel) -> Message:
    return expanded(channel, registration_ids=("r1", "r2"))


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


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


@pytest.fixture
def unknown(channel: Channel) -> Message:
    batch = one_batch(channel, "r1", "r2")
    settle(batch, Batch.State.UNKNOWN, in_doubt=True, attempts=1)
    Message.objects.update(state="done", done_at=timezone.now())
    return reread(batch).message


def test_the_report_explains_the_choice_and_the_page_warns(
    admin_client: Client, unknown: Message
) -> None:
    report = text_of(get_report(admin_client, unknown))
    assert "Outcome unknown: 2 devices" in report
    assert "some may get it twice" in report
    assert offered(report, unknown) == {"repeat", "retract"}

    page = text_of(admin_client.get(url(unknown, "repeat")))
    assert 'data-repeat="number" data-count="2"' in page
    assert "get it a second time" in page
    assert "Push again to 2 devices" in page
    assert state_of(unknown) == "done"

    page = text_of(admin_client.post(url(unknown, "repeat"), follow=True))
    assert "are pushed to again" in page
    assert 'data-state="sending"' in page
    assert "Outcome unknown" not in page


def test_calls_with_receipts_are_left_alone_and_counted(
    admin_client: Client, channel: Channel
) -> None:
    add_crowd(channel, 1500)
    message = expanded(channel)
    first, second = Batch.objects.order_by("pk")
    settle(first, Batch.State.UNKNOWN, delivered=1)
    settle(second, Batch.State.UNKNOWN)
    Message.objects.update(state="done")

    page = text_of(admin_client.get(url(message, "repeat")))

    assert 'data-repeat="number" data-count="500"' in page
    assert 'data-repeat="known" data-count="999"' in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("sending", "Once the other calls are made"),
        ("cancelled", "who must have it needs a new message"),
    ],
)
def test_where_it_cannot_be_pushed_again_the_report_says_what_helps(
    admin_client: Client, unknown: Message, state: str, words: str
) -> None:
    Message.objects.update(state=state)

    report = text_of(get_report(admin_client, unknown))

    assert words in report
    assert "repeat" not in offered(report, unknown)


def test_who_may_not_send_is_not_offered_to_push_again(client: Client, unknown: Message) -> None:
    client.force_login(operator("view_message"))

    assert "repeat" not in offered(text_of(get_report(client, unknown)), unknown)


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
