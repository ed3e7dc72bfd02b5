"""Segments of people by what the ledger has of them: received, clicked, did not click, seen."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.expansion import expand
from messaging_app.models import Batch, Delivery, Message
from tests.messaging_app.calls import APP, post
from tests.messaging_app.expansions import devices
from tests.messaging_app.makers import add_crowd, add_person, expanded
from ums.lib.errors import DomainError
from users_app import segments
from users_app.models import EndUser, Registration, Segment

Activity = Segment.Activity
State = Delivery.State


@pytest.fixture
def message(channel: Channel) -> Message:
    """To u0 … u4 and to u9, who has no device; JPush has accepted it."""
    add_crowd(channel, 5)
    add_person("u9")
    made = expanded(channel, userids=("u0", "u1", "u2", "u3", "u4", "u9"))
    add_person("later", devices={channel: ["later"]})
    Batch.objects.update(state=Batch.State.SENT, pushed_at=timezone.now())
    return made


def is_now(userid: str, state: Delivery.State, at: datetime | None = None) -> None:
    delivered, clicked = state == State.DELIVERED, state == State.CLICKED
    Delivery.objects.filter(userid=userid).update(
        state=state,
        delivered_at=(at or timezone.now()) if delivered else None,
        clicked_at=(at or timezone.now()) if clicked else None,
    )


def userids(segment: Segment) -> list[str]:
    people = segments.people_query(segment)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT wanted.userid FROM ({people.sql}) AS wanted", people.params)
        found = sorted(row[0] for row in cursor.fetchall())
    assert segments.count(segment) == len(found)
    return found


def of(message: Message, activity: Segment.Activity) -> Segment:
    return Segment.objects.create(name=activity, activity=activity, msgid=message.msgid)


def test_what_people_did_with_a_message(message: Message) -> None:
    is_now("u0", State.CLICKED)
    is_now("u1", State.DELIVERED)
    is_now("u2", State.FAILED)
    is_now("u3", State.INVALID_ID)

    assert userids(of(message, Activity.CLICKED)) == ["u0"]
    assert userids(of(message, Activity.RECEIVED)) == ["u0", "u1"]
    assert userids(of(message, Activity.NOT_CLICKED)) == ["u1", "u2", "u4"]


def test_who_clicked_on_one_of_two_devices_has_clicked_and_is_in_once(channel: Channel) -> None:
    add_person("both", devices={channel: ["a", "b", "c"]})
    message = expanded(channel, userids=("both",))
    Batch.objects.update(state=Batch.State.SENT)
    Delivery.objects.filter(registration_id="a").update(state=State.CLICKED)
    Delivery.objects.filter(registration_id="b").update(state=State.DELIVERED)

    assert userids(of(message, Activity.CLICKED)) == ["both"]
    assert userids(of(message, Activity.RECEIVED)) == ["both"]
    assert userids(of(message, Activity.NOT_CLICKED)) == []


@pytest.mark.parametrize("state", [s for s in Batch.State if s != Batch.State.SENT])
def test_who_was_not_sent_a_message_has_not_failed_to_click_it(
    message: Message, state: Batch.State
) -> None:
    Batch.objects.update(state=state)
    is_now("u1", State.DELIVERED)  # a receipt shows that JPush had taken it

    assert userids(of(message, Activity.NOT_CLICKED)) == ["u1"]


def test_another_messages_clicks_do_not_count(message: Message, channel: Channel) -> None:
    is_now("u0", State.CLICKED)
    other = expanded(channel, userids=("u0",))

    assert userids(of(other, Activity.CLICKED)) == []


def test_people_seen_have_a_receipt_or_a_new_device(message: Message) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    Registration.objects.exclude(registration_id="later").update(created_at=long_ago)
    now = timezone.now()
    is_now("u0", State.CLICKED)
    is_now("u1", State.DELIVERED, now - timedelta(days=9))
    is_now("u2", State.DELIVERED, now - timedelta(days=11))
    Batch.objects.update(pushed_at=now - timedelta(days=12))

    seen = Segment.objects.create(name="seen", seen_within_days=10)
    unseen = Segment.objects.create(name="unseen", unseen_for_days=10)
    between = Segment.objects.create(name="both", seen_within_days=10, unseen_for_days=5)

    assert userids(seen) == ["later", "u0", "u1"]
    assert userids(unseen) == ["u2", "u3", "u4", "u9"]
    assert userids(between) == ["u1"]


def test_a_click_on_a_very_old_message_is_no_sign_of_life(message: Message) -> None:
    Registration.objects.update(created_at=timezone.now() - timedelta(days=100))
    is_now("u0", State.CLICKED)
    Batch.objects.update(pushed_at=timezone.now() - timedelta(days=39))

    assert userids(Segment.objects.create(name="seen", seen_within_days=10)) == []


def test_people_are_chosen_by_when_they_were_first_uploaded(message: Message) -> None:
    # Midnight of a day is that of the server's time zone.
    midnight = datetime(2026, 3, 1, tzinfo=timezone.get_default_timezone())
    EndUser.objects.update(created_at=midnight - timedelta(seconds=1))
    EndUser.objects.filter(userid="u1").update(created_at=midnight)
    EndUser.objects.filter(userid="u2").update(created_at=timezone.now() - timedelta(days=2))

    since = Segment.objects.create(name="since", registered_since=midnight.date())
    within = Segment.objects.create(name="within", registered_within_days=3)

    assert userids(since) == ["u1", "u2"]
    assert userids(within) == ["u2"]


def test_all_conditions_hold_at_once(message: Message, channel: Channel) -> None:
    for userid in ("u0", "u1"):
        is_now(userid, State.CLICKED)
    add_person("u1", tags=["vip"])
    add_person("u2", tags=["vip"])
    segment = of(message, Activity.CLICKED)
    segment.tags_all = ["vip"]
    segment.registered_within_days = segment.seen_within_days = 1
    segment.channels.add(channel)

    assert userids(segment) == ["u1"]


def test_a_segment_says_that_its_message_is_gone(message: Message) -> None:
    segment = of(message, Activity.NOT_CLICKED)
    message.delete()

    with pytest.raises(DomainError, match=f"“not_clicked”: There is no message .*{message.msgid}"):
        segments.count(segment)


def test_an_activity_without_a_message_is_not_stored(db: None) -> None:
    for half in ({"activity": "clicked"}, {"msgid": "1"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Segment.objects.create(name="half", **half)


def test_aud_segment_reaches_who_did_not_click(
    message: Message, business_line: BusinessLine
) -> None:
    is_now("u0", State.CLICKED)
    segment = of(message, Activity.NOT_CLICKED)

    response = post(business_line, "/v1/sent", {**APP, "aud_segment": [segment.pk]})

    assert response.status_code == 200, response.content
    again = Message.objects.latest("pk")
    assert expand(again.pk)
    assert set(devices(again).values()) == {"u1", "u2", "u3", "u4"}


def test_a_send_to_a_segment_whose_message_is_gone_fails_with_that_reason(
    message: Message, business_line: BusinessLine
) -> None:
    segment = of(message, Activity.CLICKED)
    post(business_line, "/v1/sent", {**APP, "aud_segment": [segment.pk]})
    msgid = message.msgid
    message.delete()

    again = Message.objects.get()
    assert expand(again.pk)
    again.refresh_from_db()

    assert again.state == Message.State.FAILED
    assert msgid in again.reason
