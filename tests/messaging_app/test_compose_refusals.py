"""What the page Compose does not send."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from channels_app.models import Channel
from messaging_app.models import Message
from tests.messaging_app.makers import add_crowd, add_person
from tests.messaging_app.pages import COMPOSE_URL, confirm, fields, review, text_of


@pytest.fixture
def crowd(channel: Channel) -> None:
    add_crowd(channel, 3)


def test_a_message_to_no_device_cannot_be_sent(admin_client: Client, channel: Channel) -> None:
    data = fields(channel, audience_kind="userids", userids="ghost")

    page = review(admin_client, data)
    answer = confirm(admin_client, page)

    for shown in (page, answer):
        assert "would reach no device" in text_of(shown)
        assert 'value="send"' not in text_of(shown)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"submission_key": "mine"}, {"devices": "all"}, {"submission_key": ""}]
)
def test_a_confirmation_that_is_not_ours_is_reviewed_again(
    admin_client: Client, channel: Channel, crowd: None, changes: dict[str, str]
) -> None:
    answer = confirm(admin_client, review(admin_client, fields(channel)), **changes)

    assert "Send to 3 devices" in text_of(answer)
    assert not Message.objects.exists()


def test_what_comes_back_from_the_review_is_checked_again(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    page = review(admin_client, fields(channel))

    answer = confirm(admin_client, page, text="")

    assert answer.status_code == 400
    assert "Write what the notification says." in text_of(answer)
    assert not Message.objects.exists()


def test_a_channel_closed_in_between_is_refused(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    page = review(admin_client, fields(channel))
    Channel.objects.filter(pk=channel.pk).update(enabled=False)

    answer = confirm(admin_client, page)

    assert answer.status_code == 400
    assert not Message.objects.exists()


def test_a_changed_reach_is_shown_again_instead_of_sent(
    admin_client: Client, channel: Channel, crowd: None
) -> None:
    page = review(admin_client, fields(channel))
    add_person("late", devices={channel: ["late"]})

    again = confirm(admin_client, page)

    assert "from 3 devices to 4 devices" in text_of(again)
    assert not Message.objects.exists()
    assert confirm(admin_client, again).status_code == 302
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"channels": []}, "channels", "Choose at least one channel."),
        ({"audience_kind": ""}, "audience_kind", "Choose who gets the message."),
        ({"audience_kind": "userids"}, "userids", "Paste at least one userid."),
        (
            {"audience_kind": "userids", "userids": "a" * 65},
            "userids",
            f"“{'a' * 65}” is not a userid: it must have 1 to 64 characters.",
        ),
        ({"audience_kind": "tags", "tags": ","}, "tags", "Write at least one tag."),
        ({"audience_kind": "tags", "tags": "t" * 41}, "tags", "1 to 40 characters"),
        (
            {"audience_kind": "tags", "tags": ",".join(f"t{n}" for n in range(21))},
            "tags",
            "These are 21 tags; at most 20 fit",
        ),
        ({"text": " "}, "text", "Write what the notification says."),
        ({"text": "中" * 700}, "text", "For iOS, title, text and extras together take 2,"),
        ({"extras": "a=1\nb"}, "extras", "Line 2, “b”, is not of the form key=value."),
        ({"platforms": []}, "platforms", "Choose at least one platform."),
        ({"intent": "nowhere"}, "intent", "“nowhere” is no address"),
    ],
)
def test_an_error_stands_at_its_field(
    admin_client: Client, channel: Channel, changes: dict[str, Any], field: str, words: str
) -> None:
    page = review(admin_client, fields(channel, **changes))

    assert page.status_code == 400
    _before, _id, rest = text_of(page).partition(f'id="id_{field}_error"')
    assert words in rest.partition("</p>")[0]
    described = " ".join(re.findall(r'aria-describedby="([^"]*)"', text_of(page)))
    assert f"id_{field}_error" in described.split()


def test_too_many_userids_are_counted_in_the_refusal(
    admin_client: Client, channel: Channel
) -> None:
    userids = "\n".join(f"u{n}" for n in range(100_001))

    page = review(admin_client, fields(channel, audience_kind="userids", userids=userids))

    assert "These are 100,001 userids; at most 100,000 fit into one message." in text_of(page)


def test_sending_needs_its_permission(client: Client, channel: Channel) -> None:
    assert client.get(COMPOSE_URL).url.startswith(reverse("admin:login"))  # type: ignore[attr-defined]  # a redirect

    client.force_login(User.objects.create_user("viewer", is_staff=True))

    assert client.get(COMPOSE_URL).status_code == 403
    assert review(client, fields(channel)).status_code == 403


def test_what_the_service_refuses_is_shown_on_the_form(
    admin_client: Client, channel: Channel, crowd: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = review(admin_client, fields(channel))
    monkeypatch.setattr("messaging_app.content.MAX_TTL_SECONDS", 60)

    answer = confirm(admin_client, page)

    assert answer.status_code == 400
    assert "time_to_live is 86400" in text_of(answer)
