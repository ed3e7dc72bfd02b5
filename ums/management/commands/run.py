"""`./dev run`: sandbox, worker and web on one machine until Ctrl-C."""

import os
import signal
import time
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from ums.local import first_start
from ums.local.stack import Stack, StackError, is_free

SANDBOX_PORT = 8900  # `./dev` writes it into UMS_ALLOWED_PORTS


class Command(BaseCommand):
    help = "Starts sandbox, worker and web, and on first start makes everything to try them with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:8000", metavar="ADDR:PORT")
        parser.add_argument("--sandbox-port", type=int, default=SANDBOX_PORT)

    def handle(self, *args: Any, address: str, sandbox_port: int, **options: Any) -> None:
        host, port = _split(address)
        _require_free(host, port, f"choose another, for example {host}:{port + 1}")
        _require_free("127.0.0.1", sandbox_port, "the JPush sandbox needs it: stop what holds it")
        # Settings have put .env into the environment; only where both are silent do we know better.
        own_url = f"http://{_reachable(host)}:{port}"
        base_url = os.environ.get("UMS_BASE_URL") or own_url
        # SIGINT too: a shell starts its background jobs with it ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        call_command("migrate", interactive=False, verbosity=0)
        sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        credentials = first_start.prepare(sandbox_url=sandbox_url)
        try:
            with Stack({"UMS_BASE_URL": base_url}) as stack:
                stack.start_sandbox(sandbox_port, first_start.sandbox_apps(sandbox_url))
                stack.start_worker()
                stack.start_web(_bracketed(host), port)
                stack.wait_for("web", f"{own_url}/health")
                self.stdout.write(first_start.greeting(base_url, credentials))
                self.stdout.flush()
                while True:
                    stack.check()
                    time.sleep(0.5)
        except StackError as exc:
            raise CommandError(str(exc)) from exc
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")


def _split(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise CommandError(f"“{address}” is not an address: write it as 127.0.0.1:8000.")
    return host, port


def _reachable(host: str) -> str:
    """How a browser on this machine names `host`, which may stand for all addresses."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host) or _bracketed(host)  # noqa: S104  # compared only


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _require_free(host: str, port: int, advice: str) -> None:
    if not is_free(host, port):
        raise CommandError(f"Port {port} on {host} cannot be used; {advice}.")


def _interrupt(*_signal: object) -> None:
    raise KeyboardInterrupt
