"""The floor of segment counts whom the product counts, or comparing them says nothing."""

import json

import pytest

from bench import tagged
from bench.benchmarks.segment import ACTIVITIES, FLOOR, OURS
from bench.counting import main
from bench.people import fill
from channels_app.models import Channel
from messaging_app.models import Delivery, Message
from tests.bench.tested import TestDatabase
from users_app.models import Tag

PEOPLE = 2000

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_both_count_the_same(
    channel: Channel, activity: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Channel.objects.create(
        code="other", name="other", app_key="a" * 24, master_secret="s" * 24
    )
    database = TestDatabase()
    fill(database, {channel.code: PEOPLE, other.code: PEOPLE // 2})
    tagged.tag(database, PEOPLE, {"vip": 0.5, "old": 0.5})
    tagged.send(database, channel.code, "4711", PEOPLE // 2, of=PEOPLE)

    counts = []
    for name in (OURS, FLOOR):
        main(name, other.code, "vip", activity, "4711")
        counts.append(json.loads(capsys.readouterr().out)["people"])

    assert counts[0] == counts[1] > 0


def test_a_message_has_its_ledger_in_batches(channel: Channel) -> None:
    database = TestDatabase()
    fill(database, {channel.code: PEOPLE})
    tagged.tag(database, PEOPLE, {"vip": 0.25})

    tagged.send(database, channel.code, "4711", 1500, of=PEOPLE)

    message = Message.objects.get(msgid="4711")
    assert [batch.size for batch in message.batches.order_by("pk")] == [1000, 500]
    deliveries = Delivery.objects.filter(message=message)
    assert deliveries.values("userid").distinct().count() == deliveries.count() == 1500
    assert 0 < deliveries.filter(state="clicked").count() < 300
    assert 300 < Tag.objects.count() < 700
