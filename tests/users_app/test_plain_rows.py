"""Rows that are taken many at a time say the same as rows that are read one by one."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.users_app.conftest import BIND_IDS, WriteWorkbook
from users_app.changes import Kind, Mode, PersonChange
from users_app.files.sheet import opened
from users_app.reading import Reading
from users_app.staging import Chunk

HEADER = (
    "userid",
    "bind_id",
    "app_regid",
    "tag",
    "phone",
    "email",
    "wechatoa_openid",
    "wechatwk_linkedcorp_userid",
    "app_regid:app9",
    "note",
)
# Of each column: what is plain, what is right but not plain, and what is wrong.
CELLS = {
    "userid": ("u1", "u-2", "a@b.c", "0001", "12345", " u3", "u+4", "1E-5", "#N/A", "bad id", ""),
    "bind_id": ("app123", "app9", "all", "key1", "", " app123", "other"),
    "app_regid": (
        "r1",
        "r1,r2",
        "r1; r2",
        "r1，r2",
        " r1",
        "0012",
        "55",
        "1E-7",
        "a b",
        "#REF!",
        "",
    ),
    "tag": ("vip", "北京", "vip;北京", "a.b", "标" * 13, "标" * 14, "x" * 40, "x" * 41, "a b", ""),
    "phone": ("13800138000", "+8613800138000", "138 0013", "1" * 32, "1" * 33, "phone", ""),
    "email": ("a@b.cn", "a+b@c.cn", "a@b@c", "nobody", ""),
    "wechatoa_openid": ("o1", "o" * 128, "o" * 129, "o.1", "o 1", ""),
    "wechatwk_linkedcorp_userid": ("c1/u1", "c1/u1,c2/u2", "c1", ""),
    "app_regid:app9": ("w1", "w1, w2", "w\n2", "w/3", ""),
    "note": ("", "a note", "x,y"),
}
ROWS = st.lists(st.tuples(*(st.sampled_from(CELLS[name]) for name in HEADER)), max_size=40)
PLAIN_ROWS = st.lists(
    st.tuples(*(st.sampled_from([*CELLS[name][:2], CELLS[name][0]]) for name in HEADER)),
    min_size=20,
    max_size=60,
)


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def read_at_once(path: Path, mode: Mode) -> tuple[Chunk, Reading]:
    whole = Chunk()
    with opened(path) as sheet:
        reading = Reading(sheet, BIND_IDS, mode)
        for chunk in reading.chunks():
            whole.people.extend(chunk.people)
            for kind in Kind:
                whole.rows[kind].extend(chunk.rows[kind])
    return whole, reading


def read_one_by_one(path: Path, mode: Mode) -> tuple[Chunk, list[int], int]:
    whole, bad, rows = Chunk(), [], 0
    with opened(path) as sheet:
        for row in Reading(sheet, BIND_IDS, mode).each():
            rows += 1
            if row.change:
                whole.add(row.change)
            else:
                bad.append(row.number)
                if row.userid:
                    whole.add(PersonChange(row.userid, faulty=True))
    return whole, bad, rows


def require_the_same(path: Path, mode: Mode) -> None:
    at_once, reading = read_at_once(path, mode)
    one_by_one, bad, rows = read_one_by_one(path, mode)

    assert at_once.people == one_by_one.people
    for kind in Kind:
        assert sorted(at_once.rows[kind]) == sorted(one_by_one.rows[kind])
    assert (reading.rows, reading.bad) == (rows, len(bad))
    assert [row.number for row in reading.first_bad] == bad[:20]


@given(rows=ROWS, mode=st.sampled_from(Mode))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_all_kinds_of_cells_are_understood_alike(
    tmp_path: Path, rows: list[tuple[str, ...]], mode: Mode
) -> None:
    require_the_same(write_csv(tmp_path / "rows.csv", rows), mode)


@given(rows=PLAIN_ROWS, faults=ROWS)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_plain_rows_between_others_are_understood_alike(
    tmp_path: Path, rows: list[tuple[str, ...]], faults: list[tuple[str, ...]]
) -> None:
    require_the_same(write_csv(tmp_path / "rows.csv", rows + faults[:1] + rows), Mode.SET)


def test_a_row_with_too_many_cells_is_found_among_plain_ones(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("userid,tag\n" + "u1,vip\n" * 30 + "u2,vip,gold\n" + "u3,vip\n" * 30)

    require_the_same(path, Mode.SET)
    assert read_at_once(path, Mode.SET)[1].first_bad[0].userid == "u2"


def test_numbers_and_errors_of_a_workbook_are_found_among_plain_cells(
    workbook: WriteWorkbook,
) -> None:
    plain = [(f"u{n}", "app123", f"r{n}", "vip") for n in range(40)]
    odd = [
        (7, "app123", "r1", ""),
        ("u1", 5, "r1", ""),
        ("u2", "app123", 1.5, ""),
        ("", "", "", ""),
    ]

    path = workbook(*plain, *odd, *plain)

    require_the_same(path, Mode.SET)
    assert [row.number for row in read_at_once(path, Mode.SET)[1].first_bad] == [43, 44]


def test_bind_ids_without_end_are_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = "".join(f"u{n},shop{n},o{n}\n" for n in range(12_000))
    path.write_text(f"userid,bind_id,wechatoa_openid\n{rows}")

    chunk, reading = read_at_once(path, Mode.SET)

    assert (len(chunk.rows[Kind.CONTACT]), reading.bad) == (12_000, 0)
    assert chunk.rows[Kind.CONTACT][-1][:3] == ("u11999", "wechatoa:shop11999", "o11999")


@pytest.mark.parametrize(
    ("mode", "marks"),
    [
        (Mode.SET, {"r1": (1, 1), "vip": (1, 0), "138": (1, 1), "c/u": (1, 1)}),
        (Mode.ADD, {"r1": (1, 0), "vip": (1, 0), "138": (1, 1), "c/u": (1, 0)}),
        (Mode.DELETE, {"r1": (0, 0), "vip": (0, 0), "138": (0, 0), "c/u": (0, 0)}),
    ],
)
def test_the_mode_says_what_happens_to_what_is_there(
    tmp_path: Path, mode: Mode, marks: dict[str, tuple[int, int]]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "userid,bind_id,app_regid,tag,phone,wechatwk_linkedcorp_userid\nu1,app123,r1,vip,138,c/u\n"
    )

    chunk, _reading = read_at_once(path, mode)

    staged = [row for kind in Kind for row in chunk.rows[kind]]
    assert {row[2]: row[3:5] for row in staged} == marks
