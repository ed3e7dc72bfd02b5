"""Tables as streamed files: what a spreadsheet reads in them."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
import python_calamine
from django.utils import timezone, translation
from django.utils.translation import gettext
from openpyxl.utils.escape import unescape

from ums.lib.exports import csv_file, xlsx_file, xlsx_parts
from ums.lib.exports.responses import respond
from ums.lib.exports.tables import Row, Table

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def workbook(*rows: Row, heading: Sequence[str] = ("a", "b"), **limits: Any) -> io.BytesIO:
    return io.BytesIO(b"".join(xlsx_file.parts(heading, [rows], **limits)))


def cells(file: io.BytesIO) -> list[list[tuple[Any, ...]]]:
    """The values of each sheet, as openpyxl reads them."""
    book = openpyxl.load_workbook(file)
    return [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]


def lines(*rows: Row) -> list[list[str]]:
    text = b"".join(csv_file.parts(["a", "b"], [rows])).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_a_workbook_keeps_ids_as_text_and_numbers_as_numbers() -> None:
    [sheet] = cells(workbook(("00123456789012345678", 12), ("", None), ("x", 0)))

    assert sheet == [("a", "b"), ("00123456789012345678", 12), (None, None), ("x", 0)]


@pytest.mark.parametrize("text", [*HOSTILE, "&<>\"'", "_x000D_", "a\x01b", "  two\nlines ", "北京"])
def test_a_workbook_gives_back_every_text_as_it_was(text: str) -> None:
    file = workbook((text, "x"))

    book = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
    cell = book.worksheets[0]["A2"]
    read = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()

    assert cell.data_type == "s"
    assert cell.number_format == "@"
    # openpyxl leaves the format's escapes as they are written.
    assert unescape(str(cell.value)) == text
    assert read[1][0] in (text, cell.value)


def test_what_xml_cannot_hold_is_replaced() -> None:
    [sheet] = cells(workbook(("a\ud800b\uffff", "x")))

    assert sheet[1][0] == "a\ufffdb\ufffd"


def test_a_text_that_is_too_long_for_a_cell_is_cut() -> None:
    [sheet] = cells(workbook(("x" * 40_000, "")))

    assert len(str(sheet[1][0])) == 32_767
    assert str(sheet[1][0]).endswith("x…")


def test_times_are_those_of_the_reader_s_zone() -> None:
    moment = datetime(2026, 11, 24, 0, 30, 5, tzinfo=UTC)
    with timezone.override("Asia/Shanghai"):
        [sheet] = cells(workbook((moment, "")))
        assert lines((moment, ""))[1][0] == "2026-11-24 08:30:05"

    assert sheet[1][0] == datetime(2026, 11, 24, 8, 30, 5)  # noqa: DTZ001  # a sheet has no zone


def test_more_rows_than_a_sheet_holds_go_on_in_further_sheets_with_the_heading() -> None:
    rows = [(f"u{n}", n) for n in range(5)]

    sheets = cells(workbook(*rows, rows_per_sheet=2))

    assert [sheet[0] for sheet in sheets] == [("a", "b")] * 3
    assert [row for sheet in sheets for row in sheet[1:]] == rows


def test_a_sheet_that_is_exactly_full_is_followed_by_none() -> None:
    assert len(cells(workbook(("a", 1), ("b", 2), rows_per_sheet=2))) == 1


def test_a_table_without_rows_is_a_workbook_with_a_heading() -> None:
    assert cells(workbook()) == [[("a", "b")]]


def test_a_workbook_is_a_sound_archive() -> None:
    with zipfile.ZipFile(workbook(("a", 1))) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("writer", [csv_file, xlsx_file])
def test_a_file_begins_before_its_rows_are_read_and_goes_on_page_by_page(writer: Any) -> None:
    asked = 0

    def pages() -> Iterator[list[Row]]:
        nonlocal asked
        for _page in range(20):
            asked += 1
            yield [(f"u{asked}-{n}", "x") for n in range(2_000)]

    parts = writer.parts(["a", "b"], pages())

    assert next(parts)
    assert asked == 0
    assert next(parts)
    assert 1 <= asked < 10


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_holds_no_formulas(text: str) -> None:
    assert lines((text, 1))[1] == [f"'{text}", "1"]


def test_csv_is_read_back_as_it_was() -> None:
    assert lines(('a,b"c\n北京', None), ("x", -5))[1:] == [['a,b"c\n北京', ""], ["x", "-5"]]


@pytest.mark.parametrize(("column", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (702, "AAA")])
def test_columns_have_letters(column: int, letters: str) -> None:
    assert xlsx_parts.letters(column) == letters


def test_an_answer_is_made_in_the_language_and_zone_of_the_request() -> None:
    moment = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)

    def pages() -> Iterator[list[Row]]:
        yield [(gettext("Channel"), moment)]

    with translation.override("zh-hans"), timezone.override("America/New_York"):
        answer = respond(Table("t", ("a", "b"), pages), "csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[arg-type]  # sync

    assert text.splitlines()[1] == "通道,2026-11-23 19:30:00"
    assert answer["Content-Disposition"] == 'attachment; filename="t.csv"'
    assert "no-store" in answer["Cache-Control"]
