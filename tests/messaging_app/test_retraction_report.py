"""A retracted message in the console: the page that asks, the report, the CSV."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.ledger import deliveries
from messaging_app.models import Batch, Message
from messaging_app.retraction import Figures, figures, retract
from messaging_app.retraction_report import word
from tests.messaging_app.figures import receive, settle
from tests.messaging_app.makers import accept, add_crowd, expanded, one_batch
from tests.messaging_app.pages import get_report, text_of

BOX = re.compile(r'data-retraction="(\w+)" data-count="(\d+)"')
OUTLOOK = re.compile(r'data-outlook="(\w+)" data-count="(\d+)"')


def url(message: Message) -> str:
    return reverse("messages:retract", args=(message.pk,))


def operator(*permissions: str) -> User:
    user = User.objects.create_user("someone", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def message(channel: Channel) -> Message:
    """6,000 devices and one person without: a batch of each kind."""
    add_crowd(channel, 6000)
    message = expanded(channel, userids=tuple(f"u{n}" for n in range(6001)))
    sent, done, refused, unknown, failed, _queued = Batch.objects.order_by("pk")
    for number, batch in enumerate((sent, done, refused)):
        settle(batch, Batch.State.SENT, jpush_msg_id=str(number), pushed_at=timezone.now())
    settle(unknown, Batch.State.UNKNOWN, in_doubt=True, error_message="no answer")
    settle(failed, Batch.State.FAILED, error_code=1011, error_message="nobody")
    clicked, missed = (
        deliveries(message).filter(batch=done).values_list("registration_id", flat=True)[:2]
    )
    receive(done, clicked=clicked, failed=missed)
    return message


def settled(message: Message) -> Message:
    """Retracted; of the pushed batches one waits, one is withdrawn, one is refused."""
    retract(message=message)
    _sent, done, refused, *_others = Batch.objects.order_by("pk")
    settle(done, Batch.State.SENT, withdrawal=Batch.Withdrawal.DONE)
    settle(
        refused,
        Batch.State.SENT,
        withdrawal=Batch.Withdrawal.FAILED,
        withdrawal_error="1003: msg_id not exist",
    )
    message.refresh_from_db()
    return message


def test_the_page_that_asks_names_the_devices(admin_client: Client, message: Message) -> None:
    page = text_of(admin_client.get(url(message)))

    assert dict(OUTLOOK.findall(page)) == {"stopped": "1000", "pending": "2998", "unknown": "1000"}
    assert "Retract from 3,998 devices" in page
    message.refresh_from_db()
    assert message.state == Message.State.SENDING


def test_a_message_that_nobody_has_yet_is_retracted_as_well(
    admin_client: Client, channel: Channel
) -> None:
    message = accept(channel)

    page = text_of(admin_client.get(url(message)))

    assert "No device has this message" in page
    assert "Retract this message" in page
    assert "It was stopped before it was sent to anybody." in text_of(
        admin_client.post(url(message), follow=True)
    )


def test_the_button_retracts_and_shows_the_report(admin_client: Client, message: Message) -> None:
    assert url(message) in text_of(get_report(admin_client, message))

    page = text_of(admin_client.post(url(message), follow=True))

    assert "Retracted: nothing more of this message is pushed." in page
    assert 'data-state="retracted"' in page
    assert url(message) not in page
    assert 'hx-trigger="every 3s"' in page  # withdrawals are under way
    message.refresh_from_db()
    assert figures(message) == Figures(stopped=1000, pending=2998, failed=1000)


def test_a_second_press_is_told(admin_client: Client, message: Message) -> None:
    admin_client.post(url(message))

    again = text_of(admin_client.post(url(message), follow=True))
    asked = text_of(admin_client.get(url(message), follow=True))

    assert "has been retracted already" in again
    assert "cannot be retracted any more" in asked
    assert 'data-state="retracted"' in asked


def test_after_24_hours_there_is_no_button(admin_client: Client, message: Message) -> None:
    Message.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert url(message) not in text_of(get_report(admin_client, message))
    assert "more than 24 hours ago" in text_of(admin_client.post(url(message), follow=True))


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        (("view_message", "retract_message"), 200),
        (("view_message", "add_message"), 403),
        (("retract_message",), 403),
    ],
)
def test_retracting_needs_its_permission(
    client: Client, message: Message, permissions: tuple[str, ...], status: int
) -> None:
    assert client.post(url(message)).status_code == 302  # to the login
    client.force_login(operator(*permissions))

    assert client.get(url(message)).status_code == status
    assert (client.post(url(message)).status_code == 403) == (status == 403)
    message.refresh_from_db()
    assert (message.state == Message.State.RETRACTED) == (status == 200)


def test_who_may_not_retract_sees_no_button(client: Client, message: Message) -> None:
    client.force_login(operator("view_message"))

    assert url(message) not in text_of(get_report(client, message))


def test_the_figures_of_the_report_add_up(admin_client: Client, message: Message) -> None:
    settled(message)

    page = text_of(get_report(admin_client, message))

    boxes = {name: int(number) for name, number in BOX.findall(page)}
    assert boxes == {
        "stopped": 1000,
        "withdrawn": 998,
        "pending": 1000,
        "failed": 2000,
        "untouched": 1003,
    }
    assert sum(boxes.values()) == message.targets == 6001
    assert "Together: 1,000 + 998 + 1,000 + 2,000 + 1,003 = 6,001 targets" in page


def test_the_rows_say_what_the_figures_count(message: Message) -> None:
    settled(message)
    words: dict[str, int] = {}
    for delivery in deliveries(message):
        words[word(delivery)] = words.get(word(delivery), 0) + 1

    assert words == {
        "stopped before it was pushed": 1000,
        "withdrawn": 998,
        "withdrawal under way": 1000,
        "could not be withdrawn: 1003: msg_id not exist": 1000,
        "could not be withdrawn: JPush never answered the call, so there is no msg_id to"
        " withdraw": 1000,
        "": 1003,
    }


def test_the_person_s_row_and_the_csv_tell_the_retraction(
    admin_client: Client, channel: Channel
) -> None:
    batch = one_batch(channel, "r1")
    settle(batch, Batch.State.SENT, jpush_msg_id="1")
    message = batch.message
    assert "Retraction" not in text_of(get_report(admin_client, message))
    retract(message=message)

    page = text_of(get_report(admin_client, message))
    answer = admin_client.get(reverse("messages:export", args=(message.pk,)))
    exported = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a stream

    assert "withdrawal under way</td>" in page
    rows = list(csv.reader(io.StringIO(exported[1:])))
    assert (rows[0][-1], rows[1][-1]) == ("Retraction", "withdrawal under way")


def test_what_was_stopped_after_a_refusal_is_a_reason_of_its_own(
    admin_client: Client, channel: Channel
) -> None:
    batch = one_batch(channel, "r1")
    retract(message=batch.message)
    settle(batch, Batch.State.CANCELLED, error_code=2002, error_message="full")

    reasons = get_report(admin_client, batch.message).context["reasons"]

    assert [(r.label, r.code, r.text) for r in reasons] == [("cancelled", 2002, "full")]


def test_an_unknown_message_is_not_found(admin_client: Client, db: None) -> None:
    assert admin_client.get(reverse("messages:retract", args=(999,))).status_code == 404
