"""Compares an upload with what is stored, and applies it: a handful of statements of any size."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from django.db import connection
from django.utils import timezone

from ums.lib import sql
from users_app import bindings
from users_app.bindings import BINDINGS, Binding
from users_app.changes import Kind, PersonChange
from users_app.models import Contact, EndUser, Registration, Tag

PEOPLE_PER_CHUNK = 5_000
TURN = "users_app.upload"

_STAGED_COLUMNS = ("userid", "scope", "value", "present", "replaces", "position")
_TABLES = sql.TemporaryTables(
    columns={
        "staged_people": "userid varchar(64) NOT NULL, faulty smallint NOT NULL",
        "upload_people": "userid varchar(64) PRIMARY KEY",
    }
    | {name: columns for b in BINDINGS for name, columns in b.temporary_tables().items()},
    indexes={f"staged_{b.kind}_value": f"staged_{b.kind} (userid, scope, value)" for b in BINDINGS},
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
    """All of `changes`, or none, in one transaction; none is needed where all is stored already."""
    with staged(changes) as upload:
        if upload.is_stored():
            return Figures(upload.people, new=0, changed=0, unchanged=upload.people, moved=0)
        with sql.write():
            return upload.apply()


@contextmanager
def staged(changes: Iterable[PersonChange]) -> Iterator["StagedUpload"]:
    """An upload in temporary tables, loaded before the database is locked for writing."""
    with _TABLES.empty():
        loaded = _load(changes)
        used = tuple(binding for binding in BINDINGS if loaded[binding.kind])
        rows = sum(loaded.values())
        sql.plan_for(rows, _TABLES.columns)
        for binding in used:
            sql.execute(binding.sql(bindings.SPARE_THE_FAULTY))
            sql.execute(binding.sql(bindings.LAST_VALUE_ONLY))
        people = sql.execute(
            "INSERT INTO upload_people SELECT DISTINCT userid FROM staged_people WHERE faulty = 0"
        )
        yield StagedUpload(people, rows, used)


@dataclass(frozen=True, slots=True)
class StagedUpload:
    """The upload in this connection's temporary tables: compare it or apply it, once."""

    people: int
    rows: int
    bindings: tuple[Binding, ...]  # those that it names at all

    def parts(self, *, after: str = "") -> Iterator["Part"]:
        """People in the order of their userids, those up to `after` left out, to be applied each
        in a transaction of its own.
        """
        last = str(sql.scalar("SELECT COALESCE(MAX(userid), '') FROM upload_people"))
        if last > after:
            yield Part(self, last, self.people)

    def is_stored(self) -> bool:
        """Whether nothing would change now; no lock is needed to see that."""
        return self._known() == self.people and not any(self._search())

    def compare(self) -> Figures:
        for binding in self.bindings:
            for table in bindings.FOUND:
                sql.execute(f"DELETE FROM {table}_{binding.kind}")
        found = sum(self._search())
        sql.plan_for(self.rows, _TABLES.columns)
        known = self._known()
        changed = sql.scalar(self._changed_people()) if found else 0
        moved = sum(sql.scalar(f"SELECT COUNT(*) FROM moved_{b.kind}") for b in self.bindings)
        return Figures(
            people=self.people,
            new=self.people - known,
            changed=changed,
            unchanged=known - changed,
            moved=moved,
        )

    def apply(self) -> Figures:
        """Call it inside the transaction that is to hold everything."""
        sql.take_turns(TURN)
        figures = self.compare()
        now = str(connection.ops.adapt_datetimefield_value(timezone.now()))
        sql.execute(
            "INSERT INTO users_app_enduser (userid, created_at) SELECT p.userid, %s"
            " FROM upload_people AS p WHERE NOT EXISTS"
            " (SELECT 1 FROM users_app_enduser AS u WHERE u.userid = p.userid)"
            " ON CONFLICT (userid) DO NOTHING",
            [now],
        )
        for binding in self.bindings:
            sql.execute(binding.sql(bindings.DELETE_UNWANTED))
            sql.execute(binding.sql(bindings.DELETE_MOVED))
            sql.execute(binding.sql(bindings.INSERT_WANTED), binding.extra_values(now))
        return figures

    def _search(self) -> Iterator[int]:
        """How many rows each statement finds that are to change; none runs before it is asked."""
        for binding in self.bindings:
            if binding.exclusive_scopes and sql.scalar(binding.sql(bindings.ANY_EXCLUSIVE)):
                sql.execute(binding.sql(bindings.INDEX_STAGED_DEVICES))
                sql.execute(binding.sql(bindings.LAST_OWNER_ONLY))
                yield sql.execute(binding.sql(bindings.FIND_MOVED))
            yield sql.execute(binding.sql(bindings.FIND_WANTED))
            yield sql.execute(binding.sql(bindings.FIND_UNNAMED))
            yield sql.execute(binding.sql(bindings.FIND_ABSENT))

    def _known(self) -> int:
        return int(
            sql.scalar(
                "SELECT COUNT(*) FROM upload_people AS p"
                " CROSS JOIN users_app_enduser AS u WHERE u.userid = p.userid"
            )
        )

    def _changed_people(self) -> str:
        changed = " UNION ".join(
            f"SELECT userid FROM {table}_{binding.kind}"
            for binding in self.bindings
            for table in ("wanted", "unwanted")
        )
        return (
            f"SELECT COUNT(*) FROM ({changed}) AS c"
            " CROSS JOIN users_app_enduser AS u WHERE u.userid = c.userid"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """The next people of an upload, up to the one whose userid is `last`."""

    upload: StagedUpload
    last: str
    people: int

    def apply(self) -> None:
        """Call it inside the transaction that is to hold the part."""
        self.upload.apply()


def delete_people(userids: Sequence[str]) -> set[str]:
    """Delete these people with all that is bound to them; which of them existed."""
    with sql.write():
        sql.take_turns(TURN)
        found = dict(EndUser.objects.filter(userid__in=userids).values_list("id", "userid"))
        Registration.objects.filter(end_user_id__in=found).delete()
        Tag.objects.filter(end_user_id__in=found).delete()
        Contact.objects.filter(end_user_id__in=found).delete()
        EndUser.objects.filter(id__in=found).delete()
    return set(found.values())


def _load(changes: Iterable[PersonChange]) -> dict[Kind, int]:
    """Fill the staged tables in constant memory; the number of rows of each kind."""
    loaded = dict.fromkeys(Kind, 0)
    iterator = iter(changes)
    while chunk := list(islice(iterator, PEOPLE_PER_CHUNK)):
        sql.load_rows(
            "staged_people",
            ("userid", "faulty"),
            [(person.userid, int(person.faulty)) for person in chunk],
        )
        rows: dict[Kind, list[tuple[object, ...]]] = {kind: [] for kind in Kind}
        for person in chunk:
            userid = person.userid
            for b in person.bindings:
                rows[b.kind].append(
                    (userid, b.scope, b.value, int(b.present), int(b.replaces), b.position)
                )
        for kind, rows_of_kind in rows.items():
            loaded[kind] += len(rows_of_kind)
            if rows_of_kind:
                sql.load_rows(f"staged_{kind}", _STAGED_COLUMNS, rows_of_kind)
    return loaded
