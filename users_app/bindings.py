"""Where each kind of binding is stored, and the SQL that compares and changes it.

Every statement works on a whole upload. `CROSS JOIN` makes SQLite, which knows nothing about the
size of a temporary table, start with the upload and look the rest up by index; for PostgreSQL it
is a plain join.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template

from users_app.changes import ALL, Kind
from users_app.contacts import ContactKind

NOW = "the time of the upload"


@dataclass(frozen=True, slots=True)
class Binding:
    """One table that binds values to people: (end_user_id, scope, value) is unique in it."""

    kind: Kind
    table: str
    scope: str
    scope_type: str
    value: str
    value_type: str
    # Columns that a new row needs beyond those three -> what is in them, or NOW.
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)
    # True for a stored row (t) that reaches the person.
    live: str = "1 = 1"
    on_conflict: str = "DO NOTHING"
    # The scopes in which a value belongs to one person only.
    exclusive_scopes: str = ""
    # True for a scope of the upload in which a person has one value.
    single: str = "1 = 0"

    def staged_columns(self) -> str:
        """Of the temporary table `staged_<kind>`: what the upload says."""
        return (
            f"userid varchar(64) NOT NULL, scope {self.scope_type} NOT NULL,"
            f" value {self.value_type} NOT NULL, present smallint NOT NULL,"
            " replaces smallint NOT NULL, position bigint NOT NULL"
        )

    def columns(self) -> tuple[str, ...]:
        """Those of a new row."""
        return (self.scope, self.value, "end_user_id", *self.extra)

    def extra_values(self, now: str) -> dict[str, str]:
        """What the last of `columns()` hold in a row that is made `now`."""
        return {name: now if value is NOW else value for name, value in self.extra.items()}

    def delete(self, found: Template, those: str) -> str:
        return self.sql(DELETE, found=self.sql(found, those=those))

    def insert(self, found: Template, those: str) -> str:
        return self.sql(INSERT, found=self.sql(found, those=those, distinct="DISTINCT"))

    def sql(self, statement: Template, **parts: str) -> str:
        return statement.substitute(
            parts,
            kind=self.kind,
            table=self.table,
            scope=self.scope,
            value=self.value,
            columns=", ".join(self.columns()),
            extra_marks="".join(f", %({name})s" for name in self.extra),
            live=self.live,
            on_conflict=self.on_conflict,
            exclusive_scopes=self.exclusive_scopes,
            single=self.single,
        )


BINDINGS = (
    Binding(
        kind=Kind.APP,
        table="users_app_registration",
        scope="channel_id",
        scope_type="bigint",
        value="registration_id",
        value_type="varchar(64)",
        extra={"created_at": NOW, "invalid_reason": ""},
        live="t.invalid_at IS NULL",
        on_conflict=(
            "DO UPDATE SET invalid_at = NULL, invalid_reason = ''"
            " WHERE users_app_registration.invalid_at IS NOT NULL"
        ),
        exclusive_scopes="SELECT id FROM channels_app_channel WHERE device_policy = 'move'",
    ),
    Binding(
        kind=Kind.TAG,
        table="users_app_tag",
        scope="bind_id",
        scope_type="varchar(64)",
        value="name",
        value_type="varchar(64)",
    ),
    Binding(
        kind=Kind.CONTACT,
        table="users_app_contact",
        scope="scope",
        scope_type="varchar(90)",
        value="value",
        value_type="varchar(254)",
        single=f"scope <> '{ContactKind.WECHATWK_LINKEDCORP}:{ALL}'",
    ),
)

# --- after loading -------------------------------------------------------------------------------

INDEX_STAGED_DEVICES = Template(
    "CREATE INDEX IF NOT EXISTS staged_${kind}_owner ON staged_$kind (scope, value)"
)

# Where there is room for one value, the readable part has named it.
SPARE_THE_FAULTY = Template("""
    UPDATE staged_$kind SET replaces = 0
    WHERE replaces = 1 AND NOT ($single)
      AND userid IN (SELECT userid FROM staged_people WHERE faulty = 1)
""")

LAST_VALUE_ONLY = Template("""
    UPDATE staged_$kind SET present = 0
    WHERE present = 1 AND $single AND EXISTS (
        SELECT 1 FROM staged_$kind AS later
        WHERE later.userid = staged_$kind.userid AND later.scope = staged_$kind.scope
          AND later.value <> staged_$kind.value
          AND later.present = 1 AND later.position > staged_$kind.position)
""")

# Where the upload gives one device to several people, the last of them has it.
LAST_OWNER_ONLY = Template("""
    UPDATE staged_$kind SET present = 0
    WHERE present = 1 AND scope IN ($exclusive_scopes)
      AND EXISTS (
        SELECT 1 FROM staged_$kind AS later
        WHERE later.scope = staged_$kind.scope AND later.value = staged_$kind.value
          AND later.present = 1 AND later.userid <> staged_$kind.userid
          AND later.position > staged_$kind.position)
""")

# --- what would change ---------------------------------------------------------------------------
# Each finds it for some of the people: $those is a condition on `s`, the staged row.

ALL_OF_THEM = "1 = 1"
A_PART = "s.userid > %(after)s AND s.userid <= %(last)s"

PRESENT = Template("""
    SELECT w.userid, w.scope, w.value, u.id AS end_user_id
    FROM (SELECT $distinct s.userid, s.scope, s.value FROM staged_$kind AS s
            WHERE $those AND s.present = 1) AS w
        CROSS JOIN users_app_enduser AS u
    WHERE u.userid = w.userid
""")

# What of that is not stored.
MISSING = Template("""
    SELECT w.userid, w.scope, w.value, u.id AS end_user_id
    FROM (SELECT $distinct s.userid, s.scope, s.value FROM staged_$kind AS s
            WHERE $those AND s.present = 1) AS w
        CROSS JOIN users_app_enduser AS u
    WHERE u.userid = w.userid AND NOT EXISTS (
        SELECT 1 FROM $table AS t
        WHERE t.$scope = w.scope AND t.$value = w.value AND t.end_user_id = u.id AND $live)
""")

UNNAMED = Template("""
    SELECT r.userid, t.id
    FROM (SELECT DISTINCT s.userid, s.scope FROM staged_$kind AS s
            WHERE $those AND s.replaces = 1) AS r
        CROSS JOIN users_app_enduser AS u CROSS JOIN $table AS t
    WHERE u.userid = r.userid AND t.end_user_id = u.id AND t.$scope = r.scope
      AND NOT EXISTS (SELECT 1 FROM staged_$kind AS s
        WHERE s.userid = r.userid AND s.scope = r.scope AND s.value = t.$value AND s.present = 1)
""")

ABSENT = Template("""
    SELECT s.userid, t.id
    FROM staged_$kind AS s CROSS JOIN users_app_enduser AS u CROSS JOIN $table AS t
    WHERE $those AND s.present = 0 AND u.userid = s.userid
      AND t.$scope = s.scope AND t.$value = s.value AND t.end_user_id = u.id
      AND NOT EXISTS (
        SELECT 1 FROM staged_$kind AS k
        WHERE k.userid = s.userid AND k.scope = s.scope AND k.value = s.value AND k.present = 1)
""")

# Who is found by MISSING or UNNAMED, by reading both sides once and as a whole: for PostgreSQL,
# which hashes them. Right where all of the upload is compared.
DIFFERENT = Template("""
    SELECT d.userid
    FROM (SELECT COALESCE(w.userid, k.userid) AS userid, k.scope, w.userid IS NOT NULL AS is_staged
            FROM (SELECT userid, scope, value FROM staged_$kind WHERE present = 1) AS w
            FULL JOIN (SELECT u.userid, t.$scope AS scope, t.$value AS value, $live AS is_live
                FROM $table AS t JOIN users_app_enduser AS u ON u.id = t.end_user_id) AS k
              ON k.userid = w.userid AND k.scope = w.scope AND k.value = w.value
            WHERE w.userid IS NULL OR k.userid IS NULL OR NOT k.is_live) AS d
        LEFT JOIN users_app_enduser AS u ON d.is_staged AND u.userid = d.userid
        LEFT JOIN staged_$kind AS r ON NOT d.is_staged
          AND r.userid = d.userid AND r.scope = d.scope AND r.replaces = 1
    WHERE u.id IS NOT NULL OR r.userid IS NOT NULL
""")

MOVED = Template("""
    SELECT DISTINCT u.userid, t.id
    FROM staged_$kind AS s CROSS JOIN $table AS t CROSS JOIN users_app_enduser AS u
    WHERE $those AND s.present = 1 AND s.scope IN ($exclusive_scopes)
      AND t.$scope = s.scope AND t.$value = s.value
      AND u.id = t.end_user_id AND u.userid <> s.userid
""")

COUNT_REPEATED = Template("""
    SELECT COUNT(*) - (SELECT COUNT(*) FROM (SELECT DISTINCT userid, scope, value
        FROM staged_$kind) AS once)
    FROM staged_$kind
""")

# A sort of numbers, where PostgreSQL counts distinct texts by hashing. Two that differ may have one
# hash, so only "true" is sure.
NONE_REPEATED = Template("""
    SELECT COUNT(*) = COUNT(DISTINCT hashtextextended(value, hashtextextended(userid, scope)))
    FROM staged_$kind
""")

# --- the change itself ---------------------------------------------------------------------------

# Whoever is known is passed over, without a look at the table before: PostgreSQL, taking it for
# empty, would read through it each time.
INSERT_PEOPLE = Template("""
    INSERT INTO users_app_enduser (userid, created_at)
    SELECT s.userid, %(now)s FROM upload_people AS s
    WHERE $those
    ORDER BY s.userid
    ON CONFLICT (userid) DO NOTHING
""")

DELETE = Template("DELETE FROM $table WHERE id IN (SELECT id FROM ($found) AS found)")

INSERT = Template("""
    INSERT INTO $table ($columns)
    SELECT w.scope, w.value, w.end_user_id$extra_marks FROM ($found) AS w WHERE 1 = 1
    ON CONFLICT (end_user_id, $scope, $value) $on_conflict
""")
