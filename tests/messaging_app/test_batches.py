"""How an accepted message is cut into batches: all at once, in constant work, or not at all."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels_app.models import Channel
from messaging_app.audience import Audience
from messaging_app.expansion import expand
from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Delivery, Message
from messaging_app.targets import Reach, reach
from tests.messaging_app.expansions import assert_it_adds_up, devices, without_device
from tests.messaging_app.makers import accept, add_crowd, add_person, expanded
from users_app.models import EndUser


@pytest.mark.parametrize(
    ("number", "sizes"),
    [(1, [1]), (999, [999]), (1000, [1000]), (1001, [1000, 1]), (2500, [1000, 1000, 500])],
)
def test_a_thousand_devices_make_a_batch(channel: Channel, number: int, sizes: list[int]) -> None:
    add_crowd(channel, number)

    message = expanded(channel)

    first_id = message.pk * BATCHES_PER_MESSAGE
    batches = Batch.objects.order_by("pk").values_list("pk", "size")
    assert list(batches) == [(first_id + place, size) for place, size in enumerate(sizes)]
    assert set(devices(message)) == {f"r{n}" for n in range(number)}
    assert_it_adds_up(message)


def test_batches_of_further_channels_follow_on(channel: Channel, second: Channel) -> None:
    third = Channel.objects.create(code="app3", name="App 3", app_key="c", master_secret="s")
    add_crowd(channel, 1500)
    add_crowd(second, 1001, prefix="s")
    add_crowd(third, 1, prefix="t")

    message = expanded([channel, second, third])

    batches = Batch.objects.order_by("pk").values_list("channel_id", "size")
    assert list(batches) == [
        *((channel.pk, 1000), (channel.pk, 500), (second.pk, 1000), (second.pk, 1)),
        (third.pk, 1),
    ]
    assert_it_adds_up(message)


def test_a_message_is_expanded_once(channel: Channel) -> None:
    add_person("u1", devices={channel: ["r1"]})
    message = expanded(channel)

    assert expand(message.pk) is False
    assert Delivery.objects.count() == Batch.objects.count() == 1


def test_later_uploads_change_nothing(channel: Channel) -> None:
    person = add_person("u1", devices={channel: ["r1"]})
    message = expanded(channel, userids=("u1", "u2"))

    add_person("u1", devices={channel: ["r9"]})
    add_person("u2", devices={channel: ["r2"]})
    person.delete()

    assert devices(message) == {"r1": "u1"}
    assert without_device(message) == {"u2"}


def test_a_crash_in_the_middle_leaves_no_trace(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = accept(channel, userids=("u1", "nobody"))

    class PowerCutError(Exception):
        pass

    def cut(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith('INSERT INTO "messaging_app_batch"'):
            raise PowerCutError
        return result

    with connection.execute_wrapper(cut), pytest.raises(PowerCutError):
        expand(message.pk)

    message.refresh_from_db()
    assert message.state == Message.State.EXPANDING
    assert not Delivery.objects.exists()
    assert not Batch.objects.exists()
    assert expand(message.pk)
    message.refresh_from_db()
    assert_it_adds_up(message)


def queries_of(message: Message) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert expand(message.pk)
    return len(queries)


@pytest.mark.parametrize("audience", ["everyone", "userids", "tags"])
def test_the_work_does_not_grow_with_the_audience(channel: Channel, audience: str) -> None:
    def message(number: int) -> Message:
        EndUser.objects.all().delete()
        add_crowd(channel, number)
        if audience == "tags":
            for person in EndUser.objects.all()[:50]:
                person.tags.create(bind_id="all", name="vip")
        asked: dict[str, Any] = {
            "everyone": True,
            "userids": tuple(f"u{n}" for n in range(number * 2)),
            "tags": ("vip",),
        }
        return accept(channel, **{audience: asked[audience]})

    assert queries_of(message(100)) == queries_of(message(3000)) < 15


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ({"everyone": True}, Reach(devices=4, no_device=0)),
        ({"userids": ("u1", "u2", "bare", "who")}, Reach(devices=4, no_device=2)),
        ({"tags": ("vip",)}, Reach(devices=2, no_device=1)),
        ({"tags": ("nobody",)}, Reach(devices=0, no_device=0)),
        ({"registration_ids": ("r1", "new")}, Reach(devices=4, no_device=0)),
    ],
)
def test_the_reach_foretells_the_expansion(
    channel: Channel, second: Channel, audience: dict[str, Any], expected: Reach
) -> None:
    add_person("u1", devices={channel: ["r1", "r2"]}, tags=["vip"])
    add_person("u2", devices={channel: ["r2"], second: ["s1", "s2"]})
    add_person("bare", tags=["vip"])
    message = accept([channel, second], **audience)

    found = reach(Audience(**audience), [channel.pk, second.pk])
    assert expand(message.pk)

    message.refresh_from_db()
    assert found == expected
    assert (found.targets, found.no_device) == (message.targets, message.no_device)
