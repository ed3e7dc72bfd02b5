"""The people of a report, one row each, on the page and as CSV."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models import Channel
from messaging_app.ledger import deliveries
from messaging_app.models import Batch, Delivery, Message
from tests.exports import exported
from tests.messaging_app.figures import mixed_message, settle
from tests.messaging_app.makers import add_crowd, add_person, expanded, one_batch
from tests.messaging_app.pages import get_report, text_of, userids
from ums.lib.exports import tables
from users_app.models import EndUser


@pytest.fixture
def message(channel: Channel) -> Message:
    return mixed_message(channel)


def test_every_target_has_a_row_with_its_fate(admin_client: Client, message: Message) -> None:
    page = get_report(admin_client, message)

    rows = {p.userid: (p.box, p.channel, p.reason) for p in page.context["people"]}
    assert rows == {
        "u0": ("sent", "App 1", ""),
        "u1": ("delivered", "App 1", ""),
        "u2": ("clicked", "App 1", ""),
        "u3": ("failed", "App 1", "JPush reported it as not delivered"),
        "u4": ("invalid_id", "App 1", ""),
        "ghost": ("no_device", "", "No registrationID in the channels of this message"),
    }
    assert userids(page)[-1] == "ghost"


@pytest.mark.parametrize(("code", "reason"), [(1011, "1011: cannot find"), (None, "cannot find")])
def test_a_failed_row_tells_the_reason_of_its_batch(
    admin_client: Client, channel: Channel, code: int | None, reason: str
) -> None:
    batch = one_batch(channel, "rid1")
    settle(batch, Batch.State.FAILED, error_code=code, error_message="cannot find")

    page = get_report(admin_client, batch.message)

    assert [person.reason for person in page.context["people"]] == [reason]


def test_the_list_is_filtered_by_box(admin_client: Client, message: Message) -> None:
    assert userids(get_report(admin_client, message, box="clicked")) == ["u2"]
    assert userids(get_report(admin_client, message, box="no_device")) == ["ghost"]
    assert userids(get_report(admin_client, message, box="cancelled")) == []
    assert len(userids(get_report(admin_client, message, box="nonsense"))) == 6


@pytest.mark.parametrize(
    ("query", "found"),
    [("u1", ["u1"]), (" r2 ", ["u2"]), ("u", ["u0", "u1", "u2", "u3", "u4"]), ("nobody", [])],
)
def test_the_list_is_searched_by_the_beginning_of_either_id(
    admin_client: Client, message: Message, query: str, found: list[str]
) -> None:
    assert userids(get_report(admin_client, message, q=query)) == found


def test_a_page_holds_50_and_keeps_the_filter(admin_client: Client, channel: Channel) -> None:
    add_crowd(channel, 51)
    message = expanded(channel, everyone=True)

    first = get_report(admin_client, message, box="queued")
    second = get_report(admin_client, message, box="queued", page="2")

    assert (len(userids(first)), len(userids(second))) == (50, 1)
    assert "box=queued&amp;page=2#people" in text_of(first)
    assert "51 targets" in text_of(first)


def address_of(message: Message, kind: str = "csv") -> str:
    return reverse("messages:export", kwargs={"pk": message.pk, "kind": kind})


def export(client: Client, message: Message, **query: str) -> list[list[str]]:
    return exported(client, address_of(message), query)


def test_the_export_holds_the_filtered_list(admin_client: Client, message: Message) -> None:
    moment = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)  # 8:30 in Shanghai
    Delivery.objects.filter(state="clicked").update(clicked_at=moment)

    rows = export(admin_client, message)

    assert rows[0] == [
        "userid",
        "registrationID",
        "Channel",
        "State",
        "Delivered",
        "Clicked",
        "Reason",
        "Retraction",
    ]
    assert len(rows) == 7
    assert export(admin_client, message, box="clicked")[1:] == [
        ["u2", "r2", "App 1", "clicked", "", "2026-11-24 08:30:00", "", ""]
    ]
    assert [row[0] for row in export(admin_client, message, q="ghost")[1:]] == ["ghost"]


def test_the_export_is_in_the_operator_s_time_zone(admin_client: Client, message: Message) -> None:
    moment = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    Delivery.objects.filter(state="clicked").update(clicked_at=moment)
    admin_client.cookies["ums_time_zone"] = "America/New_York"

    assert export(admin_client, message, box="clicked")[1][5] == "2026-11-24 03:30:00"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_the_export_holds_no_formulas(admin_client: Client, channel: Channel, sign: str) -> None:
    add_person(f"{sign}cmd|'/c calc'!A1", devices={channel: ["r"]})
    message = expanded(channel, everyone=True)

    assert export(admin_client, message)[1][0] == f"'{sign}cmd|'/c calc'!A1"


def test_a_workbook_holds_the_same_people_as_the_csv(
    admin_client: Client, message: Message
) -> None:
    rows = exported(admin_client, address_of(message, "xlsx"))

    assert rows == export(admin_client, message)


def test_a_long_export_is_read_in_pages_in_the_order_of_the_report(
    admin_client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "FIRST_PAGE_ROWS", 2)
    monkeypatch.setattr(tables, "ROWS_PER_PAGE", 3)
    second = Channel.objects.create(code="app2", name="App 2", app_key="b", master_secret="s")
    add_crowd(channel, 9)
    add_crowd(second, 4, prefix="x")
    ghosts = tuple(f"ghost{n}" for n in range(5))
    people = EndUser.objects.values_list("userid", flat=True)
    message = expanded([channel, second], userids=(*people, *ghosts))
    order = [(d.userid, d.registration_id) for d in deliveries(message)]

    answer: Any = admin_client.get(address_of(message))
    pieces = list(answer.streaming_content)
    rows = export(admin_client, message)[1:]

    assert [(row[0], row[1]) for row in rows] == order
    assert len(pieces) == 1 + 1 + 6  # the heading, a page of 2, pages of 3
