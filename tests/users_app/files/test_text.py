"""Reading CSV and TSV files."""

from pathlib import Path

import pytest

from tests.users_app.conftest import read_file
from ums.lib.errors import DomainError


def written(tmp_path: Path, content: bytes, name: str = "users.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_line_ends_are_found_out(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    lines = [
        delimiter.join(cells)
        for cells in (
            ["用户", "标签", "手机号"],
            ["u1", f'"vip{delimiter}北京"', "138"],
            [],
            ["u2", '"a\nb ""c"""', ""],
        )
    ]
    # The kind is told by the content, whatever the name says.
    path = written(tmp_path, end.join(lines).encode(encoding), "users.xlsx")

    read = read_file(path)

    assert read.sheet.columns == {"userid": 0, "tag": 1, "phone": 2}
    assert [(row.number, row.values) for row in read.rows] == [
        (2, ["u1", f"vip{delimiter}北京", "138"]),
        (4, ["u2", 'a\nb "c"', ""]),
    ]


def test_a_title_may_stand_above_the_header(tmp_path: Path) -> None:
    path = written(tmp_path, b"sep=;\nOur users, all of them\nuserid;tag\nu1;vip\n")

    [row] = read_file(path).rows

    assert (row.number, row.values) == (4, ["u1", "vip"])


def test_short_rows_are_filled_up_and_long_ones_keep_what_they_have(tmp_path: Path) -> None:
    path = written(tmp_path, b"userid,tag,phone\nu1\nu2,a,138,,\nu3,a,138,139\n")

    assert read_file(path).values == [("u1", "", ""), ("u2", "a", "138"), ("u3", "a", "138,139")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("'=u1", "=u1"),  # as our own files are written
        ("'@u1", "@u1"),
        ("'u1", "'u1"),
        ('="0012"', "0012"),  # how a CSV keeps Excel from dropping zeros
        ('"=""0012"""', "0012"),
        ("=u1", "=u1"),
    ],
)
def test_marks_that_keep_a_spreadsheet_from_changing_a_cell_are_taken_off(
    tmp_path: Path, cell: str, value: str
) -> None:
    path = written(tmp_path, f"userid,tag\n{cell},a\n".encode())

    assert read_file(path).values == [(value, "a")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'userid,tag\nu1,a\nu2,"b\nu3,c\n', "Row 3 cannot be read: a quotation mark"),
        (b'userid,tag\nu1,"a" b\n', "Row 2 cannot be read: a quotation mark"),
        (b"userid,tag\nu1,\xff\xff\n", "no text in UTF-8 or GB 18030"),
        # A cut character in UTF-8: GB 18030 would read the whole as other words.
        ("userid,tag\nu1,北京上海\nu2,".encode() + b"\xe5\xb9\n", "no text in UTF-8"),
        ("\ufeffuserid,tag\nu1,".encode() + b"\xb1\xb1\n", "no text in UTF-8"),
        (b"name,tag\nu1,vip\n", "no column “userid”.*it holds “name”, “tag”"),
        (b"userid,tag\nu1," + b"x" * 140_000, "Row 2 cannot be read.*131,072 characters"),
        (b"\n\n", "holds no table"),
    ],
)
def test_a_text_that_is_no_table_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(DomainError, match=reason):
        read_file(written(tmp_path, content))
