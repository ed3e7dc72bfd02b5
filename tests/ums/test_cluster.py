"""The distributed engine: real processes on PostgreSQL and a broker, against JPush's sandbox."""

from pathlib import Path

import pytest

from tests.messaging_app.running import until
from tests.ums.cluster import BROKERS, Cluster, cluster

PEOPLE = 3000
BATCHES = 3


def assert_everybody_has_it_once(running: Cluster, msgid: str) -> None:
    until(lambda: running.message(msgid)["state"] == "done", what="the message is finished")
    assert running.sandbox.stats()["accepted"] == {
        "pushes": BATCHES,
        "registration_ids": PEOPLE,
        "distinct": PEOPLE,
        "repeated": 0,
    }


def told(running: Cluster) -> tuple[int, int]:
    """Delivered and clicked, as the sandbox has drawn them."""
    messages = running.sandbox.stats()["messages"].values()
    return sum(m["delivered"] for m in messages), sum(m["clicked"] for m in messages)


def figures(running: Cluster, msgid: str) -> tuple[int, int]:
    """The same in our ledger."""
    ledger = running.message(msgid)["ledger"]
    return ledger["delivered"] + ledger["clicked"], ledger["clicked"]


@pytest.mark.parametrize("broker", BROKERS)
def test_hints_alone_send_a_message_and_beat_ends_it(broker: str, tmp_path: Path) -> None:
    with cluster(broker, tmp_path) as running:
        running.add_people(PEOPLE)
        running.start_celery("celery")
        running.start_celery("second")
        running.wait_for_celery(2)

        msgid = running.send()

        # Nobody sweeps: what happens now is what the web process and the workers hint at.
        until(lambda: running.pushes() == BATCHES, what="the pushes")
        running.check_health("web", "worker")
        until(lambda: running.message(msgid)["ledger"]["delivered"] > 0, what="a receipt")
        assert running.message(msgid)["state"] == "sending"
        running.start_beat()
        assert_everybody_has_it_once(running, msgid)
        until(lambda: figures(running, msgid) == told(running), what="all receipts")


def test_a_killed_worker_and_an_empty_broker_lose_nothing(tmp_path: Path) -> None:
    with cluster("RabbitMQ", tmp_path) as running:
        running.add_people(PEOPLE)
        # JPush takes each push and answers none.
        running.sandbox.change_faults(timeout_after_accept_rate=1, hang_seconds=600)
        running.start_celery("one")
        running.wait_for_celery(1)
        msgid = running.send()
        until(lambda: running.pushes() == BATCHES, what="all calls hang")
        running.kill("one")
        running.sandbox.change_faults(timeout_after_accept_rate=0)
        late = running.send()
        assert running.hints() > 0
        running.empty_broker()
        assert running.hints() == 0
        # The leases of the dead run out.
        expired = "UPDATE messaging_app_batch SET lease_until = now() WHERE state = 'pushing'"
        assert running.sql(expired) == BATCHES

        running.start_celery("two")
        running.start_beat()

        until(lambda: running.message(msgid)["state"] == "done", what="the interrupted message")
        until(lambda: running.message(late)["state"] == "done", what="the message without a hint")
        stats = running.sandbox.stats()

        # Calls under way are finished by a worker that is told to end.
        running.sandbox.change_faults(latency=8)
        running.send()
        until(lambda: running.batches("pushing") == BATCHES, what="the calls of one more")
        running.terminate("two")
        assert running.batches("pushing") == 0
        assert running.batches("sent") == 3 * BATCHES
    assert stats["accepted"]["pushes"] == 2 * BATCHES
    assert stats["accepted"]["repeated"] == PEOPLE  # the second message
    assert stats["duplicates_by_cid"] == BATCHES
