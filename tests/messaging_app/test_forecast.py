"""How many calls a message still needs, and about when the last is made."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from channels_app.pausing import pause_channel
from messaging_app.forecast import forecasts, plan
from messaging_app.models import Batch, ChannelQuota, Message
from tests.messaging_app.makers import add_crowd, expanded, one_batch
from tests.messaging_app.pages import fields, get_report, review, text_of

URGENT, NORMAL, BULK = Batch.Lane


def of(message: Message) -> str:
    return forecasts([Message.objects.get(pk=message.pk)])[message.pk]


def at(seconds: float) -> str:
    """The full minute after so many seconds from now."""
    moment = timezone.localtime(datetime.fromtimestamp(time.time() + seconds, UTC))
    return f"{moment + timedelta(minutes=1):%H:%M}"


def between(seconds: float) -> tuple[str, str]:
    """The words that may be said just before or after a minute has passed."""
    return at(seconds - 1), at(seconds + 1)


@pytest.fixture
def slow(channel: Channel) -> Channel:
    """One call a minute."""
    Channel.objects.update(calls_per_minute=1)
    channel.refresh_from_db()
    return channel


def with_lane(batch: Batch, lane: int) -> Message:
    Batch.objects.filter(pk=batch.pk).update(lane=lane)
    return batch.message


@pytest.fixture(autouse=True)
def _far_from_midnight() -> Iterator[None]:
    """Times of today are told without a date: it is noon somewhere."""
    hour = datetime.now(UTC).hour
    timezone.activate(f"Etc/GMT{hour - 12:+d}" if hour != 12 else "UTC")
    yield
    timezone.deactivate()


def test_calls_and_time_are_told(slow: Channel) -> None:
    add_crowd(slow, 2001)

    words = of(expanded(slow))

    assert words in [f"3 calls to JPush, done by about {moment}" for moment in between(180)]


def test_what_waits_in_more_urgent_lanes_comes_first(slow: Channel) -> None:
    mine = with_lane(one_batch(slow), NORMAL)
    for lane in (URGENT, URGENT, NORMAL, BULK):
        with_lane(one_batch(slow), lane)

    # Itself, two urgent ones, and one that is as urgent; not the one in bulk.
    assert of(mine).endswith(between(240))


def test_what_is_paused_or_in_another_channel_does_not_count(
    slow: Channel, second: Channel
) -> None:
    mine = one_batch(slow).message
    other = one_batch(slow).message
    Message.objects.filter(pk=other.pk).update(state="paused")
    one_batch(second)

    assert of(mine).endswith(between(60))
    assert of(other) == "1 call to JPush once it is resumed"


def test_the_lower_limit_and_jpush_s_pause_count(channel: Channel) -> None:
    add_crowd(channel, 1001)
    message = expanded(channel)
    ChannelQuota.objects.create(channel=channel, limit=1, next_call_at=time.time() + 300)

    assert of(message).endswith(between(300 + 120))


def test_the_slowest_channel_is_told(slow: Channel, second: Channel) -> None:
    Channel.objects.filter(pk=second.pk).update(calls_per_minute=600)
    add_crowd(slow, 1)
    add_crowd(second, 1, prefix="x")

    words = of(expanded([slow, second]))

    assert words.startswith("2 calls to JPush")
    assert words.endswith(between(60))


def test_a_channel_that_does_not_send_has_no_time(channel: Channel, second: Channel) -> None:
    add_crowd(channel, 1)
    add_crowd(second, 1, prefix="x")
    message = expanded([channel, second])
    pause_channel(channel_id=second.pk, code=1004, reason="x")
    assert of(message) == "2 calls to JPush; waits: channel “App 2” is paused"

    Channel.objects.filter(pk=channel.pk).update(enabled=False)
    assert of(message) == "2 calls to JPush; waits: channel “App 1” is closed"


def test_another_day_is_named(slow: Channel) -> None:
    one_batch(slow)
    ChannelQuota.objects.create(channel=slow, next_call_at=time.time() + 24 * 3600)

    (words,) = forecasts(Message.objects.all()).values()

    tomorrow = timezone.localtime() + timedelta(days=1)
    assert f"{tomorrow:%Y-%m-%d}" in words or f"{tomorrow:%m/%d/%Y}" in words


@pytest.mark.parametrize("state", ["scheduled", "done", "cancelled", "retracted", "expanding"])
def test_what_is_not_being_sent_has_no_forecast(channel: Channel, state: str) -> None:
    one_batch(channel)
    Message.objects.update(state=state)

    with CaptureQueriesContext(connection) as captured:
        assert forecasts([Message.objects.get()]) == {}
    assert len(captured) == 1


def test_a_list_costs_as_many_queries_as_one_message(channel: Channel) -> None:
    def queries() -> int:
        messages = list(Message.objects.all())
        with CaptureQueriesContext(connection) as captured:
            assert len(forecasts(messages)) == len(messages)
        return len(captured)

    one_batch(channel)
    one = queries()
    for _ in range(5):
        one_batch(channel)

    assert queries() == one == 4


def test_a_plan_counts_a_thousand_devices_a_call(slow: Channel, second: Channel) -> None:
    assert plan({slow.pk: 0}) == ""
    assert plan({slow.pk: 1}).startswith("1 call to JPush, done by about")

    words = plan({slow.pk: 2000, second.pk: 1})

    assert words.startswith("3 calls to JPush")
    assert words.endswith(between(120))


def test_a_plan_comes_after_what_waits(slow: Channel) -> None:
    with_lane(one_batch(slow), NORMAL)
    with_lane(one_batch(slow), BULK)

    assert plan({slow.pk: 1}).endswith(between(120))
    assert plan({slow.pk: 20_000}).endswith(between(22 * 60))  # itself in bulk, after both


def test_the_pages_show_it(admin_client: Client, channel: Channel) -> None:
    add_crowd(channel, 1001)
    page = text_of(review(admin_client, fields(channel)))
    assert "2 calls to JPush, done by about" in page

    message = expanded(channel)

    for url in (reverse("admin:index"), reverse("messages:list")):
        assert "data-forecast>2 calls to JPush, done by about" in text_of(admin_client.get(url))
    assert "data-forecast>2 calls to JPush" in text_of(get_report(admin_client, message))
