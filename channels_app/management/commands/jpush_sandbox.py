"""Runs the stand-in JPush server until it is told to stop."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, fields
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from channels_app.jpush import sandbox
from channels_app.jpush.sandbox.server import is_loopback

DEFAULT_PORT = 8900


class Command(BaseCommand):
    help = "Runs a stand-in JPush server: everything can be tried without an account."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        for entry in (*fields(sandbox.Options), *fields(sandbox.Faults)):
            if "help" in entry.metadata:
                _add_choice(parser, entry)
        parser.set_defaults(port=DEFAULT_PORT)
        parser.add_argument(
            "--app",
            dest="apps",
            action="append",
            default=[],
            metavar="KEY:SECRET",
            help="credentials that pass; without any, every pair passes",
        )
        parser.add_argument(
            "--callback-url",
            dest="callback_urls",
            action="append",
            default=[],
            metavar="[KEY=]URL",
            help="where receipts go if a push names no URL, for one AppKey or for all",
        )
        parser.add_argument(
            "--no-cid",
            dest="cid_enabled",
            action="store_false",
            help="answer 404 to the cid call, as an older private cloud does",
        )
        parser.add_argument("--seed", type=int, help="fix every draw and the msg_ids")
        parser.add_argument(
            "--allow-remote", action="store_true", help="listen on more than this machine"
        )
        parser.add_argument("--verbose-calls", action="store_true", help="log each push")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = _options(options)
        if not is_loopback(chosen.host) and not options["allow_remote"]:
            raise CommandError(
                f"{chosen.host} is not a loopback address: others could reach the sandbox; "
                "add --allow-remote if they shall."
            )
        if options["verbose_calls"]:
            logging.getLogger(sandbox.__name__).setLevel(logging.DEBUG)
        server = sandbox.Sandbox(chosen)
        try:
            server.start()
        except (OSError, OverflowError) as exc:
            raise CommandError(
                f"The sandbox cannot listen on {chosen.host} port {chosen.port}: {exc}."
            ) from exc
        try:
            with _stop_signals() as stopping:
                self.stdout.write(f"JPush sandbox on {server.url}")
                self.stdout.flush()
                stopping.wait()
        finally:
            server.stop()


def _add_choice(parser: CommandParser, entry: Field[Any]) -> None:
    name = "--" + entry.name.replace("_", "-")
    if entry.default is False:
        parser.add_argument(name, action="store_true", help=entry.metadata["help"])
        return
    parser.add_argument(
        name,
        type=type(entry.default),
        default=entry.default,
        help=entry.metadata["help"] + " (default %(default)s)",
    )


def _options(values: dict[str, Any]) -> sandbox.Options:
    """CommandError names the option that makes no sense."""
    plain = {e.name: values[e.name] for e in fields(sandbox.Options) if e.name in values}
    try:
        return sandbox.Options(
            **{
                **plain,
                "apps": dict(map(_app, values["apps"])),
                "callback_urls": dict(map(_callback_url, values["callback_urls"])),
                "faults": sandbox.Faults(
                    **{entry.name: values[entry.name] for entry in fields(sandbox.Faults)}
                ),
            }
        )
    except ValueError as exc:
        raise CommandError(str(exc)) from exc


def _app(text: str) -> tuple[str, str]:
    app_key, _, master_secret = text.partition(":")
    if not app_key or not master_secret:
        raise ValueError("--app must be KEY:SECRET.")  # the text may hold a secret
    return app_key, master_secret


def _callback_url(text: str) -> tuple[str, str]:
    if text.startswith(("http://", "https://")):
        return "", text
    app_key, _, url = text.partition("=")
    return app_key, url


@contextmanager
def _stop_signals() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set."""
    stopping = Event()
    before = {
        number: signal.signal(number, lambda *_: stopping.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
