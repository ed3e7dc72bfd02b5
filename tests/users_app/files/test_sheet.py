"""Reading the table out of a workbook."""

import datetime
from pathlib import Path

import openpyxl
import pytest

from tests.users_app.conftest import WriteWorkbook, read_file
from ums.lib.errors import DomainError
from users_app.files.sheet import Sheet, opened
from users_app.files.values import Padded, Value, Valueless, text_of


def table(sheet: Sheet) -> list[tuple[int, tuple[Value, ...]]]:
    return [(row.number, tuple(row.values)) for row in sheet.rows()]


def test_rows_carry_the_numbers_that_excel_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["C4"], sheet["D4"] = "userid", "tag"
    sheet["C6"], sheet["D6"] = "u1", "vip"
    sheet["C8"] = "  "  # as good as blank
    sheet["C9"] = "u2"
    sheet.row_dimensions[6].hidden = True
    book.save(tmp_path / "a.xlsx")

    with opened(tmp_path / "a.xlsx") as read:
        assert table(read) == [(6, ("u1", "vip")), (9, ("u2", ""))]
        next(read.rows())  # and not read on
        assert table(read) == [(6, ("u1", "vip")), (9, ("u2", ""))]


def test_columns_are_found_in_any_order_case_and_spacing(workbook: WriteWorkbook) -> None:
    path = workbook(
        ("vip", "r1", "Li Si", "u1", "app123"),
        header=(" TAG", "App_RegID ", "姓名", "UserID", "bind_id"),
    )

    sheet = read_file(path).sheet

    assert sheet.columns == {"tag": 0, "app_regid": 1, "userid": 3, "bind_id": 4}
    assert sheet.ignored == ("姓名",)


@pytest.mark.parametrize(
    "header",
    [("用户ID", "绑定标识", "App注册ID", "标签"), ("用户", "通道编码", "注册id", " 标签 ")],
)
def test_chinese_headings_are_known(workbook: WriteWorkbook, header: tuple[str, ...]) -> None:
    sheet = read_file(workbook(("u1", "app123", "r1", "vip"), header=header)).sheet

    assert list(sheet.columns) == ["userid", "bind_id", "app_regid", "tag"]
    assert sheet.headings == tuple(text.strip() for text in header)


def test_a_title_may_stand_above_the_header(workbook: WriteWorkbook) -> None:
    path = workbook(("Customers",), (), ("userid", "tag"), ("u1", "vip"), header=None)

    [row] = read_file(path).rows

    assert (row.number, row.values) == (4, ["u1", "vip"])


def test_the_first_sheet_with_a_known_header_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("notes", "people"):
        book.create_sheet(name)
    book["notes"].append(["hello"])
    book["people"].append(["userid", "tag"])
    book.save(tmp_path / "a.xlsx")

    assert read_file(tmp_path / "a.xlsx").sheet.name == "people"


def test_cells_come_with_the_types_that_excel_gave_them(workbook: WriteWorkbook) -> None:
    path = workbook(("a", 1, 1.5, True), (datetime.date(2024, 5, 1), "", "", ""))

    assert read_file(path).values == [
        ("a", 1.0, 1.5, True),
        (datetime.date(2024, 5, 1), "", "", ""),
    ]


def test_errors_and_formulas_without_a_result_are_not_taken_for_blanks(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (["userid", "bind_id", "app_regid", "tag"], ["u1", "#N/A", "=A1", "vip"]):
        sheet.append(cells)
    sheet["B2"].data_type = "e"
    sheet["Z2"] = "#N/A"  # outside of everything that has a value
    sheet["Z2"].data_type = "e"
    book.save(tmp_path / "a.xlsx")

    [values] = read_file(tmp_path / "a.xlsx").values

    assert values[:4] == ("u1", Valueless.ERROR, Valueless.FORMULA, "vip")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", " a "),
        (True, "TRUE"),
        (False, "FALSE"),
        (123.0, "123"),
        (1.5, "1.5"),
        (1.1048979e21, "1.1048979E+21"),
        (7, "7"),
        (datetime.date(2024, 5, 1), "2024-05-01"),
        (Valueless.ERROR, "#ERROR"),
        (Valueless.FORMULA, ""),
        (Padded(7, 3), "7"),
    ],
)
def test_cells_are_shown_to_people_as_they_know_them(value: Value, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (("name", "phone"), "no column “userid”.*it holds “name”, “phone”"),
        (("userid", "name"), "no column with something to store.*Found: “userid”, “name”"),
        (("userid", "app_regid"), "no column bind_id"),
        (("userid", "tag", "Tag"), "“tag” stands in the sheet twice"),
        (("userid", "wechatoa_openid"), "no column bind_id.*“wechatoa_openid” belongs to"),
        (("userid", "app_regid:a", "App注册ID：a"), "“app_regid:a” stands in the sheet twice"),
        ((), "The file holds no table"),
        (("", "", "name"), "it holds “name”"),
    ],
)
def test_a_header_that_cannot_work_is_refused_with_what_was_found(
    workbook: WriteWorkbook, header: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(DomainError, match=reason):
        read_file(workbook(header=header))
