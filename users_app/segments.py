"""User segments: people described by conditions, found when they are asked for."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import Channel
from ums.lib import sql
from ums.lib.errors import DomainError
from ums.lib.sql import Query
from users_app import activity
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


def count(segment: Segment, *, channels: Iterable[Channel] | None = None) -> int:
    """How many people are in it now; DomainError as `people_query` has it.

    With `channels` in place of the stored ones: a segment need not be stored.
    """
    people = _ids_query(segment, channels)
    return int(sql.scalar(f"SELECT COUNT(*) FROM ({people.sql}) AS person", people.params))


def people_query(segment: Segment) -> Query:
    """`userid` of everyone in the segment, each once; to be used as a sub-select.

    DomainError if the segment has no condition, since it would be everyone, and that is a
    broadcast; or if the message that it names is gone.
    """
    people = _ids_query(segment)
    return Query(
        f"SELECT person.userid FROM ({people.sql}) AS member"
        " JOIN users_app_enduser AS person ON person.id = member.end_user_id",
        people.params,
    )


def _ids_query(segment: Segment, channels: Iterable[Channel] | None = None) -> Query:
    """`end_user_id` of everyone in the segment, each once.

    Sets of people are intersected rather than looked up person by person: only the index by tag
    leads from a tag to its people, and without statistics both databases may take it for a look-up
    of one person's tags, which reads all people of the tag for each person. Devices are looked up
    by person, for which there is but one index.
    """
    try:
        among = _among(segment)
        without = _without(segment)
    except DomainError as exc:
        raise DomainError(
            _("Nobody can tell who is in the user segment “%(name)s”: %(reason)s")
            % {"name": segment.name, "reason": exc.message}
        ) from exc
    devices = _with_device(segment, channels)
    if not (among or without or devices):
        raise DomainError(
            _(
                "The user segment “%(name)s” has no condition, so it would be everyone. Give it a"
                " condition, or send a broadcast."
            )
            % {"name": segment.name}
        )
    chosen = _joined(" INTERSECT ", among or [_everyone()])
    chosen = _joined(" EXCEPT ", [chosen, *without])
    condition = _joined(" AND ", devices)
    return Query(
        f"SELECT chosen.end_user_id FROM ({chosen.sql}) AS chosen"
        + (f" WHERE {condition.sql}" if devices else ""),
        (*chosen.params, *condition.params),
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS


def _among(segment: Segment) -> list[Query]:
    """Sets of people; a person of the segment is in all of them."""
    sets = [_tagged(segment.tags_any)] if segment.tags_any else []
    sets += [_tagged([tag]) for tag in segment.tags_all]
    ledger, activities = activity.ledger(), Segment.Activity
    if segment.activity == activities.RECEIVED:
        sets.append(_named(ledger.received(segment.msgid)))
    elif segment.activity == activities.CLICKED:
        sets.append(_named(ledger.clicked(segment.msgid)))
    elif segment.activity == activities.NOT_CLICKED:
        sets.append(_named(ledger.accepted(segment.msgid)))
    if segment.registered_since:
        midnight = datetime.combine(segment.registered_since, time.min)
        sets.append(_registered(timezone.make_aware(midnight, timezone.get_default_timezone())))
    if segment.registered_within_days:
        sets.append(_registered(_days_ago(segment.registered_within_days)))
    if segment.seen_within_days:
        sets.append(_seen(_days_ago(segment.seen_within_days)))
    return sets


def _without(segment: Segment) -> list[Query]:
    """Sets of people; a person of the segment is in none of them."""
    sets = [_tagged(segment.tags_none)] if segment.tags_none else []
    if segment.activity == Segment.Activity.NOT_CLICKED:
        sets.append(_named(activity.ledger().clicked(segment.msgid)))
    if segment.unseen_for_days:
        sets.append(_seen(_days_ago(segment.unseen_for_days)))
    return sets


def _with_device(segment: Segment, channels: Iterable[Channel] | None) -> list[Query]:
    """Conditions on a `chosen` person: a device in one of the channels, not invalid for JPush."""
    if channels is None:
        channel_ids = tuple(segment.channels.values_list("id", flat=True))
    else:
        channel_ids = tuple(channel.pk for channel in channels)
    if not channel_ids:
        return []
    # LIMIT 1 has each person looked up, where PostgreSQL, while the statistics of its tables are
    # young, would compare all people with all devices.
    return [
        Query(
            "(SELECT device.id FROM users_app_registration AS device"
            " WHERE device.end_user_id = chosen.end_user_id AND device.invalid_at IS NULL"
            f" AND device.channel_id IN ({_marks(channel_ids)}) LIMIT 1) IS NOT NULL",
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


def _registered(moment: datetime) -> Query:
    return Query(
        "SELECT id AS end_user_id FROM users_app_enduser WHERE created_at >= %s",
        (connection.ops.adapt_datetimefield_value(moment),),
    )


def _seen(moment: datetime) -> Query:
    """People with a sign of life since then: a receipt, or an upload of a device that was new."""
    shown_to = _named(activity.ledger().seen_since(moment))
    return Query(
        "SELECT end_user_id FROM (SELECT end_user_id FROM users_app_registration"
        f" WHERE created_at >= %s UNION {shown_to.sql}) AS seen",
        (connection.ops.adapt_datetimefield_value(moment), *shown_to.params),
    )


def _named(userids: Query) -> Query:
    return Query(
        f"SELECT id AS end_user_id FROM users_app_enduser WHERE userid IN ({userids.sql})",
        userids.params,
    )


def _everyone() -> Query:
    return Query("SELECT id AS end_user_id FROM users_app_enduser")


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def _joined(word: str, parts: Iterable[Query]) -> Query:
    parts = list(parts)
    return Query(
        word.join(part.sql for part in parts),
        tuple(param for part in parts for param in part.params),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))
