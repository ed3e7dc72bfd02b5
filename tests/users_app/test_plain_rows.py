"""Rows that are taken many at a time say the same as rows that are read one by one."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.users_app.conftest import BIND_IDS, WriteWorkbook
from users_app.changes import Kind, Mode, PersonChange
from users_app.files.sheet import opened
from users_app.reading import Reading
from users_app.staging import Chunk, StagedRow

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


@dataclass(frozen=True, slots=True)
class Understood:
    """What a file says, and what is wrong with it."""

    people: list[tuple[str, int]]
    bindings: dict[Kind, list[StagedRow]]  # sorted
    rows: int
    bad: int
    first_bad: list[int]


def at_once(path: Path, mode: Mode = Mode.SET) -> Understood:
    whole = Chunk()
    with opened(path) as sheet:
        reading = Reading(sheet, BIND_IDS, mode)
        for chunk in reading.chunks():
            whole.people.extend(chunk.people)
            for kind in Kind:
                whole.rows[kind].extend(chunk.rows[kind])
    first_bad = [row.number for row in reading.first_bad]
    return understood(whole, rows=reading.rows, bad=reading.bad, first_bad=first_bad)


def one_by_one(path: Path, mode: Mode = Mode.SET) -> Understood:
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
    return understood(whole, rows=rows, bad=len(bad), first_bad=bad[:20])


def understood(whole: Chunk, *, rows: int, bad: int, first_bad: list[int]) -> Understood:
    bindings = {kind: sorted(whole.rows[kind]) for kind in Kind}
    return Understood(whole.people, bindings, rows, bad, first_bad)


@given(rows=ROWS, mode=st.sampled_from(Mode))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_all_kinds_of_cells_are_understood_alike(
    tmp_path: Path, rows: list[tuple[str, ...]], mode: Mode
) -> None:
    path = write_csv(tmp_path / "rows.csv", rows)

    assert at_once(path, mode) == one_by_one(path, mode)


@given(rows=PLAIN_ROWS, faults=ROWS)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_plain_rows_between_others_are_understood_alike(
    tmp_path: Path, rows: list[tuple[str, ...]], faults: list[tuple[str, ...]]
) -> None:
    path = write_csv(tmp_path / "rows.csv", rows + faults[:1] + rows)

    assert at_once(path) == one_by_one(path)


def test_a_row_with_too_many_cells_is_found_among_plain_ones(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("userid,tag\n" + "u1,vip\n" * 30 + "u2,vip,gold\n" + "u3,vip\n" * 30)

    assert at_once(path) == one_by_one(path)
    assert at_once(path).first_bad == [32]


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

    assert at_once(path) == one_by_one(path)
    assert at_once(path).first_bad == [43, 44]


def test_bind_ids_without_end_are_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = "".join(f"u{n},shop{n},o{n}\n" for n in range(12_000))
    path.write_text(f"userid,bind_id,wechatoa_openid\n{rows}")

    read = at_once(path)

    contacts = {row[:3] for row in read.bindings[Kind.CONTACT]}
    assert (len(contacts), read.bad) == (12_000, 0)
    assert ("u11999", "wechatoa:shop11999", "o11999") in contacts


def test_a_single_zero_makes_no_other_digit_a_number_that_has_lost_some(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("userid,tag\n0,vip\n1,vip\n7,vip\n")

    assert at_once(path) == one_by_one(path)
    assert at_once(path).bad == 0


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

    read = at_once(path, mode)

    staged = [row for kind in Kind for row in read.bindings[kind]]
    assert {row[2]: row[3:5] for row in staged} == marks
