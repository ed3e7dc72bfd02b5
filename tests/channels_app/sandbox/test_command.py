"""The command that runs the sandbox."""

import io
import logging
import os
import signal
from threading import Thread
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from channels_app.jpush.sandbox import Sandbox
from tests.channels_app.sandbox.calling import KEY, SECRET, Client, Reply, until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_a_signal(
    number: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    out = io.StringIO()
    handler = signal.getsignal(number)
    replies: list[Reply] = []

    def visit() -> None:
        try:
            until(lambda: "\n" in out.getvalue())
            url = out.getvalue().split()[-1]
            replies.append(Client(url).push("rid-1", callback={"url": "http://127.0.0.1:1"}))
            replies.append(Client(url, key="other").push("rid-1"))
        finally:
            os.kill(os.getpid(), number)

    visitor = Thread(target=visit)
    visitor.start()
    call_command(
        "jpush_sandbox",
        "--port=0",
        f"--app={KEY}:{SECRET}",
        "--callback-url=http://127.0.0.1:1/",
        f"--callback-url={KEY}=http://127.0.0.1:1/",
        "--early-callbacks",
        "--verbose-calls",
        stdout=out,
    )
    visitor.join()
    logging.getLogger("channels_app.jpush.sandbox").setLevel(logging.NOTSET)

    assert out.getvalue().startswith("JPush sandbox on http://127.0.0.1:")
    assert [reply.status for reply in replies] == [200, 401]
    assert signal.getsignal(number) is handler
    (line,) = (record.getMessage() for record in caplog.records)
    assert KEY in line
    assert "rid-1" not in line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host=0.0.0.0"], "0.0.0.0 is not a loopback address"),
        (["--host=example.org"], "example.org is not a loopback address"),
        (["--host=192.0.2.1", "--allow-remote"], "cannot listen on 192.0.2.1 port 8900"),
        (["--port=70000"], "cannot listen on 127.0.0.1 port 70000"),
        (["--app=no-secret"], "--app must be KEY:SECRET"),
        (["--callback-url=KEY"], "'' is not an http or https URL"),
        (["--delivered=2"], "delivered must be a number from 0 to 1"),
        (["--rate-limit=0"], "rate_limit must be a number from 1"),
        (["--latency=-1"], "latency must be a number from 0"),
    ],
)
def test_the_command_refuses_in_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("jpush_sandbox", *arguments)


def test_the_command_names_a_taken_port() -> None:
    with Sandbox() as sandbox:
        port = urlsplit(sandbox.url).port

        with pytest.raises(CommandError, match=f"cannot listen on localhost port {port}"):
            call_command("jpush_sandbox", host="localhost", port=port)
