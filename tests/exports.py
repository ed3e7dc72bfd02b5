"""Reads what the console exports."""

import csv
import io
from typing import Any

import openpyxl
from django.test import Client


def exported(client: Client, address: str, query: dict[str, Any] | None = None) -> list[list[str]]:
    """The rows of a file, the heading first, as text; of a workbook those of all sheets."""
    answer: Any = client.get(address, query or {})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment;")
    content = b"".join(answer.streaming_content)
    if address.endswith(".csv"):
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [
        ["" if value is None else str(value) for value in row]
        for sheet in book.worksheets
        for row in sheet.iter_rows(values_only=True)
    ]
