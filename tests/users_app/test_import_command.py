"""The command import_users."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from channels_app.models import Channel
from tests.users_app.conftest import WriteWorkbook, stored

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
