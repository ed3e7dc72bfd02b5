"""Reads userids that people paste or upload, one a line, and says which lines are wrong."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError
from users_app.changes import checked_userid, shown

MAX_USERIDS = 1_000_000  # in one go
BAD_LINES_SHOWN = 50
HEADINGS = {"userid", "用户id", "用户"}  # as in a workbook (docs/import.md)

_MAX_LINE_BYTES = 4096
_SEPARATORS = re.compile(r"[\s,;，；、\u200b\ufeff]+")
_COLUMNS = re.compile(r"[\t,;，；]")
_BLANKS = " \t\r\n\u3000\u200b\ufeff"
# A CSV's quotation marks, and the apostrophe that keeps a spreadsheet from reading a formula.
_MARKS = "\"'"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Readable(Protocol):
    def readline(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class UseridLine:
    """One userid; or, where `problem` says something, a line without a usable one."""

    number: int
    userid: str
    problem: str = ""


@dataclass(slots=True)
class Reading:
    """Passes the good lines on, counts the bad ones, and keeps the first of those."""

    lines: Iterable[UseridLine]
    bad: int = 0
    first_bad: list[UseridLine] = field(default_factory=list)

    def good(self) -> Iterator[UseridLine]:
        """DomainError once there are more than MAX_USERIDS lines."""
        for count, line in enumerate(self.lines, start=1):
            if count > MAX_USERIDS:
                raise DomainError(
                    _(
                        "At most %(limit)s userids can be given at once. Split them; nothing has"
                        " been changed."
                    )
                    % {"limit": f"{MAX_USERIDS:,}"}
                )
            if not line.problem:
                yield line
                continue
            self.bad += 1
            if len(self.first_bad) < BAD_LINES_SHOWN:
                self.first_bad.append(line)


def pasted(text: str) -> Iterator[UseridLine]:
    """Userids separated by line breaks, blanks, commas or semicolons; a heading is passed over."""
    first = True
    for number, line in enumerate(text.split("\n"), start=1):
        for value in filter(None, (part.strip(_MARKS) for part in _SEPARATORS.split(line))):
            if not (first and value.casefold() in HEADINGS):
                yield _judged(number, value)
            first = False


def uploaded(file: Readable) -> Iterator[UseridLine]:
    """The lines of a text or CSV file in UTF-8 or GB 18030, in constant memory.

    Where the first line is a heading that begins with a column `userid`, further columns are passed
    over; else a line must hold nothing but a userid. DomainError if it is another kind of file.
    """
    has_heading = False
    first = True
    for number, line in _lines(file):
        if not line:
            continue
        value, *others = (column.strip(_BLANKS).strip(_MARKS) for column in _COLUMNS.split(line))
        if first and value.casefold() in HEADINGS:
            has_heading = True
        elif any(others) and not has_heading:
            yield UseridLine(number, "", _several_columns(line))
        elif value:
            yield _judged(number, value)
        elif has_heading and any(others):
            yield UseridLine(number, "", _("There is no userid in the first column."))
        first = False


def _judged(number: int, value: str) -> UseridLine:
    try:
        return UseridLine(number, checked_userid(value))
    except DomainError as exc:
        return UseridLine(number, "", exc.message)


def _lines(file: Readable) -> Iterator[tuple[int, str]]:
    number = 0
    while raw := file.readline(_MAX_LINE_BYTES):
        number += 1
        if number == 1:
            _refuse_other_kinds(raw)
        head = raw
        while len(raw) == _MAX_LINE_BYTES and not raw.endswith(b"\n"):
            raw = file.readline(_MAX_LINE_BYTES)  # the rest of a line that is too long
        yield number, _decoded(head).strip(_BLANKS)


def _decoded(raw: bytes) -> str:
    """A userid is ASCII but for one sign, so a line can be decoded by itself."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _refuse_other_kinds(head: bytes) -> None:
    if head.startswith(b"PK\x03\x04"):
        raise DomainError(
            _("This is an Excel workbook. Save its column of userids as CSV and upload that.")
        )
    if head.startswith(_UTF_16) or b"\0" in head:
        raise DomainError(
            _("This is no text file in UTF-8. Save it as text or CSV in UTF-8 and upload that.")
        )


def _several_columns(line: str) -> str:
    return _(
        "“%(value)s” has more than one column. Keep the userids only, or begin the file with a"
        " line of headings whose first one is userid."
    ) % {"value": shown(line)}
