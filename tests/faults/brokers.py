"""A RabbitMQ node of its own, which can be killed and come back empty."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.patience import until
from tests.faults.presence import RABBITMQ_SERVER
from ums.local.stack import free_port

NODE = "ums-faults@localhost"
LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"


class RabbitMQ:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._names_port = free_port(), free_port()
        self._running: list[subprocess.Popen[bytes]] = []
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def start(self) -> None:
        """Unless it runs."""
        if self._running:
            return
        # Its own name server as well: a node would leave a daemon behind on a machine without one.
        self._run("epmd", "-address", "127.0.0.1", "-port", str(self._names_port))
        until(lambda: _listens(self._names_port), what="epmd answers")
        self._run(str(RABBITMQ_SERVER))
        until(self._is_ready, what="RabbitMQ answers")

    def stop(self) -> None:
        """SIGKILL to all of it."""
        for process in reversed(self._running):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def empty(self) -> None:
        """All queues and messages of a stopped node are gone."""
        shutil.rmtree(self._folder / "mnesia")

    def _run(self, *command: str) -> None:
        with (self._folder / "log.txt").open("ab") as log:
            self._running.append(
                subprocess.Popen(
                    command,
                    cwd=self._folder,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _environment(self) -> dict[str, str]:
        """Nothing of the machine's own node: neither its settings nor its data nor its cookie."""
        nothing = self._folder / "nothing"
        nothing.touch()
        plugins = self._folder / "plugins"
        plugins.write_text("[].")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_FLAGS": LOOPBACK_ONLY,
            "RABBITMQ_NODENAME": NODE,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "logs"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(nothing),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        }

    def _is_ready(self) -> bool:
        log = (self._folder / "log.txt").read_text(errors="replace")
        assert all(process.poll() is None for process in self._running), log[-2000:]
        return _listens(self._port)


@contextmanager
def rabbitmq(folder: Path) -> Iterator[RabbitMQ]:
    node = RabbitMQ(folder)
    try:
        node.start()
        yield node
    finally:
        node.stop()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
