"""Creating channels and keys, and rotating secrets."""

import re

import pytest
from pytest_django.fixtures import Settings

from channels_app.callbacks import callback_url
from channels_app.credentials import credentials_of
from channels_app.jpush.client import Credentials
from channels_app.models import AccessKey, BusinessLine, Channel
from channels_app.services import (
    create_access_key,
    create_business_line,
    create_channel,
    rotate_secret,
)
from ums.lib.errors import DomainError

pytestmark = pytest.mark.django_db
VALUES = {"code": "app2", "name": "App 2", "app_key": "key", "master_secret": "hidden"}


@pytest.fixture(autouse=True)
def _strict_guard(settings: Settings) -> None:
    settings.UMS_ALLOWED_PORTS = [80, 443, 25, 465]
    settings.UMS_OUTBOUND_ALLOW = []


def test_a_channel_without_a_request_url_is_on_the_public_cloud() -> None:
    channel = create_channel(**VALUES)

    stored = Channel.objects.get()
    assert (stored.pk, stored.cloud, stored.api_url) == (channel.pk, "public", "")
    assert (stored.enabled, stored.master_secret) == (True, "hidden")
    assert credentials_of(stored) == Credentials("key", "hidden", "https://api.jpush.cn")


def test_a_channel_with_a_request_url_is_on_a_private_cloud() -> None:
    channel = create_channel(**VALUES, api_url=" http://push.example.com/prefix/ ")

    assert (channel.cloud, channel.api_url) == ("private", "http://push.example.com/prefix")
    assert credentials_of(channel).api_url == "http://push.example.com/prefix"


def test_spaces_around_pasted_values_are_dropped() -> None:
    create_channel(code=" a1 ", name=" A ", app_key=" key\n", master_secret=" hidden\t")

    channel = Channel.objects.get()
    assert (channel.code, channel.name) == ("a1", "A")
    assert (channel.app_key, channel.master_secret) == ("key", "hidden")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "app-2"}, "Channel code “app-2”: Only letters A-Z, a-z and digits 0-9."),
        ({"code": "通道"}, "Channel code “通道”: Only letters A-Z, a-z and digits 0-9."),
        ({"code": ""}, "Channel code: This field cannot be blank."),
        ({"code": "app1"}, "Channel code “app1”: Channel with this Channel code already exists."),
        ({"name": "App 1"}, "Name “App 1”: Channel with this Name already exists."),
        ({"name": "x" * 31}, f"Name “{'x' * 31}”: Ensure this value has at most 30 characters"),
        ({"name": " "}, "Name: This field cannot be blank."),
        ({"app_key": ""}, "AppKey: This field cannot be blank."),
        ({"app_key": "a:b"}, "The AppKey “a:b” may not contain a colon or a space"),
        ({"app_key": "a b"}, "The AppKey “a b” may not contain a colon or a space"),
        ({"master_secret": " "}, "Master Secret: This field cannot be blank."),
        ({"api_url": "push.example.com"}, "“push.example.com” must begin with http:// or https://"),
        ({"api_url": "http://10.0.0.5"}, "UMS_OUTBOUND_ALLOW"),
        ({"api_url": "https://push.example.com:8443"}, "Port 8443 is not allowed.*UMS_ALLOWED_PO"),
        ({"api_url": "https://a.example/" + "x" * 255}, "Ensure this value has at most 255"),
        ({"code": "app-2", "name": ""}, "digits 0-9. Name: This field cannot be blank."),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_and_nothing_is_stored(
    channel: Channel, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(DomainError, match=sentence) as caught:
        create_channel(**{**VALUES, **changes})

    assert "hidden" not in caught.value.message
    assert list(Channel.objects.all()) == [channel]


def test_a_port_is_allowed_by_the_setting(settings: Settings) -> None:
    settings.UMS_ALLOWED_PORTS = [443, 8443]

    assert create_channel(**VALUES, api_url="https://push.example.com:8443").pk


def test_a_business_line_gets_a_key_a_secret_and_its_channels(channel: Channel) -> None:
    line = create_business_line(name="Shop", channel_codes=["app1", "app1"])

    assert re.fullmatch(r"[0-9a-f]{24}", line.channel_key)
    assert re.fullmatch(r"[0-9a-f]{24}", line.master_secret)
    assert list(line.channels.all()) == [channel]


def test_unknown_channels_are_named_and_nothing_is_stored(channel: Channel) -> None:
    with pytest.raises(DomainError, match="no channel with the code “x”, “y”"):
        create_business_line(name="Shop", channel_codes=["y", "app1", "x"])

    assert not BusinessLine.objects.exists()


def test_the_name_of_a_business_line_is_unique(business_line: BusinessLine) -> None:
    with pytest.raises(DomainError, match="Name “Shop”: Business line with this Name already"):
        create_business_line(name=" Shop ")


def test_an_access_key_gets_a_key_and_a_secret() -> None:
    holder = create_access_key(name="User data")

    assert AccessKey.objects.get() == holder
    assert re.fullmatch(r"[0-9a-f]{24}", holder.access_key)
    assert re.fullmatch(r"[0-9a-f]{24}", holder.master_secret)


def test_rotating_replaces_the_secret_and_keeps_the_key(access_key: AccessKey) -> None:
    secret = rotate_secret(access_key)

    stored = AccessKey.objects.get()
    assert stored.access_key == access_key.access_key
    assert stored.master_secret == secret != access_key.master_secret


def test_rotating_touches_no_other_holder(business_line: BusinessLine) -> None:
    other = create_business_line(name="Other")

    rotate_secret(business_line)

    assert BusinessLine.objects.get(pk=other.pk).master_secret == other.master_secret


def test_the_secret_of_a_deleted_holder_cannot_be_rotated(access_key: AccessKey) -> None:
    AccessKey.objects.all().delete()

    with pytest.raises(DomainError, match="“User data” has been deleted"):
        rotate_secret(access_key)


def test_the_callback_address_is_below_the_public_address(
    channel: Channel, settings: Settings
) -> None:
    settings.UMS_BASE_URL = "https://ums.example.com"

    address = callback_url(channel)

    assert address == f"https://ums.example.com/callback/jpush/app1/{channel.callback_token}"
    assert len(channel.callback_token) == 32


def test_a_channel_that_is_switched_off_is_left_out_of_the_enabled_ones(channel: Channel) -> None:
    assert list(Channel.objects.enabled()) == [channel]

    Channel.objects.update(enabled=False)

    assert not Channel.objects.enabled().exists()
