"""Fixtures of the sending engine's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.withdrawal import Withdrawer
from tests.messaging_app.clocks import Clock
from tests.messaging_app.makers import CID_URL


@pytest.fixture
def second(db: None) -> Channel:
    """A channel beside `channel`."""
    return Channel.objects.create(code="app2", name="App 2", app_key="b", master_secret="s")


@pytest.fixture
def private(db: None) -> Channel:
    """A private cloud."""
    return Channel.objects.create(
        code="own",
        name="Own cloud",
        cloud=Channel.Cloud.PRIVATE,
        api_url="https://push.example.com",
        app_key="b" * 24,
        master_secret="s",
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The quota's clock."""
    clock = Clock()
    monkeypatch.setattr("messaging_app.quota.time.time", clock.time)
    return clock


@pytest.fixture
def caller() -> Iterator[Caller]:
    caller = Caller()
    yield caller
    caller.close()


@pytest.fixture
def withdrawer(caller: Caller) -> Withdrawer:
    return Withdrawer(caller.connections)


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
