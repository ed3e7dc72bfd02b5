"""The page of one person: devices, tags, contacts."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models import Channel
from users_app.models import Contact, EndUser, Registration, Tag


@pytest.fixture
def anna(channel: Channel) -> EndUser:
    made = EndUser.objects.create(userid="anna")
    Registration.objects.create(channel=channel, end_user=made, registration_id="good")
    Registration.objects.create(
        channel=channel,
        end_user=made,
        registration_id="gone",
        invalid_at=timezone.now(),
        invalid_reason="1003: invalid registrationID",
    )
    Tag.objects.create(end_user=made, bind_id="all", name="a&b")
    Contact.objects.create(end_user=made, scope="email:all", value="anna@example.com")
    return made


def page_of(client: Client, person: EndUser) -> Any:
    return client.get(reverse("admin:users_app_enduser_change", args=[person.pk]))


def test_devices_stand_by_channel_with_their_state(
    admin_client: Client, anna: EndUser, channel: Channel, app123: Channel
) -> None:
    page = page_of(admin_client, anna)
    html = page.content.decode()

    groups = {
        group.channel.code: [device.registration.registration_id for device in group.devices]
        for group in page.context["channels"]
    }
    assert groups == {"app1": ["good", "gone"], "app123": []}
    assert "1003: invalid registrationID" in html
    assert "No device in this channel" in html


def test_a_device_names_the_others_who_have_it(
    admin_client: Client, anna: EndUser, channel: Channel, app123: Channel
) -> None:
    bert, carl = (EndUser.objects.create(userid=userid) for userid in ("bert", "carl"))
    Registration.objects.create(channel=channel, end_user=bert, registration_id="good")
    Registration.objects.create(channel=app123, end_user=carl, registration_id="good")

    groups = page_of(admin_client, anna).context["channels"]

    others = {d.registration.registration_id: d.others for group in groups for d in group.devices}
    assert others == {"good": ("bert",), "gone": ()}


def test_a_tag_leads_to_everybody_who_has_it(admin_client: Client, anna: EndUser) -> None:
    html = page_of(admin_client, anna).content.decode()

    assert "?q=tag:a%26b" in html
    assert "anna@example.com" in html


def test_each_part_needs_its_right(client: Client, anna: EndUser) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    client.force_login(viewer)
    assert page_of(client, anna).status_code == 403
    viewer.user_permissions.set(Permission.objects.filter(codename="view_enduser"))

    html = page_of(client, anna).content.decode()

    assert "anna" in html
    assert not any(text in html for text in ("good", "a&amp;b", "anna@example.com", "timeline"))
    viewer.user_permissions.add(Permission.objects.get(codename="view_contact"))
    assert "anna@example.com" in page_of(client, anna).content.decode()


def test_an_unknown_person_leads_back(admin_client: Client, db: None) -> None:
    assert admin_client.get("/console/users_app/enduser/77/change/").status_code == 302
