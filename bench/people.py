"""Fills a scratch database with people and their devices, past UMS: a million take seconds."""

import random
from collections.abc import Mapping

from bench.databases import Database

SEED = 20_260  # the same people in every run
MADE_AT = "2026-01-01 00:00:00+00:00"


def fill(database: Database, devices: Mapping[str, int]) -> None:
    """That many people with one device each in each channel, by the channel's code.

    The people of a smaller channel are among those of a larger one. Neither userids nor
    registrationIDs come in the order of the rows, as in a database to which uploads have come.
    """
    drawn = random.Random(SEED)  # noqa: S311  # no secret
    people = max(devices.values())
    userids = distinct(drawn, people, "user_{:012x}")
    database.load(
        "users_app_enduser",
        ("id", "userid", "created_at"),
        ((number, userid, MADE_AT) for number, userid in enumerate(userids, start=1)),
    )
    for code, count in devices.items():
        channel = database.scalar(f"SELECT id FROM channels_app_channel WHERE code = '{code}'")
        registration_ids = distinct(drawn, count, "1{:018x}")
        database.load(
            "users_app_registration",
            ("channel_id", "end_user_id", "registration_id", "invalid_reason", "created_at"),
            (
                (channel, number, registration_id, "", MADE_AT)
                for number, registration_id in enumerate(registration_ids, start=1)
            ),
        )


def first_userids(count: int) -> list[str]:
    """Of those that `fill` has made."""
    drawn = random.Random(SEED)  # noqa: S311  # no secret
    return distinct(drawn, count, "user_{:012x}")


def distinct(drawn: random.Random, count: int, form: str) -> list[str]:
    """In no order; 48 random bits and the number itself, so that none comes twice."""
    return [form.format(drawn.getrandbits(24) << 24 | number) for number in range(count)]
