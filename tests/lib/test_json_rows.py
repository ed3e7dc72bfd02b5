"""Rows as one JSON parameter, on the database that the tests run on."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection

from ums.lib.json_rows import rows_param, rows_sql, texts

pytestmark = pytest.mark.django_db
COLUMNS = {"number": "bigint", "words": "text"}


def select(columns: dict[str, str], rows: list[list[Any]], what: str = "*") -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {what} FROM {rows_sql(columns)} AS r", (rows_param(rows),))
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[1, "one"]],
        [[2**62, "big"], [-1, "negative"], [0, ""]],
        [[1, None], [None, "null"]],
        [[1, "'; DROP TABLE x; -- %s %(a)s \" \\ \n 您好 👋"]],
        [[n, f"row {n}"] for n in range(20_000)],
    ],
)
def test_rows_come_back_as_they_were_given(rows: list[list[Any]]) -> None:
    assert sorted(select(COLUMNS, rows), key=repr) == sorted(map(tuple, rows), key=repr)


def test_columns_have_their_names() -> None:
    rows = [[5, "five"], [6, "six"]]

    assert select(COLUMNS, rows, "r.words, r.number + 1") == [("five", 6), ("six", 7)]


def test_a_time_is_written_as_the_database_keeps_it(db: None) -> None:
    given = datetime(2026, 5, 4, 3, 2, 1, 500, tzinfo=timezone(timedelta(hours=8)))

    [(text,)] = select({"happened": "text"}, [[given]])

    parsed = datetime.fromisoformat(text)
    assert (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)) == given


def test_rows_may_be_tuples_of_a_generator() -> None:
    assert rows_param((n, str(n)) for n in range(2)) == '[[0,"0"],[1,"1"]]'


def test_texts_come_as_they_are_and_in_the_order_of_the_query() -> None:
    words = ["b", "", "'; -- %s \" \\ \n 您好 👋", "a"]
    query = f"SELECT words FROM {rows_sql(COLUMNS)} AS r ORDER BY number DESC"

    found = texts(query, [rows_param(enumerate(words))])

    assert found == words[::-1]


def test_no_texts_are_an_empty_list() -> None:
    assert texts("SELECT '' WHERE 1 = %s", [0]) == []
