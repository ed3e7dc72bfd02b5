"""Looks into an .xlsx before it is read: is it a workbook, and one of a bearable size?"""

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.files.kinds import broken

MAX_UNPACKED_BYTES = 600 * 1024 * 1024
_MAX_PARTS = 10_000
_MAX_PART_BYTES = 4 * 1024 * 1024  # of a part that is read as a whole
_BLOCK_BYTES = 1024 * 1024
_ENTRY = b"PK\x01\x02"
_WORKBOOK, _LINKS, _STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
_STRINGS = "xl/sharedStrings.xml"
_ZEROS_IN_FRONT = re.compile(r"0{2,}\Z")  # of a number format: Excel shows 7 as 007
# The text of a cell that begins with a zero and holds nothing but digits.
ZERO_TEXT = re.compile(rb">0[0-9]+</(?:\w+:)?t>")


@dataclass(frozen=True, slots=True)
class Package:
    parts: zipfile.ZipFile
    sheets: dict[str, str]  # a sheet's name -> its part, in the order of the workbook
    padded_styles: dict[int, int]  # number of a cell style -> digits that it shows
    has_zero_texts: bool  # whether the texts that sheets share may have zeros in front


@contextmanager
def opened_package(path: Path) -> Iterator[Package]:
    """DomainError unless it is a workbook; also for what goes wrong while this is entered."""
    try:
        with path.open("rb") as file:
            _refuse_many_parts(file.fileno())
            with zipfile.ZipFile(file) as parts:
                yield _package(parts)
    except (zipfile.BadZipFile, ElementTree.ParseError, EOFError, OSError, zlib.error) as exc:
        raise broken(exc) from exc
    except (KeyError, NotImplementedError, RuntimeError, ValueError) as exc:
        raise broken(exc) from exc


def blocks(parts: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with parts.open(part) as stream:
        first = True
        while block := stream.read(_BLOCK_BYTES):
            if first:
                _refuse_entities(block)
            first = False
            yield block


def _package(parts: zipfile.ZipFile) -> Package:
    sizes = {info.filename: info.file_size for info in parts.infolist()}
    if _WORKBOOK not in sizes:
        raise DomainError(
            _(
                "This is not an Excel workbook of the kind .xlsx. Open it in Excel, save it"
                " as .xlsx and upload that."
            )
        )
    if (unpacked := sum(sizes.values())) > MAX_UNPACKED_BYTES:
        raise DomainError(
            _("Unpacked, the file has %(size)d MB; at most %(limit)d MB are allowed.")
            % {"size": unpacked // 1024**2, "limit": MAX_UNPACKED_BYTES // 1024**2}
        )
    sheets = {name: part for name, part in _sheet_parts(parts).items() if part in sizes}
    return Package(
        parts=parts,
        sheets=sheets,
        padded_styles=_padded_styles(parts) if _STYLES in sizes else {},
        has_zero_texts=_STRINGS in sizes and _has_zero_texts(parts),
    )


def _refuse_many_parts(file: int) -> None:
    """The list of parts alone could fill the memory."""
    with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as content:
        count, at = 0, content.find(_ENTRY)
        while at >= 0:
            count, at = count + 1, content.find(_ENTRY, at + 4)
            if count > _MAX_PARTS:
                raise broken(_("it has too many parts"))


def _sheet_parts(parts: zipfile.ZipFile) -> dict[str, str]:
    links = {
        link.get("Id"): link.get("Target", "")
        for link in _xml(parts, _LINKS)
        if link.get("Type", "").endswith("/worksheet")  # not a chart
    }
    found = {}
    for element in _xml(parts, _WORKBOOK).iter():
        if _tag(element) == "sheet":
            link = next((v for k, v in element.attrib.items() if k.endswith("}id")), None)
            if target := links.get(link):
                found[element.get("name", "")] = (
                    target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                )
    return found


def _padded_styles(parts: zipfile.ZipFile) -> dict[int, int]:
    styles = _xml(parts, _STYLES)
    widths: dict[str | None, int] = {}
    for element in styles.iter():
        if _tag(element) == "numFmt":
            code = element.get("formatCode", "").split(";")[0].strip('"')
            if _ZEROS_IN_FRONT.match(code):
                widths[element.get("numFmtId")] = len(code)
    formats = next((e for e in styles if _tag(e) == "cellXfs"), ())
    used = ((number, widths.get(xf.get("numFmtId"))) for number, xf in enumerate(formats))
    return {number: width for number, width in used if width}


def _has_zero_texts(parts: zipfile.ZipFile) -> bool:
    rest = b""
    for block in blocks(parts, _STRINGS):
        if ZERO_TEXT.search(rest + block):
            return True
        rest = block[-64:]
    return False


def _xml(parts: zipfile.ZipFile, part: str) -> ElementTree.Element:
    with parts.open(part) as stream:
        content = stream.read(_MAX_PART_BYTES + 1)
    if len(content) > _MAX_PART_BYTES:
        raise broken(_("“%(part)s” is too large") % {"part": part})
    _refuse_entities(content)
    return ElementTree.fromstring(content)  # noqa: S314  # expat itself limits what is left


def _refuse_entities(content: bytes) -> None:
    """No program writes a DTD into a workbook; its entities could grow without end."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DomainError(
            _(
                "The workbook holds XML entities, which no spreadsheet program writes. It is not"
                " read."
            )
        )


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
