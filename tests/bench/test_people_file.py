"""The workbook that import_xlsx and import_check read."""

from collections import Counter
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bench.people_file import CHANNELS, HEADINGS, people_in, rows_of_people, write_workbook


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_it_holds_people_and_their_devices_in_no_order(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "people.xlsx"

    write_workbook(path, rows)

    workbook = load_workbook(path, read_only=True)
    heading, *cells = workbook.worksheets[0].iter_rows(values_only=True)
    workbook.close()
    assert heading == HEADINGS
    assert cells == list(rows_of_people(rows))
    assert len(cells) == rows


def test_every_fourth_person_has_two_devices() -> None:
    rows = list(rows_of_people(1000))

    devices = Counter(Counter(userid for userid, _device, _code in rows).values())
    assert devices == {1: 600, 2: 200}
    assert people_in(1000) == 800
    assert len({device for _userid, device, _code in rows}) == 1000
    assert {len(device) for _userid, device, _code in rows} == {19, 20}
    assert {code for _userid, _device, code in rows} == set(CHANNELS)
    assert rows != sorted(rows)
