"""The whole engine in one process, against JPush's sandbox over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from channels_app.callbacks import callback_url
from channels_app.jpush.sandbox import Faults, Options, Sandbox
from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.ledger import BOXES, deliveries, ledger
from messaging_app.models import Batch, Message
from messaging_app.runner import Runner
from tests.messaging_app.makers import accept, add_crowd, add_person, claimed, expanded
from tests.messaging_app.receipts import assert_counters_equal_the_rows
from tests.messaging_app.running import (
    count,
    is_done,
    is_quiet,
    point_to,
    running,
    told,
    until,
)

pytestmark = pytest.mark.django_db(transaction=True)
STORM = Faults(error_rate=0.3, drop_rate=0.1, drop_after_accept_rate=0.3, duplicate_callbacks=0.3)
EARLY = Faults(error_rate=0.3, early_callbacks=True, duplicate_callbacks=0.5)


@pytest.fixture(autouse=True)
def _no_pause_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: low)


@pytest.mark.parametrize(
    ("faults", "names_the_batch"),
    [(STORM, True), (EARLY, True), (EARLY, False)],
    ids=["storm", "early", "early and by msg_id only"],
)
def test_the_figures_are_those_of_jpush_whatever_fails_in_between(
    channel: Channel,
    live_server: LiveServer,
    settings: Settings,
    faults: Faults,
    names_the_batch: bool,
) -> None:
    settings.UMS_BASE_URL = live_server.url
    # Where a push does not ask for receipts, JPush's own settings decide.
    urls = {} if names_the_batch else {"": callback_url(channel)}
    options = Options(
        seed=7,
        rate_limit=1_000_000,
        delivered=0.8,
        clicked=0.25,
        callback_delay=0.0,
        callback_batch=500,
        callback_retry=0.05,
        callback_urls=urls,
        faults=faults,
    )
    add_crowd(channel, 8400)
    add_person("odd", devices={channel: ["gone1", "invalid1"]})
    with Sandbox(options) as sandbox:
        point_to(sandbox, channel, settings)
        Channel.objects.update(send_callback=names_the_batch, require_callback_auth=True)
        message = accept(channel)
        # Named, so that somebody is without a device.
        personal = accept(channel, userids=("u1", "u2", "nobody"))
        with running():
            until(lambda: is_done(message, personal), what="both messages are sent")
            until(lambda: is_quiet(sandbox), what="all receipts are applied")
        stats = sandbox.stats()
        figures = {name: told(sandbox, name) for name in ("live", "delivered", "clicked")}

    # Each of the 8,400 has the broadcast once, and two of them the other message as well.
    assert stats["accepted"]["registration_ids"] == figures["live"] == 8402
    assert stats["accepted"]["distinct"] == 8400
    assert stats["accepted"]["repeated"] == 2
    assert stats["duplicates_by_cid"] > 0 or not faults.drop_after_accept_rate
    assert stats["errors"]
    assert stats["callbacks"]["lost"] == 0
    counts = [ledger(Message.objects.get(pk=each.pk)) for each in (message, personal)]
    assert sum(each.reached for each in counts) == figures["delivered"]
    assert sum(each.clicked for each in counts) == figures["clicked"]
    # "gone1" was skipped silently: JPush accepted it and tells nothing.
    assert sum(each.pushed for each in counts) == figures["live"] + 1
    assert [each.invalid_id for each in counts] == [1, 0]
    assert [each.no_device for each in counts] == [0, 1]
    assert [each.targets for each in counts] == [8402, 3]
    assert_counters_equal_the_rows()
    for each, total in zip((message, personal), counts, strict=True):
        assert total.total == total.targets
        for box in BOXES:
            assert deliveries(each, box=box).count() == getattr(total, box)


def test_each_device_is_pushed_to_once_when_answers_are_lost(
    channel: Channel, settings: Settings
) -> None:
    faults = Faults(error_rate=0.3, drop_rate=0.2, drop_after_accept_rate=0.3)
    add_crowd(channel, 12_000)
    with Sandbox(Options(seed=3, rate_limit=1_000_000, faults=faults)) as sandbox:
        point_to(sandbox, channel, settings)
        message = accept(channel)
        with running(threads=4):
            until(lambda: is_done(message), what="the message is sent")
        accepted = sandbox.stats()["accepted"]

    assert accepted == {
        "pushes": 12,
        "registration_ids": 12_000,
        "distinct": 12_000,
        "repeated": 0,
    }
    assert count(Batch.State.SENT) == 12
    assert Batch.objects.values("jpush_msg_id").distinct().count() == 12


def test_a_cloud_without_cids_pushes_once_and_says_what_it_does_not_know(
    channel: Channel, settings: Settings
) -> None:
    faults = Faults(drop_after_accept_rate=0.5)
    add_crowd(channel, 8000)
    options = Options(seed=1, cid_enabled=False, rate_limit=1_000_000, faults=faults)
    with Sandbox(options) as sandbox:
        point_to(sandbox, channel, settings)
        message = accept(channel)
        with running(threads=4):
            until(lambda: is_done(message), what="the message is finished")
        accepted = sandbox.stats()["accepted"]

    assert (accepted["pushes"], accepted["repeated"]) == (8, 0)
    assert count(Batch.State.UNKNOWN) > 0
    assert count(Batch.State.SENT) + count(Batch.State.UNKNOWN) == 8


def test_stopping_finishes_the_calls_under_way_and_leases_nothing(
    channel: Channel, settings: Settings
) -> None:
    add_crowd(channel, 10_000)
    faults = Faults(latency=0.4)
    with Sandbox(Options(seed=1, rate_limit=1_000_000, faults=faults)) as sandbox:
        point_to(sandbox, channel, settings)
        message = accept(channel)
        with running(threads=3) as runner:
            until(lambda: sandbox.stats()["calls"].get("push", 0) >= 1, what="a push")
            runner.stop()

        assert count(Batch.State.PUSHING) == 0
        assert 0 < count(Batch.State.SENT) < 10
        assert sandbox.stats()["accepted"]["pushes"] == count(Batch.State.SENT)

        sandbox.change_faults(latency=0)
        with running(threads=3):
            until(lambda: is_done(message), what="the next worker finishes it")
        assert sandbox.stats()["accepted"]["repeated"] == 0
        assert sandbox.stats()["accepted"]["registration_ids"] == 10_000


def test_the_batch_of_a_dead_worker_is_taken_over(channel: Channel, settings: Settings) -> None:
    add_person("u1", devices={channel: ["r1"]})
    with Sandbox(Options(seed=1)) as sandbox:
        point_to(sandbox, channel, settings)
        message = expanded(channel)
        caller = Caller()
        assert caller.refill(channel) is None
        claimed(Batch.objects.get(), cids=list(caller.cids.take(channel, 1) or []))
        caller.close()
        Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        with running(threads=1):
            until(lambda: is_done(message), what="the message is sent")

    assert Batch.objects.get().state == Batch.State.SENT


def test_a_message_that_cannot_be_expanded_stops_no_other(
    channel: Channel, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    add_person("u1", devices={channel: ["r1"]})
    with Sandbox(Options(seed=1)) as sandbox:
        point_to(sandbox, channel, settings)
        broken = accept(channel)
        Message.objects.update(audience={"userids": 5})
        message = accept(channel)
        with running(threads=1):
            until(lambda: is_done(message), what="the other message is sent")

    broken.refresh_from_db()
    assert broken.state == Message.State.EXPANDING
    sentence = f"message {broken.pk} could not be expanded"
    assert any(sentence in record.getMessage() for record in caplog.records)


def test_a_batch_that_cannot_be_pushed_stops_no_other(
    channel: Channel, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    add_person("u1", devices={channel: ["r1"]})
    with Sandbox(Options(seed=1)) as sandbox:
        point_to(sandbox, channel, settings)
        broken = accept(channel)
        Message.objects.update(content=[])
        message = accept(channel)
        with running(threads=1):
            until(lambda: is_done(message), what="the other message is sent")

    assert Batch.objects.get(message=broken).state == Batch.State.PUSHING
    assert any("a call failed: _push" in record.getMessage() for record in caplog.records)


def test_a_runner_may_be_stopped_before_it_begins(db: None) -> None:
    runner = Runner(threads=1)
    runner.stop()

    runner.run()

    assert not Message.objects.exists()
