"""Business lines and access keys in the console: a secret is shown once."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.models import AccessKey, BusinessLine, Channel
from channels_app.services import KeyHolder

LINES_URL = "/console/channels_app/businessline/"
KEYS_URL = "/console/channels_app/accesskey/"


@pytest.fixture(params=["business_line", "access_key"])
def holder(request: pytest.FixtureRequest) -> KeyHolder:
    """Each kind of key holder in turn."""
    found: KeyHolder = request.getfixturevalue(request.param)
    return found


def page_url(holder: KeyHolder, page: str) -> str:
    return reverse(f"admin:channels_app_{holder._meta.model_name}_{page}", args=(holder.pk,))


def key_of(holder: KeyHolder) -> str:
    return holder.channel_key if isinstance(holder, BusinessLine) else holder.access_key


def text(response: Any) -> str:
    body: str = response.content.decode()
    return body


def test_a_new_business_line_shows_its_secret_in_that_one_answer(
    admin_client: Client, channel: Channel
) -> None:
    response = admin_client.post(
        f"{LINES_URL}add/", {"name": "Shop", "channels": [str(channel.pk)]}
    )

    line = BusinessLine.objects.get()
    assert response.status_code == 200
    assert line.channel_key in text(response)
    assert line.master_secret in text(response)
    assert re.fullmatch(r"[0-9a-f]{24}", line.master_secret)
    assert list(line.channels.all()) == [channel]
    assert "no-store" in response["Cache-Control"]


def test_a_new_access_key_shows_its_secret_in_that_one_answer(admin_client: Client) -> None:
    response = admin_client.post(f"{KEYS_URL}add/", {"name": "User data"})

    holder = AccessKey.objects.get()
    assert holder.access_key in text(response)
    assert holder.master_secret in text(response)
    assert "no-store" in response["Cache-Control"]


def test_the_secret_is_kept_nowhere_else(admin_client: Client) -> None:
    response = admin_client.post(f"{LINES_URL}add/", {"name": "Shop"})

    line = BusinessLine.objects.get()
    secret = line.master_secret
    assert secret not in str(dict(admin_client.session))
    assert secret not in str(admin_client.cookies)
    assert not [m for m in get_messages(response.wsgi_request) if secret in str(m)]
    assert secret not in text(admin_client.get(page_url(line, "change")))
    assert secret not in text(admin_client.get(page_url(line, "history")))
    assert secret not in text(admin_client.get(LINES_URL))
    assert secret not in LogEntry.objects.get().change_message


def test_a_second_line_of_the_same_name_is_refused_without_a_secret(
    admin_client: Client, business_line: BusinessLine
) -> None:
    response = admin_client.post(f"{LINES_URL}add/", {"name": "Shop"})

    assert "already exists" in text(response)
    assert "Copy the Master Secret now" not in text(response)
    assert BusinessLine.objects.get() == business_line


@pytest.mark.parametrize("url", [f"{LINES_URL}add/", f"{KEYS_URL}add/"])
def test_the_add_page_asks_for_little(admin_client: Client, url: str) -> None:
    page = text(admin_client.get(url))

    assert 'name="name"' in page
    assert 'name="enabled"' not in page
    assert "/rotate/" not in page


def test_the_change_page_shows_the_key_but_no_secret(
    admin_client: Client, holder: KeyHolder
) -> None:
    page = text(admin_client.get(page_url(holder, "change")))

    assert key_of(holder) in page
    assert holder.master_secret not in page
    assert page_url(holder, "rotate") in page


def test_rotating_shows_the_new_secret_once_and_is_logged(
    admin_client: Client, holder: KeyHolder
) -> None:
    response = admin_client.post(page_url(holder, "rotate"))

    stored = type(holder).objects.get()
    assert stored.master_secret != holder.master_secret
    assert key_of(stored) == key_of(holder)
    assert stored.master_secret in text(response)
    assert "no-store" in response["Cache-Control"]
    assert stored.master_secret not in text(admin_client.get(page_url(holder, "change")))
    assert LogEntry.objects.get().get_change_message() == "Rotated the Master Secret."


def test_rotating_needs_a_post(admin_client: Client, holder: KeyHolder) -> None:
    response = admin_client.get(page_url(holder, "rotate"))

    assert (response.status_code, response["Location"]) == (302, page_url(holder, "change"))
    assert type(holder).objects.get().master_secret == holder.master_secret


def test_rotating_a_missing_holder_is_not_found(admin_client: Client, holder: KeyHolder) -> None:
    url = page_url(holder, "rotate")
    holder.delete()

    assert admin_client.post(url).status_code == 404


def test_a_viewer_cannot_rotate_and_sees_no_secret(client: Client, holder: KeyHolder) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    codename = f"view_{holder._meta.model_name}"
    user.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(user)

    page = text(client.get(page_url(holder, "change")))

    assert holder.name in page
    assert holder.master_secret not in page
    assert "/rotate/" not in page
    assert client.post(page_url(holder, "rotate")).status_code == 403
    assert type(holder).objects.get().master_secret == holder.master_secret


def test_a_line_is_closed_and_gets_other_channels(
    admin_client: Client, business_line: BusinessLine
) -> None:
    other = Channel.objects.create(code="app2", name="App 2", app_key="k", master_secret="s")

    response = admin_client.post(
        page_url(business_line, "change"), {"name": "Shop", "channels": [str(other.pk)]}
    )

    assert response.status_code == 302
    stored = BusinessLine.objects.get()
    assert not stored.enabled
    assert list(stored.channels.all()) == [other]
    assert stored.channel_key == business_line.channel_key
    assert stored.master_secret == business_line.master_secret
    page = text(admin_client.get(LINES_URL))
    assert "closed" in page
    assert "App 2" in page


def test_an_access_key_is_closed(admin_client: Client, access_key: AccessKey) -> None:
    admin_client.post(page_url(access_key, "change"), {"name": "User data"})

    assert not AccessKey.objects.get().enabled
    assert "closed" in text(admin_client.get(KEYS_URL))


@pytest.mark.parametrize(("url", "model"), [(LINES_URL, BusinessLine), (KEYS_URL, AccessKey)])
def test_a_longer_list_needs_no_more_queries(
    admin_client: Client, channel: Channel, url: str, model: type[KeyHolder]
) -> None:
    def add(name: str) -> None:
        holder = model.objects.create(name=name)
        if isinstance(holder, BusinessLine):
            holder.channels.add(channel)

    add("first")
    admin_client.get(url)
    with CaptureQueriesContext(connection) as one:
        admin_client.get(url)
    for number in range(19):
        add(f"n{number}")

    with CaptureQueriesContext(connection) as twenty:
        admin_client.get(url)

    assert len(twenty) == len(one)
    assert not any('"master_secret"' in query["sql"] for query in twenty)
