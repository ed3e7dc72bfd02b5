"""Rows on their way into tables."""

import pytest
from django.db import DatabaseError, transaction

from ums.lib import loading, sql
from ums.lib.temporary_tables import TemporaryTables

pytestmark = pytest.mark.django_db

WORDS = "word varchar(20) NOT NULL, number bigint NOT NULL"
TABLES = TemporaryTables({"loaded_words": WORDS, "more_words": WORDS})
COLUMNS = ("word", "number")


def test_rows_are_loaded_in_chunks_of_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ROWS_PER_LOAD", 10)

    with TABLES.empty():
        loaded = loading.load_rows("loaded_words", COLUMNS, (("词\\\t", n) for n in range(25)))

        assert loaded == 25
        assert sql.scalar("SELECT COUNT(*) FROM loaded_words WHERE word = %s", ["词\\\t"]) == 25
        assert sql.scalar("SELECT SUM(number) FROM loaded_words") == 300


def test_no_rows_are_loaded_from_nothing() -> None:
    with TABLES.empty():
        assert loading.load_rows("loaded_words", ("word", "number"), []) == 0


def test_rows_of_several_tables_are_appended_by_turns() -> None:
    with TABLES.empty():
        with loading.Loading() as into:
            for number in range(5):
                assert into.append("loaded_words", COLUMNS, [("a", number)]) == 1
                assert into.append("more_words", COLUMNS, [("b", number), ("c", number)]) == 2
            assert into.append("more_words", COLUMNS, []) == 0
            assert into.append("more_words", ("number", "word"), [(9, "d")]) == 1

        assert sql.scalar("SELECT SUM(number) FROM loaded_words WHERE word = 'a'") == 10
        assert sql.scalar("SELECT SUM(number) FROM more_words WHERE word = 'c'") == 10
        assert sql.scalar("SELECT number FROM more_words WHERE word = 'd'") == 9


def test_an_error_while_rows_are_made_ends_the_loading_and_not_the_connection() -> None:
    with TABLES.empty():
        with pytest.raises(ZeroDivisionError), transaction.atomic(), loading.Loading() as into:
            into.append("loaded_words", COLUMNS, (("a", 1 // n) for n in (1, 0)))

        assert sql.scalar("SELECT COUNT(*) FROM loaded_words") == 0


def test_a_row_that_does_not_fit_is_an_error() -> None:
    with TABLES.empty():
        with pytest.raises(DatabaseError), transaction.atomic(), loading.Loading() as into:
            into.append("loaded_words", COLUMNS, [("a", None)])

        assert sql.scalar("SELECT COUNT(*) FROM loaded_words") == 0
