"""`./dev run`: the stack on one machine, as real processes."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ums.lib.encryption import new_key
from ums.local.browser import call_api
from ums.local.stack import ROOT, free_port

START_SECONDS = 60


class Running:
    """`manage.py run` on ports and data of its own, with what it has printed."""

    def __init__(self, folder: Path) -> None:
        self.port, sandbox_port = free_port(), free_port()
        self.output = folder / "output.txt"
        environment = {
            **os.environ,
            "SECRET_KEY": "test",
            "UMS_ENCRYPTION_KEYS": new_key(),
            "UMS_DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/run.sqlite3",
            "UMS_BASE_URL": "",
            "UMS_OUTBOUND_ALLOW": "127.0.0.0/8",
            "UMS_ALLOWED_PORTS": f"80,{sandbox_port}",
        }
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "manage.py", "run", f"127.0.0.1:{self.port}"),
                    *("--sandbox-port", str(sandbox_port)),
                ],
                cwd=ROOT,
                env=environment,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def wait_until(self, text: str) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            printed = self.output.read_text()
            if text in printed:
                return printed
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        pytest.fail(f"never printed “{text}”: {self.output.read_text()[-2000:]}")

    def descendants(self) -> set[int]:
        """Every process whose parents lead to ours."""
        parents = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.parent.name)] = int(fields[1])
        found: set[int] = set()
        wanted = {self.process.pid}
        while wanted:
            wanted = {pid for pid, parent in parents.items() if parent in wanted} - found
            found |= wanted
        return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    run = Running(tmp_path)
    yield run
    if run.process.poll() is None:
        run.process.send_signal(signal.SIGTERM)
    run.process.wait(60)


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def test_the_printed_commands_do_the_main_job_and_ctrl_c_leaves_no_process(
    running: Running,
) -> None:
    printed = running.wait_until("message/MSGID")
    access, line = re.findall(r"curl -u (\w+):(\w+) \S+/v1/(?:user/opt|sent)", printed)
    people, send = re.findall(r"-d '(.+)'", printed)
    url = f"http://127.0.0.1:{running.port}"

    assert "operator       operator, password" in printed
    assert call_api(f"{url}/v1/user/opt", access, people.encode())[1]["data"]["fail"] == []
    status, answer = call_api(f"{url}/v1/sent", line, send.encode())
    assert (status, answer["code"]) == (200, 0)
    assert settled(f"{url}/v1/message/{answer['msgid']}", line)["targets"] == 2

    children = running.descendants()
    assert len(children) >= 5  # sandbox, worker, web master and two web workers
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert alive(children) == set()


def settled(url: str, line: tuple[str, str]) -> dict[str, int]:
    for _attempt in range(300):
        ledger: dict[str, int] = call_api(url, line)[1]["ledger"]
        if ledger["delivered"] + ledger["clicked"] == 2:
            return ledger
        time.sleep(0.1)
    pytest.fail(f"still {ledger}")


def test_a_child_that_dies_ends_the_run_with_a_sentence(running: Running) -> None:
    running.wait_until("UMS is running")
    worker = next(
        pid
        for pid in running.descendants()
        if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    )

    os.kill(worker, signal.SIGKILL)

    assert running.process.wait(60) == 1
    assert "The worker has ended with exit code -9." in running.output.read_text()


@pytest.mark.parametrize("address", ["8000", "127.0.0.1", "127.0.0.1:x", "[::1", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    result = manage("run", address)

    assert result.returncode == 1
    assert result.stderr == (
        f"CommandError: “{address}” is not an address: write it as 127.0.0.1:8000.\n"
    )


def test_a_taken_port_is_named_with_a_way_out() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]

        result = manage("run", f"127.0.0.1:{port}")

    assert result.returncode == 1
    assert result.stderr == (
        f"CommandError: Port {port} on 127.0.0.1 cannot be used;"
        f" choose another, for example 127.0.0.1:{port + 1}.\n"
    )


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
