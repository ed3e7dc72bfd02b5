"""Gives tags to many people at once, or takes them away: those of a search, or those of a list."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ums.lib import sql
from ums.lib.errors import DomainError
from ums.lib.loading import load_rows
from ums.lib.temporary_tables import TemporaryTables
from users_app.models import EndUser, Tag
from users_app.upload import TURN
from users_app.userid_lines import Reading, UseridLine

logger = logging.getLogger(__name__)

UNKNOWN_SHOWN = 20
PEOPLE_PER_STATEMENT = 50_000
_TABLES = TemporaryTables(
    {
        "tagged_userids": "userid varchar(64) NOT NULL, line integer NOT NULL",
        "tagged_people": "id bigint NOT NULL",
    }
)


@dataclass(frozen=True, slots=True)
class TagChange:
    """Tags to add and to remove below one bind_id; the same tag is not among both."""

    bind_id: str
    add: tuple[str, ...]
    remove: tuple[str, ...]


class People(Protocol):
    @property
    def words(self) -> str:
        """Who they are, for the audit log."""

    def load(self) -> None:
        """What is to be read before others are kept waiting."""

    def find(self) -> int:
        """Put their ids into `tagged_people`; how many they are."""


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """Those whom the list of people shows."""

    found: QuerySet[EndUser]
    words: str

    def load(self) -> None:
        pass

    def find(self) -> int:
        query, params = self.found.order_by().values("id").query.sql_with_params()
        return sql.execute(f"INSERT INTO tagged_people {query}", params)


@dataclass(frozen=True, slots=True)
class ListedPeople:
    """Those whose userids are on a list, as far as they are known."""

    reading: Reading
    words: str

    def load(self) -> None:
        lines = ((line.userid, line.number) for line in self.reading.good())
        loaded = load_rows("tagged_userids", ("userid", "line"), lines)
        sql.plan_for(loaded, ("tagged_userids",))

    def find(self) -> int:
        return sql.execute(
            "INSERT INTO tagged_people SELECT id FROM users_app_enduser"
            # In the order in which tags are stored.
            " WHERE userid IN (SELECT userid FROM tagged_userids) ORDER BY id"
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one tag, in numbers of people."""

    tag: str
    added: bool  # or removed
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a change would do now; `unknown` are userids of a list that nobody has."""

    people: int
    effects: tuple[Effect, ...]
    unknown: int
    first_unknown: tuple[UseridLine, ...]

    @property
    def changes_anything(self) -> bool:
        return any(effect.changed for effect in self.effects)


def compare(*, people: People, change: TagChange) -> Figures:
    """What `apply` would do now; nothing is written. DomainError if a list cannot be read."""
    with _found(people, waiting=False) as number:
        unknown = int(sql.scalar(f"SELECT COUNT(DISTINCT listed.userid) {_UNKNOWN}"))
        first = sql.rows(
            f"SELECT MIN(listed.line), listed.userid {_UNKNOWN}"
            " GROUP BY listed.userid ORDER BY MIN(listed.line), listed.userid LIMIT %s",
            [UNKNOWN_SHOWN],
        )
        return Figures(
            number, _effects(number, change), unknown, tuple(UseridLine(*row) for row in first)
        )


def apply(*, people: People, change: TagChange, expected: int, key: str, operator: User) -> str:
    """Carry out `change`; a sentence that says so, the same one if that was done with this `key`.

    DomainError, and nothing is changed, if these are not `expected` people any more.
    """
    with _found(people, waiting=True) as number:
        said = _said(number, change, _effects(number, change))
        with sql.write():
            if before := done(key):
                return before
            if number != expected:
                raise DomainError(
                    _("Nothing has been changed: it would concern %(now)s now, not %(then)s.")
                    % {"now": counted(number), "then": f"{expected:,}"}
                )
            for some in _slices(number):
                for tag in change.add:
                    sql.execute(_ADD.format(some=some), [change.bind_id, tag])
                for tag in change.remove:
                    sql.execute(_REMOVE.format(some=some), [change.bind_id, tag])
            LogEntry.objects.create(
                user=operator,
                content_type=ContentType.objects.get_for_model(Tag),
                object_id=key,
                object_repr=people.words[:200],
                action_flag=CHANGE,
                change_message=said,
            )
    logger.info("tags of %d people changed: by=%d", number, operator.pk)
    return said


def done(key: str) -> str:
    """What `apply` said when it was called with this key; "" if it has not done anything."""
    tags = ContentType.objects.get_for_model(Tag)
    entry = LogEntry.objects.filter(content_type=tags, object_id=key).first()
    return entry.change_message if entry else ""


def counted(people: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", people) % {"count": f"{people:,}"}


_UNKNOWN = """
FROM tagged_userids AS listed WHERE NOT EXISTS (
    SELECT 1 FROM users_app_enduser AS person WHERE person.userid = listed.userid
)"""
_HAVE = """
SELECT COUNT(*) FROM tagged_people WHERE EXISTS (
    SELECT 1 FROM users_app_tag AS tag
    WHERE tag.end_user_id = tagged_people.id AND tag.bind_id = %s AND tag.name = %s
)"""
# On SQLite somebody may have been deleted since the search.
_ADD = """
INSERT INTO users_app_tag (end_user_id, bind_id, name)
SELECT person.id, %s, %s FROM tagged_people CROSS JOIN users_app_enduser AS person
WHERE {some} AND person.id = tagged_people.id
ON CONFLICT (end_user_id, bind_id, name) DO NOTHING"""
_REMOVE = """
DELETE FROM users_app_tag
WHERE bind_id = %s AND name = %s AND end_user_id IN (SELECT id FROM tagged_people WHERE {some})"""


@contextmanager
def _found(people: People, *, waiting: bool) -> Iterator[int]:
    """Their ids in `tagged_people`; how many they are.

    `waiting`: for uploads and deletions, so that the number stays; on SQLite, where that would keep
    all writers waiting during the search, somebody may still come or go meanwhile.
    """
    with _TABLES.empty():
        people.load()
        if waiting:
            sql.take_turns(TURN)
        number = people.find()
        sql.plan_for(number, ("tagged_people",))
        yield number


def _slices(people: int) -> Iterator[str]:
    """Conditions on `tagged_people`, each true for others of them.

    SQLite keeps in memory all pages that a statement changes, until it ends.
    """
    if sql.is_postgresql():
        yield "true"
        return
    for first in range(1, people + 1, PEOPLE_PER_STATEMENT):
        last = first + PEOPLE_PER_STATEMENT - 1
        yield f"tagged_people.rowid BETWEEN {first} AND {last}"


def _effects(people: int, change: TagChange) -> tuple[Effect, ...]:
    return tuple(
        _effect(people, change.bind_id, tag, added=added)
        for tags, added in ((change.add, True), (change.remove, False))
        for tag in tags
    )


def _effect(people: int, bind_id: str, tag: str, *, added: bool) -> Effect:
    have = int(sql.scalar(_HAVE, [bind_id, tag]))
    without = people - have
    return Effect(tag, added, without, have) if added else Effect(tag, added, have, without)


def _said(people: int, change: TagChange, effects: tuple[Effect, ...]) -> str:
    parts = [
        (
            _("“%(tag)s” added to %(people)s")
            if effect.added
            else _("“%(tag)s” taken from %(people)s")
        )
        % {"tag": effect.tag, "people": counted(effect.changed)}
        for effect in effects
    ]
    return _("Tags of %(people)s under bind_id %(bind_id)s: %(parts)s.") % {
        "people": counted(people),
        "bind_id": change.bind_id,
        "parts": "; ".join(parts),
    }
