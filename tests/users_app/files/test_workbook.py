"""Which files are opened at all."""

import datetime
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.users_app.conftest import WriteWorkbook, read_file
from ums.lib.errors import DomainError
from users_app.files import cells, kinds, package
from users_app.files.cells import column_letters
from users_app.files.values import Valueless


def repacked(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Rewrite the parts of a package; None drops one."""
    with zipfile.ZipFile(path) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            changed = change(name, content)
            if changed is not None:
                package.writestr(name, changed)


@pytest.mark.parametrize("days", [b"1e300", b"-1e300"])  # too many for Python, for the reader
def test_a_date_that_the_reader_cannot_hold_is_a_broken_file(
    workbook: WriteWorkbook, days: bytes
) -> None:
    path = workbook(("u1", "app123", datetime.timedelta(hours=30), "vip"))
    repacked(path, lambda _name, old: re.sub(rb"<v>1\.25</v>", b"<v>" + days + b"</v>", old))

    with pytest.raises(DomainError, match="is broken"):
        read_file(path)


def cdfv2(*, encrypted: bool) -> bytes:
    name = "EncryptedPackage" if encrypted else "WordDocument"
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2000 + name.encode("utf-16-le") + b"\0" * 500


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.7\n...", "a PDF document"),
        (b"\xef\xbb\xbf<html><table>", "a web page or XML file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "some other kind of file"),
        (b"PK\x03\x04 and then nothing", "is broken and cannot be read"),
        (cdfv2(encrypted=True), "protected by a password"),
        (cdfv2(encrypted=False), "a document of an old Office, but no Excel workbook"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_with_what_it_is(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "users.xlsx"
    path.write_bytes(content)

    with pytest.raises(DomainError, match=reason):
        read_file(path)


def test_a_truncated_workbook_is_broken(workbook: WriteWorkbook) -> None:
    path = workbook(("u1", "app123", "r1", "vip"))
    path.write_bytes(path.read_bytes()[:-700])

    with pytest.raises(DomainError, match="is broken"):
        read_file(path)


def test_another_kind_of_package_is_refused(workbook: WriteWorkbook) -> None:
    path = workbook()
    repacked(path, lambda name, content: None if name == "xl/workbook.xml" else content)

    with pytest.raises(DomainError, match="not an Excel workbook of the kind"):
        read_file(path)


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"]
)
@pytest.mark.parametrize("content", [None, b"<broken"])
def test_a_workbook_with_a_broken_part_is_refused(
    workbook: WriteWorkbook, part: str, content: bytes | None
) -> None:
    path = workbook(("u1", "app123", "r1", "vip"))
    repacked(path, lambda name, old: content if name == part else old)

    with pytest.raises(DomainError):
        read_file(path)


def test_sheets_are_found_by_absolute_paths_and_prefixed_names_too(
    workbook: WriteWorkbook,
) -> None:
    path = workbook(("u1", "app123", "=A1", "vip"))
    repacked(
        path,
        lambda name, old: (
            old.replace(b'Target="/xl/worksheets', b'Target="worksheets')
            if name.endswith(".rels")
            else old
        ),
    )

    [values] = read_file(path).values

    assert values == ("u1", "app123", Valueless.FORMULA, "vip")


def test_a_large_file_is_refused_with_the_limit(
    workbook: WriteWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "MAX_BYTES", 1000)

    with pytest.raises(DomainError, match="at most 0 MB are allowed"):
        read_file(workbook())


def test_a_file_that_grows_when_unpacked_is_refused_unopened(
    workbook: WriteWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "MAX_UNPACKED_BYTES", 1000)

    with pytest.raises(DomainError, match="Unpacked, the file has"):
        read_file(workbook())


def test_a_stray_cell_far_away_is_refused_since_it_would_exhaust_the_memory(
    tmp_path: Path,
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "userid", "oops"
    book.save(tmp_path / "a.xlsx")

    with pytest.raises(DomainError, match="as far as column XFD and row 1048576"):
        read_file(tmp_path / "a.xlsx")


def test_a_sheet_is_scanned_in_pieces_that_end_with_a_row(
    workbook: WriteWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "_BLOCK_BYTES", 50)
    path = workbook(*((f"u{n}", "", "", "=A1") for n in range(20)))

    assert {values[3] for values in read_file(path).values} == {Valueless.FORMULA}


def test_a_row_without_an_end_is_broken(
    workbook: WriteWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "_BLOCK_BYTES", 50)
    monkeypatch.setattr(cells, "_MAX_ROW_BYTES", 100)

    with pytest.raises(DomainError, match="a row without an end"):
        read_file(workbook(("u1", "app123", "r1", "vip")))


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (16384, "XFD")]
)
def test_columns_are_named_like_excel_names_them(number: int, letters: str) -> None:
    assert column_letters(number) == letters
