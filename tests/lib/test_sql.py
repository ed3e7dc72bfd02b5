"""Set-based SQL helpers."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from ums.lib import sql

pytestmark = pytest.mark.django_db

TABLES = {"lib_words": "word varchar(20) NOT NULL, number bigint NOT NULL"}


def test_rows_are_loaded_in_chunks_of_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "ROWS_PER_LOAD", 10)

    with sql.temporary_tables(TABLES):
        loaded = sql.load_rows("lib_words", ("word", "number"), (("词\\\t", n) for n in range(25)))

        assert loaded == 25
        assert sql.scalar("SELECT COUNT(*) FROM lib_words WHERE word = %s", ["词\\\t"]) == 25
        assert sql.scalar("SELECT SUM(number) FROM lib_words") == 300


def test_no_rows_are_loaded_from_nothing() -> None:
    with sql.temporary_tables(TABLES):
        assert sql.load_rows("lib_words", ("word", "number"), []) == 0


def test_a_statement_says_how_many_rows_it_touched() -> None:
    with sql.temporary_tables(TABLES):
        sql.load_rows("lib_words", ("word", "number"), [("a", 1), ("b", 2), ("b", 3)])

        assert sql.execute("DELETE FROM lib_words WHERE word = %s", ["b"]) == 2


def test_a_scalar_without_a_row_is_none() -> None:
    with sql.temporary_tables(TABLES):
        assert sql.scalar("SELECT word FROM lib_words") is None


def test_temporary_tables_are_empty_at_the_start_and_gone_at_the_end() -> None:
    for _round in range(2):
        with sql.temporary_tables(TABLES):
            assert sql.scalar("SELECT COUNT(*) FROM lib_words") == 0
            sql.load_rows("lib_words", ("word", "number"), [("a", 1)])

    with pytest.raises(DatabaseError), transaction.atomic():
        sql.scalar("SELECT COUNT(*) FROM lib_words")


def test_temporary_tables_are_gone_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), sql.temporary_tables(TABLES):
        sql.load_rows("lib_words", ("word", "number"), [("a", 1 // 0)])

    with sql.temporary_tables(TABLES):
        assert sql.scalar("SELECT COUNT(*) FROM lib_words") == 0


@pytest.mark.django_db(transaction=True)
def test_filling_a_temporary_table_takes_no_transaction_on_sqlite() -> None:
    with sql.temporary_tables(TABLES):
        sql.load_rows("lib_words", ("word", "number"), [("a", 1)])

        assert connection.in_atomic_block == sql.is_postgresql()


def test_tables_are_analyzed_where_the_database_needs_it() -> None:
    with sql.temporary_tables(TABLES):
        sql.load_rows("lib_words", ("word", "number"), [("a", n) for n in range(7)])
        sql.analyze("lib_words")

        if sql.is_postgresql():
            known = "SELECT reltuples FROM pg_class WHERE relname = 'lib_words'"
            assert sql.scalar(known) == 7


def test_a_turn_is_taken_inside_a_transaction() -> None:
    with transaction.atomic():
        sql.take_turns("test")
        sql.take_turns("test")

        if sql.is_postgresql():
            held = sql.scalar("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'")
            assert held == 1
