"""Compares an upload with what is stored, and applies it: a handful of statements of any size."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from ums.lib import sql
from users_app import bindings
from users_app.bindings import BINDINGS
from users_app.changes import PersonChange
from users_app.models import Contact, EndUser, Registration, Tag

PEOPLE_PER_CHUNK = 5_000
TURN = "users_app.upload"

_STAGED_COLUMNS = ("userid", "scope", "value", "present", "replaces", "position")
_TABLES = {
    "staged_people": "userid varchar(64) NOT NULL, faulty smallint NOT NULL",
    "upload_people": "userid varchar(64) PRIMARY KEY",
} | {name: columns for b in BINDINGS for name, columns in b.temporary_tables().items()}

_CHANGED_PEOPLE = " UNION ".join(
    f"SELECT userid FROM {table}_{binding.kind}"
    for binding in BINDINGS
    for table in ("wanted", "unwanted")
)


@dataclass(frozen=True, slots=True)
class Figures:
    """An upload in numbers of people; `moved` counts devices taken from a former owner."""

    people: int
    new: int
    changed: int
    unchanged: int
    moved: int


def compare_changes(changes: Iterable[PersonChange]) -> Figures:
    """What `apply_changes` would do now; nothing is written."""
    with staged(changes) as upload:
        return upload.compare()


def apply_changes(changes: Iterable[PersonChange]) -> Figures:
    """All of `changes`, or none, in one transaction."""
    with staged(changes) as upload, transaction.atomic():
        return upload.apply()


@contextmanager
def staged(changes: Iterable[PersonChange]) -> Iterator["StagedUpload"]:
    """An upload in temporary tables, loaded before the database is locked for writing."""
    with sql.temporary_tables(_TABLES):
        _load(changes)
        for binding in BINDINGS:
            sql.execute(binding.sql(bindings.INDEX_STAGED))
            sql.execute(binding.sql(bindings.SPARE_THE_FAULTY))
            sql.execute(binding.sql(bindings.LAST_VALUE_ONLY))
        sql.execute(
            "INSERT INTO upload_people SELECT DISTINCT userid FROM staged_people WHERE faulty = 0"
        )
        sql.analyze(*_TABLES)
        yield StagedUpload()


class StagedUpload:
    """The upload in this connection's temporary tables: compare it or apply it, once."""

    def compare(self) -> Figures:
        for binding in BINDINGS:
            exclusive = bool(binding.exclusive_scopes) and bool(
                sql.scalar(binding.sql(bindings.ANY_EXCLUSIVE))
            )
            if exclusive:
                sql.execute(binding.sql(bindings.INDEX_STAGED_DEVICES))
                sql.execute(binding.sql(bindings.LAST_OWNER_ONLY))
                sql.execute(binding.sql(bindings.FIND_MOVED))
            sql.execute(binding.sql(bindings.FIND_WANTED))
            sql.execute(binding.sql(bindings.FIND_UNNAMED))
            sql.execute(binding.sql(bindings.FIND_ABSENT))
        sql.analyze(*_TABLES)
        return _figures()

    def apply(self) -> Figures:
        """Call it inside the transaction that is to hold everything."""
        sql.take_turns(TURN)
        figures = self.compare()
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        sql.execute(
            "INSERT INTO users_app_enduser (userid, created_at) SELECT p.userid, %s"
            " FROM upload_people AS p WHERE NOT EXISTS"
            " (SELECT 1 FROM users_app_enduser AS u WHERE u.userid = p.userid)"
            " ON CONFLICT (userid) DO NOTHING",
            [now],
        )
        for binding in BINDINGS:
            sql.execute(binding.sql(bindings.DELETE_UNWANTED))
            sql.execute(binding.sql(bindings.DELETE_MOVED))
            sql.execute(binding.sql(bindings.INSERT_WANTED), [now] if binding.takes_time else [])
        return figures


def delete_people(userids: Sequence[str]) -> set[str]:
    """Delete these people with all that is bound to them; which of them existed."""
    with transaction.atomic():
        sql.take_turns(TURN)
        found = dict(EndUser.objects.filter(userid__in=userids).values_list("id", "userid"))
        Registration.objects.filter(end_user_id__in=found).delete()
        Tag.objects.filter(end_user_id__in=found).delete()
        Contact.objects.filter(end_user_id__in=found).delete()
        EndUser.objects.filter(id__in=found).delete()
    return set(found.values())


def _load(changes: Iterable[PersonChange]) -> None:
    iterator = iter(changes)
    while chunk := list(islice(iterator, PEOPLE_PER_CHUNK)):
        sql.load_rows(
            "staged_people",
            ("userid", "faulty"),
            ((person.userid, int(person.faulty)) for person in chunk),
        )
        for binding in BINDINGS:
            sql.load_rows(
                f"staged_{binding.kind}",
                _STAGED_COLUMNS,
                (
                    (person.userid, b.scope, b.value, int(b.present), int(b.replaces), b.position)
                    for person in chunk
                    for b in person.bindings
                    if b.kind is binding.kind
                ),
            )


def _figures() -> Figures:
    people = sql.scalar("SELECT COUNT(*) FROM upload_people")
    known = sql.scalar(
        "SELECT COUNT(*) FROM upload_people AS p"
        " CROSS JOIN users_app_enduser AS u WHERE u.userid = p.userid"
    )
    changed = sql.scalar(
        f"SELECT COUNT(*) FROM ({_CHANGED_PEOPLE}) AS c"
        " CROSS JOIN users_app_enduser AS u WHERE u.userid = c.userid"
    )
    moved = sum(sql.scalar(f"SELECT COUNT(*) FROM moved_{b.kind}") for b in BINDINGS)
    return Figures(
        people=people, new=people - known, changed=changed, unchanged=known - changed, moved=moved
    )
