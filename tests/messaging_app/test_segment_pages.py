"""The pages on which a segment is described, counted and chosen."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels_app.models import Channel
from messaging_app.audience import Audience
from messaging_app.audience_words import audience_words
from messaging_app.models import Message
from tests.messaging_app.makers import accept, add_crowd, add_person, expanded
from tests.messaging_app.pages import COMPOSE_URL, confirm, fields, hidden, review, text_of
from users_app.models import Segment

LIST_URL = "/console/users_app/segment/"
ADD_URL = f"{LIST_URL}add/"
COUNT_URL = f"{LIST_URL}count/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def vip(channel: Channel) -> Segment:
    add_person("u1", devices={channel: ["r1"]}, tags=["vip"])
    add_person("u2", devices={channel: ["r2"]}, tags=["vip"])
    add_person("u3", devices={channel: ["r3"]})
    return Segment.objects.create(name="VIPs", tags_any=["vip"])


def operator(client: Client, *rights: str) -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    return client


def test_a_form_is_counted_without_being_stored(
    admin_client: Client, vip: Segment, channel: Channel
) -> None:
    form = {"name": "", "tags_any": "vip", "channels": [channel.pk]}

    part = text_of(admin_client.post(COUNT_URL, form, headers=HTMX))
    page = text_of(admin_client.post(COUNT_URL, form))

    assert "<b data-people>2 people</b>" in part
    assert "<html" not in part
    assert "2 people" in page
    assert "<html" in page
    assert Segment.objects.count() == 1


def test_a_form_of_a_stored_segment_is_counted_under_its_own_name(
    admin_client: Client, vip: Segment
) -> None:
    part = text_of(admin_client.post(COUNT_URL, {"name": "VIPs", "tags_none": "vip"}))

    assert "1 person<" in part


def test_what_cannot_be_counted_is_explained(admin_client: Client, vip: Segment) -> None:
    nothing = text_of(admin_client.post(COUNT_URL, {}, headers=HTMX))
    bad = text_of(admin_client.post(COUNT_URL, {"seen_within_days": "0"}, headers=HTMX))

    assert "Give at least one condition" in nothing
    assert "Seen within the last … days: " in bad
    assert "data-people" not in nothing + bad


def test_a_count_needs_the_right_to_see_segments(client: Client, vip: Segment) -> None:
    operator(client, "add_segment")
    form = {"tags_any": "vip"}

    assert client.post(COUNT_URL, form).status_code == 403
    assert COUNT_URL not in text_of(client.get(ADD_URL))


def test_a_viewer_may_count(client: Client, vip: Segment) -> None:
    operator(client, "view_segment")

    assert "2 people" in text_of(client.post(COUNT_URL, {"tags_any": "vip"}))
    change_url = f"{LIST_URL}{vip.pk}/change/"
    assert COUNT_URL not in text_of(client.get(change_url))  # there is no form to count
    assert client.get(COUNT_URL, follow=True).status_code == 200


def test_the_page_offers_recent_messages_and_says_which_one_is_meant(
    admin_client: Client, channel: Channel
) -> None:
    add_crowd(channel, 2)
    message = expanded(channel)
    form = {"activity": "clicked", "msgid": message.msgid}

    page = text_of(admin_client.get(ADD_URL))
    part = text_of(admin_client.post(COUNT_URL, form, headers=HTMX))

    assert f'<option value="{message.msgid}">Hi · ' in page
    assert 'list="recent-messages"' in page
    assert f'hx-post="{COUNT_URL}"' in page
    assert "The message is “Hi”, accepted " in part
    assert "0 people" in part


def test_messages_are_named_to_those_only_who_may_see_them(
    client: Client, channel: Channel
) -> None:
    message = accept(channel)
    operator(client, "view_segment", "add_segment")

    assert message.msgid not in text_of(client.get(ADD_URL))
    form = {"activity": "clicked", "msgid": message.msgid}
    assert "data-message" not in text_of(client.post(COUNT_URL, form))


@pytest.mark.parametrize(
    ("audience", "changes", "problem"),
    [
        ({"registration_ids": ("r1",)}, {}, "which name no person"),
        ({"everyone": True}, {"state": Message.State.CANCELLED}, "was never sent"),
    ],
)
def test_a_message_that_reached_nobody_by_name_makes_no_segment(
    admin_client: Client,
    channel: Channel,
    audience: dict[str, Any],
    changes: dict[str, Any],
    problem: str,
) -> None:
    message = accept(channel, **audience)
    Message.objects.filter(pk=message.pk).update(**changes)

    form = {"name": "S", "activity": "received", "msgid": message.msgid}
    page: Any = admin_client.post(ADD_URL, form)

    assert problem in " ".join(page.context["adminform"].form.errors["msgid"])
    assert not Segment.objects.exists()


def test_a_segment_with_every_kind_of_condition_is_stored_and_told(
    admin_client: Client, channel: Channel
) -> None:
    message = accept(channel)
    form = {
        "name": "All",
        "tags_any": "vip",
        "registered_since": "2026-03-01",
        "registered_within_days": "90",
        "seen_within_days": "30",
        "unseen_for_days": "1",
        "activity": "not_clicked",
        "msgid": message.msgid,
    }

    assert admin_client.post(ADD_URL, form).status_code == 302

    html = text_of(admin_client.get(LIST_URL))
    for sentence in (
        "Registered on or after 03/01/2026",
        "Registered within the last 90 days",
        "Seen within the last 30 days",
        "Not seen for a day",
        f"Did not click the message {message.msgid}",
    ):
        assert f"<span>{sentence}</span>" in html


def test_a_segment_is_chosen_in_compose_and_kept_on_the_way(
    admin_client: Client, channel: Channel, vip: Segment
) -> None:
    assert "VIPs – Any of the tags vip</option>" in text_of(admin_client.get(COMPOSE_URL))

    page = review(admin_client, fields(channel, audience_kind="segment", segment=vip.pk))

    assert "Send to 2 devices" in text_of(page)
    assert f"people in the segment {vip.pk}, VIPs (Any of the tags vip)" in text_of(page)
    form = text_of(admin_client.post(COMPOSE_URL, {**hidden(page), "step": "edit"}))
    assert f'<option value="{vip.pk}" selected>' in form
    confirm(admin_client, page)
    assert Audience.from_json(Message.objects.get().audience) == Audience(segments=(vip.pk,))


@pytest.mark.parametrize(
    ("segment", "problem"),
    [("", "Choose the segment"), ("4711", "Select a valid choice"), ("empty", "no condition")],
)
def test_compose_needs_a_segment_that_describes_people(
    admin_client: Client, channel: Channel, segment: str, problem: str
) -> None:
    if segment == "empty":
        segment = str(Segment.objects.create(name="Empty").pk)

    page = review(admin_client, fields(channel, audience_kind="segment", segment=segment))

    assert page.status_code == 400
    assert problem in text_of(page)


def test_compose_reads_no_secret_and_no_more_for_ten_segments(
    admin_client: Client, channel: Channel
) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(COMPOSE_URL)
        return [query["sql"] for query in captured]

    Segment.objects.create(name="S").channels.add(channel)
    queries()
    one = queries()
    for number in range(10):
        Segment.objects.create(name=f"S{number}").channels.add(channel)
    ten = queries()

    assert len(ten) == len(one)
    assert "master_secret" not in " ".join(ten)


def test_an_audience_tells_a_segment_that_is_gone_by_its_id(db: None) -> None:
    assert audience_words(Audience(segments=(4711,))) == "people in the segment 4711"
