"""Compares an upload with what is stored, and applies it: a handful of statements of any size."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template

from django.db import connection
from django.utils import timezone

from ums.lib import sql
from users_app import bindings
from users_app.bindings import Binding
from users_app.changes import Kind, PersonChange
from users_app.models import Contact, EndUser, Registration, Tag
from users_app.staging import Staged, index_for_parts, staged_request

TURN = "users_app.upload"
PEOPLE_PER_PART = 50_000  # a third of a second, in which nobody else writes to SQLite


@dataclass(frozen=True, slots=True)
class Figures:
    """An upload in numbers of people; `moved` counts devices taken from a former owner.

    The `new` ones are not known yet, also where the upload creates nobody.
    """

    people: int
    new: int
    changed: int
    unchanged: int
    moved: int

    @property
    def changes_something(self) -> bool:
        return self.unchanged < self.people or self.moved > 0


def compare_changes(changes: Iterable[PersonChange]) -> Figures:
    """What `apply_changes` would do now; nothing is written."""
    with staged_request(changes) as staged:
        return Upload(staged).compare()


def apply_changes(changes: Iterable[PersonChange]) -> Figures:
    """All of `changes`, or none, in one transaction; none is needed where all is stored already."""
    with staged_request(changes) as staged:
        upload = Upload(staged)
        figures = upload.compare()
        if not figures.changes_something:
            return figures
        with sql.write():
            sql.take_turns(TURN)
            figures = upload.compare()
            upload.apply()
        return figures


@dataclass(frozen=True, slots=True)
class Upload:
    """What this connection's temporary tables hold: compare it or apply it."""

    staged: Staged
    creates: bool = True  # whether people who are not known are stored

    def compare(self) -> Figures:
        """Nothing is locked by that."""
        people = self.staged.people
        with sql.comparing(people):
            known = self._known()
            changed = self._changed() if known else 0
            moved = sum(
                sql.scalar(f"SELECT COUNT(*) FROM ({_of_all(binding, bindings.MOVED)}) AS moved")
                for binding in self.staged.moving
            )
        new = people - known
        return Figures(people, new, changed, unchanged=people - new - changed, moved=moved)

    def repeated(self) -> int:
        """How many devices are named again for the same person and channel."""
        devices = [b for b in self.staged.bindings if b.kind is Kind.APP]
        if sql.is_postgresql():
            devices = [b for b in devices if not sql.scalar(b.sql(bindings.NONE_REPEATED))]
        return sum(int(sql.scalar(b.sql(bindings.COUNT_REPEATED))) for b in devices)

    def parts(self, *, after: str = "") -> Iterator["Part"]:
        """People in the order of their userids, those up to `after` left out, to be applied each
        in a transaction of its own.
        """
        index_for_parts(self.staged)
        while True:
            [(last, people)] = sql.rows(
                "SELECT MAX(userid), COUNT(*) FROM (SELECT userid FROM upload_people"
                " WHERE userid > %s ORDER BY userid LIMIT %s) AS part",
                [after, PEOPLE_PER_PART],
            )
            if not people:
                break
            yield Part(self, after, last, people)
            after = last
        tables = ("users_app_enduser", *(binding.table for binding in self.staged.bindings))
        sql.refresh_statistics(self.staged.people, tables)

    def apply(self) -> None:
        """Call it inside the transaction that is to hold everything."""
        self._apply(bindings.ALL_OF_THEM, {}, people=self.staged.people)

    def apply_part(self, part: "Part") -> None:
        """Call it inside the transaction that is to hold the part."""
        limits = {"after": part.after, "last": part.last}
        self._apply(bindings.A_PART, limits, people=part.people)

    def _apply(self, those: str, limits: Mapping[str, str], *, people: int) -> None:
        sql.take_turns(TURN)
        now = str(connection.ops.adapt_datetimefield_value(timezone.now()))
        created = 0
        if self.creates:
            insert = bindings.INSERT_PEOPLE.substitute(those=those)
            created = sql.execute(insert, {**limits, "now": now})
        all_new = created == people
        for binding in () if all_new else self.staged.bindings:
            sql.execute(binding.delete(bindings.UNNAMED, those), limits)
            sql.execute(binding.delete(bindings.ABSENT, those), limits)
        for binding in self.staged.moving:
            sql.execute(binding.delete(bindings.MOVED, those), limits)
        # PostgreSQL would write to each row that is in conflict. SQLite would set aside what a
        # query finds in the table that it inserts into.
        found = bindings.MISSING if sql.is_postgresql() and not all_new else bindings.PRESENT
        for binding in self.staged.bindings:
            statement = binding.insert(found, those)
            sql.execute(statement, {**limits, **binding.extra_values(now)})

    def _known(self) -> int:
        return int(
            sql.scalar(
                "SELECT COUNT(*) FROM upload_people AS p"
                " CROSS JOIN users_app_enduser AS u WHERE u.userid = p.userid"
            )
        )

    def _changed(self) -> int:
        different = (
            (bindings.DIFFERENT,)
            if sql.reads_whole_tables(self.staged.people)
            else (bindings.MISSING, bindings.UNNAMED)
        )
        found = [
            f"SELECT userid FROM ({_of_all(binding, statement)}) AS found"
            for binding in self.staged.bindings
            for statement in (*different, bindings.ABSENT)
        ]
        if not found:
            return 0
        return int(sql.scalar(f"SELECT COUNT(*) FROM ({' UNION '.join(found)}) AS changed"))


@dataclass(frozen=True, slots=True)
class Part:
    """The people of an upload whose userids come after `after`, as far as `last`."""

    upload: Upload
    after: str
    last: str
    people: int

    def apply(self) -> None:
        """Call it inside the transaction that is to hold the part."""
        self.upload.apply_part(self)


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


def _of_all(binding: Binding, statement: Template) -> str:
    """What comes twice makes no difference here, but DISTINCT makes SQLite follow the index."""
    distinct = "" if sql.is_postgresql() else "DISTINCT"
    return binding.sql(statement, those=bindings.ALL_OF_THEM, distinct=distinct)
