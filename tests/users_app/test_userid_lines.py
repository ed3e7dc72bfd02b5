"""Userids that are pasted or uploaded, one a line."""

import io

import pytest

from ums.lib.errors import DomainError
from users_app import userid_lines
from users_app.userid_lines import UseridLine


def pasted(text: str) -> list[tuple[int, str]]:
    return told(list(userid_lines.pasted(text)))


def uploaded(data: bytes) -> list[tuple[int, str]]:
    return told(list(userid_lines.uploaded(io.BytesIO(data))))


def told(lines: list[UseridLine]) -> list[tuple[int, str]]:
    """Each line's number with its userid, or with `!` where it is a bad one."""
    assert all(bool(line.userid) != bool(line.problem) for line in lines)
    return [(line.number, line.userid or "!") for line in lines]


def test_pasted_userids_are_separated_by_anything_that_no_userid_holds() -> None:
    text = "a1, b@2;c\r\n\r\nd，e；f、g\u3000h\ti\n\ufeff'=j\"\n"

    assert [userid for _number, userid in pasted(text)] == [*["a1", "b@2"], *"cdefghi", "=j"]
    assert pasted(text)[0] == (1, "a1")
    assert pasted(text)[3:5] == [(3, "d"), (3, "e")]


def test_a_heading_is_passed_over_at_the_beginning_only() -> None:
    assert pasted("\nUserID\na\nuserid") == [(3, "a"), (4, "userid")]
    assert uploaded("\ufeffuserid\r\na\r\nuserid\r\n".encode()) == [(2, "a"), (3, "userid")]
    assert uploaded("用户ID\na".encode()) == [(2, "a")]


def test_a_value_that_is_no_userid_is_told_with_its_line() -> None:
    [good, bad, long] = userid_lines.pasted("a\nb/c\n" + "x" * 65)

    assert (good.userid, good.problem) == ("a", "")
    assert (bad.number, bad.userid) == (2, "")
    assert "“b/c” has a character that is not allowed" in bad.problem
    assert "65 characters" in long.problem


def test_a_file_holds_one_userid_a_line() -> None:
    data = b'"a"\r\n\r\n  b  \n\'+c\nd,\ne,,\n;f\n'

    assert uploaded(data) == [(1, "a"), (3, "b"), (4, "+c"), (5, "d"), (6, "e"), (7, "!")]


def test_a_second_column_needs_a_heading_that_says_which_one_is_meant() -> None:
    [bad] = userid_lines.uploaded(io.BytesIO(b"zhangsan,Tom"))
    assert "more than one column" in bad.problem

    rows = "userid,name\nzhangsan,Tom\n,Nobody\n,\nlisi\t张\n".encode()
    assert uploaded(rows) == [(2, "zhangsan"), (3, "!"), (5, "lisi")]


def test_a_file_may_be_gb_18030_as_excel_writes_it() -> None:
    assert uploaded("用户,姓名\na￥,张三\n".encode("gb18030")) == [(2, "a￥")]


def test_a_line_without_end_costs_one_bad_line() -> None:
    for length in (4095, 4096, 4097, 100_000):
        assert uploaded(b"a\n" + b"x" * length + b"\nb\n") == [(1, "a"), (2, "!"), (3, "b")]
    assert uploaded(b"x" * 8192) == [(1, "!")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04rest", "Excel workbook"),
        ("userid\na".encode("utf-16"), "no text file in UTF-8"),
        (b"\x7fELF\0\0", "no text file in UTF-8"),
    ],
)
def test_another_kind_of_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DomainError, match=reason):
        list(userid_lines.uploaded(io.BytesIO(data)))
