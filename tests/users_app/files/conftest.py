"""A process that checks files, and says how much memory that took."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

# Answers with what a check of the file says, and the most memory that it and its reader took.
SERVER = """
import json, os, resource, sys
from pathlib import Path
import django
django.setup()
from ums.lib.errors import DomainError
from users_app.files.sheet import opened
for line in sys.stdin:
    Path("/proc/self/clear_refs").write_text("5")
    try:
        with opened(Path(line.strip())) as sheet:
            said = f"{sum(1 for _ in sheet.rows())} rows"
    except DomainError as exc:
        said = exc.message
    status = Path("/proc/self/status").read_text()
    own = int(status.split("VmHWM:")[1].split()[0])
    readers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps([said, own // 1024, readers // 1024]), flush=True)
"""
Check = Callable[[Path], tuple[str, int, int]]


@pytest.fixture(scope="module")
def check() -> Iterator[Check]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"DJANGO_SETTINGS_MODULE": "ums.settings", "UMS_LANGUAGE": "en", **_keys()},
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        stdin, stdout = server.stdin, server.stdout

        def ask(path: Path) -> tuple[str, int, int]:
            stdin.write(f"{path}\n")
            stdin.flush()
            said, own, readers = json.loads(stdout.readline())
            return said, own, readers

        yield ask


def _keys() -> dict[str, str]:
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "UMS_ENCRYPTION_KEYS": ",".join(settings.UMS_ENCRYPTION_KEYS),
    }
