"""Whom an audience names, as SQL: people, their devices, and people without one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection

from messaging_app.audience import Audience
from ums.lib.json_rows import rows_param, rows_sql
from ums.lib.sql import Query, is_postgresql
from users_app import person_lists, segments
from users_app.models import ALL, PersonList, Tag
from users_app.person_lists import membership


@dataclass(frozen=True, slots=True)
class Reach:
    """Devices that a send would address, in all and by channel id, and people who have none."""

    devices: int
    no_device: int
    by_channel: Mapping[int, int] = field(default_factory=dict, compare=False)

    @property
    def targets(self) -> int:
        return self.devices + self.no_device


def reach(audience: Audience, channel_ids: list[int], line_key: str | None = None) -> Reach:
    """What an expansion would find now; nothing is written."""
    people = people_query(audience, line_key)
    by_channel = {}
    with connection.cursor() as cursor:
        for channel_id in channel_ids:
            query = devices_query(audience, people, channel_id)
            cursor.execute(f"SELECT COUNT(*) FROM ({query.sql}) AS device", query.params)
            by_channel[channel_id] = cursor.fetchone()[0]
        no_device = 0
        if people:
            query = without_device_query(people, channel_ids)
            cursor.execute(f"SELECT COUNT(*) FROM ({query.sql}) AS person", query.params)
            no_device = cursor.fetchone()[0]
    return Reach(sum(by_channel.values()), no_device, by_channel)


def check_named(audience: Audience) -> None:
    """DomainError if a segment or a list that the audience names does not exist."""
    segments.find(audience.segments)
    if audience.block_list:
        person_lists.find(audience.block_list, PersonList.Kind.BLOCK)
    if audience.allow_list:
        person_lists.find(audience.allow_list, PersonList.Kind.ALLOW)


def people_query(audience: Audience, line_key: str | None) -> Query | None:
    """`userid` of everyone asked for by userid, tag or segment; None where nobody is so."""
    parts: list[Query] = []
    if audience.userids:
        rows = rows_sql({"userid": "text"})
        parts.append(
            Query(
                f"SELECT DISTINCT wanted.userid FROM {rows} AS wanted",
                (_column(audience.userids),),
            )
        )
    for name, bind_id in _tag_bindings(audience.tags, line_key):
        condition = "" if bind_id is None else " AND tag.bind_id = %s"
        parts.append(
            Query(
                "SELECT person.userid FROM users_app_tag AS tag"
                " JOIN users_app_enduser AS person ON person.id = tag.end_user_id"
                f" WHERE tag.name = %s{condition}",
                (name,) if bind_id is None else (name, bind_id),
            )
        )
    parts += [segments.people_query(segment) for segment in segments.find(audience.segments)]
    if not parts:
        return None
    union = " UNION ".join(part.sql for part in parts)
    params = tuple(param for part in parts for param in part.params)
    lists = list(_memberships(audience, "asked.userid"))
    if not lists:
        return Query(union, params)
    return Query(
        f"SELECT asked.userid FROM ({union}) AS asked WHERE {_all(lists)}",
        (*params, *_params(lists)),
    )


def _memberships(audience: Audience, userid_column: str) -> Iterator[Query]:
    """What the lists demand of a person (protocol/ums.md 3.1.1)."""
    if audience.block_list:
        yield membership(audience.block_list, userid_column, member=False)
    if audience.allow_list:
        yield membership(audience.allow_list, userid_column, member=True)


def _all(conditions: list[Query]) -> str:
    return " AND ".join(condition.sql for condition in conditions)


def _params(conditions: list[Query]) -> tuple[object, ...]:
    return tuple(param for condition in conditions for param in condition.params)


def _tag_bindings(tags: tuple[str, ...], line_key: str | None) -> list[tuple[str, str | None]]:
    """Under which bind_id each tag is looked up (protocol/ums.md 4, resolution 1).

    The line's own tag, if anybody has it, else that of `all`. The console, which has no line,
    finds a tag under any.
    """
    if line_key is None:
        return [(name, None) for name in tags]
    own = set(
        Tag.objects.filter(name__in=tags, bind_id=line_key)
        .values_list("name", flat=True)
        .distinct()
    )
    return [(name, line_key if name in own else ALL) for name in tags]


def devices_query(
    audience: Audience, people: Query | None, channel_id: int, *, numbered: bool = False
) -> Query:
    """`registration_id` and `userid`, one row for each device of the audience in one channel.

    If `numbered`, with a `number` from 0 in the order of the registrationIDs. It is counted in the
    same SELECT, which finds them in that order: one around it would sort a million rows again.
    """
    if audience.registration_ids:
        return _named_devices(audience, numbered=numbered)
    number = _number("device") if numbered else ""
    # A device of two people gets the message once.
    if people is None:
        lists = list(_memberships(audience, "person.userid"))
        return Query(
            f"SELECT device.registration_id, MIN(person.userid) AS userid{number}"
            " FROM users_app_registration AS device"
            " JOIN users_app_enduser AS person ON person.id = device.end_user_id"
            " WHERE device.channel_id = %s AND device.invalid_at IS NULL"
            f"{''.join(f' AND {part.sql}' for part in lists)}"
            " GROUP BY device.registration_id",
            (channel_id, *_params(lists)),
        )
    return Query(
        f"SELECT device.registration_id, MIN(wanted.userid) AS userid{number}"
        f" FROM ({people.sql}) AS wanted"
        f" {_devices_of_wanted()} WHERE device.channel_id = %s AND device.invalid_at IS NULL"
        " GROUP BY device.registration_id",
        (*people.params, channel_id),
    )


def _number(table: str) -> str:
    return f", ROW_NUMBER() OVER (ORDER BY {table}.registration_id) - 1 AS number"


def _named_devices(audience: Audience, *, numbered: bool) -> Query:
    """Custom ids belong to nobody; a list judges them by the people who have the device.

    In whichever channel: each id is tried on each, and two may have the same AppKey.
    """
    rows = rows_sql({"registration_id": "text"})
    conditions = [
        Query(
            f"{sign} EXISTS (SELECT 1 FROM users_app_registration AS device"
            " JOIN users_app_enduser AS person ON person.id = device.end_user_id"
            " WHERE device.channel_id IN (SELECT id FROM channels_app_channel)"  # for the index
            f" AND device.registration_id = wanted.registration_id AND {on_list.sql})",
            on_list.params,
        )
        for sign, list_id in (("NOT", audience.block_list), ("", audience.allow_list))
        if list_id
        for on_list in [membership(list_id, "person.userid", member=True)]
    ]
    return Query(
        f"SELECT wanted.registration_id, '' AS userid{_number('wanted') if numbered else ''}"
        f" FROM {rows} AS wanted{' WHERE ' if conditions else ''}{_all(conditions)}"
        " GROUP BY wanted.registration_id",
        (_column(audience.registration_ids), *_params(conditions)),
    )


def _devices_of_wanted() -> str:
    """Joins from `wanted` to its people, to their devices, by index and in this order.

    PostgreSQL would choose another one while the statistics of its tables are young, as after the
    first import, and then compare each device with each userid.
    """
    if is_postgresql():
        return (
            "CROSS JOIN LATERAL (SELECT id FROM users_app_enduser"
            " WHERE userid = wanted.userid OFFSET 0) AS person"
            " CROSS JOIN LATERAL (SELECT registration_id, channel_id, invalid_at"
            " FROM users_app_registration WHERE end_user_id = person.id OFFSET 0) AS device"
        )
    return (  # SQLite keeps the order of CROSS JOINs
        "CROSS JOIN users_app_enduser AS person ON person.userid = wanted.userid"
        " CROSS JOIN users_app_registration AS device ON device.end_user_id = person.id"
    )


def without_device_query(people: Query, channel_ids: list[int]) -> Query:
    marks = ", ".join(["%s"] * len(channel_ids))
    # LIMIT 1 has each person looked up by index (see above).
    return Query(
        f"SELECT wanted.userid FROM ({people.sql}) AS wanted WHERE ("
        "SELECT device.id FROM users_app_enduser AS person"
        " JOIN users_app_registration AS device ON device.end_user_id = person.id"
        " WHERE person.userid = wanted.userid AND device.invalid_at IS NULL"
        f" AND device.channel_id IN ({marks}) LIMIT 1) IS NULL",
        (*people.params, *channel_ids),
    )


def _column(values: tuple[str, ...]) -> str:
    return rows_param([value] for value in values)
