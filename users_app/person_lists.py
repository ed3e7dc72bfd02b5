"""Block lists and allow lists: which userids are on them, put there by the thousand."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from ums.lib import sql
from ums.lib.errors import Code, DomainError
from ums.lib.exports.tables import Row, Table, in_pages
from ums.lib.loading import load_rows
from ums.lib.sql import Query
from ums.lib.temporary_tables import TemporaryTables
from users_app.models import PersonList, PersonListEntry
from users_app.userid_lines import Reading, UseridLine

logger = logging.getLogger(__name__)

_MAX_ID = 2**63 - 1
_TABLES = TemporaryTables({"staged_userids": "userid varchar(64) NOT NULL"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some lines: different userids, those that changed the list, and bad lines."""

    userids: int
    changed: int
    bad: int
    first_bad: tuple[UseridLine, ...]

    @property
    def unchanged(self) -> int:
        return self.userids - self.changed


def find(list_id: int, kind: PersonList.Kind) -> PersonList:
    """The list of this kind (`option.black_id`, `option.white_id`, protocol/ums.md 3.1.1).

    DomainError 1015046 if there is none: an id of the other kind is not taken.
    """
    fits = 0 < list_id <= _MAX_ID
    found = PersonList.objects.filter(pk=list_id, kind=kind).first() if fits else None
    if found is None:
        text = (
            _("There is no block list with the id %(value)s. The console lists them.")
            if kind == PersonList.Kind.BLOCK
            else _("There is no allow list with the id %(value)s. The console lists them.")
        )
        raise DomainError(text % {"value": str(list_id)[:20]}, Code.LIST_UNKNOWN)
    return found


def membership(list_id: int, userid_column: str, *, member: bool) -> Query:
    """The condition that `userid_column` is, or is not, on the list.

    `userid_column` is ours, never a caller's text, such as `wanted.userid`.
    """
    return Query(
        f"{'' if member else 'NOT '}EXISTS (SELECT 1 FROM users_app_personlistentry AS entry"
        f" WHERE entry.person_list_id = %s AND entry.userid = {userid_column})",
        (list_id,),
    )


def add(*, person_list: PersonList, lines: Iterable[UseridLine]) -> Outcome:
    """Put the good lines' userids on the list; those that are on it stay there once."""
    return _apply(
        person_list,
        lines,
        "INSERT INTO users_app_personlistentry (person_list_id, userid)"
        " SELECT DISTINCT %s, staged.userid FROM staged_userids AS staged"
        # SQLite would take ON for the beginning of a join.
        " WHERE true ON CONFLICT (person_list_id, userid) DO NOTHING",
    )


def remove(*, person_list: PersonList, lines: Iterable[UseridLine]) -> Outcome:
    """Take the good lines' userids off the list."""
    return _apply(
        person_list,
        lines,
        "DELETE FROM users_app_personlistentry WHERE person_list_id = %s"
        " AND userid IN (SELECT staged.userid FROM staged_userids AS staged)",
    )


def clear(*, person_list: PersonList) -> int:
    """Take everyone off the list; how many that were."""
    with transaction.atomic():
        _hold(person_list)
        removed = sql.execute(
            "DELETE FROM users_app_personlistentry WHERE person_list_id = %s", [person_list.pk]
        )
    logger.info("list %d: cleared of %d userids", person_list.pk, removed)
    return removed


def with_sizes(lists: QuerySet[PersonList]) -> QuerySet[PersonList]:
    """Annotates `size`, the number of userids on each list, in the same query."""
    return lists.annotate(size=Count("entries"))


def search(person_list: PersonList, text: str) -> QuerySet[PersonListEntry]:
    """The entries whose userid begins with `text`, in the order of the index."""
    entries = PersonListEntry.objects.filter(person_list=person_list).order_by("userid")
    return entries.filter(userid__startswith=text) if text else entries


def table(person_list: PersonList, text: str) -> Table:
    """What `search` finds, as a file that can be uploaded again."""

    def pages() -> Iterator[list[Row]]:
        for page in in_pages(search(person_list, text), PersonListEntry.objects.all()):
            yield [(entry.userid,) for entry in page]

    return Table(f"list-{person_list.pk}", ("userid",), pages)


def _apply(person_list: PersonList, lines: Iterable[UseridLine], statement: str) -> Outcome:
    """One statement over any number of lines, which are read before the database is locked."""
    reading = Reading(lines)
    with _TABLES.empty():
        loaded = load_rows(
            "staged_userids", ("userid",), ((line.userid,) for line in reading.good())
        )
        sql.plan_for(loaded, _TABLES.columns)
        userids = sql.scalar("SELECT COUNT(DISTINCT userid) FROM staged_userids")
        with transaction.atomic():
            _hold(person_list)
            changed = sql.execute(statement, [person_list.pk])
    logger.info("list %d: %d of %d userids changed", person_list.pk, changed, userids)
    return Outcome(userids, changed, reading.bad, tuple(reading.first_bad))


def _hold(person_list: PersonList) -> None:
    """Changes of one list take turns, so that two of them cannot wait for each other's rows."""
    held = PersonList.objects.select_for_update(no_key=True).filter(pk=person_list.pk)
    if held.values_list("pk", flat=True).first() is None:
        raise DomainError(_("The list “%(name)s” has been deleted.") % {"name": person_list.name})
