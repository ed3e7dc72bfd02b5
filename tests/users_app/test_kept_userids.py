"""Lists of userids that wait for their confirmation."""

import os
import time
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ums.lib.errors import DomainError
from users_app import kept_userids
from users_app.userid_lines import UseridLine

pytestmark = pytest.mark.usefixtures("data_dir")

KEY = uuid4()


def read() -> list[UseridLine]:
    with kept_userids.opened(KEY) as lines:
        return list(lines)


def test_a_pasted_list_is_kept_with_its_lines() -> None:
    kept_userids.keep(KEY, text="anna bert\r\ncarl￥", file=None)

    assert read() == [UseridLine(1, "anna"), UseridLine(1, "bert"), UseridLine(2, "carl￥")]
    assert kept_userids.pasted_text(KEY) == "anna bert\ncarl￥"


def test_a_file_is_kept_as_it_is() -> None:
    kept_userids.keep(KEY, text="", file=SimpleUploadedFile("a.csv", b"userid,x\nanna,1\n"))

    assert read() == [UseridLine(2, "anna")]
    assert kept_userids.pasted_text(KEY) == ""


def test_a_list_that_is_forgotten_has_to_be_given_again() -> None:
    kept_userids.keep(KEY, text="anna", file=None)
    kept_userids.forget(KEY)

    with pytest.raises(DomainError, match="Paste or upload it again"):
        read()


def test_old_lists_are_forgotten(data_dir: Path) -> None:
    assert kept_userids.forget_old() == 0
    kept_userids.keep(KEY, text="anna", file=None)
    kept_userids.keep(uuid4(), text="bert", file=None)
    assert kept_userids.forget_old() == 0
    before = time.time() - 25 * 3600
    os.utime(data_dir / "userids" / f"{KEY.hex}.pasted", (before, before))

    assert kept_userids.forget_old() == 1

    assert len(list((data_dir / "userids").iterdir())) == 1


def test_a_list_that_goes_during_the_sweep_is_no_matter(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_userids.keep(KEY, text="anna", file=None)
    (data_dir / "userids" / "broken").symlink_to(data_dir / "nowhere")

    assert kept_userids.forget_old() == 0
