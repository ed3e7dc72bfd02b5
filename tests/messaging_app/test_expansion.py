"""Whom an accepted message reaches: its ledger."""

import pytest
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Delivery, Message
from tests.messaging_app.expansions import assert_it_adds_up, devices, without_device
from tests.messaging_app.makers import add_person, expanded
from users_app.models import Registration


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
