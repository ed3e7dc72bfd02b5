"""Fixtures that tests of every app share."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings
from responses import RequestsMock

from channels_app.models import AccessKey, BusinessLine, Channel


@pytest.fixture(autouse=True)
def _same_on_every_machine(settings: Settings) -> None:
    """Sentences in English and no broker whatever `.env` says; operators who sign in at once."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_BROKER_URL = ""
    if settings.LANGUAGE_CODE != "en":
        settings.LANGUAGE_CODE = "en"


@pytest.fixture
def channel(db: None) -> Channel:
    return Channel.objects.create(
        code="app1", name="App 1", app_key="a" * 24, master_secret="s" * 24
    )


@pytest.fixture
def business_line(channel: Channel) -> BusinessLine:
    """A business line that may use `channel`."""
    line = BusinessLine.objects.create(name="Shop")
    line.channels.add(channel)
    return line


@pytest.fixture
def access_key(db: None) -> AccessKey:
    return AccessKey.objects.create(name="User data")


@pytest.fixture
def jpush() -> Iterator[RequestsMock]:
    """JPush, stubbed at the client's one seam: an unregistered call fails."""
    with RequestsMock() as mock:
        yield mock
