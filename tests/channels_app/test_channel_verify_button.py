"""The Verify button of a channel's page."""

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from responses import RequestsMock

from channels_app.models import Channel

CID_URL = "https://api.jpush.cn/v3/push/cid"


def change_url(channel: Channel) -> str:
    return reverse("admin:channels_app_channel_change", args=(channel.pk,))


def verify_url(channel: Channel) -> str:
    return reverse("admin:channels_app_channel_verify", args=(channel.pk,))


def test_verify_tells_a_success(
    admin_client: Client, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.get(CID_URL, json={"cidlist": ["a"]})
    assert verify_url(channel) in admin_client.get(change_url(channel)).content.decode()

    response = admin_client.post(verify_url(channel), follow=True)

    assert response.redirect_chain == [(change_url(channel), 302)]
    assert "JPush has accepted the AppKey" in response.content.decode()
    assert Channel.objects.get().verified_at is not None


def test_verify_explains_a_refusal(
    admin_client: Client, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.get(CID_URL, json={"error": {"code": 1004, "message": "x"}}, status=401)

    response = admin_client.post(verify_url(channel), follow=True)

    assert "does not accept this AppKey" in response.content.decode()
    assert channel.master_secret not in response.content.decode()


def test_verify_needs_a_post(admin_client: Client, channel: Channel) -> None:
    response = admin_client.get(verify_url(channel))

    assert (response.status_code, response["Location"]) == (302, change_url(channel))


def test_verify_is_protected_against_foreign_pages(admin_user: User, channel: Channel) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)

    assert client.post(verify_url(channel)).status_code == 403


def test_verify_of_a_missing_channel_is_not_found(admin_client: Client, channel: Channel) -> None:
    url = verify_url(channel)
    channel.delete()

    assert admin_client.post(url).status_code == 404
