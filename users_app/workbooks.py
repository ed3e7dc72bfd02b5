"""Writes the workbooks that people download: the template, and the bad rows of an import."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from users_app.excel import COLUMNS, REASON, Value
from users_app.workbook_file import Valueless

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_TEXT_FORMAT = "@"  # so that Excel leaves ids alone
_BOLD = Font(bold=True)
_FAULT = PatternFill("solid", fgColor="FFC7CE")
_IN_MEMORY_BYTES = 8 * 1024 * 1024

EXAMPLE_ROWS = (
    ("zhangsan", "app123", "1104a89792bbb69299a, 191e35f7e0fb16c7d45", "vip"),
    ("lisi", "", "", "vip; 北京"),
)
# In both languages at once: the file travels between people.
_EXPLANATIONS = (
    ("Column 列", "Meaning", "含义"),
    (
        "userid",
        "Your own id of the person: letters, digits and _@!#$&*+=.|￥-, at most 64 characters.",
        "您自己系统中的用户 ID：字母、数字和 _@!#$&*+=.|￥-，最多 64 个字符。",
    ),
    (
        "bind_id",
        "With an app_regid: the channel code. With a tag only: empty or all, or a ChannelKey.",
        "有 app_regid 时填通道编码；只有标签时留空或填 all，或填渠道的 ChannelKey。",
    ),
    (
        "app_regid",
        "registrationIDs from the JPush SDK. They replace the person's earlier ones in it"
        " (never those of other channels).",
        "JPush SDK 的 registrationID。会替换该用户在该通道中原有的 ID。",
    ),
    (
        "tag",
        "Tags, added to those that the person has; at most 40 bytes each.",
        "标签，在原有标签上追加；每个最多 40 字节。",
    ),
    (
        "",
        "Several values in a cell: separated by comma, semicolon or line break. Keep all columns"
        " formatted as text. Replace the two example rows by your own.",
        "一个单元格可填多个值，用逗号、分号或换行分隔。请保持各列为文本格式，并用自己的数据替换两行示例。",
    ),
)


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row of an upload on its way back: what its cells hold, and what to mend."""

    values: tuple[Value, ...]
    reason: str
    faults: frozenset[int] = field(default_factory=frozenset)  # places in `values`


def template() -> IO[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("users")
    _prepare_columns(sheet, dict.fromkeys(range(len(COLUMNS)), 28))
    sheet.append([_cell(sheet, name, font=_BOLD) for name in COLUMNS])
    for row in EXAMPLE_ROWS:
        sheet.append([_cell(sheet, text) for text in row])
    notes = book.create_sheet("说明 Help")
    _prepare_columns(notes, {0: 14, 1: 90, 2: 90})
    for texts in _EXPLANATIONS:
        notes.append([_cell(notes, text) for text in texts])
    return _saved(book)


def returned_rows(headings: tuple[str, ...], rows: Iterable[ReturnedRow]) -> IO[bytes]:
    """The rows below their own headings and a column with reasons, ready to be uploaded again."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("users")
    _prepare_columns(sheet, dict.fromkeys(range(len(headings)), 28) | {len(headings): 90})
    sheet.append([_cell(sheet, text, font=_BOLD) for text in (*headings, REASON)])
    for row in rows:
        cells = [
            _cell(sheet, value, fill=_FAULT if place in row.faults else None)
            for place, value in enumerate(row.values)
        ]
        sheet.append([*cells, _cell(sheet, row.reason)])
    return _saved(book)


def _prepare_columns(sheet: WriteOnlyWorksheet, widths: Mapping[int, int]) -> None:
    for place, width in widths.items():
        dimensions = sheet.column_dimensions  # type: ignore[attr-defined]  # not in the stubs
        column = dimensions[get_column_letter(place + 1)]
        column.width = width
        column.number_format = _TEXT_FORMAT


def _cell(
    sheet: WriteOnlyWorksheet,
    value: Value,
    *,
    font: Font | None = None,
    fill: PatternFill | None = None,
) -> Cell:
    """Text stays text: what begins with = + - or @ must not act as a formula.

    A number, a date or an error stays one too, so that it is refused again until it is mended.
    """
    match value:
        case str():
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("�", value))
            cell.data_type = "s"
            cell.number_format = _TEXT_FORMAT
            cell.quotePrefix = True
        case Valueless():
            cell = WriteOnlyCell(sheet, "#N/A")
        case _:
            cell = WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # it takes dates too
    if font:
        cell.font = font
    if fill:
        cell.fill = fill
    return cell


def _saved(book: Workbook) -> IO[bytes]:
    file = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # the caller closes it
    book.save(file)
    file.seek(0)
    return file
