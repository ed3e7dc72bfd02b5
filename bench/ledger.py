"""The ledger of a message to everyone, as it should be: seen from outside of UMS."""

from bench.databases import Database
from bench.figures import BenchError

READY = "bench_ready"  # a table with the rows of the channel that is measured
DEVICES_PER_BATCH = 1000
BATCHES_PER_MESSAGE = 1 << 20


def make_ready(database: Database, code: str) -> None:
    """Write down the ledger of everyone in the channel `code`: read, grouped, sorted, numbered."""
    database.execute(f"DROP TABLE IF EXISTS {READY}")
    database.execute(
        f"CREATE TABLE {READY} AS SELECT channel_id, registration_id, userid,"
        f" (ROW_NUMBER() OVER (ORDER BY registration_id) - 1) / {DEVICES_PER_BATCH} AS batch"
        " FROM (SELECT device.channel_id, registration_id, MIN(userid) AS userid"
        " FROM users_app_registration AS device"
        " JOIN users_app_enduser AS person ON person.id = device.end_user_id"
        f" WHERE device.channel_id = (SELECT id FROM channels_app_channel WHERE code = '{code}')"
        " AND device.invalid_at IS NULL"
        " GROUP BY device.channel_id, registration_id) AS device ORDER BY registration_id"
    )


def clear(database: Database) -> None:
    """An empty ledger for each contestant, and no work left from the last one."""
    tables = ("messaging_app_delivery", "messaging_app_batch")
    if database.backend == "postgresql":
        database.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
    else:
        for table in tables:
            database.execute(f"DELETE FROM {table}")
    database.settle()


def check(database: Database, name: str, devices: int, *, numbered: bool) -> None:
    """BenchError unless exactly the rows that are ready have been written.

    All in the first Batch, unless `numbered`.
    """
    batch = "batch" if numbered else "0"
    wrong = database.scalar(
        "SELECT COUNT(*) FROM (SELECT channel_id, registration_id, userid,"
        f" batch_id % {BATCHES_PER_MESSAGE} FROM messaging_app_delivery WHERE state = 'pending'"
        f" EXCEPT SELECT channel_id, registration_id, userid, {batch} FROM {READY}) AS wrong"
    )
    figures = {
        "deliveries": database.scalar("SELECT COUNT(*) FROM messaging_app_delivery"),
        "devices in batches": database.scalar("SELECT SUM(size) FROM messaging_app_batch"),
        "batches": database.scalar("SELECT COUNT(*) FROM messaging_app_batch"),
    }
    batches = -(-devices // DEVICES_PER_BATCH)
    if wrong or list(figures.values()) != [devices, devices, batches]:
        raise BenchError(
            f"{name} has not written the ledger of {devices} devices: {wrong} wrong rows, {figures}"
        )
