"""The commands that scripts use: one JSON object, or one sentence."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from channels_app.models import AccessKey, BusinessLine, Channel

CHANNEL = ("--code", "app2", "--name", "App 二", "--app-key", "key", "--master-secret", "hidden")


@pytest.fixture(autouse=True)
def _strict_guard(settings: Settings) -> None:
    settings.UMS_ALLOWED_PORTS = [80, 443, 25, 465]
    settings.UMS_OUTBOUND_ALLOW = []


def run(*arguments: str) -> dict[str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=stdout, stderr=stderr)
    assert stderr.getvalue() == ""
    made: dict[str, str] = json.loads(stdout.getvalue())
    return made


def test_create_channel_prints_its_code_and_callback_address(db: None, settings: Settings) -> None:
    settings.UMS_BASE_URL = "https://ums.example.com"

    made = run("create_channel", *CHANNEL)

    channel = Channel.objects.get()
    assert made == {
        "code": "app2",
        "callback_path": f"/callback/jpush/app2/{channel.callback_token}",
        "callback_url": f"https://ums.example.com/callback/jpush/app2/{channel.callback_token}",
    }
    assert (channel.name, channel.app_key, channel.cloud) == ("App 二", "key", "public")
    assert channel.master_secret == "hidden"


def test_create_channel_with_an_api_url_is_for_a_private_cloud(
    db: None, settings: Settings
) -> None:
    settings.UMS_OUTBOUND_ALLOW = ["10.0.0.0/8"]

    run("create_channel", *CHANNEL, "--api-url", "http://10.0.0.5/prefix")

    channel = Channel.objects.get()
    assert (channel.cloud, channel.api_url) == ("private", "http://10.0.0.5/prefix")


@pytest.mark.parametrize(
    "arguments", [("--channel", "app1", "app2"), ("--channel", "app1", "--channel", "app2")]
)
def test_create_business_line_takes_several_channels(
    channel: Channel, arguments: tuple[str, ...]
) -> None:
    other = Channel.objects.create(code="app2", name="b", app_key="k", master_secret="s")

    made = run("create_business_line", "--name", "Shop", *arguments)

    line = BusinessLine.objects.get()
    assert made == {"channel_key": line.channel_key, "master_secret": line.master_secret}
    assert set(line.channels.all()) == {channel, other}


def test_create_access_key_prints_key_and_secret(db: None) -> None:
    made = run("create_access_key", "--name", "User data")

    holder = AccessKey.objects.get()
    assert made == {"access_key": holder.access_key, "master_secret": holder.master_secret}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create_channel", *CHANNEL, "--code", "app-2"), "“app-2”: Only letters"),
        (("create_channel", *CHANNEL, "--api-url", "http://10.0.0.5:81"), "Port 81 is not allowed"),
        (("create_business_line", "--name", "a", "--channel", "x"), "no channel with the code “x”"),
        (("create_access_key", "--name", "User data"), "“User data”: Access key with this Name"),
    ],
)
def test_a_failure_is_one_sentence_and_changes_nothing(
    access_key: AccessKey, arguments: tuple[str, ...], sentence: str
) -> None:
    stdout = io.StringIO()

    with pytest.raises(CommandError, match=sentence) as caught:
        call_command(*arguments, stdout=stdout)

    assert caught.value.returncode == 1
    assert "hidden" not in str(caught.value)
    assert stdout.getvalue() == ""
    assert not Channel.objects.exists()
    assert not BusinessLine.objects.exists()
    assert list(AccessKey.objects.all()) == [access_key]


def test_a_script_finds_nothing_but_json_on_stdout(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'ums.sqlite3'}",
        "UMS_LANGUAGE": "en",
    }

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=django_settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert manage("migrate", "--verbosity", "0").returncode == 0

    made = manage("create_channel", *CHANNEL)
    again = manage("create_channel", *CHANNEL)

    assert (made.returncode, made.stderr) == (0, "")
    assert json.loads(made.stdout)["code"] == "app2"
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("CommandError: Channel code “app2”: ")
    assert len(again.stderr.splitlines()) == 1
