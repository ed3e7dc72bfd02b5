"""Imports of workbooks, and the command."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from channels_app.models import Channel
from tests.users_app.conftest import (
    WriteWorkbook,
    applied,
    devices,
    downloaded,
    read_file,
    stored,
    tags,
    upload,
    work_on,
)
from ums.lib.errors import DomainError
from users_app import import_lease, imports
from users_app.changes import Mode
from users_app.models import ImportJob

pytestmark = pytest.mark.django_db


def figures(job: ImportJob) -> dict[str, int]:
    names = ("rows", "people", "new", "changed", "unchanged", "moved", "bad")
    return {name: getattr(job, name) for name in names}


def test_checking_a_file_counts_and_writes_nothing(
    app123: Channel, person: User, workbook: WriteWorkbook, data_dir: Path
) -> None:
    applied(upload(workbook(("u1", "app123", "r1", ""), ("u2", "", "", "a")), person))
    before = stored()

    job = upload(
        workbook(
            ("u1", "app123", "r1", ""),
            ("u1", "app123", "r2", ""),
            ("u2", "", "", "a"),
            (),
            ("u3", "app123", "r3", "vip"),
            ("u4", "app124", "r4", ""),
            header=("userid", "bind_id", "app_regid", "tag", "name"),
        ),
        person,
    )

    assert figures(job) == {
        "rows": 5, "people": 3, "new": 1, "changed": 1, "unchanged": 1, "moved": 0, "bad": 1,
    }  # fmt: skip
    assert (job.state, job.file_name, job.operator) == ("checked", "users.xlsx", person)
    assert job.report["ignored"] == ["name"]
    [bad] = job.report["first_bad"]
    assert bad["number"] == 7
    assert [bool(cell["reason"]) for cell in bad["cells"]] == [False, True, False, False]
    assert (data_dir / job.path).parent == data_dir / "imports"
    assert stored() == before


def test_confirming_applies_the_good_rows_with_the_figures_of_the_check(
    app123: Channel, person: User, workbook: WriteWorkbook
) -> None:
    job = upload(
        workbook(
            ("u1", "app123", "r1", "vip"), ("u2", "app123", "r 2", ""), ("u1", "app123", "r3", "")
        ),
        person,
    )
    checked = figures(job)

    applied(job)

    assert job.state == "applied"
    assert job.applied_at is not None
    assert figures(job) == checked
    assert stored() == {"u1": ({"r1", "r3"}, {("all", "vip")})}


def test_a_file_replaces_devices_per_channel_and_adds_tags(
    app123: Channel, channel: Channel, person: User, workbook: WriteWorkbook
) -> None:
    first = workbook(
        ("u1", "app123", "old", "a"), ("u1", "app1", "other", ""), ("u2", "app123", "r2", "")
    )
    applied(upload(first, person))

    applied(upload(workbook(("u1", "app123", "r1", "b"), ("u1", "app123", "r3", "")), person))

    assert devices("u1") == {"r1", "r3", "other"}
    assert tags("u1") == {("all", "a"), ("all", "b")}
    assert devices("u2") == {"r2"}


def test_two_clicks_apply_once(app123: Channel, person: User, workbook: WriteWorkbook) -> None:
    job = upload(workbook(("u1", "app123", "r1", "")), person)
    again = ImportJob.objects.get(pk=job.pk)
    imports.confirm(job=job)

    with pytest.raises(DomainError, match=r"“users\.xlsx” does not wait .*: being applied"):
        imports.confirm(job=again)

    assert figures(work_on(job))["new"] == 1
    with pytest.raises(DomainError, match=r"“users\.xlsx” does not wait .*: applied"):
        imports.confirm(job=again)
    assert import_lease.waiting() == []


def test_a_cancelled_import_forgets_its_file_and_cannot_be_applied(
    app123: Channel, person: User, workbook: WriteWorkbook, data_dir: Path
) -> None:
    job = upload(workbook(("u1", "app123", "r1", "")), person)

    imports.cancel(job=job)

    assert list((data_dir / "imports").iterdir()) == []
    with pytest.raises(DomainError, match="already finished: cancelled"):
        imports.cancel(job=job)
    with pytest.raises(DomainError, match="does not wait for a confirmation: cancelled"):
        imports.confirm(job=job)
    assert stored() == {}


def test_a_file_that_is_no_workbook_leaves_nothing_behind(person: User, data_dir: Path) -> None:
    with pytest.raises(DomainError, match="a PDF document"):
        imports.submit(
            file=SimpleUploadedFile("a.xlsx", b"%PDF-1.7"), mode=Mode.SET, operator=person
        )

    assert list((data_dir / "imports").iterdir()) == []
    assert not ImportJob.objects.exists()


def test_someone_with_only_a_bad_row_is_not_touched(
    app123: Channel, person: User, workbook: WriteWorkbook
) -> None:
    applied(upload(workbook(("u1", "app123", "r1", "")), person))

    job = upload(workbook(("u1", "app123", "r 2", ""), ("u2", "app123", "r 3", "")), person)
    imports.confirm(job=job)

    assert figures(job)["people"] == 0
    assert stored() == {"u1": ({"r1"}, set())}


def test_only_the_first_bad_rows_are_kept_for_the_page(
    person: User, workbook: WriteWorkbook
) -> None:
    job = upload(workbook(*(("a b", "", "", "x") for _n in range(30))), person)

    assert job.bad == 30
    assert [bad["number"] for bad in job.report["first_bad"]] == list(range(2, 22))


def test_bad_rows_come_back_with_all_their_columns_and_can_be_mended_and_uploaded(
    app123: Channel, person: User, workbook: WriteWorkbook, tmp_path: Path
) -> None:
    header = ("Name", "TAG", "userid", "app_regid", "bind_id")
    rows = [
        ("Zhang San", "vip", "u1", "r1", "app123"),
        ("Li Si", "a b", "u2", "r2", "app124"),
        ("Wang Wu", "", 1.5, "r3", "app123"),
    ]
    job = applied(upload(workbook(*rows, header=header), person))

    bad = downloaded(job, tmp_path)

    read = read_file(bad)
    assert read.sheet.headings == (*header, "reason")
    li_si, wang_wu = read.values
    assert li_si[:5] == rows[1]
    assert wang_wu[:5] == rows[2]
    assert str(li_si[5]).startswith("tag: The tag “a b” has")
    assert "bind_id: “app124” is not the code" in str(li_si[5])

    again = upload(bad, person)
    assert (again.rows, again.bad, again.report["ignored"]) == (2, 2, ["Name"])
    assert read_file(downloaded(again, tmp_path)).sheet.headings == (*header, "reason")

    mended = workbook(
        ("Li Si", "ab", "u2", "r2", "app123", "old reason"),
        ("Wang Wu", "", "u3", "r3", "app123", ""),
        header=(*header, "reason"),
    )
    applied(upload(mended, person))
    assert {userid: data[0] for userid, data in stored().items()} == {
        "u1": {"r1"}, "u2": {"r2"}, "u3": {"r3"},
    }  # fmt: skip


def test_mending_one_row_of_a_person_does_not_lose_the_persons_good_rows(
    app123: Channel, person: User, workbook: WriteWorkbook, tmp_path: Path
) -> None:
    applied(upload(workbook(("u1", "app123", "gone", "")), person))
    job = applied(
        upload(
            workbook(
                ("u1", "app123", "r1", ""),
                ("u1", "app123", "r 2", ""),
                ("u1", "", "", "vip"),
                ("u9", "app123", "r9", ""),
            ),
            person,
        )
    )
    # Not replaced yet: the unreadable row may have named "gone".
    assert devices("u1") == {"gone", "r1"}

    rows = read_file(downloaded(job, tmp_path)).values
    assert [row[:4] for row in rows] == [("u1", "app123", "r1", ""), ("u1", "app123", "r 2", "")]
    assert "row 3 names the same person" in str(rows[0][4])

    mended = workbook(rows[0][:4], ("u1", "app123", "r2", ""))
    applied(upload(mended, person))
    assert devices("u1") == {"r1", "r2"}


def test_bad_rows_are_judged_as_they_were_when_the_file_was_applied(
    app123: Channel, person: User, workbook: WriteWorkbook, tmp_path: Path
) -> None:
    job = applied(upload(workbook(("u1", "later", "r1", "")), person))
    Channel.objects.create(code="later", name="Later", app_key="a", master_secret="s")

    assert len(read_file(downloaded(job, tmp_path)).rows) == 1
