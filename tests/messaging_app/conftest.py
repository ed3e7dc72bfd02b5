"""Fixtures of the sending engine's tests."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.delivery import Pusher
from messaging_app.withdrawal import Withdrawer
from tests.messaging_app.makers import CID_URL


@pytest.fixture
def second(db: None) -> Channel:
    """A channel beside `channel`."""
    return Channel.objects.create(code="app2", name="App 2", app_key="b", master_secret="s")


@pytest.fixture
def stopping() -> threading.Event:
    return threading.Event()


@pytest.fixture
def pusher(stopping: threading.Event) -> Iterator[Pusher]:
    pusher = Pusher(stopping)
    yield pusher
    pusher.close()


@pytest.fixture
def withdrawer(stopping: threading.Event) -> Iterator[Withdrawer]:
    withdrawer = Withdrawer(stopping)
    yield withdrawer
    withdrawer.close()


@pytest.fixture
def cids(jpush: RequestsMock) -> RequestsMock:
    """JPush that gives cids c0 to c9."""
    jpush.get(CID_URL, json={"cidlist": [f"c{n}" for n in range(10)]})
    return jpush


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Where uploaded material is kept, before the first one made it."""
    settings.UMS_DATA_DIR = tmp_path
    settings.UMS_BASE_URL = "https://push.example.com"
    return tmp_path / "material"
