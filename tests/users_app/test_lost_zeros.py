"""Ids whose zeros Excel has dropped, and rows that do not fit their header."""

from pathlib import Path

import openpyxl
import pytest

from tests.users_app.conftest import WriteWorkbook, read_rows
from users_app.rows import Row


def problems_of(rows: list[Row]) -> list[str]:
    return ["; ".join(row.problems.values()) for row in rows]


def test_a_number_that_is_shorter_than_ids_with_zeros_in_front_has_lost_its_own(
    workbook: WriteWorkbook,
) -> None:
    rows = read_rows(
        workbook(
            ("00012345", "", "", "a"),
            (12346, "", "", "a"),  # 00012346 once
            (12345678, "", "", "a"),  # has all its digits
            ("12347", "", "", "a"),  # a text is what it is
            ("u1", "app123", 7, "a"),  # no id of this column begins with a zero
        )
    )

    assert [bool(row.problems) for row in rows] == [False, True, False, False, False]
    assert (
        "the cell holds the number 12346 where ids have 8 digits, maybe 00012346"
        in (rows[1].problems["userid"])
    )


@pytest.mark.parametrize("others", [(), ("007", "0012")])
def test_numbers_of_several_lengths_are_ids_where_nothing_tells_how_long_ids_are(
    workbook: WriteWorkbook, others: tuple[str, ...]
) -> None:
    rows = read_rows(workbook(*((number, "", "", "a") for number in (*others, 1, 99, 12345))))

    assert problems_of(rows) == [""] * len(rows)


def test_short_numbers_stand_beside_phones_with_a_zero_in_front(workbook: WriteWorkbook) -> None:
    header = ("userid", "phone")
    rows = read_rows(workbook(("u1", "057188888888"), ("u2", 13800138000), header=header))

    assert problems_of(rows) == ["", ""]


def test_a_number_that_only_shows_its_zeros_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (["userid", "tag"], [12345, "a"], [12345678, "a"]):
        sheet.append(cells)
    for place in ("A2", "A3"):
        sheet[place].number_format = "00000000"
    book.save(tmp_path / "a.xlsx")

    first, second = read_rows(tmp_path / "a.xlsx")

    assert "maybe 00012345" in first.problems["userid"]
    assert (second.userid, second.problems) == ("12345678", {})


def test_in_a_csv_any_digits_may_have_lost_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("userid,tag\n00012345,a\n12346,a\n12345678,a\n")

    assert [bool(row.problems) for row in read_rows(path)] == [False, True, False]


def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("userid,bind_id,app_regid\nu1,app123,r1,r2\nu2,app123,r3,,\n")

    first, second = read_rows(path)

    assert "more cells than the header: “r1,r2”" in first.problems["app_regid"]
    assert second.problems == {}
