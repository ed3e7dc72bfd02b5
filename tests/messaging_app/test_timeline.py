"""The messages to one person, on the person's page."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.models import Channel
from messaging_app.models import Batch, Delivery
from messaging_app.timeline import entries, entry
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import add_person, expanded
from users_app.models import EndUser, Registration


def shown(person: EndUser) -> list[tuple[str, str, str]]:
    """Summary of the message, fate, reason or note."""
    found = [entry(person, delivery) for delivery in entries(person)]
    return [(e.message.summary, e.fate.box, e.fate.reason or e.note) for e in found]


def send(channel: Channel, text: str, **audience: Any) -> Batch | None:
    content = {"platform": "all", "notification": {"alert": text}}
    return Batch.objects.filter(message=expanded(channel, content=content, **audience)).first()


def get_page(client: Client, person: EndUser, **query: str) -> str:
    address = reverse("admin:users_app_enduser_change", args=(person.pk,))
    return str(client.get(address, query).content.decode())


def test_every_message_to_a_person_stands_with_its_fate_and_reason(channel: Channel) -> None:
    anna = add_person("anna")
    add_person("bert", devices={channel: ["b"]})
    send(channel, "first", userids=("anna",))
    Registration.objects.create(channel=channel, end_user=anna, registration_id="a")
    refused = send(channel, "second", userids=("anna", "bert"))
    assert refused is not None
    settle(refused, Batch.State.FAILED, error_code=1011, error_message="cannot find")
    send(channel, "third")
    Delivery.objects.filter(message__summary="third", userid="anna").update(state="clicked")
    send(channel, "not hers", userids=("bert",))

    assert shown(anna) == [
        ("third", "clicked", ""),
        ("second", "failed", "1011: cannot find"),
        ("first", "no_device", "No registrationID in the channels of this message"),
    ]


def test_a_message_under_another_userid_is_found_by_the_shared_device(channel: Channel) -> None:
    add_person("anna", devices={channel: ["shared", "own"]})
    bert = add_person("bert", devices={channel: ["shared"]})
    send(channel, "both")

    assert shown(bert) == [("both", "queued", "through a device shared with anna")]


def test_the_past_of_a_person_stays_when_devices_go(channel: Channel) -> None:
    anna = add_person("anna", devices={channel: ["a"]})
    send(channel, "before")
    Registration.objects.all().delete()

    assert shown(anna) == [("before", "queued", "")]


def test_the_page_of_a_person_shows_the_timeline_25_at_a_time(
    admin_client: Client, channel: Channel
) -> None:
    anna = add_person("anna", devices={channel: ["a"]})
    for n in range(26):
        send(channel, f"message {n:02d}")

    first, second = get_page(admin_client, anna), get_page(admin_client, anna, page="2")

    assert "message 25" in first
    assert "message 00" not in first
    assert first.count("data-msgid=") == 25
    assert second.count("data-msgid=") == 1
    assert "message 00" in second


def test_a_person_without_messages_is_told_so(admin_client: Client, db: None) -> None:
    assert "No message has been sent to this person yet." in get_page(
        admin_client, add_person("anna")
    )


def test_the_timeline_needs_the_right_to_see_messages(client: Client, channel: Channel) -> None:
    anna = add_person("anna", devices={channel: ["a"]})
    send(channel, "hello there")
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_enduser"))
    client.force_login(viewer)

    assert "hello there" not in get_page(client, anna)
    viewer.user_permissions.add(Permission.objects.get(codename="view_message"))
    assert "hello there" in get_page(client, anna)


def test_the_timeline_asks_as_many_queries_for_any_number_of_messages(
    admin_client: Client, channel: Channel
) -> None:
    anna = add_person("anna", devices={channel: ["a"]})

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(admin_client, anna)
        return len(captured)

    send(channel, "one")
    queries()
    one = queries()
    for n in range(10):
        send(channel, f"more {n}")

    assert queries() == one


@pytest.mark.parametrize("others", [0, 3])
def test_the_timeline_is_read_by_the_index_of_the_person(channel: Channel, others: int) -> None:
    anna = add_person("anna", devices={channel: ["a"]})
    for n in range(others):
        add_person(f"other{n}", devices={channel: ["a"]})

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # the table is too small for an index
    plan = entries(anna).explain()

    assert "deliveries_by_person" in plan
