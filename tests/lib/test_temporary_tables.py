"""Temporary tables that uploads are loaded into."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ums.lib import sql
from ums.lib.loading import load_rows
from ums.lib.temporary_tables import TemporaryTables

pytestmark = pytest.mark.django_db

LETTERS = "letter varchar(20) NOT NULL, number bigint NOT NULL"
TABLES = TemporaryTables({"lib_letters": LETTERS}, {"lib_letters_letter": "lib_letters (letter)"})


def test_temporary_tables_are_empty_at_the_start_of_each_use() -> None:
    for _round in range(2):
        with TABLES.empty():
            assert sql.scalar("SELECT COUNT(*) FROM lib_letters") == 0
            load_rows("lib_letters", ("letter", "number"), [("a", 1)])


def test_temporary_tables_are_empty_after_an_error() -> None:
    rows = (("a", 1 // n) for n in (1, 0))

    with pytest.raises(ZeroDivisionError), TABLES.empty():
        load_rows("lib_letters", ("letter", "number"), rows)

    with TABLES.empty():
        assert sql.scalar("SELECT COUNT(*) FROM lib_letters") == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_makes_its_temporary_tables_once() -> None:
    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as captured, TABLES.empty():
            load_rows("lib_letters", ("letter", "number"), [("a", 1)])
        return [query["sql"] for query in captured]

    connection.close()
    assert any("CREATE" in statement for statement in statements())
    assert not any("CREATE" in statement for statement in statements())


@pytest.mark.django_db(transaction=True)
def test_tables_of_another_version_on_the_same_connection_give_way() -> None:
    with TABLES.empty():
        load_rows("lib_letters", ("letter", "number"), [("a", 1)])

    with TemporaryTables({"lib_letters": "name varchar(20) NOT NULL"}).empty():
        assert load_rows("lib_letters", ("name",), [("a",)]) == 1
    with TABLES.empty():
        assert load_rows("lib_letters", ("letter", "number"), [("a", 1)]) == 1


@pytest.mark.django_db(transaction=True)
def test_filling_a_temporary_table_takes_no_transaction_on_sqlite() -> None:
    with TABLES.empty():
        load_rows("lib_letters", ("letter", "number"), [("a", 1)])

        assert connection.in_atomic_block == sql.is_postgresql()
