"""The command import_users."""

import json
import logging
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from channels_app.models import Channel
from tests.users_app.conftest import WriteWorkbook, devices, read_file, stored
from users_app.import_progress import Progress
from users_app.models import ImportJob

pytestmark = pytest.mark.django_db


def run(*args: Any) -> tuple[dict[str, int], str]:
    out, err = StringIO(), StringIO()
    call_command("import_users", *map(str, args), stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def test_the_command_imports_and_prints_one_json_object(
    app123: Channel, workbook: WriteWorkbook
) -> None:
    path = workbook(("u1", "app123", "r1", "vip"), ("u2", "app12", "r2", ""), ("u1", "", "", "b"))
    figures = {"people": 1, "new": 1, "changed": 0, "moved": 0, "unchanged": 0}
    expected = {"rows": 3, **figures, "bad": 1}

    assert run(path, "--check")[0] == expected
    assert stored() == {}
    result, problems = run(path)

    assert result == expected
    assert "row 3, bind_id: “app12” is not the code of a channel" in problems
    assert stored() == {"u1": (set() | {"r1"}, {("all", "vip"), ("all", "b")})}
    assert run(path)[0] == expected | {"new": 0, "unchanged": 1}


def test_the_command_speaks_chinese_where_that_is_the_language(
    app123: Channel, workbook: WriteWorkbook, tmp_path: Path
) -> None:
    with translation.override("zh-hans"):
        _figures, problems = run(workbook(("u1", "app12", "r1", "")))
        with pytest.raises(CommandError, match="无法读取"):
            run(tmp_path / "missing.xlsx")

    assert "第 2 行，bind_id：" in problems


def test_people_whom_a_file_to_delete_does_not_know_are_counted_and_not_created(
    app123: Channel, workbook: WriteWorkbook
) -> None:
    run(workbook(("u1", "app123", "r1", "vip"), ("u2", "app123", "r2", "")))
    path = workbook(("u1", "", "", "vip"), ("u2", "", "", "vip"), ("u3", "", "", "vip"))
    figures = {"people": 3, "new": 1, "changed": 1, "moved": 0, "unchanged": 1}

    assert run(path, "--mode", "delete")[0] == {"rows": 3, **figures, "bad": 0}
    assert stored() == {"u1": ({"r1"}, set()), "u2": ({"r2"}, set())}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xlsx", b"%PDF-1.7", "a PDF document"),
        ("missing.xlsx", None, "cannot be read: No such file or directory"),
        (".", None, "cannot be read: Is a directory"),
    ],
)
def test_the_command_says_in_one_sentence_why_a_file_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(CommandError, match=reason):
        run(tmp_path / name)


def test_the_bad_rows_go_to_a_workbook_before_anything_is_applied(
    app123: Channel, workbook: WriteWorkbook, tmp_path: Path
) -> None:
    path, out = workbook(("u1", "app123", "r1", ""), ("u2", "app12", "r2", "")), tmp_path / "e.xlsx"
    out.write_text("an earlier one")

    assert run(path, "--check", "--errors", out)[0]["bad"] == 1

    [row] = read_file(out).values
    assert row[:3] == ("u2", "app12", "r2")
    assert "Did you mean “app123”?" in row[4]
    assert sorted(tmp_path.iterdir()) == [out, path]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("users.xlsx", "is the file to import; name another one"),
        ("..", "is a folder; name a file in it"),
        ("missing/e.xlsx", "cannot be written: No such file or directory"),
    ],
)
def test_a_place_where_the_bad_rows_cannot_go_is_refused_before_anything_is_applied(
    app123: Channel, workbook: WriteWorkbook, tmp_path: Path, name: str, reason: str
) -> None:
    path = workbook(("u1", "app123", "r1", ""))

    with pytest.raises(CommandError, match=reason):
        run(path, "--errors", tmp_path / name)

    assert stored() == {}
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_read_leaves_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7")

    with pytest.raises(CommandError, match="a PDF document"):
        run(path, "--errors", tmp_path / "e.xlsx")

    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("done", "exc", "words", "code"),
    [
        (0, KeyboardInterrupt(), "Stopped before anything was applied.", 130),
        (
            40,
            KeyboardInterrupt(),
            "Stopped after 40 of 90 people, who stay applied."
            " The same command again does the rest.",
            130,
        ),
        (
            0,
            OSError(28, "No space left on device"),
            "Stopped before anything was applied. No space left on device.",
            1,
        ),
    ],
)
def test_what_stops_it_leads_to_a_sentence_on_what_has_been_applied(
    app123: Channel,
    workbook: WriteWorkbook,
    monkeypatch: pytest.MonkeyPatch,
    done: int,
    exc: BaseException,
    words: str,
    code: int,
) -> None:
    def stop(self: Progress, phase: ImportJob.Phase, **_figures: int) -> None:
        self.phase, self.done, self.total = phase, done, 90
        if phase == ImportJob.Phase.APPLYING:
            raise exc

    monkeypatch.setattr(Progress, "enter", stop)

    with pytest.raises(CommandError) as caught:
        run(workbook(("u1", "app123", "r1", "")))

    assert (str(caught.value), caught.value.returncode) == (words, code)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_it_is_and_a_pipe_does_not(
    app123: Channel, workbook: WriteWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(("u1", "app123", "r1", ""))
    monkeypatch.setattr("ums.lib.terminal.SECONDS_BETWEEN", 0)
    monkeypatch.setattr(sys, "stderr", pipe := StringIO())
    run(path, "--check")
    assert pipe.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    log = logging.StreamHandler(terminal)
    monkeypatch.setattr(logging.getLogger("users_app.imports"), "handlers", [log])

    run(path)

    shown = terminal.getvalue()
    for words in ("reading the file, 0 of about 1", "comparing with", f"[{'-' * 24}]   0%"):
        assert words in shown
    assert "100% applying, 1 of 1 person" in shown
    assert shown.endswith("\r\x1b[K")
    assert "\r\x1b[Kimport applied=True" in shown
    assert devices("u1") == {"r1"}
