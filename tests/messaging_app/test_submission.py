"""Accepting a message."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.utils import timezone

from channels_app.models import Channel
from messaging_app.audience import Audience
from messaging_app.lifetime import MAX_RETRY_SECONDS
from messaging_app.models import CID_LIFE, Message
from messaging_app.send_options import SendOptions
from messaging_app.submission import submit, submitted
from tests.messaging_app.makers import CONTENT, accept
from ums.lib.errors import Code, DomainError

EVERYONE = Audience(everyone=True)


def test_a_message_keeps_who_sent_what_to_whom(channel: Channel, admin_user: User) -> None:
    message = submit(
        audience=EVERYONE,
        content=CONTENT,
        channels=[channel],
        operator=admin_user,
        options=SendOptions(sendno="7"),
    )

    message.refresh_from_db()
    assert Audience.from_json(message.audience) == EVERYONE
    assert (message.operator, message.business_line, message.sendno) == (admin_user, None, "7")
    assert list(message.channels.all()) == [channel]
    assert message.state == Message.State.EXPANDING
    assert submitted(None) is None


@pytest.mark.parametrize(
    ("time_to_live", "retry"), [(0, 600), (60, 600), (3600, 3600), (86_400, 79_200)]
)
def test_retries_end_with_the_time_to_live_but_within_a_day(
    channel: Channel, time_to_live: int, retry: int
) -> None:
    before = timezone.now()

    message = accept(channel, content={**CONTENT, "options": {"time_to_live": time_to_live}})

    length = message.expires_at - before
    assert timedelta(seconds=retry) <= length < timedelta(seconds=retry + 60)


@pytest.mark.parametrize(
    ("content", "code"),
    [({}, Code.PLATFORM_MISSING), ({"platform": "all"}, Code.INVALID_PARAMETER)],
)
def test_bad_content_leaves_nothing(channel: Channel, content: dict[str, Any], code: Code) -> None:
    with pytest.raises(DomainError) as caught:
        submit(audience=EVERYONE, content=content, channels=[channel])

    assert caught.value.code == code
    assert not Message.objects.exists()


def test_without_a_channel_nothing_is_stored(db: None) -> None:
    with pytest.raises(DomainError) as caught:
        submit(audience=EVERYONE, content=CONTENT, channels=[])

    assert caught.value.code == Code.NO_APP_CHANNEL
    assert not Message.objects.exists()


def test_a_second_click_finds_the_message_of_the_first(channel: Channel) -> None:
    first = submit(audience=EVERYONE, content=CONTENT, channels=[channel], submission_key="click 1")
    again = submit(audience=EVERYONE, content=CONTENT, channels=[channel], submission_key="click 1")
    other = submit(audience=EVERYONE, content=CONTENT, channels=[channel], submission_key="click 2")

    assert again == first == submitted("click 1")
    assert other not in (first, None)
    assert Message.objects.count() == 2


def test_a_clash_that_is_no_second_click_surfaces(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    monkeypatch.setattr("secrets.randbelow", lambda limit: 7)
    first = accept(channel)

    with pytest.raises(IntegrityError):
        accept(channel)

    assert Message.objects.get() == first


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_store_one_message(channel: Channel) -> None:
    together = threading.Barrier(4)
    msgids: list[str] = []

    def click() -> None:
        together.wait(30)
        try:
            message = submit(
                audience=EVERYONE, content=CONTENT, channels=[channel], submission_key="click"
            )
            msgids.append(message.msgid)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert msgids == [Message.objects.get().msgid] * 4


def test_retries_end_before_the_cid_of_the_first_attempt_does() -> None:
    assert CID_LIFE.total_seconds() > MAX_RETRY_SECONDS
