"""Files as LibreOffice, openpyxl, XlsxWriter and pandas write them (made_by/README.md)."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.users_app.conftest import read_file
from users_app.files.values import Valueless

FOLDER = Path(__file__).parent / "made_by"
DAY = datetime.date(2024, 5, 1)
COLUMNS = {"userid": 0, "bind_id": 1, "app_regid": 2, "tag": 3, "phone": 4}


def rows(*notes: Any, number: type = float) -> list[tuple[int, list[Any]]]:
    ids = "1104a89792bbb69299a, 191e35f7e0fb16c7d45"
    return [
        (2, ["zhangsan", "app123", ids, "vip", "13800138000", notes[0]]),
        (3, ["lisi", "app123", "0a1b2c", "北京", "", notes[1]]),
        (4, [number(123456), "app123", "r3", "", number(13900139000), notes[2]]),
        (6, ["wangwu", "app123", "r4\nr5", "a; b", "", 'say "hi", & <bye>']),
        (7, ["00012345", "", "", "vip", "", notes[3]]),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("libreoffice.xlsx", rows(True, DAY, 2.0, 0.5)),
        ("libreoffice.xls", rows(True, DAY, 2.0, 0.5)),
        ("openpyxl.xlsx", rows(True, DAY, Valueless.FORMULA, 0.5)),
        ("xlsxwriter.xlsx", rows(True, DAY, 2.0, 0.5)),
        ("xlsxwriter_inline.xlsx", rows(True, DAY, 2.0, 0.5)),
        ("pandas.xlsx", rows(True, DAY, "2", 0.5)),
        ("pandas.csv", rows("True", "2024-05-01", "2", "0.5", number=str)),
        ("libreoffice.csv", rows("TRUE", "2024-05-01", "2", "0.5", number=str)),
        ("libreoffice_gb18030.csv", rows("TRUE", "2024-05-01", "2", "0.5", number=str)),
    ],
)
def test_a_file_is_read_as_its_program_shows_it(
    name: str, expected: list[tuple[int, list[Any]]]
) -> None:
    read = read_file(FOLDER / name)

    assert [(row.number, row.values) for row in read.rows] == expected
    assert read.sheet.columns == COLUMNS
    assert read.sheet.ignored == ("备注",)
    assert read.sheet.name == ("" if name.endswith(".csv") else "用户")
    # Where one id of a column has zeros in front, another may have lost them.
    assert read.sheet.padded == {"userid": 8}
