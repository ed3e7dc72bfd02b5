"""Outcomes that are written down in groups, by a thread of their own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from channels_app.jpush.client import Rate
from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app.claiming import Claim
from messaging_app.models import Batch, ChannelQuota, Message
from messaging_app.recorder import Recorder
from messaging_app.states import GIVE_UP
from messaging_app.verdicts import Outcome, accepted, refused
from tests.messaging_app.makers import available_now, claims_of, one_batch, reread
from tests.messaging_app.races import held_open, in_thread
from tests.messaging_app.running import count, until

pytestmark = pytest.mark.django_db(transaction=True)
OUTAGE = JPushError("gone", http_status=503, ambiguous=True)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


def claims(channel: Channel, number: int) -> list[Claim]:
    for place in range(number):
        one_batch(channel, f"r{place}")
    found = claims_of(channel, cids=[f"c{n}" for n in range(number)])
    return [found[pk] for pk in sorted(found)]


def success(claim: Claim, **rate: int) -> Outcome:
    return accepted(claim, f"m{claim.batch_id}", Rate(**rate))


@contextmanager
def held_up(batch: Batch) -> Iterator[None]:
    """Whoever writes to `batch` (on SQLite: to anything) waits for the end of the block."""
    with held_open(lambda: Batch.objects.filter(pk=batch.pk).update(lane=batch.lane)):
        yield


def written(recorder: Recorder) -> None:
    until(lambda: recorder.is_idle, what="all is written")


def test_an_outcome_is_written_down(recorder: Recorder, channel: Channel) -> None:
    [claim] = claims(channel, 1)

    recorder.put(success(claim))
    written(recorder)

    batch = Batch.objects.get()
    assert (batch.state, batch.jpush_msg_id) == (Batch.State.SENT, f"m{batch.pk}")


def test_it_is_idle_only_when_all_is_written(recorder: Recorder, channel: Channel) -> None:
    [claim] = claims(channel, 1)
    seen = [recorder.is_idle]

    with held_up(Batch.objects.get()):
        recorder.put(success(claim))
        seen.append(recorder.is_idle)
    written(recorder)

    assert seen == [True, False]

    assert count(Batch.State.SENT) == 1


def test_closing_writes_down_what_waits(channel: Channel) -> None:
    recorder = Recorder()
    for claim in claims(channel, 5):
        recorder.put(success(claim))

    recorder.close()

    assert count(Batch.State.SENT) == 5
    assert recorder.is_idle


def test_what_came_while_the_last_was_written_is_one_transaction(
    recorder: Recorder, channel: Channel
) -> None:
    first, *others = claims(channel, 9)
    with held_up(Batch.objects.get(pk=first.batch_id)):
        recorder.put(success(first))
        until(lambda: bool(recorder._writing), what="the first one is taken")
        for claim in others:
            recorder.put(success(claim))
    written(recorder)

    assert count(Batch.State.SENT) == 9
    # Whatever was written by one UPDATE was pushed at one moment.
    moments = Batch.objects.exclude(pk=first.batch_id).values_list("pushed_at", flat=True)
    assert len(set(moments)) == 1


def test_a_result_that_comes_after_the_lease_changes_nothing(
    recorder: Recorder, channel: Channel
) -> None:
    late, right = claims(channel, 2)
    Batch.objects.filter(pk=late.batch_id).update(lease="another worker's")

    for claim in (late, right):
        recorder.put(success(claim))
    written(recorder)

    batch = Batch.objects.get(pk=late.batch_id)
    assert (batch.state, batch.lease, batch.jpush_msg_id) == ("pushing", "another worker's", "")
    assert count(Batch.State.SENT) == 1


def test_an_outcome_that_cannot_be_written_keeps_no_other(
    recorder: Recorder, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    before, poisonous, after = claims(channel, 3)
    # As big as no column is.
    error = JPushError("words", code=10**30)

    with held_up(Batch.objects.get(pk=before.batch_id)):
        recorder.put(success(before))
        recorder.put(Outcome(poisonous, GIVE_UP, error=error))
        recorder.put(success(after))
    written(recorder)

    assert count(Batch.State.SENT) == 2
    assert Batch.objects.get(pk=poisonous.batch_id).state == Batch.State.PUSHING
    lost = f"the outcome of batch {poisonous.batch_id} is lost"
    assert any(lost in record.getMessage() for record in caplog.records)


def test_an_outcome_whose_message_is_gone_keeps_no_other(
    recorder: Recorder, channel: Channel
) -> None:
    gone, other = claims(channel, 2)
    error = JPushError("x", code=1003, http_status=400, illegal_ids=("r0",))
    Message.objects.filter(pk=gone.message_id).delete()

    now = timezone.now()
    recorder.put(refused(gone, error, expires_at=now, now=now))
    recorder.put(success(other))
    written(recorder)
    recorder.put(success(other))
    written(recorder)

    assert count(Batch.State.SENT) == 1


def backend_of_the_recorder(recorder: Recorder) -> int:
    """The process of PostgreSQL that serves it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        [(pid,)] = cursor.fetchall()
    return int(pid)


def test_what_was_written_to_a_lost_database_is_written_later(
    recorder: Recorder, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection that could break")
    first, second, third = claims(channel, 3)
    recorder.put(success(first))
    written(recorder)
    pid = backend_of_the_recorder(recorder)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 60000)", (pid,))
        assert cursor.fetchone() == (True,)

    recorder.put(success(second))
    recorder.put(success(third))
    written(recorder)

    assert count(Batch.State.SENT) == 3
    assert any("could not be written yet" in record.getMessage() for record in caplog.records)


def test_a_database_that_is_lost_in_the_middle_loses_nothing(
    recorder: Recorder, channel: Channel
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection that could break")
    first, second = claims(channel, 2)
    ready, end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(Batch.objects.select_for_update().filter(pk=first.batch_id))
            ready.set()
            assert end.wait(60)

    holder = in_thread(hold)
    holder.start()
    assert ready.wait(60)
    recorder.put(success(first))
    recorder.put(success(second))

    def blocked() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            )
            return list(cursor.fetchall())

    until(lambda: bool(blocked()), what="the recorder waits for the row")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 60000)", blocked()[0])
    end.set()
    holder.join()
    written(recorder)

    assert count(Batch.State.SENT) == 2


def test_jpushs_count_is_learned_from_the_answers(recorder: Recorder, channel: Channel) -> None:
    available_now(channel)
    [claim] = claims(channel, 1)

    recorder.put(success(claim, limit=600, remaining=17, reset_seconds=1))
    written(recorder)

    quota = ChannelQuota.objects.get()
    assert (quota.limit, quota.remaining) == (600, 17)


def test_a_success_ends_the_failing_of_its_channel(recorder: Recorder, channel: Channel) -> None:
    available_now(channel)
    first, second = claims(channel, 2)
    now = timezone.now()

    recorder.put(refused(first, OUTAGE, expires_at=now, now=now))
    written(recorder)
    assert ChannelQuota.objects.get().failing_since is not None
    recorder.put(success(second))
    written(recorder)

    assert ChannelQuota.objects.get().failing_since is None
    assert reread(Batch.objects.get(pk=first.batch_id)).state == Batch.State.UNKNOWN
