"""Loads what an upload says into temporary tables, before the database is locked for writing."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from ums.lib import sql
from ums.lib.loading import Loading
from ums.lib.temporary_tables import TemporaryTables
from users_app import bindings
from users_app.bindings import BINDINGS, Binding
from users_app.changes import Kind, PersonChange

PEOPLE_PER_CHUNK = 5_000
_THRESHOLDS = gc.get_threshold()
_MANY_OBJECTS = 200_000

# userid, scope, value, present, replaces, position: as in BindingChange.
StagedRow = tuple[str, int | str, str, int, int, int]

_COLUMNS = ("userid", "scope", "value", "present", "replaces", "position")
_TABLES = TemporaryTables(
    columns={
        "staged_people": "userid varchar(64) NOT NULL, faulty smallint NOT NULL",
        "upload_people": "userid varchar(64) NOT NULL",
    }
    | {f"staged_{binding.kind}": binding.staged_columns() for binding in BINDINGS},
    # Those of bindings hold all that the statements look for, but for the position.
    indexes={"upload_people_userid": "upload_people (userid)"}
    | {
        f"staged_{b.kind}_value": f"staged_{b.kind} (userid, scope, value, present, replaces)"
        for b in BINDINGS
    },
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of an upload: rows of each kind, and (userid, faulty) of people who need a mention of
    their own: those of whom nothing is said, and those of whom something could not be read.
    """

    people: list[tuple[str, int]] = field(default_factory=list)
    rows: dict[Kind, list[StagedRow]] = field(default_factory=lambda: {kind: [] for kind in Kind})

    def add(self, change: PersonChange) -> None:
        if change.faulty or not change.bindings:
            self.people.append((change.userid, int(change.faulty)))
        for b in change.bindings:
            row = (change.userid, b.scope, b.value, int(b.present), int(b.replaces), b.position)
            self.rows[b.kind].append(row)


@dataclass(frozen=True, slots=True)
class Staged:
    """What the temporary tables hold."""

    people: int
    bindings: tuple[Binding, ...]  # those that the upload names at all
    moving: tuple[Binding, ...]  # those of which a value may leave a former owner


@contextmanager
def staged_request(changes: Iterable[PersonChange]) -> Iterator[Staged]:
    """On PostgreSQL all of the block is one transaction; on SQLite it is in none."""
    with _TABLES.empty():
        yield _load(chunks_of(changes), indexed=True)


@contextmanager
def staged_file(chunks: Iterable[Chunk]) -> Iterator[Staged]:
    """The block is in no transaction, so that it may hold several; it needs a session of its own,
    which a connection pooler does not share.
    """
    with _TABLES.made():
        with _few_collections():
            staged = _load(chunks, indexed=False)
        yield staged


@contextmanager
def _few_collections() -> Iterator[None]:
    """Rows come and go by the thousand, and none of them refers to itself."""
    gc.set_threshold(_MANY_OBJECTS, *_THRESHOLDS[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_THRESHOLDS)


def _load(chunks: Iterable[Chunk], *, indexed: bool) -> Staged:
    """In constant memory; `indexed`: the tables have their indexes already."""
    counts = dict.fromkeys(Kind, 0)
    mentioned, faulty = 0, False
    with Loading() as loading:
        for chunk in chunks:
            faulty = faulty or any(is_faulty for _userid, is_faulty in chunk.people)
            mentioned += loading.append("staged_people", ("userid", "faulty"), chunk.people)
            for kind, rows in chunk.rows.items():
                counts[kind] += loading.append(f"staged_{kind}", _COLUMNS, rows)
    used = tuple(binding for binding in BINDINGS if counts[binding.kind])
    # SQLite compares by index as well; PostgreSQL by hashing.
    if not indexed and not sql.is_postgresql():
        _index(used)
    for binding in used:
        if faulty:
            sql.execute(binding.sql(bindings.SPARE_THE_FAULTY))
        sql.execute(binding.sql(bindings.LAST_VALUE_ONLY))
    moving = tuple(b for b in used if b.exclusive_scopes and sql.rows(b.exclusive_scopes))
    for binding in moving:
        sql.execute(binding.sql(bindings.INDEX_STAGED_DEVICES))
        sql.execute(binding.sql(bindings.LAST_OWNER_ONLY))
    sources = [f"staged_{binding.kind}" for binding in used]
    people = _collect_people(["staged_people WHERE faulty = 0"] * bool(mentioned) + sources)
    sql.plan_for(sum(counts.values()), _TABLES.columns)
    return Staged(people, used, moving)


def index_for_parts(staged: Staged) -> None:
    """Before a file is applied part by part."""
    _index(staged.bindings)
    _TABLES.index(["upload_people"])


def _index(used: Iterable[Binding]) -> None:
    _TABLES.index(f"staged_{binding.kind}" for binding in used)


def _collect_people(sources: Sequence[str]) -> int:
    """How many there are of whom something is said that could be read."""
    if not sources:
        return 0
    userids = " UNION ".join(f"SELECT DISTINCT userid FROM {source}" for source in sources)
    return sql.execute(f"INSERT INTO upload_people {userids}")


def chunks_of(changes: Iterable[PersonChange]) -> Iterator[Chunk]:
    """As many people in each as fit well into memory."""
    iterator = iter(changes)
    while people := list(islice(iterator, PEOPLE_PER_CHUNK)):
        chunk = Chunk()
        for person in people:
            chunk.add(person)
        yield chunk
