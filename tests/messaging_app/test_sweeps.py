"""What no call does: dead workers' batches, expired ones, messages at their end."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from channels_app.models import Channel
from messaging_app import sweeps
from messaging_app.claiming import due_channels
from messaging_app.control import pause
from messaging_app.models import Batch, Material, Message
from messaging_app.retraction import retract
from messaging_app.states import FINISH
from messaging_app.sweeps import finish_messages, return_expired_leases
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import (
    accept,
    add_crowd,
    calling,
    claim_now,
    claimed,
    ends_late,
    expanded,
    one_batch,
    reread,
)
from users_app import kept_userids

UNFINISHED = {Batch.State.QUEUED, Batch.State.PUSHING}


def seconds_ago(number: float) -> datetime:
    return timezone.now() - timedelta(seconds=number)


def worker_dies(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(lease_until=seconds_ago(1))


def test_what_a_dead_worker_left_is_called_again_with_its_cid(channel: Channel) -> None:
    batch = calling(one_batch(channel))
    cid_at = batch.cid_at
    worker_dies(batch)
    before = timezone.now()

    assert return_expired_leases() == 1

    reread(batch)
    assert (batch.state, batch.lease, batch.lease_until) == (Batch.State.QUEUED, "", None)
    assert (batch.cid, batch.cid_at, batch.attempts, batch.in_doubt) == ("c", cid_at, 1, True)
    assert batch.error_message == "The worker stopped during the call."
    assert batch.not_before >= before
    assert claim_now(channel, cids=[]) == [batch.pk]


def test_without_a_cid_nobody_can_tell_whether_a_dead_worker_has_called(channel: Channel) -> None:
    batch = one_batch(channel)
    claimed(batch, cids=None)
    worker_dies(batch)

    assert return_expired_leases() == 1

    reread(batch)
    assert (batch.state, batch.lease, batch.in_doubt) == (Batch.State.UNKNOWN, "", True)
    assert batch.error_message == "The worker stopped during the call."
    assert claim_now(channel) == []


@pytest.mark.parametrize("cid", ["c", ""])
def test_what_was_stopped_is_not_called_again(channel: Channel, cid: str) -> None:
    batch = calling(one_batch(channel))
    Batch.objects.update(stopped=True, cid=cid)
    worker_dies(batch)

    assert return_expired_leases() == 1

    assert (reread(batch).state, batch.withdrawal, batch.lease) == (Batch.State.UNKNOWN, "", "")


@pytest.mark.parametrize("cid", ["c", ""])
def test_what_was_retracted_is_neither_called_again_nor_withdrawn(
    channel: Channel, cid: str
) -> None:
    batch = calling(one_batch(channel))
    Batch.objects.update(cid=cid)
    retract(message=batch.message)
    assert reread(batch).withdrawal == Batch.Withdrawal.DUE
    worker_dies(batch)

    assert return_expired_leases() == 1

    assert (reread(batch).state, batch.withdrawal) == (Batch.State.UNKNOWN, "failed")
    assert due_channels() == []


def test_a_lease_that_runs_is_left_alone(channel: Channel) -> None:
    batch = calling(one_batch(channel))

    assert return_expired_leases() == 0

    assert reread(batch).state == Batch.State.PUSHING


@pytest.mark.parametrize("state", [state for state in Batch.State if state != Batch.State.PUSHING])
def test_only_calls_under_way_have_leases_to_return(channel: Channel, state: Batch.State) -> None:
    """A withdrawal's lease is taken over by the next one that withdraws."""
    batch = one_batch(channel)
    settle(batch, state, lease="a withdrawal's", lease_until=seconds_ago(1), stopped=True)

    assert return_expired_leases() == 0

    assert (reread(batch).state, batch.lease) == (state, "a withdrawal's")


@pytest.mark.parametrize("state", list(Batch.State))
def test_a_message_is_done_when_its_last_batch_rests(channel: Channel, state: Batch.State) -> None:
    add_crowd(channel, 1500)
    message = expanded(channel)
    first, second = Batch.objects.order_by("pk")
    settle(first, Batch.State.SENT)
    settle(second, state)

    rests = state not in UNFINISHED
    assert finish_messages() == rests

    message.refresh_from_db()
    assert message.state == (Message.State.DONE if rests else Message.State.SENDING)
    assert (message.done_at is not None) == rests
    assert finish_messages() == 0


def test_a_message_to_nobody_is_done_at_once(channel: Channel) -> None:
    message = expanded(channel, userids=("nobody",))

    assert finish_messages() == 1

    message.refresh_from_db()
    assert message.state == Message.State.DONE
    assert message.done_at is not None


@pytest.mark.parametrize("state", sorted(set(Message.State) - FINISH.sources))
def test_only_a_message_that_has_begun_and_not_ended_gets_done(
    channel: Channel, state: Message.State
) -> None:
    message = expanded(channel, userids=("nobody",))
    Message.objects.update(state=state)

    assert finish_messages() == 0

    message.refresh_from_db()
    assert (message.state, message.done_at) == (state, None)


def test_one_sweep_does_all_of_it(channel: Channel) -> None:
    scheduled = accept(channel, registration_ids=("r0",))
    Message.objects.update(state=Message.State.SCHEDULED, send_at=seconds_ago(1))
    dead, late = calling(one_batch(channel, "r1")), one_batch(channel, "r2")
    worker_dies(dead)
    ends_late(late)

    sweeps.sweep()

    scheduled.refresh_from_db()
    assert scheduled.state == Message.State.EXPANDING
    assert (reread(dead).state, reread(late).state) == ("queued", "failed")
    assert Message.objects.get(pk=late.message_id).state == Message.State.DONE
    assert Message.objects.get(pk=dead.message_id).state == Message.State.SENDING


def test_what_is_kept_for_a_while_only_is_forgotten(
    channel: Channel, tmp_path: Path, settings: Settings
) -> None:
    settings.UMS_DATA_DIR = tmp_path
    key = uuid4()
    kept_userids.keep(key, text="anna", file=None)
    (kept,) = (tmp_path / "userids").iterdir()
    os.utime(kept, (0, 0))
    line = channel.business_lines.create(name="Shop")
    Material.objects.create(
        business_line=line, token="t", name="n", path="gone", size=1, expires_at=seconds_ago(1)
    )

    sweeps.forget()

    assert not Material.objects.exists()
    assert not kept.exists()


def test_a_message_that_was_paused_until_its_end_is_closed(channel: Channel) -> None:
    begun = expanded(channel, registration_ids=("r1",))
    not_begun = accept(channel, registration_ids=("r1",))
    for message in (begun, not_begun):
        pause(message=message)
    Message.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    sweeps.sweep()

    begun.refresh_from_db()
    not_begun.refresh_from_db()
    assert (begun.state, not_begun.state) == (Message.State.DONE, Message.State.MISSED)
    assert Batch.objects.get().state == Batch.State.FAILED
