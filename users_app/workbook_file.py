"""Looks at an uploaded file before the reader opens it: is it a workbook, and a safe one?"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError

MAX_BYTES = 50 * 1024 * 1024
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
# The reader keeps 32 bytes for each cell between the first and the last one of a sheet, and ends
# the whole process when memory is short.
MAX_CELLS = 20_000_000
_BLOCK_BYTES = 1024 * 1024
_MAX_ROW_BYTES = 32 * 1024 * 1024
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # old Office files, and .xlsx with a password
_PASSWORD = "EncryptedPackage".encode("utf-16-le")

# Cells that hold something; one without content ends in "/>".
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*(?<!/)>')
_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_BARE_FORMULA_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\bt="str")[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*>'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v\s*/>)?</(?:\w+:)?c>"
)
_ROW_END = re.compile(rb"</(?:\w+:)?row>")


class Valueless(Enum):
    """A cell that shows something in Excel but holds no value that the reader would return."""

    ERROR = "error"
    FORMULA = "formula"


Place = tuple[int, int]  # row and column, the first ones are 1


def inspect(path: Path) -> dict[str, dict[Place, Valueless]]:
    """The valueless cells by sheet, which the reader takes for blank ones.

    DomainError saying what the file is, unless it is a workbook that can be opened safely.
    """
    size = path.stat().st_size
    if size == 0:
        raise DomainError(_("The file is empty. Upload an Excel workbook (.xlsx)."))
    if size > MAX_BYTES:
        raise DomainError(
            _("The file has %(size)d MB; at most %(limit)d MB are allowed. Split it.")
            % {"size": -(-size // 1024**2), "limit": MAX_BYTES // 1024**2}
        )
    with path.open("rb") as file:
        head = file.read(1024)
        if head.startswith(b"PK"):
            return _inspect_package(file)
        if head.startswith(_OLE):
            if _PASSWORD in head + file.read():
                raise DomainError(
                    _(
                        "The file is protected by a password. Save it in Excel without one and"
                        " upload it again."
                    )
                )
            # The reader ends the whole process over some broken .xls files.
            raise DomainError(
                _(
                    "This is a file of an Office before 2007 (.xls). Open it in Excel, save it as"
                    " .xlsx and upload that."
                )
            )
    raise _not_excel(head)


def broken(reason: object) -> DomainError:
    return DomainError(
        _(
            "The file is broken and cannot be read (%(reason)s). Open it in Excel, save it as"
            " .xlsx and upload it again."
        )
        % {"reason": reason}
    )


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _not_excel(head: bytes) -> DomainError:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"%pdf"):
        kind = _("a PDF document")
    elif text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"mime-version")):
        kind = _("a web page or XML file")
    elif b"\0" not in head and (b"," in head or b"\t" in head or b";" in head):
        kind = _("a text or CSV file")
    else:
        kind = _("some other kind of file")
    return DomainError(
        _(
            "This is not an Excel workbook but %(kind)s, whatever its name says. Open it in Excel,"
            " save it as .xlsx and upload that."
        )
        % {"kind": kind}
    )


def _inspect_package(file: IO[bytes]) -> dict[str, dict[Place, Valueless]]:
    try:
        with zipfile.ZipFile(file) as package:
            parts = {info.filename: info.file_size for info in package.infolist()}
            if "xl/workbook.xml" not in parts:
                raise DomainError(
                    _(
                        "This is not an Excel workbook of the kind .xlsx. Open it in Excel, save it"
                        " as .xlsx and upload that."
                    )
                )
            if (unpacked := sum(parts.values())) > MAX_UNPACKED_BYTES:
                raise DomainError(
                    _("Unpacked, the file has %(size)d MB; at most %(limit)d MB are allowed.")
                    % {"size": unpacked // 1024**2, "limit": MAX_UNPACKED_BYTES // 1024**2}
                )
            return {
                name: _scan_sheet(package, part, name)
                for name, part in _sheet_parts(package).items()
                if part in parts
            }
    except (zipfile.BadZipFile, ElementTree.ParseError, EOFError, OSError) as exc:
        raise broken(exc) from exc
    except (KeyError, NotImplementedError, RuntimeError, ValueError, zlib.error) as exc:
        raise broken(exc) from exc


def _sheet_parts(package: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> its part of the package, in the order of the workbook."""
    # expat itself stops entity expansion; the size of all parts together was checked.
    workbook = ElementTree.fromstring(package.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    parts = {}
    for element in workbook.iter():
        if element.tag.endswith("}sheet"):
            link = next((v for k, v in element.attrib.items() if k.endswith("}id")), None)
            target = targets.get(link, "")
            parts[element.get("name", "")] = (
                target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            )
    return parts


@dataclass(slots=True)
class _Extent:
    row: int = 0
    column: int = 0
    valueless: dict[Place, Valueless] = field(default_factory=dict)

    def take(self, block: bytes) -> None:
        found = _CELL.findall(block)
        if found:
            self.row = max(self.row, max(int(row) for row in {row for _letters, row in found}))
            self.column = max(
                self.column, max(_number(letters) for letters in {x for x, _row in found})
            )
        if b't="e"' in block:
            self._mark(_ERROR_CELL, block, Valueless.ERROR)
        if b"<f" in block or b":f" in block:
            self._mark(_BARE_FORMULA_CELL, block, Valueless.FORMULA)

    def _mark(self, pattern: re.Pattern[bytes], block: bytes, kind: Valueless) -> None:
        for letters, row in pattern.findall(block):
            self.valueless[int(row), _number(letters)] = kind


def _scan_sheet(package: zipfile.ZipFile, part: str, name: str) -> dict[Place, Valueless]:
    extent = _Extent()
    with package.open(part) as stream:
        for block in _blocks(stream):
            extent.take(block)
    if extent.row * extent.column > MAX_CELLS:
        raise DomainError(
            _(
                "The sheet “%(sheet)s” reaches as far as column %(column)s and row %(row)d, which"
                " is too large. Delete what stands outside the table, or copy the table to a new"
                " workbook."
            )
            % {"sheet": name, "column": column_letters(extent.column), "row": extent.row}
        )
    return extent.valueless


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The text of a sheet in pieces that end where a row ends."""
    rest = b""
    while chunk := stream.read(_BLOCK_BYTES):
        block = rest + chunk
        ends = [match.end() for match in _ROW_END.finditer(block)]
        cut = ends[-1] if ends else 0
        if cut:
            yield block[:cut]
        rest = block[cut:]
        if len(rest) > _MAX_ROW_BYTES:
            raise broken(_("a row without an end"))
    yield rest


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
