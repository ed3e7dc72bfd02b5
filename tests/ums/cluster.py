"""A real cluster for tests: web, Celery workers and beat, PostgreSQL, a broker, JPush's sandbox."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from kombu import Connection

from channels_app.jpush.sandbox import Options, Sandbox
from messaging_app.queues import Queue
from tests.messaging_app.running import until
from tests.ums.deployment import ROOT, by_python, command, compose
from ums.lib.encryption import new_key
from ums.local.browser import call_api
from ums.local.stack import Stack, free_port

POSTGRES = os.environ.get("UMS_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
BROKERS = {
    "RabbitMQ": os.environ.get("UMS_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//"),
    "Redis": os.environ.get("UMS_TEST_REDIS_URL", "redis://127.0.0.1:6379/7"),
}
CODE = "app1"
THREADS = 4


class Cluster(Stack):
    """Processes by the commands of `deploy/compose.yaml`, with names as in there."""

    def __init__(self, environment: dict[str, str], sandbox: Sandbox, log: Path) -> None:
        super().__init__(environment, log=log)
        self.environment = environment
        self.sandbox = sandbox
        self.url = environment["UMS_BASE_URL"]
        self.line = self.access = ("", "")
        self.log = log

    def prepare(self) -> None:
        """Database, channel, keys and web process."""
        self.manage(*by_python(command("migrate"))[1:])
        self.manage(
            *("create_channel", "--code", CODE, "--name", "App", "--api-url", self.sandbox.url),
            *("--app-key", "a" * 24, "--master-secret", "s" * 24),
        )
        line = json.loads(self.manage("create_business_line", "--name", "Shop", "--channel", CODE))
        access = json.loads(self.manage("create_access_key", "--name", "People"))
        self.line = (line["channel_key"], line["master_secret"])
        self.access = (access["access_key"], access["master_secret"])
        web = " ".join(command("web")).replace("0.0.0.0:8000", urlsplit(self.url).netloc)
        self.start("web", *by_python(web.split()))
        self.wait_for("web", f"{self.url}/health")

    def start_celery(self, name: str) -> None:
        """`name` has to be "celery" for one to look after its health."""
        self.start(name, *by_python(command("worker")), "--hostname", f"{name}@%h")

    def wait_for_celery(self, workers: int) -> None:
        """A hint does not wait for a worker that has yet to start."""
        until(lambda: self.log.read_text().count(" ready.") == workers, what="the workers")

    def start_beat(self) -> None:
        self.start("beat", *by_python(command("beat")))

    def check_health(self, *services: str) -> None:
        """By the commands with which Compose does it, here in this place."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        node = f"celery@{socket.gethostname()}"
        for service in services:
            kind, *words = compose()["services"][service]["healthcheck"]["test"]
            if kind == "CMD-SHELL":
                words = ["sh", "-c", words[0].replace("celery@$$HOSTNAME", node)]
            words = [word.replace("http://127.0.0.1:8000", self.url) for word in words]
            environment = {**os.environ, **self.environment, "PATH": path}
            subprocess.run(words, check=True, env=environment, cwd=ROOT, capture_output=True)

    def kill(self, name: str) -> None:
        """With all that it has started, at once."""
        child = self._children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def terminate(self, name: str) -> None:
        """As systemd and Docker do it: the main process alone, which ends with its work done."""
        child = self._children.pop(name)
        child.terminate()
        assert child.wait(60) == 0

    def batches(self, state: str) -> int:
        return self.sql(f"SELECT FROM messaging_app_batch WHERE state = '{state}'")

    def add_people(self, number: int) -> None:
        """With a device each."""
        for start in range(0, number, 1000):
            people = [
                {"userid": f"u{n}", "set": {"app": {CODE: [f"r{n}"]}}}
                for n in range(start, min(start + 1000, number))
            ]
            body = json.dumps(people).encode()
            status, answer = call_api(f"{self.url}/v1/user/opt", self.access, body)
            assert (status, answer["code"]) == (200, 0)

    def send(self, **values: Any) -> str:
        """A message to everyone; its msgid."""
        push = {"platform": "all", "notification": {"alert": "Hi"}}
        body = json.dumps({"msg_app": [push], **values}).encode()
        status, answer = call_api(f"{self.url}/v1/broadcast", self.line, body)
        assert status == 200, answer
        return str(answer["msgid"])

    def message(self, msgid: str) -> dict[str, Any]:
        _status, answer = call_api(f"{self.url}/v1/message/{msgid}", self.line)
        found: dict[str, Any] = answer
        return found

    def pushes(self) -> int:
        return int(self.sandbox.stats()["accepted"]["pushes"])

    def sql(self, statement: str) -> int:
        """How many rows it concerned."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            return connection.execute(statement).rowcount

    def hints(self) -> int:
        """How many wait on the broker."""
        with self._channel() as channel:
            names = [self._on_broker(queue) for queue in Queue]
            return sum(channel.queue_declare(name, passive=True).message_count for name in names)

    def empty_broker(self, *, forget: bool = False) -> None:
        """Drop all hints; `forget`: whatever the broker knows of us."""
        with self._channel() as channel:
            for queue in Queue:
                channel.queue_purge(self._on_broker(queue))
                if forget:
                    channel.queue_delete(self._on_broker(queue))
                    channel.exchange_delete(self._on_broker(queue))
            if forget and self.environment["CELERY_BROKER_URL"].startswith("redis"):
                left = channel.client.keys(f"*{self.environment['UMS_QUEUE_PREFIX']}*")
                channel.client.delete("_kombu.binding_deadlines", *left)

    @contextmanager
    def _channel(self) -> Iterator[Any]:
        with Connection(self.environment["CELERY_BROKER_URL"]) as broker:
            yield broker.default_channel

    def _on_broker(self, queue: Queue) -> str:
        return f"{self.environment['UMS_QUEUE_PREFIX']}{queue}"


@contextmanager
def cluster(broker: str, folder: Path) -> Iterator[Cluster]:
    """With a web process, and nobody yet who sends."""
    _require("PostgreSQL", POSTGRES, 5432)
    _require(broker, BROKERS[broker], 5672 if broker == "RabbitMQ" else 6379)
    name = f"ums_cluster_{os.getpid()}"
    options = Options(seed=1, rate_limit=1_000_000, delivered=0.8, clicked=0.25, callback_delay=0.1)
    with psycopg.connect(POSTGRES, autocommit=True) as admin, Sandbox(options) as sandbox:
        admin.execute(f"CREATE DATABASE {name}")
        environment = {
            "SECRET_KEY": "test",
            "UMS_ENCRYPTION_KEYS": new_key(),
            "DATABASE_URL": urlsplit(POSTGRES)._replace(path=f"/{name}").geturl(),
            "CELERY_BROKER_URL": BROKERS[broker],
            "UMS_QUEUE_PREFIX": f"{name}.",
            "UMS_CALL_THREADS": str(THREADS),
            "UMS_DATA_DIR": str(folder / "data"),
            "UMS_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "UMS_OUTBOUND_ALLOW": "127.0.0.0/8",
            "UMS_ALLOWED_PORTS": str(urlsplit(sandbox.url).port),
            "UMS_LANGUAGE": "en",
        }
        running = Cluster(environment, sandbox, folder / "processes.log")
        try:
            with running:
                running.prepare()
                yield running
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            running.empty_broker(forget=True)


def _require(service: str, url: str, port: int) -> None:
    """Skip without it; but where all of it must run (CI), fail."""
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or port), 2).close()
    except OSError as exc:
        sentence = f"{service} is not reached at {address.hostname}:{address.port or port}: {exc}."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
