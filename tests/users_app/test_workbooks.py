"""The workbooks that people download."""

from pathlib import Path
from typing import IO

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.users_app.conftest import read_file
from users_app import workbooks
from users_app.bind_ids import BindIds
from users_app.files.columns import COLUMNS
from users_app.files.sheet import opened
from users_app.files.values import Padded, Valueless
from users_app.rows import RowReader
from users_app.workbooks import ReturnedRow


def saved(file: IO[bytes], tmp_path: Path) -> Path:
    path = tmp_path / "download.xlsx"
    with file:
        path.write_bytes(file.read())
    return path


def sheet_of(path: Path) -> Worksheet:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


def test_the_template_can_be_uploaded_as_it_is(tmp_path: Path) -> None:
    with opened(saved(workbooks.template(), tmp_path)) as sheet:
        reader = RowReader(sheet, BindIds({"app123": 1}, frozenset()))
        rows = [reader.read(row) for row in sheet.rows()]

    assert [row.userid for row in rows] == ["zhangsan", "lisi"]
    assert [row.problems for row in rows] == [{}, {}]


def test_the_templates_columns_are_text_and_explained_in_both_languages(tmp_path: Path) -> None:
    path = saved(workbooks.template(), tmp_path)
    sheet, notes = openpyxl.load_workbook(path).worksheets

    assert sheet.column_dimensions["C"].number_format == "@"
    assert sheet["C2"].number_format == "@"
    assert tuple(cell.value for cell in notes["A"])[1:13] == COLUMNS
    assert notes["B3"].value == "绑定标识 / 通道编码"
    assert "通道编码" in str(notes["D3"].value)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "plain"])
def test_text_never_acts_as_a_formula(tmp_path: Path, text: str) -> None:
    path = saved(workbooks.returned_rows(("userid",), [ReturnedRow((text,), "=reason")]), tmp_path)
    row = next(sheet_of(path).iter_rows(min_row=2))

    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in row] == [
        (text, "s", True),
        ("=reason", "s", True),
    ]


def test_faulty_cells_are_coloured(tmp_path: Path) -> None:
    rows = [ReturnedRow(("u1", "vip"), "why", frozenset({1}))]
    path = saved(workbooks.returned_rows(("userid", "tag"), rows), tmp_path)
    row = next(sheet_of(path).iter_rows(min_row=2))

    assert [cell.fill.fgColor.rgb for cell in row] == ["00000000", "00FFC7CE", "00000000"]


def test_what_is_no_text_stays_what_it_is(tmp_path: Path) -> None:
    values = (1.5, True, 123.0, Valueless.ERROR, Valueless.FORMULA, "a\0b", Padded(7, 3))
    headings = ("userid", "bind_id", "app_regid", "tag", "x", "y", "z")
    path = saved(workbooks.returned_rows(headings, [ReturnedRow(values, "why")]), tmp_path)

    [row] = read_file(path).values

    assert row == (1.5, True, 123.0, *[Valueless.ERROR] * 2, "a�b", Padded(7, 3), "why")
