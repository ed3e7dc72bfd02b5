"""The whole system as child processes of one machine: sandbox, web and worker."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 30.0
WEB_PROCESSES = 2
WEB_THREADS = 8


class StackError(Exception):
    """A process did not start or did not stay; the message is one sentence for a person."""


class Stack:
    """Starts processes and stops every one of them, whatever happens in between."""

    def __init__(self, environment: Mapping[str, str], *, log: Path | None = None) -> None:
        self._environment = {**os.environ, **environment}
        self._log = log
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Stack":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, name: str, *command: str) -> None:
        """Start `python command…` in a session of its own: a Ctrl-C reaches it through us only."""
        with contextlib.ExitStack() as files:
            log = files.enter_context(self._log.open("ab")) if self._log else None
            self._children[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def pid(self, name: str) -> int:
        return self._children[name].pid

    def start_web(self, host: str, port: int) -> None:
        self.start(
            "web",
            *("-m", "gunicorn", "-c", "python:ums.gunicorn_conf", "ums.wsgi"),
            *("--bind", f"{host}:{port}", "--log-level", "warning"),
            *("--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS), "--timeout", "120"),
        )

    def start_worker(self) -> None:
        self.start("worker", "manage.py", "worker")

    def start_sandbox(self, port: int, apps: Sequence[tuple[str, str]], *options: str) -> None:
        pairs = [word for key, secret in apps for word in ("--app", f"{key}:{secret}")]
        self.start("sandbox", "manage.py", "jpush_sandbox", "--port", str(port), *pairs, *options)

    def manage(self, *arguments: str) -> str:
        """Run `manage.py arguments…` to its end; what it printed."""
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise StackError(f"manage.py {arguments[0]} failed: {result.stderr.strip()[-500:]}")
        return result.stdout

    def wait_for(self, name: str, url: str) -> None:
        """Until `url` answers at all; StackError if the process ends first or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check()
            try:
                urllib.request.urlopen(url, timeout=2).close()  # noqa: S310  # our own http address
            except urllib.error.HTTPError as answer:
                answer.close()
                return
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise StackError(f"The {name} did not answer at {url} within {START_SECONDS:.0f} s.")

    def check(self) -> None:
        """StackError if one of the processes has ended."""
        for name, child in self._children.items():
            if child.poll() is not None:
                raise StackError(f"The {name} has ended with exit code {child.returncode}.")

    def stop(self) -> None:
        """SIGTERM to all, in the order web, worker, sandbox; SIGKILL to what is left."""
        for child in reversed(self._children.values()):
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(deadline - time.monotonic(), 0.1))
            # The whole session: a web master that was killed may leave its workers.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self._children.clear()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if child.poll() is None:
        child.send_signal(number)
