"""The main job from end to end over HTTP, on a database and on ports of its own."""

import json
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ums.lib.encryption import new_key
from ums.local.browser import call_api
from ums.local.demo_console import Console
from ums.local.demo_figures import System, compare, require, settled, show
from ums.local.stack import Stack, free_port

ROWS = 5000
PEOPLE = 4500  # some have two devices
VIPS = 1200
TAG = "vip"
CODE = "app123"
OPERATOR, PASSWORD = "demo", secrets.token_urlsafe(12)
# The App Channel Integration Guide's own example.
GUIDE = (
    b'[{"userid":"zhangsan","set":{"app":{"app123":'
    b'["1104a89792bbb69299a","191e35f7e0fb16c7d45"]}}}]'
)
GUIDE_DEVICES = 2


def run_demo(*, say: Callable[[str], None]) -> None:
    """DemoError or StackError unless everything is exactly right."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ums-demo-") as folder:
        log = Path(folder) / "processes.log"
        web_port, sandbox_port = free_port(), free_port()
        environment = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "UMS_ENCRYPTION_KEYS": new_key(),
            "UMS_DATA_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
            "UMS_BASE_URL": f"http://127.0.0.1:{web_port}",
            "UMS_OUTBOUND_ALLOW": "127.0.0.0/8",
            "UMS_ALLOWED_PORTS": f"80,443,25,465,{sandbox_port}",
            "UMS_LANGUAGE": "en",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        }
        with Stack(environment, log=log) as stack:
            try:
                system = _start(stack, web_port, sandbox_port)
                say(f"Web, worker and JPush sandbox are running at {system.url}.")
                _main_job(system, say)
                stack.check()
            except Exception:
                say(log.read_text()[-3000:] if log.exists() else "")
                raise
    say(f"Every figure is exactly right, after {time.monotonic() - began:.0f} s.")


def _start(stack: Stack, web_port: int, sandbox_port: int) -> System:
    sandbox, url = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{web_port}"
    app_key, app_secret = secrets.token_hex(12), secrets.token_hex(12)
    stack.manage("migrate", "--no-input", "--verbosity", "0")
    stack.manage(
        "createsuperuser", "--no-input", "--username", OPERATOR, "--email", "demo@example.com"
    )
    stack.manage(
        *("create_channel", "--code", CODE, "--name", "Demo", "--api-url", sandbox),
        *("--app-key", app_key, "--master-secret", app_secret),
    )
    line = json.loads(stack.manage("create_business_line", "--name", "Demo", "--channel", CODE))
    access = json.loads(stack.manage("create_access_key", "--name", "Demo"))
    options = ("--delivered", "0.9", "--clicked", "0.25", "--callback-delay", "0.3")
    stack.start_sandbox(sandbox_port, [(app_key, app_secret)], *options)
    stack.wait_for("sandbox", f"{sandbox}/sandbox/stats")
    stack.start_worker()
    stack.start_web("127.0.0.1", web_port)
    stack.wait_for("web", f"{url}/health")
    return System(
        url=url,
        sandbox=sandbox,
        line=(line["channel_key"], line["master_secret"]),
        access=(access["access_key"], access["master_secret"]),
    )


def _main_job(system: System, say: Callable[[str], None]) -> None:
    console = Console(system.url)
    console.sign_in(OPERATOR, PASSWORD)
    console.import_workbook(_devices())
    say(f"Uploaded {ROWS:,} rows of {PEOPLE:,} people through the Import page.")
    _upload_guide_example(system)
    say("Uploaded the JSON of the App guide through REST.")
    msgid = _send_by_rest(system)
    report = console.send_to_tag(TAG)
    say("Sent one message by REST to everyone, one by the console to the tag vip.")

    by_rest = settled(system, lambda: _rest_ledger(system, msgid), targets=ROWS + GUIDE_DEVICES)
    by_console = settled(system, lambda: console.ledger(report), targets=_vip_devices())
    show(say, "REST, to everyone", by_rest)
    show(say, "Console, to tag vip", by_console)
    compare(system, by_rest, by_console)


def _upload_guide_example(system: System) -> None:
    answer = call_api(f"{system.url}/v1/user/opt", system.access, GUIDE)
    wanted = {"code": 0, "message": "success", "data": {"success": ["zhangsan"], "fail": []}}
    require(answer == (200, wanted), f"The guide's example was answered with {answer}.")


def _send_by_rest(system: System) -> str:
    body = {
        "msg_app": [{"platform": "all", "notification": {"alert": "Hello from REST"}}],
        "option": {"sendno": "demo-1"},
    }
    status, answer = call_api(f"{system.url}/v1/broadcast", system.line, json.dumps(body).encode())
    require(status == 200 and answer["sendno"] == "demo-1", f"The broadcast got {answer}.")
    return str(answer["msgid"])


def _rest_ledger(system: System, msgid: str) -> dict[str, int]:
    status, answer = call_api(f"{system.url}/v1/message/{msgid}", system.line)
    require(status == 200, f"GET /v1/message was answered with {status}.")
    ledger: dict[str, int] = answer["ledger"]
    return ledger


def _devices() -> list[tuple[str, str, str, str]]:
    """The workbook's rows: distinct devices, some people with two, some people tagged."""
    return [
        (f"u{row % PEOPLE:05d}", CODE, f"{row:019x}", TAG if row % PEOPLE < VIPS else "")
        for row in range(ROWS)
    ]


def _vip_devices() -> int:
    return sum(1 for *_rest, tag in _devices() if tag)
