"""Writing a message, reviewing whom it reaches, sending it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from channels_app.models import Channel
from messaging_app.audience import Audience
from messaging_app.expansion import expand
from messaging_app.models import Message
from tests.messaging_app.makers import add_crowd, add_person
from tests.messaging_app.pages import COMPOSE_URL, confirm, fields, hidden, review, text_of


@pytest.fixture
def crowd(channel: Channel) -> None:
    add_crowd(channel, 3)


def test_a_form_with_one_channel_has_it_chosen(admin_client: Client, channel: Channel) -> None:
    page = admin_client.get(COMPOSE_URL)

    assert f'value="{channel.pk}" id="id_channels_0" checked' in text_of(page)


def test_a_form_with_two_channels_leaves_the_choice_open(
    admin_client: Client, channel: Channel
) -> None:
    Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    Channel.objects.create(code="c", name="Closed", app_key="c", master_secret="s", enabled=False)

    page = text_of(admin_client.get(COMPOSE_URL))

    assert 'id="id_channels_1"' in page
    assert "checked" not in page.partition("audience_kind")[0]
    assert "Closed" not in page


def test_without_a_channel_the_page_leads_to_making_one(admin_client: Client, db: None) -> None:
    page = text_of(admin_client.get(COMPOSE_URL))

    assert reverse("admin:channels_app_channel_add") in page
    assert "<textarea" not in page


def test_the_review_shows_the_reach_and_stores_nothing(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    userids = "u0, u1\nghost;u0"

    page = review(admin_client, fields(channel, audience_kind="userids", userids=userids))

    text = text_of(page)
    assert "Send to 2 devices</button>" in text
    assert 'data-reach="devices" data-count="2"' in text
    assert 'data-reach="no_device" data-count="1"' in text
    assert "3 people named by userid: u0, u1, ghost" in text
    assert "App 1 (app1)" in text
    assert "order=12" in text
    assert "It comes" in text
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("platforms", "shown"), [(["android", "hmos"], False), (["android", "ios"], True)]
)
def test_the_review_names_the_apns_environment_for_ios_only(
    admin_client: Client, channel: Channel, crowd: None, platforms: list[str], shown: bool
) -> None:
    page = review(admin_client, fields(channel, platforms=platforms))

    assert ("APNs environment" in text_of(page)) is shown


def test_a_confirmed_message_is_accepted_as_it_was_read(
    admin_client: Client, admin_user: User, channel: Channel, crowd: None
) -> None:
    data = fields(
        channel,
        platforms=["android", "hmos"],
        extras='{"order": 12}',
        intent="action.system.home",
        hmos_category="EXPRESS",
        time_to_live="0",
        environment="development",
    )

    answer = confirm(admin_client, review(admin_client, data))

    message = Message.objects.get()
    assert answer.url == reverse("messages:report", args=(message.pk,))
    assert message.operator == admin_user
    assert message.business_line is None
    assert list(message.channels.all()) == [channel]
    assert Audience.from_json(message.audience) == Audience(everyone=True)
    assert message.content == {
        "platform": ["android", "hmos"],
        "notification": {
            "android": {
                "alert": "It comes\ntomorrow.",
                "title": "Shipped",
                "extras": {"order": 12},
            },
            "hmos": {
                "alert": "It comes\ntomorrow.",
                "title": "Shipped",
                "category": "EXPRESS",
                "extras": {"order": 12},
                "intent": {"url": "action.system.home"},
            },
        },
        "options": {"time_to_live": 0, "apns_production": False},
    }


def test_the_reach_that_was_shown_is_the_reach_that_comes(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    add_person("without")
    add_person("tagged", devices={channel: ["t1", "t2"]}, tags=["VIP"])
    data = fields(channel, audience_kind="tags", tags="VIP，unknown")

    page = review(admin_client, data)
    confirm(admin_client, page)

    assert "Send to 2 devices" in text_of(page)
    message = Message.objects.get()
    expand(message.pk)
    message.refresh_from_db()
    assert message.targets == 2


def test_pressing_send_twice_sends_once(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    page = review(admin_client, fields(channel))

    first, second = confirm(admin_client, page), confirm(admin_client, page)

    assert first.url == second.url
    assert Message.objects.count() == 1
    assert "It was not sent again." in text_of(admin_client.get(second.url))


def test_the_same_words_reviewed_again_are_another_message(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    for _time in range(2):
        confirm(admin_client, review(admin_client, fields(channel)))

    assert Message.objects.count() == 2


def test_back_to_edit_keeps_everything(admin_client: Client, channel: Channel, crowd: None) -> None:
    data = fields(
        channel,
        audience_kind="tags",
        userids="u0",
        tags="VIP",
        platforms=["ios"],
        time_to_live="3600",
        environment="development",
    )
    page = review(admin_client, data)

    form = text_of(admin_client.post(COMPOSE_URL, {**hidden(page), "step": "edit"}))

    assert "Review and count devices" in form
    for kept in ("Shipped", "tomorrow.", "order=12", "u0</textarea>", "VIP</textarea>"):
        assert kept in form
    for chosen in (
        f'name="channels" value="{channel.pk}" id="id_channels_0" checked',
        'name="audience_kind" value="tags" required id="id_audience_kind_1" checked',
        'name="platforms" value="ios" id="id_platforms_1" checked',
        '<option value="3600" selected>',
        'value="development" required id="id_environment_1" checked',
    ):
        assert chosen in form, chosen
    assert 'name="platforms" value="android" id="id_platforms_0" checked' not in form
    assert "ums-error" not in form


def test_a_hundred_thousand_userids_can_be_sent(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    userids = "\n".join(f"u{n}" for n in range(100_000))

    page = review(admin_client, fields(channel, audience_kind="userids", userids=userids))

    assert "Send to 3 devices" in text_of(page)
    assert 'data-reach="no_device" data-count="99997"' in text_of(page)


def test_an_operator_who_may_not_read_reports_comes_back_to_compose(
    client: Client, channel: Channel, crowd: None
) -> None:
    sender = User.objects.create_user("sender", is_staff=True)
    sender.user_permissions.add(Permission.objects.get(codename="add_message"))
    client.force_login(sender)

    answer = confirm(client, review(client, fields(channel)))

    assert answer.url == COMPOSE_URL
    assert "Accepted: the message is on its way." in text_of(client.get(COMPOSE_URL))
