"""The pages that import people."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from channels_app.models import Channel
from tests.users_app.conftest import HEADER, WriteWorkbook, read_file, stored, work_on
from tests.users_app.import_pages import confirm, show, submit, text_of, upload
from users_app.files import kinds
from users_app.models import ImportJob

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def saved(response: Any, path: Path) -> Path:
    path.write_bytes(response.getvalue())
    return path


def test_a_file_goes_from_upload_over_check_and_confirmation_to_mended_bad_rows(
    client: Client, operator: User, app123: Channel, workbook: WriteWorkbook, tmp_path: Path
) -> None:
    path = workbook(
        ("u1", "app123", "r1", "vip"), ("u2", "app124", "<b>2</b>", ""), ("u3", "", "", "a")
    )

    page = submit(client, path)

    job = ImportJob.objects.get()
    assert page.redirect_chain == [(reverse("users:import_detail", args=[job.pk]), 302)]
    assert (job.state, job.mode) == ("uploaded", "set")
    assert "Waiting for a worker" in page.content.decode()
    html = show(client, work_on(job))
    assert "Apply 2 rows of 2 people" in html
    assert "Did you mean “app123”?" in html
    assert "&lt;b&gt;2&lt;/b&gt;" in html
    assert stored() == {}

    html = confirm(client)

    assert "The good rows are stored." in html
    assert "Apply 2 rows" not in html
    assert set(stored()) == {"u1", "u3"}

    response = client.get(reverse("users:import_bad_rows", args=[job.pk]))
    assert response.headers["Content-Disposition"] == 'attachment; filename="users-bad-rows.xlsx"'
    [row] = read_file(saved(response, tmp_path / "bad.xlsx")).values
    assert row[:3] == ("u2", "app124", "<b>2</b>")

    mended = workbook(("u2", "app123", "r2", "", row[4]), header=(*HEADER, "reason"))
    upload(client, mended)
    confirm(client)
    assert set(stored()) == {"u1", "u2", "u3"}


def test_the_check_of_a_wide_csv_shows_the_columns_with_a_problem_and_what_is_repeated(
    client: Client, operator: User, app123: Channel, tmp_path: Path
) -> None:
    path = tmp_path / "users.csv"
    path.write_text(
        "userid,app_regid:app123,phone,email,wechatwk_userid,姓名,tag\n"
        "u1,r1,138,a@b.cn,w1,张三,vip\nu1,r1,,,,,\nu2,r2,139,no,w2,李四,a b\n"
    )

    html = upload(client, path)

    assert "<dt>Columns</dt>" in html
    assert "<span>Repeated</span><b>1</b>" in html
    assert [html.count(f'<th scope="col">{name}</th>') for name in ("userid", "email", "tag")] == [
        1, 1, 1,
    ]  # fmt: skip
    assert '<th scope="col">phone</th>' not in html
    assert "“no” is not a value of “email”" in html


def test_a_second_click_says_that_the_import_is_confirmed_already(
    client: Client, operator: User, app123: Channel, workbook: WriteWorkbook
) -> None:
    upload(client, workbook(("u1", "app123", "r1", "")))
    address = reverse("users:import_confirm", args=[ImportJob.objects.get().pk])
    client.post(address)

    assert "does not wait for a confirmation: being applied" in text_of(
        client.post(address, follow=True)
    )


def test_an_import_can_be_cancelled_once(
    client: Client, operator: User, app123: Channel, workbook: WriteWorkbook
) -> None:
    upload(client, workbook(("u1", "app123", "r1", ""), ("", "", "", "x")))
    job = ImportJob.objects.get()
    cancel = reverse("users:import_cancel", args=[job.pk])

    html = client.post(cancel, follow=True).content.decode()

    assert "Nothing has been changed." in html
    assert "Apply" not in html
    assert "Download the bad rows" not in html
    assert "is already finished: cancelled" in client.post(cancel, follow=True).content.decode()
    bad_rows = client.get(reverse("users:import_bad_rows", args=[job.pk]), follow=True)
    assert "is no longer stored. Upload it again." in bad_rows.content.decode()
    assert stored() == {}


def test_a_file_without_a_good_row_cannot_be_applied(
    client: Client, operator: User, workbook: WriteWorkbook
) -> None:
    html = upload(client, workbook(("a b", "", "", "x")))

    assert "There is no good row in the file" in html
    assert reverse("users:import_confirm", args=[ImportJob.objects.get().pk]) not in html


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", "no table but a PDF document"),
        (b"", "The file is empty. Upload an Excel workbook (.xlsx) or a CSV file."),
        (None, "Choose a file first."),
    ],
)
def test_a_file_that_is_no_table_is_explained_on_the_form(
    client: Client, operator: User, content: bytes | None, reason: str
) -> None:
    data: dict[str, Any] = {"mode": "set"}
    if content is not None:
        data["file"] = SimpleUploadedFile("a.xlsx", content)

    response = client.post(reverse("users:import_new"), data)

    assert response.status_code == 400
    assert reason in response.content.decode()
    assert not ImportJob.objects.exists()


def test_a_large_file_is_refused_with_both_numbers(
    client: Client, operator: User, workbook: WriteWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("users_app.forms.MAX_BYTES", 1024)
    monkeypatch.setattr(kinds, "MAX_BYTES", 1024)

    html = text_of(submit(client, workbook()))

    assert "The file has 1 MB; at most 0 MB are allowed." in html


def test_the_form_shows_a_sample_and_offers_the_template(
    client: Client, operator: User, tmp_path: Path
) -> None:
    html = client.get(reverse("users:import_new")).content.decode()
    template = client.get(reverse("users:import_template"))

    assert "1104a89792bbb69299a" in html
    assert reverse("users:import_template") in html
    assert len(read_file(saved(template, tmp_path / "t.xlsx")).rows) == 2


def test_an_import_of_a_deleted_operator_is_still_shown(
    client: Client, operator: User, workbook: WriteWorkbook
) -> None:
    job = ImportJob.objects.create(file_name="old.xlsx", report={})

    assert client.get(reverse("users:import_detail", args=[job.pk])).status_code == 200
    assert "old.xlsx" in client.get(reverse("users:import_list")).content.decode()


ADD_PAGES = [
    ("import_new", []),
    ("import_template", []),
    ("import_confirm", [1]),
    ("import_cancel", [1]),
]
VIEW_PAGES = [("import_list", []), ("import_detail", [1]), ("import_bad_rows", [1])]
PARTS = ("import_progress", "import_row")


@pytest.mark.parametrize(("name", "args"), ADD_PAGES + VIEW_PAGES)
def test_every_page_needs_a_sign_in_and_then_the_right(
    client: Client, name: str, args: list[int]
) -> None:
    method = client.post if name in {"import_confirm", "import_cancel"} else client.get
    address = reverse(f"users:{name}", args=args)

    assert method(address).headers["Location"].startswith(reverse("admin:login"))
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert method(address).status_code == 403


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_a_page_is_never_the_page_to_sign_in(client: Client, name: str) -> None:
    assert client.get(reverse(f"users:{name}", args=[1])).status_code == 403


def test_who_may_only_look_sees_no_button(client: Client, workbook: WriteWorkbook) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_importjob"))
    client.force_login(viewer)
    job = ImportJob.objects.create(
        file_name="a.xlsx", state="checked", rows=3, people=3, report={"columns": []}
    )

    detail = client.get(reverse("users:import_detail", args=[job.pk])).content.decode()
    listed = client.get(reverse("users:import_list")).content.decode()

    assert "Apply 3 rows" not in detail
    assert reverse("users:import_new") not in detail + listed
