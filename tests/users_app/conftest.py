"""Fixtures for people, uploads and workbooks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from channels_app.models import Channel
from users_app import import_lease, import_work, imports
from users_app.bind_ids import BindIds
from users_app.changes import Kind, Mode
from users_app.files.sheet import Sheet, SheetRow, opened
from users_app.models import Contact, EndUser, ImportJob, Registration, Tag
from users_app.rows import Row, RowReader

HEADER = ("userid", "bind_id", "app_regid", "tag")
WriteWorkbook = Callable[..., Path]


@dataclass(frozen=True)
class Read:
    """A file read to its end."""

    sheet: Sheet
    rows: list[SheetRow]

    @property
    def values(self) -> list[tuple[Any, ...]]:
        return [tuple(row.values) for row in self.rows]


def read_file(path: Path) -> Read:
    with opened(path) as sheet:
        return Read(sheet, list(sheet.rows()))


BIND_IDS = BindIds({"app123": 7, "app9": 9}, frozenset({"key1"}))


def read_row(workbook: WriteWorkbook, *cells: Any, **more: Any) -> Row:
    return read_rows(workbook(cells, **more))[0]


def read_rows(path: Path) -> list[Row]:
    with opened(path) as sheet:
        return list(map(RowReader(sheet, BIND_IDS).read, sheet.rows()))


def said(row: Row) -> list[tuple[Kind, int | str, str, bool]]:
    assert row.change is not None
    assert row.problems == {}
    return [(b.kind, b.scope, b.value, b.replaces) for b in row.change.bindings]


@pytest.fixture
def app123(db: None) -> Channel:
    """The channel of the guide's example."""
    return Channel.objects.create(
        code="app123", name="Guide", app_key="b" * 24, master_secret="s" * 24
    )


@pytest.fixture
def moving_channel(db: None) -> Channel:
    """A channel in which a device belongs to the newest person only."""
    return Channel.objects.create(
        code="mover",
        name="Mover",
        app_key="c" * 24,
        master_secret="s" * 24,
        device_policy=Channel.DevicePolicy.MOVE,
    )


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings) -> Path:
    """UMS_DATA_DIR of this test."""
    folder = tmp_path / "data"
    folder.mkdir()
    settings.UMS_DATA_DIR = folder
    return folder


@pytest.fixture
def workbook(tmp_path: Path) -> WriteWorkbook:
    """Writes a real .xlsx from rows of values; the usual header comes first unless told."""

    def write(
        *rows: Sequence[Any], header: Sequence[Any] | None = HEADER, name: str = "users.xlsx"
    ) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in ([header] if header else []) + list(rows):
            sheet.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def operator(client: Client, db: None) -> User:
    """Signed in on `client`, with the rights to see and to make imports."""
    user = User.objects.create_user("uploader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__endswith="_importjob"))
    client.force_login(user)
    return user


def devices(userid: str) -> set[str]:
    return set(
        Registration.objects.filter(end_user__userid=userid).values_list(
            "registration_id", flat=True
        )
    )


def tags(userid: str) -> set[tuple[str, str]]:
    return set(Tag.objects.filter(end_user__userid=userid).values_list("bind_id", "name"))


def contacts(userid: str) -> set[tuple[str, str]]:
    return set(Contact.objects.filter(end_user__userid=userid).values_list("scope", "value"))


def stored() -> dict[str, tuple[set[str], set[tuple[str, str]]]]:
    """Everything that is stored about anybody."""
    return {
        userid: (devices(userid), tags(userid))
        for userid in EndUser.objects.values_list("userid", flat=True)
    }


@pytest.fixture
def person(db: None, data_dir: Path) -> User:
    return User.objects.create_user("uploader")


def submitted(path: Path, operator: User, mode: Mode = Mode.SET) -> ImportJob:
    """Uploaded, and not looked at yet."""
    file = SimpleUploadedFile(path.name, path.read_bytes())
    return imports.submit(file=file, mode=mode, operator=operator)


def work_on(job: ImportJob) -> ImportJob:
    """What a worker does for it now, in this thread and without a heartbeat."""
    claim = import_lease.claim(job.pk)
    assert claim is not None
    import_work.carry_on(claim, beats=False)
    job.refresh_from_db()
    return job


def upload(path: Path, operator: User, mode: Mode = Mode.SET) -> ImportJob:
    """Uploaded and checked."""
    return work_on(submitted(path, operator, mode))


def applied(job: ImportJob) -> ImportJob:
    """Confirmed and applied."""
    return work_on(imports.confirm(job=job))


def downloaded(job: ImportJob, folder: Path) -> Path:
    path = folder / "bad.xlsx"
    with imports.bad_rows(job=job) as file:
        path.write_bytes(file.read())
    return path
