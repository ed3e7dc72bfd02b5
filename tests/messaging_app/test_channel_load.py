"""How a channel stands, on the dashboard, in the list and on its page."""

import re
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from channels_app.pausing import pause_channel
from messaging_app.channel_health import note_success
from messaging_app.channel_load import Load, loads
from messaging_app.models import Batch, ChannelQuota, Message
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import one_batch
from tests.messaging_app.pages import text_of

DASHBOARD = reverse("admin:index")
LIST = reverse("admin:channels_app_channel_changelist")
GAUGE = re.compile(r'<progress class="ums-progress" max="(\d+)" value="(\d+)"')


def load(channel: Channel) -> Load:
    return loads([Channel.objects.get(pk=channel.pk)])[channel.pk]


@pytest.fixture
def quota(channel: Channel) -> ChannelQuota:
    return ChannelQuota.objects.create(
        channel=channel, limit=600, remaining=540, resets_at=time.time() + 30
    )


def page_of(channel: Channel) -> str:
    return reverse("admin:channels_app_channel_change", args=(channel.pk,))


def test_the_calls_that_are_left_are_jpush_s_own_count(
    channel: Channel, quota: ChannelQuota
) -> None:
    found = load(channel)

    assert (found.left, found.limit) == (540, 600)
    assert found.left_words == "540 of 600 calls left this minute"


def test_after_its_minute_the_count_says_nothing(channel: Channel, quota: ChannelQuota) -> None:
    ChannelQuota.objects.update(resets_at=time.time() - 1)

    assert load(channel).left_words == "not used in this minute"


def test_without_a_limit_by_jpush_the_setting_stands_in(
    channel: Channel, quota: ChannelQuota
) -> None:
    ChannelQuota.objects.update(limit=None, remaining=900)

    assert load(channel).left_words == "600 of 600 calls left this minute"


def test_what_waits_is_what_may_be_called(channel: Channel, second: Channel) -> None:
    assert load(channel).waiting_words == "no call waits"
    for state in ("sending", "paused", "done", "sending"):
        batch = one_batch(channel)
        Message.objects.filter(pk=batch.message_id).update(state=state)
    settle(batch, Batch.State.SENT, withdrawal=Batch.Withdrawal.DUE)
    one_batch(second)

    assert (load(channel).waiting, load(channel).waiting_words) == (2, "2 calls wait")


def test_the_state_is_told_in_words(channel: Channel) -> None:
    assert (load(channel).state, load(channel).tone) == ("not verified", "wait")
    Channel.objects.update(verified_at=timezone.now())
    assert (load(channel).state, load(channel).tone) == ("verified", "good")

    pause_channel(channel_id=channel.pk, code=2003, reason="black list")
    paused = load(channel)
    assert (paused.state, paused.tone, paused.jpush) == ("paused", "bad", "2003: black list")
    assert "only Jiguang's support can lift it" in paused.advice

    Channel.objects.update(enabled=False)
    assert load(channel).state == "closed"


def test_many_channels_cost_as_many_queries_as_one(channel: Channel, second: Channel) -> None:
    with CaptureQueriesContext(connection) as captured:
        loads([channel, second])

    assert len(captured) == 3


def test_the_pages_show_it(admin_client: Client, channel: Channel, quota: ChannelQuota) -> None:
    one_batch(channel)

    for url in (DASHBOARD, LIST, page_of(channel)):
        page = text_of(admin_client.get(url))
        assert "540 of 600 calls left this minute" in page, url
        assert ("600", "540") in GAUGE.findall(page), url
        assert "1 call waits" in page, url


def test_the_dashboard_tells_jpush_s_words_of_a_pause(
    admin_client: Client, channel: Channel
) -> None:
    pause_channel(channel_id=channel.pk, code=2004, reason="IP not allowed")

    page = text_of(admin_client.get(DASHBOARD))

    assert "2004: IP not allowed" in page
    assert "Add the address to the IP allow-list" in page


def test_the_page_for_a_new_channel_has_no_figures(admin_client: Client) -> None:
    page = text_of(admin_client.get(reverse("admin:channels_app_channel_add")))

    assert "calls left" not in page.lower()


def test_a_channel_whose_calls_fail_says_since_when_and_how(
    admin_client: Client, channel: Channel, quota: ChannelQuota
) -> None:
    ChannelQuota.objects.update(failing_since=timezone.now(), failure="503: busy.")

    found = load(channel)
    assert (found.tone, found.state) == ("bad", "failing")
    assert found.advice.startswith("No call has succeeded since ")
    assert found.advice.endswith(": 503: busy. They are repeated.")
    assert found.advice in text_of(admin_client.get(DASHBOARD))

    note_success(channel)
    assert load(channel).state == "not verified"
