"""Which calls a process makes, in which order, and when it is done."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.models import Batch, ChannelQuota
from tests.messaging_app.makers import CID_URL, add_crowd, expanded, one_batch
from tests.messaging_app.races import in_thread
from tests.messaging_app.running import PATIENCE_SECONDS, count, pump, until
from tests.messaging_app.stubs import Stub
from tests.messaging_app.withdrawals import URL, retracted_batch

pytestmark = pytest.mark.django_db(transaction=True)
FOREVER = 100_000.0  # a run that does not end by itself never ends


@pytest.fixture
def stub(jpush: RequestsMock) -> Stub:
    return Stub(jpush)


@pytest.fixture
def fast(channel: Channel) -> Channel:
    return limited(channel, 100_000)


def limited(channel: Channel, calls_per_minute: int) -> Channel:
    channel.calls_per_minute = calls_per_minute
    channel.save()
    return channel


def batches(channel: Channel, number: int, *, prefix: str = "r", **values: object) -> None:
    for place in range(number):
        batch = one_batch(channel, f"{prefix}{place}")
        Batch.objects.filter(pk=batch.pk).update(**values)


def test_all_that_is_due_is_called_and_the_run_ends(stub: Stub, fast: Channel) -> None:
    add_crowd(fast, 2500)
    expanded(fast)

    with pump() as calls:
        calls.run(seconds=FOREVER)

        assert count(Batch.State.SENT) == 3  # written down before it returns
    assert sorted(map(len, stub.pushed)) == [500, 1000, 1000]
    assert not Batch.objects.exclude(lease="", attempts=1, in_doubt=False).exists()


@pytest.mark.parametrize("waiting", [False, True])
def test_a_run_with_nothing_due_ends(stub: Stub, fast: Channel, waiting: bool) -> None:
    if waiting:
        batches(fast, 1, not_before=timezone.now() + timedelta(hours=1))

    with pump() as calls:
        calls.run(seconds=FOREVER)

    assert stub.pushed == []


def test_a_run_whose_time_is_over_begins_no_call(stub: Stub, fast: Channel) -> None:
    batches(fast, 3)

    with pump() as calls:
        calls.run(seconds=0)

    assert (stub.pushed, stub.cid_calls) == ([], 0)


def test_a_stopped_run_begins_no_call(stub: Stub, fast: Channel) -> None:
    batches(fast, 3)
    stopping = threading.Event()
    stopping.set()

    with pump() as calls:
        calls.run(stopping=stopping)

    assert stub.pushed == []


def test_stopping_ends_the_calls_under_way_and_gives_the_others_back(
    stub: Stub, fast: Channel
) -> None:
    batches(fast, 6)
    stopping = threading.Event()
    stub.before = lambda ids: stopping.set()

    with pump(threads=1) as calls:
        calls.run(stopping=stopping)

    assert len(stub.pushed) == count(Batch.State.SENT) == 1
    left = Batch.objects.exclude(state=Batch.State.SENT)
    assert set(left.values_list("state", "lease", "in_doubt")) == {("queued", "", False)}


def test_cids_that_were_not_used_serve_the_next_calls(stub: Stub, fast: Channel) -> None:
    with pump(threads=4) as calls:
        for number in range(10):
            batches(fast, 1, prefix=f"{number}-")
            calls.run(seconds=FOREVER)

    assert count(Batch.State.SENT) == 10
    assert stub.cid_calls == 1
    assert Batch.objects.values("cid").distinct().count() == 10


def test_a_slow_channel_leaves_threads_to_the_others(
    stub: Stub, fast: Channel, second: Channel
) -> None:
    limited(second, 100_000)
    batches(fast, 12, prefix="slow")
    batches(second, 12, prefix="quick")
    answer, stopping = threading.Event(), threading.Event()

    def before(ids: tuple[str, ...]) -> None:
        if ids[0].startswith("slow"):
            assert answer.wait(PATIENCE_SECONDS)

    stub.before = before
    with pump(threads=4) as calls:
        runner = in_thread(lambda: calls.run(stopping=stopping))
        runner.start()
        quick = Batch.objects.filter(channel=second, state=Batch.State.SENT)
        try:
            until(lambda: quick.count() == 12, what="the other channel's are sent")
            slow = Batch.objects.filter(channel=fast, state=Batch.State.SENT)
            assert not slow.exists()
            answer.set()
            until(lambda: slow.count() == 12, what="the slow channel's are sent")
        finally:
            answer.set()
            stopping.set()
            runner.join()


def test_a_channel_alone_may_have_all_threads(stub: Stub, fast: Channel) -> None:
    batches(fast, 4)
    together = threading.Barrier(4)
    stub.before = lambda ids: together.wait(PATIENCE_SECONDS)

    with pump(threads=4) as calls:
        calls.run(seconds=FOREVER)

    assert count(Batch.State.SENT) == 4


def test_an_urgent_message_is_next_as_soon_as_it_is_there(stub: Stub, fast: Channel) -> None:
    batches(fast, 40, lane=Batch.Lane.BULK)

    def before(ids: tuple[str, ...]) -> None:
        if len(stub.pushed) == 3:
            batches(fast, 1, prefix="urgent", lane=Batch.Lane.URGENT)

    stub.before = before
    with pump(threads=1) as calls:
        calls.run(seconds=FOREVER)

    assert len(stub.pushed) == 41
    # Behind those that were in hand; that it loses a draw 15 times is out of the question.
    assert stub.pushed.index(("urgent0",)) < 20


def test_two_pumps_never_make_the_same_call(stub: Stub, fast: Channel) -> None:
    batches(fast, 40)
    together = threading.Barrier(2)

    def work() -> None:
        with pump(threads=3) as calls:
            together.wait(PATIENCE_SECONDS)
            calls.run(seconds=FOREVER)

    threads = [in_thread(work) for _pump in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(Counter(stub.pushed).values()) == {1}
    assert set(Batch.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert Batch.objects.values("cid").distinct().count() == 40


def test_no_more_is_claimed_than_may_leave_now(stub: Stub, channel: Channel) -> None:
    limited(channel, 1)
    batches(channel, 5, cid="old", cid_at=timezone.now())

    with pump(threads=4) as calls:
        calls.run(seconds=0.5)

    assert len(stub.pushed) == count(Batch.State.SENT) == 1
    assert Batch.objects.filter(state=Batch.State.QUEUED, attempts=0).count() == 4


def test_a_withdrawal_takes_a_slot_before_the_pushes(
    stub: Stub, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.delete(URL, body="")
    limited(channel, 1)
    withdrawn = retracted_batch(channel)
    batches(channel, 1, cid="old", cid_at=timezone.now())

    with pump() as calls:
        calls.run(seconds=0.5)

    withdrawn.refresh_from_db()
    assert withdrawn.withdrawal == Batch.Withdrawal.DONE
    assert stub.pushed == []


def test_a_disabled_channel_makes_its_withdrawals_only(
    stub: Stub, fast: Channel, jpush: RequestsMock
) -> None:
    jpush.delete(URL, body="")
    withdrawn = retracted_batch(fast)
    batches(fast, 3)
    Channel.objects.update(enabled=False)

    with pump() as calls:
        calls.run(seconds=FOREVER)

    withdrawn.refresh_from_db()
    assert withdrawn.withdrawal == Batch.Withdrawal.DONE
    assert (stub.pushed, stub.cid_calls) == ([], 0)


def test_a_run_may_be_for_some_channels_and_lanes(
    stub: Stub, fast: Channel, second: Channel
) -> None:
    batches(fast, 1, prefix="a")
    batches(second, 1, prefix="b")
    batches(second, 1, prefix="c", lane=Batch.Lane.URGENT)

    with pump() as calls:
        calls.run(seconds=FOREVER, channel_ids=[second.pk], lanes=[Batch.Lane.URGENT])
        assert stub.pushed == [("c0",)]
        calls.run(seconds=FOREVER, channel_ids=[second.pk])
        assert stub.pushed == [("c0",), ("b0",)]
        calls.run(seconds=FOREVER)

    assert stub.pushed == [("c0",), ("b0",), ("a0",)]


def test_without_cids_because_of_the_channel_it_is_paused(
    stub: Stub, fast: Channel, jpush: RequestsMock
) -> None:
    jpush.replace("GET", CID_URL, status=401, json={"error": {"code": 1004, "message": "auth"}})
    batches(fast, 3)

    with pump() as calls:
        calls.run(seconds=FOREVER)

    fast.refresh_from_db()
    assert (fast.pause_code, fast.pause_reason) == (1004, "auth")
    assert set(Batch.objects.values_list("state", "attempts", "cid")) == {("queued", 0, "")}
    assert stub.pushed == []


def test_without_cids_for_a_while_the_channel_is_blocked(
    stub: Stub, fast: Channel, jpush: RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging_app.verdicts.random.uniform", lambda low, high: 60.0)
    jpush.replace("GET", CID_URL, status=503)
    batches(fast, 1)

    with pump() as calls:
        calls.run(seconds=1)

    assert len(jpush.calls) == 1
    fast.refresh_from_db()
    assert fast.paused_at is None
    quota = ChannelQuota.objects.get()
    assert quota.failing_since is not None
    assert quota.next_call_at > timezone.now().timestamp() + 30
    assert set(Batch.objects.values_list("state", "attempts")) == {("queued", 0)}
