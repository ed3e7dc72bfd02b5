"""A channel that JPush refuses as such is paused once, until somebody resumes it."""

import logging

import pytest

from channels_app.models import Channel
from channels_app.pausing import pause_channel, resume_channel


def test_a_channel_is_paused_with_jpush_s_code_and_words(
    channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert pause_channel(channel_id=channel.pk, code=1004, reason="authentication failed")

    channel.refresh_from_db()
    assert channel.paused_at is not None
    assert (channel.pause_code, channel.pause_reason) == (1004, "authentication failed")
    assert f"channel {channel.pk} is paused: 1004" in caplog.text


def test_the_first_pause_of_many_calls_counts(channel: Channel) -> None:
    pause_channel(channel_id=channel.pk, code=1004, reason="first")
    first = Channel.objects.get().paused_at

    assert not pause_channel(channel_id=channel.pk, code=2003, reason="second")

    channel.refresh_from_db()
    assert (channel.paused_at, channel.pause_code, channel.pause_reason) == (first, 1004, "first")


def test_words_of_any_length_are_kept_as_far_as_they_fit(channel: Channel) -> None:
    pause_channel(channel_id=channel.pk, code=None, reason="x" * 501)

    assert Channel.objects.get().pause_reason == "x" * 500


def test_a_resumed_channel_keeps_nothing_of_its_pause(channel: Channel) -> None:
    pause_channel(channel_id=channel.pk, code=1004, reason="authentication failed")

    assert resume_channel(channel_id=channel.pk)
    assert not resume_channel(channel_id=channel.pk)

    channel.refresh_from_db()
    assert (channel.paused_at, channel.pause_code, channel.pause_reason) == (None, None, "")
