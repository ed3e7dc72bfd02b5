"""Retracting at the same moment as somebody else works on the message: nothing slips through."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.jpush.client import Rate
from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app.expansion import expand
from messaging_app.models import Batch, Message
from messaging_app.outcomes import record
from messaging_app.retraction import Figures, figures, retract
from messaging_app.sweeps import return_expired_leases
from messaging_app.verdicts import Outcome, accepted, refused
from tests.messaging_app.makers import (
    accept,
    add_crowd,
    claim_now,
    claimed,
    one_batch,
    reread,
)
from tests.messaging_app.races import held_open, in_thread, in_turn, race
from ums.lib.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)
BAD_ID = JPushError("x", code=1003, http_status=400, illegal_ids=("r1",))
REPEATABLE = JPushError("full", code=2002, http_status=429)
UNSURE = JPushError("nothing came", ambiguous=True)


def refusal(batch: Batch, error: JPushError) -> Outcome:
    """What the call for `batch`, claimed now, has led to."""
    claim = claimed(batch, cids=["c"])
    return refused(claim, error, expires_at=batch.message.expires_at, now=timezone.now())


def assert_nothing_is_left_to_push() -> None:
    assert Message.objects.get().state == Message.State.RETRACTED
    open_ = (Batch.State.QUEUED, Batch.State.PUSHING)
    assert not Batch.objects.filter(state__in=open_).exists()
    assert not {claim for each in Channel.objects.all() for claim in claim_now(each)}


def test_a_message_retracted_while_it_expands_is_expanded_and_stopped(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = accept(channel)

    race(lambda: expand(message.pk), lambda: retract(message=message))

    assert_nothing_is_left_to_push()
    assert figures(Message.objects.get()) == Figures(stopped=1500)


def test_a_message_that_is_being_retracted_is_not_expanded(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = accept(channel)

    race(lambda: retract(message=message), lambda: expand(message.pk))

    assert_nothing_is_left_to_push()
    assert not Batch.objects.exists()


def test_a_batch_that_is_being_claimed_is_withdrawn_once_its_call_has_ended(
    channel: Channel,
) -> None:
    batch = one_batch(channel)
    claims = []

    race(lambda: claims.append(claimed(batch, cids=["c"])), lambda: retract(message=batch.message))
    assert (reread(batch).state, batch.stopped) == (Batch.State.PUSHING, True)
    record([accepted(claims[0], "1", Rate())])

    assert_nothing_is_left_to_push()
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.SENT, Batch.Withdrawal.DUE)


def test_a_batch_that_is_being_retracted_is_not_claimed(channel: Channel) -> None:
    batch = one_batch(channel)
    found: list[int] = []
    worker = in_thread(lambda: found.extend(claim_now(channel)))

    with held_open(lambda: retract(message=batch.message)):
        worker.start()
        time.sleep(0.1)  # it passes the locked row by, or waits for the end of the block
    worker.join()

    assert found == []
    assert_nothing_is_left_to_push()
    assert reread(batch).state == Batch.State.CANCELLED


@pytest.mark.parametrize("retracted_first", [True, False])
def test_a_batch_that_jpush_takes_at_that_moment_is_withdrawn(
    channel: Channel, retracted_first: bool
) -> None:
    batch = one_batch(channel)
    outcome = accepted(claimed(batch, cids=["c"]), "1", Rate())

    in_turn(
        lambda: retract(message=batch.message),
        lambda: record([outcome]),
        first=retracted_first,
    )

    assert_nothing_is_left_to_push()
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.SENT, Batch.Withdrawal.DUE)


@pytest.mark.parametrize("in_doubt", [True, False])
@pytest.mark.parametrize("retracted_first", [True, False])
def test_a_batch_that_is_given_back_at_that_moment_is_stopped(
    channel: Channel, retracted_first: bool, in_doubt: bool
) -> None:
    batch = one_batch(channel)
    outcome = refusal(batch, UNSURE if in_doubt else REPEATABLE)

    in_turn(
        lambda: retract(message=batch.message),
        lambda: record([outcome]),
        first=retracted_first,
    )

    assert_nothing_is_left_to_push()
    state = Batch.State.UNKNOWN if in_doubt else Batch.State.CANCELLED
    assert reread(batch).state == state


@pytest.mark.parametrize("retracted_first", [True, False])
def test_what_is_split_off_at_that_moment_is_stopped(
    channel: Channel, retracted_first: bool
) -> None:
    batch = one_batch(channel, "r1", "r2", "r3")
    outcome = refusal(batch, BAD_ID)

    in_turn(
        lambda: retract(message=batch.message),
        lambda: record([outcome]),
        first=retracted_first,
    )

    assert_nothing_is_left_to_push()
    assert Batch.objects.exclude(pk=batch.pk).get().size == 2
    assert figures(Message.objects.get()) == Figures(stopped=2)


@pytest.mark.parametrize("retracted_first", [True, False])
def test_what_a_dead_worker_left_is_not_queued_again_at_that_moment(
    channel: Channel, retracted_first: bool
) -> None:
    batch = one_batch(channel)
    claimed(batch, cids=["c"])
    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    in_turn(
        lambda: retract(message=batch.message),
        return_expired_leases,
        first=retracted_first,
    )

    return_expired_leases()  # the next sweep
    assert_nothing_is_left_to_push()
    assert (reread(batch).state, batch.withdrawal) == (Batch.State.UNKNOWN, "failed")


def test_of_two_retractions_at_the_same_moment_one_is_told(channel: Channel) -> None:
    batch = one_batch(channel)
    told: list[str] = []

    def second() -> None:
        try:
            retract(message=batch.message)
        except DomainError as exc:
            told.append(exc.message)

    race(lambda: retract(message=batch.message), second)

    assert len(told) == 1
    assert "retracted already" in told[0]
