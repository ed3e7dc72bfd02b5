"""The console's first page."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Batch, Message
from messaging_app.statistics import last_days, total
from tests.messaging_app.approvals import waiting_message
from tests.messaging_app.figures import finish, receive, settle
from tests.messaging_app.makers import accept, add_crowd, add_person, expanded, one_batch
from tests.messaging_app.pages import text_of
from users_app.models import ImportJob

URL = reverse("admin:index")


def ticks(client: Client) -> dict[str, bool]:
    return {tick.name: tick.done for tick in client.get(URL).context["ticks"]}


def sent(channel: Channel, created_at: datetime, *, ids: int = 4) -> Batch:
    """A message of that moment that JPush has accepted for all of its devices."""
    batch = one_batch(channel, *(f"r{n}" for n in range(ids)))
    settle(batch, Batch.State.SENT)
    Message.objects.filter(pk=batch.message_id).update(created_at=created_at)
    return batch


def test_a_newcomer_sees_four_steps_with_the_way_to_the_next(
    admin_client: Client, db: None
) -> None:
    page = text_of(admin_client.get(URL))

    assert ticks(admin_client) == {
        "channel": False,
        "verified": False,
        "device": False,
        "clicked": False,
    }
    for url in ("admin:channels_app_channel_add", "users:import_new", "messages:compose"):
        assert reverse(url) in page
    assert "There is no channel yet." in page
    assert "No message is being sent." in page


def test_each_step_is_ticked_by_the_data(admin_client: Client, channel: Channel) -> None:
    assert ticks(admin_client)["channel"]
    verify = reverse("admin:channels_app_channel_change", args=(channel.pk,))
    assert f'class="ums-button" href="{verify}"' in text_of(admin_client.get(URL))

    Channel.objects.update(verified_at=timezone.now())
    assert ticks(admin_client)["verified"]

    add_person("me", devices={channel: ["r0"]})
    assert ticks(admin_client)["device"]

    batch = sent(channel, timezone.now())
    receive(batch, delivered="r1")
    assert not ticks(admin_client)["clicked"]

    receive(batch, clicked="r0")
    assert ticks(admin_client) == {}
    assert "First run" not in text_of(admin_client.get(URL))


def test_today_and_14_days_are_summed_with_their_rates(
    admin_client: Client, channel: Channel
) -> None:
    now = timezone.now()
    sent(channel, now - timedelta(days=14))
    sent(channel, now - timedelta(days=13))
    receive(sent(channel, now), delivered="r0", clicked="r1")

    periods = admin_client.get(URL).context["sends"]["periods"]

    figures = [(f.messages, f.targets, f.delivered_rate, f.clicked_rate) for _label, f in periods]
    assert figures == [(1, 4, "50.0%", "50.0%"), (2, 8, "25.0%", "50.0%")]


def test_a_day_begins_at_the_operator_s_midnight(channel: Channel) -> None:
    sent(channel, datetime(2026, 11, 23, 15, 59, tzinfo=UTC), ids=2)
    sent(channel, datetime(2026, 11, 23, 16, 0, tzinfo=UTC), ids=3)
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    with timezone.override(ZoneInfo("Asia/Shanghai")):
        assert [(d.messages, d.targets, d.accepted) for d in last_days(now, 2)] == [
            (1, 2, 2),
            (1, 3, 3),
        ]
    with timezone.override(ZoneInfo("UTC")):
        assert [(d.messages, d.targets, d.accepted) for d in last_days(now, 2)] == [
            (2, 5, 5),
            (0, 0, 0),
        ]


def test_refused_devices_are_not_accepted_but_late_receipts_of_them_count(
    channel: Channel,
) -> None:
    now = timezone.now()
    refused = sent(channel, now)
    settle(refused, Batch.State.UNKNOWN)
    receive(refused, delivered="r0")
    receive(sent(channel, now), invalid_id="r0", failed="r1")

    today = last_days(now, 1)[0]

    assert (today.accepted, today.delivered, today.clicked) == (1 + 3, 1, 0)


def test_the_chart_has_the_targets_of_each_day(admin_client: Client, channel: Channel) -> None:
    now = timezone.now()
    sent(channel, now, ids=200)
    sent(channel, now - timedelta(days=1), ids=1)

    page = admin_client.get(URL)

    found = re.search(r'class="chart"[^>]* data-value="([^"]+)"', page.content.decode())
    assert found
    data = json.loads(html.unescape(found[1]))
    assert len(data["labels"]) == 14
    assert data["datasets"][0]["data"] == [0] * 12 + [1, 200]


def test_no_days_add_up_to_nothing() -> None:
    assert total([]).messages == 0


def test_running_messages_show_their_progress(admin_client: Client, channel: Channel) -> None:
    add_crowd(channel, 3)
    finish(expanded(channel, everyone=True))
    accept(channel)
    running = expanded(channel, everyone=True)

    page = admin_client.get(URL)

    assert [row.message.pk for row in page.context["running"]] == [running.pk, running.pk - 1]
    assert '<progress class="ums-progress" max="3" value="0"' in text_of(page)


def test_messages_to_approve_are_listed_oldest_first(
    admin_client: Client, admin_user: User, channel: Channel, business_line: BusinessLine
) -> None:
    assert "Waiting for approval" not in text_of(admin_client.get(URL))
    made = [waiting_message(channel, line=business_line, owner=admin_user) for _ in range(6)]

    page = admin_client.get(URL)

    assert page.context["waiting"] == made[:5]
    assert reverse("messages:approval_detail", args=(made[0].pk,)) in text_of(page)
    assert "Shop · admin · " in text_of(page)


def test_channels_show_when_the_last_callback_came(admin_client: Client, channel: Channel) -> None:
    Channel.objects.update(last_callback_at=datetime(2026, 11, 24, 0, 30, tzinfo=UTC))
    Channel.objects.create(code="closed", name="Old", app_key="o", master_secret="s", enabled=False)

    page = text_of(admin_client.get(URL))

    assert "11/24/2026 8:30 a.m." in page
    assert "not verified" in page
    assert '<span class="ums-badge ums-badge-bad">closed</span>' in page


def test_recent_imports_are_listed(admin_client: Client, admin_user: User) -> None:
    for number in range(6):
        ImportJob.objects.create(operator=admin_user, file_name=f"{number}.xlsx", path="x", bad=7)

    page = admin_client.get(URL)

    assert [row.job.file_name for row in page.context["imports"]] == [
        f"{number}.xlsx" for number in (5, 4, 3, 2, 1)
    ]
    assert '<td class="ums-number">7</td>' in text_of(page)


@pytest.mark.parametrize(
    ("codename", "part"),
    [
        ("view_message", "sends"),
        ("view_message", "running"),
        ("approve_message", "waiting"),
        ("view_channel", "channels"),
        ("view_importjob", "imports"),
    ],
)
def test_a_part_is_shown_to_those_who_may_see_it(
    client: Client, channel: Channel, codename: str, part: str
) -> None:
    user = User.objects.create_user("someone", is_staff=True)
    client.force_login(user)
    page = client.get(URL)
    assert page.context[part] is None
    assert reverse("admin:channels_app_channel_add") not in text_of(page)
    assert [tick.url for tick in page.context["ticks"]] == [""] * 4

    user.user_permissions.add(Permission.objects.get(codename=codename))

    assert client.get(URL).context[part] is not None


def test_twenty_of_everything_cost_as_many_queries_as_one(
    admin_client: Client, admin_user: User, channel: Channel, business_line: BusinessLine
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(URL)
        return len(captured)

    def grow(number: int) -> None:
        for name in range(number):
            sent(channel, timezone.now() - timedelta(days=name % 14))
            expanded(channel, everyone=True)
            waiting_message(channel, line=business_line, owner=admin_user)
            Channel.objects.create(
                code=f"c{number}x{name}", name=f"{number} {name}", app_key="k", master_secret="s"
            )
            ImportJob.objects.create(operator=admin_user, file_name="a.xlsx", path="x")

    add_crowd(channel, 1)
    grow(1)
    one = queries()
    grow(20)

    assert queries() == one
    assert one <= 20
