"""option.send_time: a message that waits for its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.expansion import start_scheduled, to_expand
from messaging_app.models import Message
from tests.messaging_app.calls import TO_U1, post

State = Message.State


def send_at(line: BusinessLine, moment: datetime | str, **app: Any) -> Any:
    text = moment if isinstance(moment, str) else moment.isoformat()
    element = {**TO_U1["msg_app"][0], **app}
    body = {**TO_U1, "msg_app": [element], "option": {"send_time": text}}
    return post(line, "/v1/sent", body)


def test_a_message_for_later_waits_for_its_time(business_line: BusinessLine) -> None:
    moment = timezone.now() + timedelta(hours=2)
    assert send_at(business_line, moment).status_code == 200

    message = Message.objects.get()
    assert (message.state, message.send_at) == (State.SCHEDULED, moment)
    assert message.expires_at > moment
    assert start_scheduled() == 0

    Message.objects.update(send_at=timezone.now() - timedelta(seconds=1))
    assert start_scheduled() == 1
    message.refresh_from_db()
    assert message.state == State.EXPANDING


def test_a_time_that_is_past_but_within_the_time_to_live_sends_now(
    business_line: BusinessLine,
) -> None:
    moment = timezone.now() - timedelta(minutes=59)

    assert send_at(business_line, moment, options={"time_to_live": 3600}).status_code == 200
    assert Message.objects.get().state == State.EXPANDING


def test_any_offset_means_the_same_moment(business_line: BusinessLine) -> None:
    assert send_at(business_line, "2026-12-31T09:00:00.5+08:00").status_code == 200

    assert Message.objects.get().send_at == datetime(2026, 12, 31, 1, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-12-31 09:00", "2026-12-31T09:00:00", "tomorrow", "1798650000", "2026-13-01T00:00:00Z"],
)
def test_what_is_no_time_with_an_offset_is_refused(business_line: BusinessLine, text: str) -> None:
    response = send_at(business_line, text)

    assert (response.status_code, response.json()["code"]) == (400, 4004)
    assert text in response.json()["message"]
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("ago", "words"),
    [(timedelta(minutes=61), "3600 seconds"), (timedelta(days=-367), "more than a year ahead")],
)
def test_a_time_too_long_ago_or_too_far_ahead_is_refused(
    business_line: BusinessLine, ago: timedelta, words: str
) -> None:
    response = send_at(business_line, timezone.now() - ago, options={"time_to_live": 3600})

    assert (response.status_code, response.json()["code"]) == (400, 4004)
    assert words in response.json()["message"]


def test_the_audience_is_the_one_of_the_start(
    business_line: BusinessLine, channel: Channel
) -> None:
    send_at(business_line, timezone.now() + timedelta(hours=1))

    assert Message.objects.get().targets == 0
    assert not Message.objects.get().batches.exists()


@pytest.mark.parametrize(
    ("late", "state"),
    [(timedelta(minutes=59), State.EXPANDING), (timedelta(hours=1), State.MISSED)],
)
def test_a_message_whose_time_to_live_is_over_when_the_worker_comes_is_missed(
    business_line: BusinessLine, late: timedelta, state: Message.State
) -> None:
    """Nothing ran when it should have begun; sent now it would be stale."""
    moment = timezone.now() + timedelta(hours=2)
    assert send_at(business_line, moment, options={"time_to_live": 3600}).status_code == 200
    message = Message.objects.get()
    since = moment - timezone.now() + late
    Message.objects.update(send_at=F("send_at") - since, expires_at=F("expires_at") - since)

    assert start_scheduled() == (state == State.EXPANDING)

    message.refresh_from_db()
    assert (message.state, message.done_at is not None) == (state, state == State.MISSED)
    assert start_scheduled() == 0
    assert to_expand() == ([message.pk] if state == State.EXPANDING else [])


def test_a_missed_message_keeps_no_other(business_line: BusinessLine) -> None:
    now = timezone.now()
    for _number in range(2):
        send_at(business_line, now + timedelta(hours=2))
    missed, due = Message.objects.order_by("pk")
    Message.objects.update(send_at=now - timedelta(hours=1))
    Message.objects.filter(pk=missed.pk).update(expires_at=now)

    assert start_scheduled() == 1

    assert set(Message.objects.values_list("pk", "state")) == {
        (missed.pk, State.MISSED),
        (due.pk, State.EXPANDING),
    }
