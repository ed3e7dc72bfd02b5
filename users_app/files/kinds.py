"""Tells what an uploaded file is, by its content and never by its name."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from enum import Enum, auto
from pathlib import Path

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError

MAX_BYTES = 50 * 1024 * 1024
_HEAD_BYTES = 4096
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # old Office files, and .xlsx with a password
_PASSWORD = "EncryptedPackage".encode("utf-16-le")
_OLD_WORKBOOK = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)


class FileKind(Enum):
    PACKAGE = auto()  # .xlsx, .xlsm
    OLD_WORKBOOK = auto()  # .xls
    TEXT = auto()  # .csv, .tsv


def kind_of(path: Path) -> FileKind:
    """DomainError saying what the file is, unless it may be one that can be read."""
    size = path.stat().st_size
    if size == 0:
        raise DomainError(_("The file is empty. Upload an Excel workbook (.xlsx) or a CSV file."))
    if size > MAX_BYTES:
        raise DomainError(
            _("The file has %(size)d MB; at most %(limit)d MB are allowed. Split it.")
            % {"size": -(-size // 1024**2), "limit": MAX_BYTES // 1024**2}
        )
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head.startswith(b"PK"):
            return FileKind.PACKAGE
        if head.startswith(_OLE):
            return _kind_of_ole(head + file.read())
    if other := _other_kind(head):
        raise DomainError(
            _(
                "This is no table but %(kind)s, whatever its name says. Upload an Excel workbook"
                " (.xlsx) or a CSV file."
            )
            % {"kind": other}
        )
    return FileKind.TEXT


def broken(reason: object) -> DomainError:
    return DomainError(
        _(
            "The file is broken and cannot be read (%(reason)s). Open it in Excel, save it as"
            " .xlsx and upload it again."
        )
        % {"reason": reason}
    )


def too_demanding() -> DomainError:
    return DomainError(
        _(
            "Reading this workbook would take more memory or time than is allowed. Save the table"
            " alone in a new workbook or as CSV in UTF-8, or split it."
        )
    )


def _kind_of_ole(content: bytes) -> FileKind:
    if _PASSWORD in content:
        raise DomainError(
            _(
                "The file is protected by a password. Save it in Excel without one and upload it"
                " again."
            )
        )
    if not any(name in content for name in _OLD_WORKBOOK):
        raise DomainError(
            _(
                "This is a document of an old Office, but no Excel workbook. Upload an Excel"
                " workbook (.xlsx) or a CSV file."
            )
        )
    return FileKind.OLD_WORKBOOK


def _other_kind(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"%pdf"):
        return _("a PDF document")
    if text.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"mime-version")):
        return _("a web page or XML file")
    if text.startswith(b"{\\rtf"):
        return _("a text document (RTF)")
    if b"\0" in head and not head.startswith(_UTF_16):
        return _("some other kind of file")
    return ""
