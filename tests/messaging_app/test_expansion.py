"""From an accepted message to its ledger and its batches."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.audience import Audience
from messaging_app.expansion import expand
from messaging_app.ledger import ledger
from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Delivery, Message
from messaging_app.targets import Reach, reach
from tests.messaging_app.makers import accept, add_crowd, add_person, expanded
from users_app.models import EndUser, Registration


@pytest.fixture
def second(db: None) -> Channel:
    return Channel.objects.create(code="app2", name="App 2", app_key="b", master_secret="s")


def devices(message: Message, channel: Channel | None = None) -> dict[str, str]:
    """registrationID to userid."""
    rows = Delivery.objects.filter(message=message, batch__isnull=False)
    if channel:
        rows = rows.filter(channel=channel)
    pairs = list(rows.values_list("registration_id", "userid"))
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def without_device(message: Message) -> set[str]:
    rows = Delivery.objects.filter(message=message, state=Delivery.State.NO_DEVICE)
    return set(rows.values_list("userid", flat=True))


def assert_it_adds_up(message: Message) -> None:
    """The ledger, the batches and the rows say the same."""
    counts = ledger(message)
    rows = Delivery.objects.filter(message=message)
    assert counts.total == counts.targets == rows.count()
    assert counts.no_device == rows.filter(state=Delivery.State.NO_DEVICE).count()
    for batch in Batch.objects.filter(message=message):
        assert batch.size == rows.filter(batch=batch, channel=batch.channel_id).count()
        assert batch.state == Batch.State.QUEUED


def test_people_named_by_userid_get_it_on_each_of_their_devices(channel: Channel) -> None:
    add_person("u1", devices={channel: ["r1", "r2"]})
    add_person("u2", devices={channel: ["r3"]})
    add_person("u3", devices={channel: ["r4"]})

    message = expanded(channel, userids=("u1", "u2"))

    assert devices(message) == {"r1": "u1", "r2": "u1", "r3": "u2"}
    assert (message.state, message.targets, message.no_device) == (Message.State.SENDING, 3, 0)
    assert_it_adds_up(message)


def test_people_without_a_device_are_on_the_ledger(channel: Channel) -> None:
    add_person("u1", devices={channel: ["r1"]})
    add_person("bare")

    message = expanded(channel, userids=("u1", "bare", "unknown", 'it\'s "%s" 您好'))

    assert without_device(message) == {"bare", "unknown", 'it\'s "%s" 您好'}
    assert (message.targets, message.no_device) == (4, 3)
    assert_it_adds_up(message)


def test_a_person_named_twice_counts_once(channel: Channel) -> None:
    add_person("u1", devices={channel: ["r1"]}, tags=["vip", "new"])

    message = expanded(channel, userids=("u1", "u1", "nobody", "nobody"), tags=("vip", "new"))

    assert devices(message) == {"r1": "u1"}
    assert message.targets == 2
    assert_it_adds_up(message)


@pytest.mark.parametrize("audience", ["userids", "registration_ids"])
def test_a_name_given_twice_counts_once(channel: Channel, audience: str) -> None:
    message = expanded(channel, **{audience: ("x", "x")})

    assert message.targets == Delivery.objects.count() == 1


def test_a_device_of_two_people_gets_it_once(channel: Channel) -> None:
    add_person("u2", devices={channel: ["shared", "r2"]})
    add_person("u1", devices={channel: ["shared"]})

    message = expanded(channel, userids=("u1", "u2"))

    assert devices(message) == {"shared": "u1", "r2": "u2"}
    assert (message.targets, message.no_device) == (2, 0)
    assert_it_adds_up(message)


def test_invalid_registrations_are_left_out(channel: Channel) -> None:
    add_person("u1", devices={channel: ["good", "bad"]})
    add_person("u2", devices={channel: ["also-bad"]})
    Registration.objects.filter(registration_id__endswith="bad").update(invalid_at=timezone.now())

    message = expanded(channel, userids=("u1", "u2"))

    assert devices(message) == {"good": "u1"}
    assert without_device(message) == {"u2"}
    assert_it_adds_up(message)


def test_each_channel_gets_batches_of_its_own(channel: Channel, second: Channel) -> None:
    add_person("u1", devices={channel: ["r1"], second: ["r1", "s1"]})
    add_person("u2", devices={second: ["s2"]})

    message = expanded([second, channel], userids=("u1", "u2", "u3"))

    assert devices(message, channel) == {"r1": "u1"}
    assert devices(message, second) == {"r1": "u1", "s1": "u1", "s2": "u2"}
    assert without_device(message) == {"u3"}
    first_id = message.pk * BATCHES_PER_MESSAGE
    batches = Batch.objects.filter(message=message).order_by("pk")
    assert list(batches.values_list("pk", "channel_id", "size")) == [
        (first_id, channel.pk, 1),
        (first_id + 1, second.pk, 3),
    ]
    assert_it_adds_up(message)


def test_devices_of_other_channels_are_not_addressed(channel: Channel, second: Channel) -> None:
    add_person("u1", devices={channel: ["r1"], second: ["s1"]})
    add_person("u2", devices={second: ["s2"]})

    message = expanded(channel, userids=("u1", "u2"))

    assert devices(message) == {"r1": "u1"}
    assert without_device(message) == {"u2"}


def test_everyone_means_all_devices_and_nobody_else(channel: Channel, second: Channel) -> None:
    add_person("u1", devices={channel: ["r1", "r2"]})
    add_person("u2", devices={second: ["s1"]})
    add_person("bare")

    message = expanded([channel, second])

    assert devices(message) == {"r1": "u1", "r2": "u1", "s1": "u2"}
    assert (message.targets, message.no_device) == (3, 0)
    assert_it_adds_up(message)


def test_devices_named_by_registration_id_need_no_person(channel: Channel, second: Channel) -> None:
    add_person("u1", devices={channel: ["r1"]})

    message = expanded([channel, second], registration_ids=("r1", "stranger", "r1"))

    assert devices(message, channel) == {"r1": "", "stranger": ""}
    assert devices(message, second) == {"r1": "", "stranger": ""}
    assert (message.targets, message.no_device) == (4, 0)
    assert_it_adds_up(message)


def test_an_audience_of_nobody_has_no_batches(channel: Channel) -> None:
    message = expanded(channel, tags=("nobody has it",))

    assert not Batch.objects.exists()
    assert (message.state, message.targets) == (Message.State.SENDING, 0)


def test_a_line_finds_its_own_tag_before_the_one_of_all(
    channel: Channel, business_line: BusinessLine
) -> None:
    mine = business_line.channel_key
    add_person("mine", devices={channel: ["r1"]}, tags=[f"{mine}/vip"])
    add_person("of-all", devices={channel: ["r2"]}, tags=["all/vip"])
    add_person("other", devices={channel: ["r3"]}, tags=["otherkey/vip"])
    add_person("fallback", devices={channel: ["r4"]}, tags=["all/new"])
    add_person("other-new", devices={channel: ["r5"]}, tags=["otherkey/new"])

    own = expanded(channel, line=business_line, tags=("vip",))
    both = expanded(channel, line=business_line, tags=("vip", "new"))

    assert devices(own) == {"r1": "mine"}
    # The choice is made for each tag (protocol/ums.md 4).
    assert devices(both) == {"r1": "mine", "r4": "fallback"}


def test_the_console_finds_a_tag_under_any_bind_id(channel: Channel) -> None:
    add_person("u1", devices={channel: ["r1"]}, tags=["all/vip", "key1/vip"])
    add_person("u2", devices={channel: ["r2"]}, tags=["key2/vip"])
    add_person("u3", tags=["key3/vip"])

    message = expanded(channel, tags=("vip",))

    assert devices(message) == {"r1": "u1", "r2": "u2"}
    assert without_device(message) == {"u3"}
    assert_it_adds_up(message)


def test_tags_and_userids_are_united(channel: Channel) -> None:
    add_person("u1", devices={channel: ["r1"]}, tags=["vip"])
    add_person("u2", devices={channel: ["r2"]}, tags=["new"])
    add_person("u3", devices={channel: ["r3"]})
    add_person("u4", devices={channel: ["r4"]})

    message = expanded(channel, userids=("u3", "u1"), tags=("vip", "new"))

    assert devices(message) == {"r1": "u1", "r2": "u2", "r3": "u3"}


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


def test_batches_of_a_second_channel_follow_on(channel: Channel, second: Channel) -> None:
    add_crowd(channel, 1500)
    add_crowd(second, 1001, prefix="s")

    message = expanded([channel, second])

    batches = Batch.objects.order_by("pk").values_list("channel_id", "size")
    assert list(batches) == [
        *((channel.pk, 1000), (channel.pk, 500), (second.pk, 1000), (second.pk, 1)),
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
        names = tuple(f"u{n}" for n in range(number * 2))
        return accept(channel, **{audience: {"userids": names, "tags": ("vip",)}.get(audience, 1)})

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
