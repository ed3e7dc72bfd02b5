"""Applies what one request says about people: where they are all new, or all that is said is
stored already, that needs no staging. What is left goes the way of every upload.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from django.db import connection, transaction
from django.utils import timezone

from ums.lib import sql
from ums.lib.json_rows import rows_param, rows_sql
from ums.lib.loading import load_rows
from users_app.bindings import BINDINGS, Binding
from users_app.changes import Kind, PersonChange
from users_app.upload import TURN, Figures, apply_changes

_USERIDS = {"userid": "text"}
_IDS = {"id": "bigint"}

# (EndUser id, kind, scope) -> its values; None among them stands for one that is not live.
_Stored = Mapping[tuple[int, Kind, int | str], set[str | None]]


def apply_folded(people: Sequence[PersonChange]) -> Figures:
    """What `apply_changes` does, with people as `fold` gives them: each once, and readable.

    Of two requests at once about one person, one comes last as a whole; for another person of
    theirs that may be the other one.
    """
    if _may_move_devices(people):
        return apply_changes(people)
    with sql.looking_up():
        ids = _known_ids(people)
        stored = _stored(people, ids)
    if not ids and _add(people):
        return Figures(len(people), new=len(people), changed=0, unchanged=0, moved=0)
    pending = [p for p in people if p.userid not in ids or not _is_stored(p, ids[p.userid], stored)]
    figures = apply_changes(pending) if pending else Figures(0, 0, 0, 0, 0)
    skipped = len(people) - len(pending)
    return replace(figures, people=len(people), unchanged=figures.unchanged + skipped)


def _bindings(people: Sequence[PersonChange]) -> Iterator[Binding]:
    kinds = {b.kind for person in people for b in person.bindings}
    return (binding for binding in BINDINGS if binding.kind in kinds)


def _may_move_devices(people: Sequence[PersonChange]) -> bool:
    moving = {
        (binding.kind, scope)
        for binding in _bindings(people)
        if binding.exclusive_scopes
        for (scope,) in sql.rows(binding.exclusive_scopes)
    }
    return bool(moving) and any(
        (b.kind, b.scope) in moving for person in people for b in person.bindings
    )


def _known_ids(people: Sequence[PersonChange]) -> dict[str, int]:
    return dict(
        sql.rows(
            f"SELECT u.userid, u.id FROM {rows_sql(_USERIDS)} AS p"
            " CROSS JOIN users_app_enduser AS u WHERE u.userid = p.userid",
            [rows_param((person.userid,) for person in people)],
        )
    )


def _stored(people: Sequence[PersonChange], ids: Mapping[str, int]) -> _Stored:
    """All of the kinds that are named, of these people."""
    stored = defaultdict(set)
    param = rows_param((pk,) for pk in ids.values())
    for binding in _bindings(people) if ids else ():
        for pk, scope, value in sql.rows(
            f"SELECT t.end_user_id, t.{binding.scope},"
            f" CASE WHEN {binding.live} THEN t.{binding.value} END"
            f" FROM {rows_sql(_IDS)} AS p CROSS JOIN {binding.table} AS t"
            " WHERE t.end_user_id = p.id",
            [param],
        ):
            stored[pk, binding.kind, scope].add(value)
    return stored


def _is_stored(person: PersonChange, pk: int, stored: _Stored) -> bool:
    replaced: Counter[tuple[int, Kind, int | str]] = Counter()
    for b in person.bindings:
        scope = (pk, b.kind, b.scope)
        values = stored.get(scope, ())
        if (b.value in values) != b.present or None in values:
            return False
        if b.replaces:
            replaced[scope] += b.present
    return all(len(stored.get(scope, ())) == count for scope, count in replaced.items())


def _add(people: Sequence[PersonChange]) -> bool:
    """Store people whom nobody knows; False, and nothing stored, if one is known after all.

    Uploads of that kind run beside each other: nobody can bind anything to a person who is not
    committed yet, and two who bring the same person meet at the index of userids.
    """
    now = str(connection.ops.adapt_datetimefield_value(timezone.now()))
    userids = rows_param((person.userid,) for person in people)
    # In the order of an index, in which most of the work is, and before others have to wait.
    new = {binding: sorted(_new_rows(binding, people)) for binding in _bindings(people)}
    with sql.write():
        sql.share_turn(TURN)
        # In one order, so that two uploads do not each wait for a person of the other.
        ids = dict(
            sql.rows(
                "INSERT INTO users_app_enduser (userid, created_at)"
                f" SELECT p.userid, %s FROM {rows_sql(_USERIDS)} AS p WHERE 1 = 1"
                " ORDER BY p.userid ON CONFLICT (userid) DO NOTHING RETURNING userid, id",
                [now, userids],
            )
        )
        if len(ids) < len(people):
            transaction.set_rollback(True)
            return False
        for binding, rows in new.items():
            extra = binding.extra_values(now).values()
            load_rows(
                binding.table,
                binding.columns(),
                [(scope, value, ids[userid], *extra) for scope, value, userid in rows],
            )
    return True


def _new_rows(
    binding: Binding, people: Iterable[PersonChange]
) -> Iterator[tuple[int | str, str, str]]:
    """Scope, value and userid."""
    return (
        (b.scope, b.value, person.userid)
        for person in people
        for b in person.bindings
        if b.present and b.kind is binding.kind
    )
