"""What the process that reads a workbook answers."""

import datetime
import io
import struct
from marshal import loads
from pathlib import Path
from typing import Any

from tests.users_app.conftest import WriteWorkbook
from users_app.files.reader_process import serve


def answers(path: Path, requests: bytes) -> list[tuple[str, Any]]:
    output = io.BytesIO()
    serve(str(path), io.BytesIO(requests), output)
    output.seek(0)
    frames = []
    while length := output.read(4):
        kind, content = loads(output.read(struct.unpack(">I", length)[0]))  # noqa: S302  # ours
        rows = isinstance(content, bytes)
        frames.append((kind, loads(content) if rows else content))  # noqa: S302  # ours
    return frames


def test_it_lists_the_sheets_and_gives_as_many_rows_as_are_asked_for(
    workbook: WriteWorkbook,
) -> None:
    path = workbook(("u1", "", "", "a"), ("u2", "", "", 7), header=None)

    assert answers(path, b"0 1\n0 0\n") == [
        ("sheets", ["Sheet"]),
        ("start", (0, 0)),
        ("rows", [["u1", "", "", "a"]]),
        ("end", None),
        ("start", (0, 0)),
        ("rows", [["u1", "", "", "a"], ["u2", "", "", 7.0]]),
        ("end", None),
    ]


def test_dates_and_times_are_marked_as_such(workbook: WriteWorkbook) -> None:
    cells = (
        datetime.date(2024, 5, 1),
        datetime.datetime(2024, 5, 1, 2, 3),  # noqa: DTZ001  # Excel knows no zones
        datetime.time(1, 2),
        datetime.timedelta(hours=30),
        "a",
    )

    [_sheets, _start, (kind, rows), _end] = answers(workbook(cells, header=None), b"0 0\n")

    assert kind == "marked"
    assert rows == [
        [
            ("date", "2024-05-01"),
            ("datetime", "2024-05-01T02:03:00"),
            ("time", "01:02:00"),
            ("timedelta", 108000.0),
            "a",
        ]
    ]


def test_an_empty_sheet_has_no_rows(workbook: WriteWorkbook) -> None:
    assert answers(workbook(header=None), b"0 0\n")[1:] == [("start", None), ("end", None)]


def test_what_cannot_be_read_is_broken(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK and nothing")

    [(kind, reason)] = answers(tmp_path / "a.xlsx", b"")

    assert kind == "broken"
    assert reason
