"""Devices whose outcome is unknown: what the report says, and the page that pushes again."""

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.models import Batch, Message
from tests.messaging_app.buttons import offered, operator, state_of, url
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import add_crowd, expanded, one_batch, reread
from tests.messaging_app.pages import get_report, text_of


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
