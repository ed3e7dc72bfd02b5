"""Child processes of the stack: started, watched, stopped."""

import time
from pathlib import Path

import pytest

from ums.local.stack import Stack, StackError, free_port, is_free


def test_a_process_that_ends_is_reported_with_its_exit_code() -> None:
    with Stack({}) as stack:
        stack.start("worker", "-c", "raise SystemExit(3)")

        with pytest.raises(StackError, match=r"The worker has ended with exit code 3\."):
            stack.wait_for("worker", f"http://127.0.0.1:{free_port()}")


def test_a_process_that_never_answers_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ums.local.stack.START_SECONDS", 0.2)
    with Stack({}) as stack:
        stack.start("web", "-c", "import time; time.sleep(60)")

        with pytest.raises(StackError, match="The web did not answer at"):
            stack.wait_for("web", f"http://127.0.0.1:{free_port()}")


def test_a_process_that_ignores_the_request_to_stop_is_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ums.local.stack.STOP_SECONDS", 0.5)
    ready = tmp_path / "ready"
    stack = Stack({"READY": str(ready)})
    stack.start(
        "worker",
        "-c",
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "open(os.environ['READY'], 'w').close(); time.sleep(60)",
    )
    for _attempt in range(1000):
        if ready.exists():
            break
        time.sleep(0.01)

    stack.stop()

    stack.check()  # nothing is left to watch


def test_a_command_that_fails_is_reported_with_its_own_words() -> None:
    with Stack({}) as stack, pytest.raises(StackError, match=r"manage\.py nonsense failed: "):
        stack.manage("nonsense")


def test_a_port_is_free_until_somebody_listens() -> None:
    assert is_free("127.0.0.1", free_port())
    assert not is_free("203.0.113.1", 80)
