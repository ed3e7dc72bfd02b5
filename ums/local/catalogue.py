"""Keeps the Chinese catalogue true to the sources: every string that a person sees is in it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django
import unfold
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from ums.local.stack import ROOT

LOCALE = "zh_Hans"
PO = ROOT / "ums" / "locale" / LOCALE / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
PACKAGES = ("ums", "channels_app", "users_app", "messaging_app")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
MessageId = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    message_id: str
    reason: str


def update() -> int:
    """Rewrite the catalogue for the sources as they are; how many strings lack a translation."""
    catalogue = _merged(_read())
    with PO.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    MO.write_bytes(_compiled(catalogue))
    return len(_untranslated(catalogue))


def problems() -> list[Problem]:
    """What is missing, left over, wrong or not compiled; an empty list is a true catalogue."""
    stored = _read()
    wanted = _merged(stored)
    known = _ids(stored)
    found = [Problem(str(i), "is not in the catalogue") for i in _ids(wanted) - known]
    found += [Problem(str(i), "is no longer in the sources") for i in known - _ids(wanted)]
    found += [Problem(i, "has no translation") for i in _untranslated(stored)]
    for message in stored:
        found += [Problem(str(message.id), str(error)) for error in message.check(stored)]
    if not MO.exists() or MO.read_bytes() != _compiled(stored):
        found.append(Problem(MO.name, "is not compiled from the catalogue"))
    return found


def _read() -> Catalog:
    if not PO.exists():
        return Catalog(locale=LOCALE)
    with PO.open("rb") as file:
        return read_po(file, locale=LOCALE)


def _merged(stored: Catalog) -> Catalog:
    """The strings of the sources with the translations that are stored."""
    fresh = Catalog(
        locale=LOCALE,
        project="UMS",
        version="1",
        header_comment="# The console and the API in Chinese.",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        # Fixed, so that the file changes only when a string does.
        creation_date=WRITTEN_AT,
        revision_date=WRITTEN_AT,
        fuzzy=False,
    )
    for message_id, place in _sources():
        kept = stored.get(message_id)
        fresh.add(message_id, kept.string if kept else None, locations=[(place, 0)])
    return fresh


def _compiled(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def _ids(catalogue: Catalog) -> set[MessageId]:
    """A string, or singular and plural, for each message but the header."""
    return {
        message.id if isinstance(message.id, str) else tuple(message.id)
        for message in catalogue
        if message.id
    }


def _untranslated(catalogue: Catalog) -> list[str]:
    return [
        str(message.id)
        for message in catalogue
        if message.id and not all((message.string,) if message.string else ("",))
    ]


def _sources() -> Iterator[tuple[MessageId, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _of_python(path.read_bytes(), str(path.relative_to(ROOT)))
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from _of_template(path, str(path.relative_to(ROOT)))
    # The shell's own words, where Django does not know them either.
    known = _django_knows()
    shell = Path(unfold.__file__).parent
    for path in sorted(shell.rglob("*.html")) + sorted(shell.rglob("*.py")):
        place = f"unfold/{path.relative_to(shell)}"
        if place.startswith("unfold/contrib/"):
            continue  # not installed
        read = (
            _of_template(path, place)
            if path.suffix == ".html"
            else _of_python(path.read_bytes(), place)
        )
        yield from ((i, where) for i, where in read if i not in known)


def _of_python(source: bytes, place: str) -> Iterator[tuple[MessageId, str]]:
    for _line, message_id, _comments, _context in extract(
        "python", io.BytesIO(source), keywords=KEYWORDS
    ):
        if message_id:
            yield message_id, place


def _of_template(path: Path, place: str) -> Iterator[tuple[MessageId, str]]:
    # Django makes Python of it, but for the indentation.
    lines = templatize(path.read_text(), origin=place).splitlines()
    yield from _of_python("\n".join(line.strip() for line in lines).encode(), place)


def _django_knows() -> set[MessageId]:
    known: set[MessageId] = set()
    for path in Path(django.__file__).parent.rglob(f"locale/{LOCALE}/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            known |= _ids(read_po(file, locale=LOCALE))
    return known
