"""People as a table: one row each, with devices by channel, tags and contacts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from channels_app.models import Channel
from ums.lib.exports.tables import Row, Table, in_pages
from users_app.changes import ALL
from users_app.contacts import ContactKind
from users_app.models import Contact, EndUser, Registration, Tag

Cells = dict[int, dict[str, list[str]]]  # person -> column -> values

# As an upload calls them (docs/import.md), so that an exported column can be uploaded.
CONTACT_COLUMNS = {
    ContactKind.PHONE: "phone",
    ContactKind.EMAIL: "email",
    ContactKind.WECHATOA: "wechatoa_openid",
    ContactKind.WECHATMP: "wechatmp_openid",
    ContactKind.ALIPAYLIFE: "alipaylife_userid",
    ContactKind.DINGTALKCC: "dingtalk_userid",
    ContactKind.WECHATWK: "wechatwk_userid",
    ContactKind.WECHATWK_LINKEDCORP: "wechatwk_linkedcorp_userid",
}
INVALID, LINE_TAGS = "invalid", "line_tags"


def table(people: QuerySet[EndUser], *, parts: Sequence[type[Any]]) -> Table:
    """`parts` are those of Registration, Tag and Contact that the caller may see.

    Four queries for a page of people, whatever they have.
    """
    codes = dict(Channel.objects.order_by("code").values_list("pk", "code"))
    columns = _columns(parts, codes)

    def pages() -> Iterator[list[Row]]:
        rows = EndUser.objects.values_list("pk", "userid", "created_at", named=True)
        # As they are stored: in another order they would be read from all over the disk.
        for page in in_pages(people.order_by("pk"), rows):
            cells = _cells([person.pk for person in page], parts, codes)
            yield [
                [person.userid, *_joined(cells.get(person.pk), columns), person.created_at]
                for person in page
            ]

    return Table("users", ["userid", *columns.values(), _("created")], pages)


def _columns(parts: Sequence[type[Any]], codes: dict[int, str]) -> dict[str, str]:
    """Their names here -> their headings, in the order of the file."""
    columns: dict[str, str] = {}
    if Registration in parts:
        columns |= {f"app_regid:{code}": f"app_regid:{code}" for code in codes.values()}
        columns[INVALID] = _("invalid registrationIDs")
    if Tag in parts:
        columns |= {"tag": "tag", LINE_TAGS: _("tags of one business line")}
    if Contact in parts:
        columns |= {column: column for column in CONTACT_COLUMNS.values()}
    return columns


def _joined(values: dict[str, list[str]] | None, columns: dict[str, str]) -> list[str]:
    if values is None:
        return [""] * len(columns)
    return [", ".join(values[column]) if column in values else "" for column in columns]


def _cells(people: list[int], parts: Sequence[type[Any]], codes: dict[int, str]) -> Cells:
    cells: Cells = defaultdict(lambda: defaultdict(list))
    if Registration in parts:
        for person, channel, registration_id, invalid_at in _of(
            Registration, people, "channel_id", "registration_id", "invalid_at"
        ):
            code = codes.get(channel, "")  # empty: a channel made since the heading was written
            if invalid_at is None:
                cells[person][f"app_regid:{code}"].append(registration_id)
            else:
                cells[person][INVALID].append(f"{code}:{registration_id}")
    if Tag in parts:
        for person, bind_id, name in _of(Tag, people, "bind_id", "name"):
            column, text = ("tag", name) if bind_id == ALL else (LINE_TAGS, f"{bind_id}:{name}")
            cells[person][column].append(text)
    if Contact in parts:
        for person, scope, value in _of(Contact, people, "scope", "value"):
            kind, _colon, bind_id = scope.partition(":")
            text = value if bind_id == ALL else f"{bind_id}:{value}"
            cells[person][CONTACT_COLUMNS[ContactKind(kind)]].append(text)
    return cells


def _of(model: type[Any], people: list[int], *fields: str) -> QuerySet[Any, Any]:
    rows = model.objects.filter(end_user_id__in=people).order_by("end_user_id", *fields[:2])
    found: QuerySet[Any, Any] = rows.values_list("end_user_id", *fields)
    return found
