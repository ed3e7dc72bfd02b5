"""Naming a few of those whom a message would reach."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels_app.models import Channel
from messaging_app.audience import Audience
from messaging_app.samples import samples
from tests.messaging_app.makers import add_crowd, add_person
from users_app.models import Registration


def test_samples_are_ten_different_people_with_a_device(channel: Channel) -> None:
    add_crowd(channel, 30)

    found = samples(Audience(everyone=True), [channel.pk], None)

    assert len(set(found)) == len(found) == 10
    assert all(userid.startswith("u") for userid in found)


def test_people_whom_the_message_does_not_reach_are_no_samples(
    channel: Channel, second: Channel
) -> None:
    add_person("here", devices={channel: ["r1", "r2"], second: ["r3"]})
    add_person("elsewhere", devices={second: ["r4"]})
    add_person("invalid", devices={channel: ["r5"]})
    Registration.objects.filter(registration_id="r5").update(invalid_at="2026-11-24T00:00Z")
    add_person("without")
    named = Audience(userids=("here", "elsewhere", "invalid", "without", "nobody"))

    assert samples(named, [channel.pk], None) == ["here"]
    assert samples(named, [channel.pk, second.pk], None) == ["elsewhere", "here"]


@pytest.mark.parametrize(("line_key", "found"), [("key", ["a"]), (None, ["a", "b"])])
def test_a_tag_is_the_business_line_s(
    channel: Channel, line_key: str | None, found: list[str]
) -> None:
    add_person("a", devices={channel: ["r1"]}, tags=["key/VIP"])
    add_person("b", devices={channel: ["r2"]}, tags=["VIP"])

    assert samples(Audience(tags=("VIP",)), [channel.pk], line_key) == found


def test_where_devices_are_asked_for_they_are_the_samples(channel: Channel) -> None:
    ids = tuple(f"r{n}" for n in range(11))

    found = samples(Audience(registration_ids=ids), [channel.pk], None)

    assert len(found) == 10
    assert set(found) < set(ids)


def test_a_crowd_is_not_read_whole(channel: Channel) -> None:
    add_crowd(channel, 200)

    with CaptureQueriesContext(connection) as captured:
        samples(Audience(everyone=True), [channel.pk], None)

    assert [query["sql"].endswith("LIMIT 50") for query in captured] == [True]
