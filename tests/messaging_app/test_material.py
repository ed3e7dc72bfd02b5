"""Uploaded files on disk: safe before the answer, gone after their time, whatever crashes."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.utils import timezone

from channels_app.models import BusinessLine
from messaging_app.material import forget_expired, store
from messaging_app.models import Material
from ums.lib import kept_files
from ums.lib.errors import DomainError

pytestmark = pytest.mark.usefixtures("folder")


def kept(line: BusinessLine, *, hours: int = 24) -> Material:
    return store(line=line, file=SimpleUploadedFile("a.txt", b"abc"), hours=hours)


def expired(line: BusinessLine) -> Material:
    found = kept(line)
    Material.objects.filter(pk=found.pk).update(expires_at=timezone.now())
    return found


def file_of(found: Material, folder: Path) -> Path:
    return folder.parent / found.path


def grow_old(path: Path, *, hours: float) -> None:
    moment = (timezone.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment))


def stray(folder: Path, name: str, *, hours: float) -> Path:
    """A file that no row knows."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(b"x")
    grow_old(path, hours=hours)
    return path


def test_file_and_folders_are_on_disk_before_the_row(
    business_line: BusinessLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append(("folder" if is_folder else "file", Material.objects.count()))

    monkeypatch.setattr("os.fsync", fsync)

    kept(business_line)
    kept(business_line)

    assert synced == [
        *[("folder", 0), ("file", 0), ("folder", 0)],  # the new folder's own name first
        *[("file", 1), ("folder", 1)],
    ]


@pytest.mark.django_db(transaction=True)
def test_a_file_whose_row_cannot_be_written_is_taken_back(
    business_line: BusinessLine, folder: Path
) -> None:
    BusinessLine.objects.filter(pk=business_line.pk).delete()

    with pytest.raises(IntegrityError):
        kept(business_line)

    assert list(folder.iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing(
    business_line: BusinessLine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(descriptor: int) -> None:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fsync)

    with pytest.raises(OSError, match="No space"):
        kept(business_line)

    assert list(folder.iterdir()) == []
    assert not Material.objects.exists()


def test_less_than_an_hour_is_refused(business_line: BusinessLine, folder: Path) -> None:
    with pytest.raises(DomainError, match="time_to_live is 0"):
        kept(business_line, hours=0)

    assert not folder.exists()


def test_no_two_files_share_a_name_or_an_address(business_line: BusinessLine) -> None:
    first, second = kept(business_line), kept(business_line)

    assert first.path != second.path
    assert first.token != second.token


def test_only_what_has_expired_is_forgotten(business_line: BusinessLine, folder: Path) -> None:
    old, new = expired(business_line), kept(business_line, hours=1)
    grow_old(file_of(new, folder), hours=100)  # known by its row, however old

    assert forget_expired() == 1

    assert list(Material.objects.all()) == [new]
    assert not file_of(old, folder).exists()
    assert file_of(new, folder).exists()
    assert forget_expired() == 0


def test_a_file_is_kept_until_its_very_moment(business_line: BusinessLine) -> None:
    found = kept(business_line)
    Material.objects.update(expires_at=timezone.now() + timedelta(seconds=30))

    assert forget_expired() == 0
    assert Material.objects.get() == found


def test_a_row_whose_file_is_gone_already_goes_too(
    business_line: BusinessLine, folder: Path
) -> None:
    file_of(expired(business_line), folder).unlink()

    assert forget_expired() == 1
    assert not Material.objects.exists()


def test_files_without_a_row_go_after_a_day(business_line: BusinessLine, folder: Path) -> None:
    old, young = stray(folder, "old", hours=24.1), stray(folder, "young", hours=23.9)
    (folder / "sub").mkdir()
    grow_old(folder / "sub", hours=48)

    assert forget_expired() == 1

    assert not old.exists()
    assert young.exists()
    assert (folder / "sub").exists()


def test_the_files_of_a_deleted_line_go_after_a_day(
    business_line: BusinessLine, folder: Path
) -> None:
    path = file_of(kept(business_line), folder)
    business_line.delete()
    grow_old(path, hours=25)

    assert forget_expired() == 1
    assert not path.exists()


def test_a_link_in_the_folder_is_taken_away_and_not_followed(
    business_line: BusinessLine, folder: Path, tmp_path: Path
) -> None:
    target = stray(tmp_path, "target", hours=48)
    folder.mkdir()
    (folder / "link").symlink_to(target)

    forget_expired()

    assert target.exists()
    assert not (folder / "link").is_symlink()


def test_before_the_first_upload_there_is_nothing_to_forget(db: None) -> None:
    assert forget_expired() == 0


def test_more_than_one_round_is_forgotten(
    business_line: BusinessLine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_files, "FILES_PER_ROUND", 2)
    for number in range(5):
        expired(business_line)
        stray(folder, f"stray{number}", hours=48)
    kept(business_line)

    assert forget_expired() == 10

    assert len(list(folder.iterdir())) == Material.objects.count() == 1
