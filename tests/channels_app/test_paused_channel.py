"""What the console says of a paused channel, and what resumes it."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from responses import RequestsMock

from channels_app.models import Channel
from channels_app.pausing import pause_channel
from channels_app.refusals import advice
from tests.channels_app.test_channel_admin import changed

CID_URL = "https://api.jpush.cn/v3/push/cid"
LIST_URL = reverse("admin:channels_app_channel_changelist")
BANNER = re.compile(r'data-paused="(\w+)"')


def page_url(channel: Channel, page: str = "change") -> str:
    return reverse(f"admin:channels_app_channel_{page}", args=(channel.pk,))


@pytest.fixture
def paused(channel: Channel) -> Channel:
    pause_channel(channel_id=channel.pk, code=1004, reason="Basic authentication failed")
    channel.refresh_from_db()
    return channel


def is_paused() -> bool:
    return Channel.objects.filter(paused_at__isnull=False).exists()


def viewer(*permissions: str) -> User:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (401, "does not accept this AppKey with this Master Secret"),
        (1004, "does not accept this AppKey with this Master Secret"),
        (2003, "only Jiguang's support can lift it"),
        (2004, "Add the address to the IP allow-list"),
        (2005, "is used up: ask Jiguang for more"),
        (2006, "Your contract with Jiguang does not include"),
        (2007, "Your contract with Jiguang does not include"),
        (1020, "“https://push.example.com” answers to https:// only"),
        (404, "“https://push.example.com” answers HTTP 404, but not as JPush does"),
    ],
)
def test_each_refusal_has_an_advice(number: int, words: str) -> None:
    assert words in advice(number, "https://push.example.com")


@pytest.mark.parametrize("number", [None, 1011, 503])
def test_what_is_unknown_is_left_to_jpush_s_words(number: int | None) -> None:
    assert advice(number, "https://push.example.com") == ""


def test_the_channel_s_page_says_why_and_what_to_do(admin_client: Client, paused: Channel) -> None:
    page = admin_client.get(page_url(paused)).content.decode()

    assert "its messages wait" in page
    assert "Copy both again from" in page
    assert "JPush&#x27;s answer: 1004: Basic authentication failed" in page.replace("'", "&#x27;")
    assert page_url(paused, "resume") in page
    assert not BANNER.findall(page)  # it would say the same once more
    assert "paused" in admin_client.get(LIST_URL).content.decode()


def test_a_running_channel_has_no_such_words(admin_client: Client, channel: Channel) -> None:
    page = admin_client.get(page_url(channel)).content.decode()

    assert "its messages wait" not in page
    assert page_url(channel, "resume") not in page


def test_the_button_resumes_and_leaves_a_trace(admin_client: Client, paused: Channel) -> None:
    response = admin_client.post(page_url(paused, "resume"), follow=True)

    assert response.redirect_chain == [(page_url(paused), 302)]
    assert "The channel is resumed" in response.content.decode()
    assert not is_paused()
    assert LogEntry.objects.get().get_change_message() == "Resumed the channel."

    again = admin_client.post(page_url(paused, "resume"), follow=True)

    assert "was not paused any more" in again.content.decode()
    assert LogEntry.objects.count() == 1


def test_resuming_needs_a_post_and_the_right_to_change(client: Client, paused: Channel) -> None:
    client.force_login(viewer("view_channel"))
    assert client.post(page_url(paused, "resume")).status_code == 403
    assert page_url(paused, "resume") not in client.get(page_url(paused)).content.decode()
    assert is_paused()

    User.objects.get().user_permissions.add(Permission.objects.get(codename="change_channel"))
    assert client.get(page_url(paused, "resume")).status_code == 302
    assert is_paused()
    assert client.post(page_url(paused, "resume")).status_code == 302
    assert not is_paused()


def test_a_success_of_verify_resumes(
    admin_client: Client, paused: Channel, jpush: RequestsMock
) -> None:
    jpush.get(CID_URL, json={"cidlist": ["a"]})

    page = admin_client.post(page_url(paused, "verify"), follow=True).content.decode()

    assert "The channel is resumed: its messages go on." in page
    assert not is_paused()


def test_a_failure_of_verify_does_not(
    admin_client: Client, paused: Channel, jpush: RequestsMock
) -> None:
    jpush.get(CID_URL, status=401, json={"error": {"code": 1004}})

    admin_client.post(page_url(paused, "verify"))

    assert is_paused()


@pytest.mark.parametrize(
    ("changes", "resumed"),
    [
        ({"name": "New name"}, False),
        ({"app_key": "other"}, True),
        ({"master_secret": "other"}, True),
        ({"cloud": "private", "api_url": "http://push.example.com"}, True),
    ],
)
def test_other_credentials_resume(
    admin_client: Client, paused: Channel, changes: dict[str, str], resumed: bool
) -> None:
    response = admin_client.post(page_url(paused), changed(paused, **changes))

    assert response.status_code == 302
    assert is_paused() != resumed
    channel = Channel.objects.get()
    assert (channel.pause_code, channel.pause_reason == "") == (None if resumed else 1004, resumed)


def test_saving_the_form_keeps_a_pause_that_came_meanwhile(
    admin_client: Client, channel: Channel
) -> None:
    def pause_before_writing(execute: object, sql: str, *others: object) -> object:
        if sql.startswith('UPDATE "channels_app_channel"') and not done:
            done.append(True)
            pause_channel(channel_id=channel.pk, code=2003, reason="black list")
        return execute(sql, *others)  # type: ignore[operator]  # Django's own

    done: list[bool] = []
    with connection.execute_wrapper(pause_before_writing):
        admin_client.post(page_url(channel), changed(channel, name="New name"))

    stored = Channel.objects.get()
    assert (stored.name, stored.pause_code) == ("New name", 2003)


def test_every_page_warns_who_may_look_at_channels(admin_client: Client, paused: Channel) -> None:
    for url in (
        reverse("admin:index"),
        LIST_URL,
        reverse("messages:list"),
        reverse("messages:compose"),
        reverse("users:import_list"),
    ):
        page = admin_client.get(url).content.decode()
        assert BANNER.findall(page) == ["app1"], url
        assert "Channel “App 1” has been paused since" in page
        assert f'href="{page_url(paused)}"' in page


def test_there_is_no_warning_without_the_right_or_the_pause(
    client: Client, admin_client: Client, paused: Channel
) -> None:
    client.force_login(viewer("view_message"))
    assert not BANNER.findall(client.get(reverse("messages:list")).content.decode())

    Channel.objects.update(enabled=False)
    assert not BANNER.findall(admin_client.get(reverse("messages:list")).content.decode())


def test_the_warning_costs_one_query_however_many_are_paused(
    admin_client: Client, channel: Channel
) -> None:
    url = reverse("messages:list")
    admin_client.get(url)
    with CaptureQueriesContext(connection) as none:
        admin_client.get(url)
    for number in range(5):
        made = Channel.objects.create(
            code=f"n{number}", name=f"n{number}", app_key="k", master_secret="s"
        )
        pause_channel(channel_id=made.pk, code=1004, reason="x")

    with CaptureQueriesContext(connection) as five:
        page = admin_client.get(url)

    assert len(BANNER.findall(page.content.decode())) == 5
    assert len(five) == len(none)
    asked = [query["sql"] for query in five if '"paused_at" IS NOT NULL' in query["sql"]]
    assert len(asked) == 1
    assert '"master_secret"' not in asked[0]


def test_the_page_of_signing_in_opens(client: Client, paused: Channel) -> None:
    page = client.get(reverse("admin:login"))

    assert page.status_code == 200
    assert not BANNER.findall(page.content.decode())
