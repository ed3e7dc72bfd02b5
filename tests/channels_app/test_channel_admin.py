"""Channels in the console."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from channels_app.models import Channel

LIST_URL = "/console/channels_app/channel/"
ADD_URL = f"{LIST_URL}add/"
SECRET = "s" * 24
FORM = {
    "name": "App 2",
    "code": "app2",
    "enabled": "on",
    "device_policy": "keep",
    "cloud": "public",
    "api_url": "",
    "app_key": "key",
    "master_secret": "never-shown",
    "send_callback": "on",
    "calls_per_minute": "600",
}


@pytest.fixture(autouse=True)
def _strict_guard(settings: Settings) -> None:
    settings.UMS_ALLOWED_PORTS = [80, 443, 25, 465]
    settings.UMS_OUTBOUND_ALLOW = []


def change_url(channel: Channel) -> str:
    return reverse("admin:channels_app_channel_change", args=(channel.pk,))


def changed(channel: Channel, **changes: str) -> dict[str, str]:
    """What the browser sends for `channel` after `changes`."""
    form = {**FORM, "name": channel.name, "app_key": channel.app_key, "master_secret": ""}
    del form["code"]
    return {**form, **changes}


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


@pytest.fixture
def viewer(client: Client, db: None) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_channel"))
    client.force_login(user)
    return client


def test_a_channel_is_created_with_an_encrypted_secret(admin_client: Client) -> None:
    response = admin_client.post(ADD_URL, FORM)

    assert (response.status_code, response["Location"]) == (302, LIST_URL)
    channel = Channel.objects.get()
    assert (channel.code, channel.name, channel.cloud) == ("app2", "App 2", "public")
    assert (channel.app_key, channel.master_secret, channel.enabled) == ("key", "never-shown", True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT master_secret FROM channels_app_channel")
        assert "never-shown" not in cursor.fetchone()[0]


def test_a_private_channel_keeps_its_request_url(admin_client: Client) -> None:
    form = {**FORM, "cloud": "private", "api_url": "http://push.example.com/prefix/"}

    admin_client.post(ADD_URL, form)

    assert Channel.objects.get().api_url == "http://push.example.com/prefix"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"code": "app-2"}, "code", "Only letters A-Z, a-z and digits 0-9."),
        ({"code": "app1"}, "code", "Channel with this Channel code already exists."),
        ({"name": "x" * 31}, "name", "Ensure this value has at most 30 characters (it has 31)."),
        ({"app_key": "a:b"}, "app_key", "may not contain a colon"),
        ({"master_secret": " "}, "master_secret", "This field is required."),
        ({"calls_per_minute": "0"}, "calls_per_minute", "At least 1 call per minute"),
        ({"cloud": "private"}, "api_url", "needs its request URL"),
        ({"cloud": "private", "api_url": "/"}, "api_url", "needs its request URL"),
        ({"cloud": "private", "api_url": "x.example"}, "api_url", "must begin with http://"),
        ({"cloud": "private", "api_url": "http://10.0.0.5"}, "api_url", "UMS_OUTBOUND_ALLOW"),
        ({"cloud": "private", "api_url": "http://a.example:81"}, "api_url", "UMS_ALLOWED_PORTS"),
        ({"cloud": "private", "api_url": "http://" + "x" * 255}, "api_url", "at most 255"),
        ({"cloud": "elsewhere"}, "cloud", "Select a valid choice."),
    ],
)
def test_a_value_that_breaks_a_rule_is_explained_at_its_field(
    admin_client: Client, channel: Channel, changes: dict[str, str], field: str, message: str
) -> None:
    response = admin_client.post(ADD_URL, {**FORM, **changes})

    found = errors(response)
    assert list(found) == [field]
    assert message in found[field][0]
    assert "never-shown" not in response.content.decode()
    assert Channel.objects.count() == 1


def test_a_blank_secret_keeps_the_stored_one(admin_client: Client, channel: Channel) -> None:
    response = admin_client.post(change_url(channel), changed(channel, name="New name"))

    assert response.status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.master_secret) == ("New name", SECRET)
    assert "Master Secret" not in LogEntry.objects.get().get_change_message()


def test_a_new_secret_replaces_the_stored_one(admin_client: Client, channel: Channel) -> None:
    admin_client.post(change_url(channel), changed(channel, master_secret="new one"))

    channel.refresh_from_db()
    assert channel.master_secret == "new one"
    entry = LogEntry.objects.get()
    assert entry.get_change_message() == "Changed Master Secret."
    assert "new one" not in entry.change_message


def test_the_change_page_never_shows_the_secret(admin_client: Client, channel: Channel) -> None:
    page = admin_client.get(change_url(channel)).content.decode()

    assert SECRET not in page
    assert "stored; leave blank to keep it" in page


def test_the_change_page_opens_even_if_the_secret_cannot_be_decrypted(
    admin_client: Client, channel: Channel, settings: Settings
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE channels_app_channel SET master_secret='x'")

    assert admin_client.get(LIST_URL).status_code == 200
    assert admin_client.get(change_url(channel)).status_code == 200
    admin_client.post(change_url(channel), changed(channel, master_secret="again"))

    assert Channel.objects.get().master_secret == "again"


def test_the_code_of_an_existing_channel_stays(admin_client: Client, channel: Channel) -> None:
    response = admin_client.post(change_url(channel), changed(channel, code="other"))

    assert response.status_code == 302
    assert Channel.objects.get().code == "app1"
    assert 'name="code"' not in admin_client.get(change_url(channel)).content.decode()


def test_switching_to_the_public_cloud_drops_the_request_url(
    admin_client: Client, channel: Channel
) -> None:
    Channel.objects.update(cloud="private", api_url="http://push.example.com")

    admin_client.post(change_url(channel), changed(channel, api_url="http://push.example.com"))

    channel.refresh_from_db()
    assert (channel.cloud, channel.api_url) == ("public", "")


def test_a_channel_is_switched_off(admin_client: Client, channel: Channel) -> None:
    form = changed(channel)
    del form["enabled"]

    admin_client.post(change_url(channel), form)

    assert not Channel.objects.get().enabled
    assert "closed" in admin_client.get(LIST_URL).content.decode()


@pytest.mark.parametrize(
    ("changes", "verified"),
    [
        ({"name": "New name"}, True),
        ({"app_key": "other"}, False),
        ({"master_secret": "other"}, False),
        ({"cloud": "private", "api_url": "http://push.example.com"}, False),
    ],
)
def test_other_credentials_are_not_verified_any_more(
    admin_client: Client, channel: Channel, changes: dict[str, str], verified: bool
) -> None:
    Channel.objects.update(verified_at=timezone.now())

    admin_client.post(change_url(channel), changed(channel, **changes))

    assert (Channel.objects.get().verified_at is not None) is verified


def test_the_callback_address_stands_ready_to_copy(
    admin_client: Client, channel: Channel, settings: Settings
) -> None:
    settings.UMS_BASE_URL = "https://ums.example.com"

    page = admin_client.get(change_url(channel)).content.decode()

    assert f'value="https://ums.example.com{channel.callback_path}"' in page
    assert "消息推送 → 推送设置 → 回执设置" in page


def test_the_add_page_shows_nothing_that_does_not_exist_yet(admin_client: Client) -> None:
    page = admin_client.get(ADD_URL).content.decode()

    assert "/callback/jpush/" not in page
    assert "/verify/" not in page


def test_a_viewer_sees_neither_secret_nor_callback_address_nor_button(
    viewer: Client, channel: Channel
) -> None:
    page = viewer.get(change_url(channel)).content.decode()

    assert "App 1" in page
    assert SECRET not in page
    assert channel.callback_token not in page
    assert "/verify/" not in page
    assert viewer.post(f"{LIST_URL}{channel.pk}/verify/").status_code == 403
    assert viewer.post(change_url(channel), changed(channel)).status_code == 403
