"""Set-based SQL helpers."""

import fcntl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from channels_app.models import Channel
from ums.lib import sql
from ums.lib.loading import load_rows
from ums.lib.temporary_tables import TemporaryTables

pytestmark = pytest.mark.django_db

WORDS = "word varchar(20) NOT NULL, number bigint NOT NULL"
TABLES = TemporaryTables({"lib_words": WORDS}, {"lib_words_word": "lib_words (word)"})


def test_a_statement_says_how_many_rows_it_touched() -> None:
    with TABLES.empty():
        load_rows("lib_words", ("word", "number"), [("a", 1), ("b", 2), ("b", 3)])

        assert sql.execute("DELETE FROM lib_words WHERE word = %s", ["b"]) == 2


def test_a_scalar_without_a_row_is_none() -> None:
    with TABLES.empty():
        assert sql.scalar("SELECT word FROM lib_words") is None


def test_many_rows_are_analyzed_where_the_database_needs_it() -> None:
    with TABLES.empty():
        load_rows("lib_words", ("word", "number"), [("a", n) for n in range(7)])
        sql.plan_for(sql.MANY_ROWS + 1, TABLES.columns)

        if sql.is_postgresql():
            known = "SELECT reltuples FROM pg_class WHERE relname = 'lib_words'"
            assert sql.scalar(known) == 7


def test_a_few_rows_are_looked_up_by_index() -> None:
    with transaction.atomic(), TABLES.empty():
        sql.plan_for(7, TABLES.columns)

        if sql.is_postgresql():
            assert sql.scalar("SHOW enable_hashjoin") == "off"


def test_a_turn_is_taken_inside_a_transaction() -> None:
    with transaction.atomic():
        sql.take_turns("test")
        sql.take_turns("test")

        if sql.is_postgresql():
            held = sql.scalar("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'")
            assert held == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_inside_a_transaction_does_not_queue_behind_those_who_wait_for_its_end(
    channel: Channel,
) -> None:
    def write() -> None:
        try:
            with transaction.atomic(), sql.write():
                Channel.objects.filter(pk=channel.pk).update(name="written")
        finally:
            connections.close_all()

    with sql.write():
        pass  # makes the file on which SQLite's writers queue
    with ThreadPoolExecutor(1) as pool, first_in_queue():
        pool.submit(write).result(timeout=60)

    channel.refresh_from_db()
    assert channel.name == "written"


@contextmanager
def first_in_queue() -> Iterator[None]:
    if sql.is_postgresql():
        yield
        return
    with Path(f"{connection.settings_dict['NAME']}-queue").open("rb") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        yield
