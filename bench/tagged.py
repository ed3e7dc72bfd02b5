"""Tags and a message's ledger for the people that `people.fill` has made."""

import random
from collections.abc import Iterator, Mapping

from bench.databases import Database
from bench.ledger import BATCHES_PER_MESSAGE, DEVICES_PER_BATCH
from bench.people import SEED, first_userids

MADE_AT = "2026-01-01 00:00:00+00:00"
PUSHED_AT = "2026-06-01 00:00:00+00:00"
CLICKED, DELIVERED = 0.1, 0.6  # of the devices, JPush has reported so; of the others nothing


def tag(database: Database, people: int, shares: Mapping[str, float]) -> None:
    """Each of the first `people` people has each tag with the probability that it is given."""
    drawn = random.Random(SEED)  # noqa: S311  # no secret
    database.load(
        "users_app_tag",
        ("end_user_id", "bind_id", "name"),
        (
            (number, "all", name)
            for number in range(1, people + 1)
            for name, share in shares.items()
            if drawn.random() < share
        ),
    )


def send(database: Database, code: str, msgid: str, people: int, *, of: int) -> None:
    """A message to `people` of the first `of` people, by their device in the channel `code`."""
    database.execute(
        "INSERT INTO messaging_app_message (msgid, audience, content, summary, sendno, priority,"
        " broadcast, state, targets, no_device, reason, created_at, expires_at, expanded_at)"
        f" VALUES ('{msgid}', '{{}}', '{{}}', 'Benchmark', '', 2, FALSE, 'done', {people}, 0, '',"
        f" '{MADE_AT}', '{PUSHED_AT}', '{PUSHED_AT}')"
    )
    message = database.scalar("SELECT MAX(id) FROM messaging_app_message")
    channel = database.scalar(f"SELECT id FROM channels_app_channel WHERE code = '{code}'")
    first = message * BATCHES_PER_MESSAGE
    database.load(
        "messaging_app_batch",
        (
            *("id", "message_id", "channel_id", "state", "size", "delivered", "clicked", "failed"),
            *("invalid", "cid", "lane", "attempts", "in_doubt", "stopped", "not_before", "lease"),
            *("jpush_msg_id", "error_message", "pushed_at", "withdrawal", "withdrawal_error"),
        ),
        (
            (
                *(first + number, message, channel, "sent"),
                *(min(DEVICES_PER_BATCH, people - number * DEVICES_PER_BATCH), 0, 0, 0),
                *(0, "", 2, 1, False, False, PUSHED_AT, ""),
                *(str(first + number), "", PUSHED_AT, "", ""),
            )
            for number in range(-(-people // DEVICES_PER_BATCH))
        ),
    )
    database.load(
        "messaging_app_delivery",
        (
            *("message_id", "channel_id", "userid", "registration_id", "batch_id", "state"),
            *("delivered_at", "clicked_at"),
        ),
        ((message, channel, *row) for row in _deliveries(people, of, first)),
    )


def _deliveries(people: int, of: int, first_batch: int) -> Iterator[tuple[object, ...]]:
    drawn = random.Random(SEED)  # noqa: S311  # no secret
    for number, userid in enumerate(drawn.sample(first_userids(of), people)):
        batch = first_batch + number // DEVICES_PER_BATCH
        # The ledger is written in the order of its registrationIDs.
        device = (userid, f"1{number:018x}", batch)
        chance = drawn.random()
        if chance < CLICKED:
            yield (*device, "clicked", PUSHED_AT, PUSHED_AT)
        elif chance < DELIVERED:
            yield (*device, "delivered", PUSHED_AT, None)
        else:
            yield (*device, "pending", None, None)
