"""The test's own database, as the benchmarks see theirs."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from bench.databases import Database


class TestDatabase(Database):
    __test__ = False

    def __init__(self) -> None:
        super().__init__("")
        self.backend = connection.vendor

    def scalar(self, statement: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0] or 0)

    def execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        marks = ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", list(rows)
            )

    def latest(self, column: str, source: str) -> float:
        raise NotImplementedError

    def settle(self) -> None:
        """Nothing waits here."""
