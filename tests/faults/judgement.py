"""What must hold at the end, whatever happened: the sandbox and the ledger are the judges."""

from tests.faults.callers import Callers
from tests.faults.patience import until
from tests.faults.systems import System

# A lease, a pause after the last failure, and the answers that never come: each is below a minute.
PATIENCE_SECONDS = 300.0
WRONG_COUNTERS = """
SELECT batch.id, batch.state, batch.size, batch.delivered, batch.clicked, batch.failed,
       batch.invalid, found.size, found.delivered, found.clicked, found.failed, found.invalid
FROM messaging_app_batch AS batch LEFT JOIN (
  SELECT batch_id, COUNT(*) AS size,
    SUM(CASE WHEN state = 'delivered' THEN 1 ELSE 0 END) AS delivered,
    SUM(CASE WHEN state = 'clicked' THEN 1 ELSE 0 END) AS clicked,
    SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS failed,
    SUM(CASE WHEN state = 'invalid_id' THEN 1 ELSE 0 END) AS invalid
  FROM messaging_app_delivery GROUP BY batch_id
) AS found ON found.batch_id = batch.id
WHERE found.size IS NULL OR batch.size <> found.size OR batch.delivered <> found.delivered
  OR batch.clicked <> found.clicked OR batch.failed <> found.failed
  OR batch.invalid <> found.invalid
"""
WAITING = """
SELECT (SELECT COUNT(*) FROM messaging_app_callback WHERE applied_at IS NULL)
  + (SELECT COUNT(*) FROM messaging_app_receipt)
"""


def wait_until_settled(system: System) -> None:
    """Every message is done, and every receipt is applied; nobody helps."""
    until(lambda: system.unfinished() == 0, what="all is sent", seconds=PATIENCE_SECONDS, pause=0.5)
    until(
        lambda: system.stats()["callbacks"]["pending"] == 0,
        what="the sandbox has posted its receipts",
        seconds=PATIENCE_SECONDS,
        pause=0.5,
    )
    until(
        lambda: system.database.rows(WAITING) == [(0,)],
        what="the receipts are applied",
        seconds=PATIENCE_SECONDS,
        pause=0.5,
    )


def assert_each_device_has_it_once(system: System, *, devices: int, pushes: int) -> None:
    """`devices` of one message, in `pushes` that JPush has really made.

    Every device reports that it got the message, so a ledger without a row that is only sent
    names the very devices that the sandbox has pushed to.
    """
    stats = system.stats()
    assert stats["accepted"] == {
        "pushes": pushes,
        "registration_ids": devices,
        "distinct": devices,
        "repeated": 0,
    }
    assert stats["callbacks"]["lost"] == 0
    assert system.batches("sent") == pushes
    assert system.database.rows(WRONG_COUNTERS) == []


def assert_the_ledger_adds_up(system: System, msgid: str, *, devices: int) -> None:
    clicked = sum(push["clicked"] for push in system.stats()["messages"].values())
    message = system.message(msgid)
    ledger = message["ledger"]
    boxes = {name: number for name, number in ledger.items() if number and name != "targets"}
    assert message["state"] == "done"
    assert ledger["targets"] == sum(boxes.values()) == devices
    assert boxes == {"delivered": devices - clicked, "clicked": clicked}


def assert_each_key_made_one_message(system: System, callers: Callers) -> None:
    """What was answered is what is stored: no message lost, none made twice."""
    assert callers.failures == []
    kept = system.database.rows(
        "SELECT kept.key, message.msgid FROM messaging_app_idempotencykey AS kept"
        " JOIN messaging_app_message AS message ON message.id = kept.message_id"
    )
    assert {key: {msgid} for key, msgid in kept} == callers.answers
    without_key = system.database.rows(
        "SELECT msgid FROM messaging_app_message WHERE business_line_id IS NOT NULL"
        " AND NOT broadcast AND id NOT IN (SELECT message_id FROM messaging_app_idempotencykey)"
    )
    assert without_key == []
