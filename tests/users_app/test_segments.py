"""Who is in a segment."""

import random
from collections.abc import Iterable

import pytest
from django.db import connection
from django.utils import timezone

from channels_app.models import Channel
from ums.lib.errors import Code, DomainError
from users_app import segment_words, segments
from users_app.models import EndUser, Registration, Segment, Tag

pytestmark = pytest.mark.django_db

TAGS = ["vip", "women", "北京", "上海", "old", "a%b"]


def person(userid: str, *tags: str, channel: Channel | None = None, invalid: bool = False) -> None:
    end_user = EndUser.objects.create(userid=userid)
    for name in tags:
        Tag.objects.create(end_user=end_user, bind_id="all", name=name)
    if channel:
        Registration.objects.create(
            channel=channel,
            end_user=end_user,
            registration_id=f"r-{userid}-{channel.pk}",
            invalid_at=timezone.now() if invalid else None,
        )


def segment(name: str = "S", channels: Iterable[Channel] = (), **tags: list[str]) -> Segment:
    made = Segment.objects.create(name=name, **tags)
    made.channels.set(channels)
    return made


def userids(wanted: Segment) -> list[str]:
    people = segments.people_query(wanted)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT wanted.userid FROM ({people.sql}) AS wanted", people.params)
        return sorted(row[0] for row in cursor.fetchall())


def test_a_person_with_any_of_the_tags_is_in_once() -> None:
    person("both", "vip", "women")
    person("one", "women")
    person("other", "old")
    person("without")

    assert userids(segment(tags_any=["vip", "women"])) == ["both", "one"]


def test_a_person_needs_all_of_the_tags() -> None:
    person("both", "vip", "women", "old")
    person("one", "women")

    assert userids(segment(tags_all=["vip", "women"])) == ["both"]


def test_a_person_without_tags_is_in_a_segment_that_only_excludes_tags() -> None:
    person("without")
    person("young", "vip")
    person("old", "vip", "old")

    assert userids(segment(tags_none=["old", "nobody-has-it"])) == ["without", "young"]


def test_a_tag_counts_under_any_bind_id_and_once(channel: Channel) -> None:
    person("everywhere", "vip")
    Tag.objects.create(end_user=EndUser.objects.get(), bind_id="0123456789", name="vip")
    only_line = EndUser.objects.create(userid="line")
    Tag.objects.create(end_user=only_line, bind_id="0123456789", name="vip")

    assert userids(segment(tags_any=["vip"])) == ["everywhere", "line"]


def test_a_device_counts_in_one_of_the_channels_while_it_is_valid(
    channel: Channel, app123: Channel, moving_channel: Channel
) -> None:
    person("first", channel=channel)
    person("second", channel=app123)
    person("elsewhere", channel=moving_channel)
    person("invalid", channel=channel, invalid=True)
    person("without")

    assert userids(segment(channels=[channel, app123])) == ["first", "second"]


def test_all_conditions_hold_at_once(channel: Channel) -> None:
    person("in", "vip", "北京", "women", channel=channel)
    person("no-any", "women", channel=channel)
    person("no-all", "vip", channel=channel)
    person("excluded", "vip", "women", "old", channel=channel)
    person("no-device", "vip", "women")

    wanted = segment(
        tags_any=["vip", "北京"], tags_all=["women"], tags_none=["old"], channels=[channel]
    )

    assert userids(wanted) == ["in"]
    assert segments.count(wanted) == 1


def test_a_tag_is_a_value_and_never_a_part_of_the_statement() -> None:
    person("percent", "a%b")
    person("other", "axb")

    assert userids(segment(tags_all=["a%b"])) == ["percent"]
    assert userids(segment("quoted", tags_any=["') OR ('1'='1"])) == []


def test_a_segment_without_a_condition_is_refused_rather_than_everyone() -> None:
    person("somebody", "vip")

    with pytest.raises(DomainError, match="“S” has no condition") as caught:
        segments.count(segment())

    assert caught.value.code is Code.INVALID_PARAMETER


def test_a_list_of_as_many_tags_as_are_allowed_is_searched() -> None:
    names = [f"t{n}" for n in range(segments.MAX_TAGS)]
    person("all", *names)

    assert userids(segment(tags_all=names, tags_any=names, tags_none=["x"])) == ["all"]


def test_any_segment_holds_whom_a_plain_reading_of_its_conditions_finds(
    channel: Channel, app123: Channel
) -> None:
    chance = random.Random(20240229)
    everyone: dict[str, tuple[set[str], set[int]]] = {}
    for n in range(300):
        tags = set(chance.choices(TAGS, k=chance.randrange(5)))
        at = chance.choice([None, channel, app123])
        invalid = chance.random() < 0.2
        person(f"u{n}", *tags, channel=at, invalid=invalid)
        everyone[f"u{n}"] = tags, {at.pk} if at and not invalid else set()

    for number in range(60):
        any_of, all_of, none_of = (
            chance.sample(TAGS, k=chance.choice([0, 0, 1, 2])) for _list in range(3)
        )
        channels = chance.choice([[], [], [channel], [channel, app123]])
        if not (any_of or all_of or none_of or channels):
            continue
        wanted = segment(
            f"S{number}", channels, tags_any=any_of, tags_all=all_of, tags_none=none_of
        )
        expected = sorted(
            userid
            for userid, (tags, devices) in everyone.items()
            if (not any_of or tags & set(any_of))
            and tags.issuperset(all_of)
            and tags.isdisjoint(none_of)
            and (not channels or devices & {found.pk for found in channels})
        )
        assert userids(wanted) == expected, segment_words.conditions(wanted)
        assert segments.count(wanted) == len(expected)


def test_segments_are_found_by_the_ids_that_a_send_names() -> None:
    one, two = segment("One", tags_any=["a"]), segment("Two", tags_any=["b"])

    assert segments.find([str(two.pk), one.pk, f" {two.pk} "]) == [two, one]
    assert segments.find([]) == []


@pytest.mark.parametrize("unknown", ["999999", "0", "-1", "", "vip", "１", "1" * 30, "1.0", "\n"])
def test_an_unknown_segment_is_named(unknown: str) -> None:
    known = segment(tags_any=["a"])

    with pytest.raises(DomainError, match="no user segment with the id") as caught:
        segments.find([str(known.pk), unknown])

    assert caught.value.code is Code.INVALID_PARAMETER
    assert f"“{unknown.strip()}”" in caught.value.message


def test_conditions_are_told_in_words(channel: Channel) -> None:
    wanted = segment(channels=[channel], tags_any=["vip", "北京"], tags_none=["old"])

    assert segment_words.conditions(wanted) == [
        "Any of the tags vip, 北京",
        "None of the tags old",
        "A device in App 1",
    ]
