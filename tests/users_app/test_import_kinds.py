"""Imports of every kind of file and column."""

from pathlib import Path

import openpyxl
import pytest
from django.contrib.auth.models import User
from openpyxl.worksheet.worksheet import Worksheet

from channels_app.models import Channel
from tests.users_app.conftest import (
    WriteWorkbook,
    applied,
    contacts,
    devices,
    downloaded,
    read_file,
    tags,
    upload,
)
from users_app.files.values import Padded

pytestmark = pytest.mark.django_db


def test_addresses_are_set_one_to_a_person_and_scope(
    app123: Channel, person: User, workbook: WriteWorkbook
) -> None:
    header = ("userid", "bind_id", "phone", "wechatoa_openid", "wechatwk_linkedcorp_userid")
    first = workbook(("u1", "shop1", "138", "o1", "a/1,a/2"), header=header)
    applied(upload(first, person))

    second = workbook(("u1", "", "139", "", "a/2"), ("u1", "shop2", "", "o2", "a/3"), header=header)
    applied(upload(second, person))

    assert contacts("u1") == {
        ("phone:all", "139"),
        ("wechatoa:shop1", "o1"),
        ("wechatoa:shop2", "o2"),
        ("wechatwk_linkedcorp:all", "a/2"),
        ("wechatwk_linkedcorp:all", "a/3"),
    }


def test_devices_that_a_file_repeats_are_counted_and_harmless(
    app123: Channel, channel: Channel, person: User, workbook: WriteWorkbook
) -> None:
    job = upload(
        workbook(
            ("u1", "app123", "r1", "a"),
            ("u1", "app123", "r1,r2,r2", "a"),
            ("u1", "app1", "r1", ""),  # another channel
            ("u2", "app123", "r1", "a"),  # another person
        ),
        person,
    )

    assert job.report["repeated"] == 2
    assert (job.rows, job.people, job.bad) == (4, 2, 0)
    applied(job)
    assert devices("u1") == {"r1", "r2"}


def test_bad_rows_of_a_csv_in_the_wide_form_come_back_as_a_workbook_in_its_layout(
    app123: Channel, channel: Channel, person: User, tmp_path: Path
) -> None:
    path = tmp_path / "users.csv"
    header = ["用户", "app_regid:app123", "app_regid:app1", "姓名", "标签"]
    rows = [
        ["00000001", "r1", "r2", "张三", ""],
        ["2", "r3", "", "李四", "vip"],
        ["00000003", "r 4", "r5", "=1+1", "vip"],
        ["00000004", "r6", "", "赵六", "vip", "new"],
    ]
    path.write_text("\n".join(map(",".join, [header, *rows])), encoding="gb18030")
    job = applied(upload(path, person))
    assert devices("00000001") == {"r1", "r2"}

    bad = downloaded(job, tmp_path)

    read = read_file(bad)
    assert read.sheet.headings == (*header, "reason")
    two, three, four = (values[:5] for values in read.values)
    assert two == (Padded(2, 8), "r3", "", "李四", "vip")
    assert three == ("00000003", "r 4", "r5", "=1+1", "vip")
    assert four == ("00000004", "r6", "", "赵六", "vip,new")
    # Not mended, the number with lost zeros and the bad id are refused again.
    assert upload(bad, person).bad == 2

    book = openpyxl.load_workbook(bad)
    sheet = book.worksheets[0]
    assert isinstance(sheet, Worksheet)
    sheet["A2"], sheet["B3"] = "00000002", "r4"
    book.save(bad)
    again = applied(upload(bad, person))
    assert (again.rows, again.bad) == (3, 0)
    assert devices("00000002") == {"r3"}
    assert devices("00000003") == {"r4", "r5"}
    assert tags("00000004") == {("all", "vip"), ("all", "new")}
