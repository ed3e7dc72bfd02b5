"""Any number of rows as one JSON value, to or from a SQL statement, on SQLite and PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from ums.lib import sql


def rows_sql(columns: Mapping[str, str]) -> str:
    """A sub-select over one `%s` parameter (`rows_param`), with these columns and SQL types.

    >>> rows_sql({"batch_id": "bigint", "registration_id": "text"})  # doctest: +SKIP
    """
    if connection.vendor == "postgresql":
        picks = ", ".join(
            f"(value->>{place})::{sql_type} AS {name}"
            for place, (name, sql_type) in enumerate(columns.items())
        )
        return f"(SELECT {picks} FROM jsonb_array_elements(%s::jsonb))"  # our own names
    picks = ", ".join(
        f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns)
    )
    return f"(SELECT {picks} FROM json_each(%s))"  # our own names


def rows_param(rows: Iterable[Sequence[Any]]) -> str:
    """The parameter: a JSON array of arrays; datetimes as the database writes them."""
    return msgspec.json.encode([[_plain(value) for value in row] for row in rows]).decode()


def texts(query: str, params: Sequence[Any] = ()) -> list[str]:
    """The texts in the one column that `query` gives, in its order, fetched as one value.

    For each row SQLite would let Python's other threads run first.
    """
    array = "json_agg(item)::text" if sql.is_postgresql() else "json_group_array(item)"
    found = sql.scalar(f"WITH found (item) AS ({query}) SELECT {array} FROM found", params)
    return msgspec.json.decode(found, type=list[str]) if found else []


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    return value
