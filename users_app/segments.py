"""User segments: people described by their tags and channels, found when they are asked for."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from ums.lib import sql
from ums.lib.errors import DomainError
from ums.lib.sql import Query
from users_app.changes import shown
from users_app.models import Segment

MAX_TAGS = 50  # in each of the three lists; SQLite takes 500 parts in one compound SELECT
_ID_DIGITS = 18  # what fits into a bigint


def find(ids: Sequence[str | int]) -> list[Segment]:
    """The segments with these ids, each once and in this order (`aud_segment`, protocol/ums.md 4).

    DomainError 4004 naming the first id that no segment has.
    """
    wanted = list(dict.fromkeys(str(segment_id).strip() for segment_id in ids))
    numbers = {text: int(text) for text in wanted if _is_id(text)}
    known = Segment.objects.in_bulk(list(numbers.values()))
    for text in wanted:
        if numbers.get(text) not in known:
            raise DomainError(
                _(
                    "There is no user segment with the id “%(value)s”. The console lists the"
                    " segments with their ids."
                )
                % {"value": shown(text)}
            )
    return list(dict.fromkeys(known[numbers[text]] for text in wanted))


def count(segment: Segment) -> int:
    """How many people are in it now; DomainError if it has no condition."""
    people = people_query(segment)
    return int(sql.scalar(f"SELECT COUNT(*) FROM ({people.sql}) AS person", people.params))


def people_query(segment: Segment) -> Query:
    """`userid` of everyone in the segment, each once; to be used as a sub-select.

    DomainError if the segment has no condition: it would be everyone, and that is a broadcast.

    Sets of people are intersected rather than looked up person by person: only the index by tag
    leads from a tag to its people, and without statistics both databases may take it for a look-up
    of one person's tags, which reads all people of the tag for each person. Devices are looked up
    by person, for which there is but one index.
    """
    among = _among(segment)
    without = _without(segment)
    devices = _with_device(segment)
    if not (among or without or devices):
        raise DomainError(
            _(
                "The user segment “%(name)s” has no condition, so it would be everyone. Give it a"
                " tag or a channel, or send a broadcast."
            )
            % {"name": segment.name}
        )
    chosen = _joined(" INTERSECT ", among or [_everyone()])
    chosen = _joined(" EXCEPT ", [chosen, *without])
    condition = _joined(" AND ", devices)
    return Query(
        f"SELECT person.userid FROM ({chosen.sql}) AS chosen"
        " JOIN users_app_enduser AS person ON person.id = chosen.end_user_id"
        + (f" WHERE {condition.sql}" if devices else ""),
        (*chosen.params, *condition.params),
    )


def conditions(segment: Segment) -> list[str]:
    """What a person of the segment has, as sentences; reads the segment's channels."""
    parts = [
        (_("Any of the tags %(names)s"), segment.tags_any),
        (_("All of the tags %(names)s"), segment.tags_all),
        (_("None of the tags %(names)s"), segment.tags_none),
        (_("A device in %(names)s"), [channel.name for channel in segment.channels.all()]),
    ]
    return [words % {"names": ", ".join(names)} for words, names in parts if names]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS


def _among(segment: Segment) -> list[Query]:
    """Sets of people; a person of the segment is in all of them."""
    any_of = [_tagged(segment.tags_any)] if segment.tags_any else []
    return any_of + [_tagged([tag]) for tag in segment.tags_all]


def _without(segment: Segment) -> list[Query]:
    """Sets of people; a person of the segment is in none of them."""
    return [_tagged(segment.tags_none)] if segment.tags_none else []


def _with_device(segment: Segment) -> list[Query]:
    """Conditions on `person`: a device in one of the channels, not called invalid by JPush."""
    channel_ids = tuple(segment.channels.values_list("id", flat=True))
    if not channel_ids:
        return []
    return [
        Query(
            "EXISTS (SELECT 1 FROM users_app_registration AS device"
            " WHERE device.end_user_id = person.id AND device.invalid_at IS NULL"
            f" AND device.channel_id IN ({_marks(channel_ids)}))",
            channel_ids,
        )
    ]


def _tagged(names: Sequence[str]) -> Query:
    """People with any of these tags, whatever bind_id they are bound under."""
    return Query(
        "SELECT DISTINCT tag.end_user_id FROM users_app_tag AS tag"
        f" WHERE tag.name IN ({_marks(names)})",
        tuple(names),
    )


def _everyone() -> Query:
    return Query("SELECT id AS end_user_id FROM users_app_enduser")


def _joined(word: str, parts: Iterable[Query]) -> Query:
    parts = list(parts)
    return Query(
        word.join(part.sql for part in parts),
        tuple(param for part in parts for param in part.params),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))
