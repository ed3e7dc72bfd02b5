"""What one row of a workbook says."""

import datetime
from typing import Any

import pytest

from tests.users_app.conftest import WriteWorkbook, read_row, said
from users_app.changes import Kind
from users_app.files.values import Valueless, text_of


def test_an_app_regid_replaces_in_its_channel_and_tags_are_added_under_all(
    workbook: WriteWorkbook,
) -> None:
    row = read_row(workbook, " u1 ", "app123", "1104a89792bbb69299a", "vip")

    assert row.userid == "u1"
    assert said(row) == [
        (Kind.APP, 7, "1104a89792bbb69299a", True),
        (Kind.TAG, "all", "vip", False),
    ]


@pytest.mark.parametrize("cell", ["r1,r2", "r1; r2", "r1\nr2", "r1，r2", "r1；r2;", " r1\r\n ,r2"])
def test_several_values_of_a_cell_are_split(workbook: WriteWorkbook, cell: str) -> None:
    assert [value for _k, _s, value, _r in said(read_row(workbook, "u1", "app123", cell, ""))] == [
        "r1",
        "r2",
    ]


@pytest.mark.parametrize(("bind_id", "scope"), [("", "all"), ("all", "all"), ("key1", "key1")])
def test_a_row_with_tags_only_names_who_sees_them(
    workbook: WriteWorkbook, bind_id: str, scope: str
) -> None:
    assert said(read_row(workbook, "u1", bind_id, "", "a,b")) == [
        (Kind.TAG, scope, "a", False),
        (Kind.TAG, scope, "b", False),
    ]


def test_a_sheet_may_have_userid_and_tag_only(workbook: WriteWorkbook) -> None:
    assert said(read_row(workbook, "u1", "vip", header=("userid", "tag"))) == [
        (Kind.TAG, "all", "vip", False)
    ]


def test_whole_numbers_are_ids(workbook: WriteWorkbook) -> None:
    row = read_row(workbook, 123456789012345, "app123", 42, 7)

    assert row.userid == "123456789012345"
    assert [value for _k, _s, value, _r in said(row)] == ["42", "7"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.5, "a number, and may have lost digits: “1.5”"),
        (1234567890123456, "a number, and may have lost digits: “1.23456789012346E+15”"),
        (1.1048979e17, "a number"),
        ("1.10E+17", "a number, and may have lost digits: “1.10E+17”"),
        ("1e-5", "a number"),
        (True, "TRUE or FALSE: “TRUE”"),
        (datetime.date(2024, 5, 1), "a date or time: “2024-05-01”"),
        (datetime.time(1, 2), "a date or time"),
        ("=A1", "a formula without a stored result"),
    ],
)
@pytest.mark.parametrize("column", ["userid", "app_regid"])
def test_ids_that_excel_changed_are_refused_with_the_cure(
    workbook: WriteWorkbook, value: Any, reason: str, column: str
) -> None:
    cells = {"userid": "u1", "bind_id": "app123", "app_regid": "r1", "tag": "vip"} | {column: value}
    row = read_row(workbook, *cells.values())

    assert row.change is None
    assert list(row.problems) == [column]
    assert reason in row.problems[column]
    assert (row.userid == "") == (column == "userid")


def test_a_registration_id_of_digits_and_an_e_is_left_alone(workbook: WriteWorkbook) -> None:
    assert said(read_row(workbook, "u1", "app123", "110489792e123", ""))[0][2] == "110489792e123"


@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        (("", "app123", "r1", ""), {"userid": "The userid is empty"}),
        (("张三", "app123", "r1", ""), {"userid": "character that is not allowed"}),
        (("u1", "", "r1", ""), {"bind_id": "bind_id is empty"}),
        (("u1", "ap123", "r1", ""), {"bind_id": "Did you mean “app123”?"}),
        (("u1", "app123", "a b", ""), {"app_regid": "“a b” is not a registrationID"}),
        (("u1", "", "", "a b"), {"tag": "The tag “a b”"}),
        (("u1", "app123", "", "vip"), {"bind_id": "“app123” is neither"}),
        (("u1", "app123", "", ""), {"app_regid": "nothing to store"}),
        (("u1", "app123", ",", "；"), {"app_regid": "nothing to store"}),
        (
            ("a b", "nope", "a b", "a b"),
            {"userid": "“a b”", "bind_id": "“nope”", "app_regid": "“a b”", "tag": "“a b”"},
        ),
    ],
)
def test_each_problem_stands_at_its_cell(
    workbook: WriteWorkbook, cells: tuple[str, ...], problems: dict[str, str]
) -> None:
    row = read_row(workbook, *cells)

    assert row.change is None
    assert set(row.problems) == set(problems)
    for column, text in problems.items():
        assert text in row.problems[column]
    assert list(map(text_of, row.values)) == list(cells)


def test_an_error_of_excel_is_a_problem_of_its_cell(workbook: WriteWorkbook) -> None:
    row = read_row(workbook, "u1", "app123", "#REF!", "vip")

    assert row.values[2] == Valueless.ERROR
    assert "holds an error of Excel" in row.problems["app_regid"]
