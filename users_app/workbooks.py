"""Writes the workbooks that people download: the template, and the bad rows of an import."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from users_app.files.columns import CHINESE, COLUMNS, REASON
from users_app.files.values import Padded, Value, Valueless

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_TEXT_FORMAT = "@"  # so that Excel leaves ids alone
_BOLD = Font(bold=True)
_FAULT = PatternFill("solid", fgColor="FFC7CE")
_IN_MEMORY_BYTES = 8 * 1024 * 1024

EXAMPLE_ROWS = (
    {
        "userid": "zhangsan",
        "bind_id": "app123",
        "app_regid": "1104a89792bbb69299a, 191e35f7e0fb16c7d45",
        "tag": "vip",
        "phone": "13800138000",
    },
    {"userid": "lisi", "tag": "vip; 北京", "email": "lisi@example.com"},
)
# In both languages at once: the file travels between people.
_MEANINGS = {
    "userid": (
        "Your own id of the person: letters, digits and _@!#$&*+=.|￥-, at most 64 characters.",
        "您自己系统中的用户 ID：字母、数字和 _@!#$&*+=.|￥-，最多 64 个字符。",
    ),
    "bind_id": (
        "In a row with an app_regid, wechatoa_openid, wechatmp_openid or alipaylife_userid: the"
        " channel code; tag, phone and email of that row are then bound under all. In other rows:"
        " empty or all, or the ChannelKey of the business line that tag, phone and email are for.",
        "行中有 app_regid、wechatoa_openid、wechatmp_openid 或 alipaylife_userid 时填通道编码，"
        "该行的标签、手机号和邮箱绑定到 all；其他行留空或填 all，"
        "或填标签、手机号和邮箱所属渠道的 ChannelKey。",
    ),
    "app_regid": (
        "registrationIDs from the JPush SDK. They replace the person's earlier ones in this"
        " channel.",
        "JPush SDK 的 registrationID。会替换该用户在该通道中原有的 ID。",
    ),
    "tag": (
        "Tags, added to those that the person has; at most 40 bytes each.",
        "标签，在原有标签上追加；每个最多 40 字节。",
    ),
    "phone": ("Replaces the person's earlier one.", "手机号，替换该用户原有的手机号。"),
    "email": ("Replaces the person's earlier one.", "邮箱，替换该用户原有的邮箱。"),
    "wechatoa_openid": (
        "openid in the WeChat Official Account; bind_id is its channel code.",
        "微信公众号的 openid；bind_id 填其通道编码。",
    ),
    "wechatmp_openid": (
        "openid in the WeChat mini program; bind_id is its channel code.",
        "微信小程序的 openid；bind_id 填其通道编码。",
    ),
    "alipaylife_userid": (
        "User id in the Alipay life account; bind_id is its channel code.",
        "支付宝生活号的用户 ID；bind_id 填其通道编码。",
    ),
    "dingtalk_userid": (
        "User id in DingTalk; always bound under all.",
        "钉钉用户 ID，始终绑定到 all。",
    ),
    "wechatwk_userid": (
        "User id in WeCom; always bound under all.",
        "企业微信用户 ID，始终绑定到 all。",
    ),
    "wechatwk_linkedcorp_userid": (
        "CorpId/userid of a WeCom linked corp, one or several; always bound under all.",
        "企业微信互联企业的 CorpId/userid，可填多个，始终绑定到 all。",
    ),
}
_NOTES = (
    (
        "app_regid:app123",
        "A heading may name the bind_id of its column, and there may be several such columns; the"
        " rows need no bind_id for them.",
        "表头可写明该列的 bind_id，且可有多个这样的列；这些列不需要再填 bind_id。",
    ),
    (
        "",
        "Several values in a cell (app_regid, tag, linked corp): separated by comma, semicolon or"
        " line break. An empty cell changes nothing. Delete the columns that you do not need, keep"
        " the others formatted as text, and replace the two example rows by your own.",
        "app_regid、标签和互联企业的一个单元格可填多个值，用逗号、分号或换行分隔。空单元格不做任何改动。"
        "请删除不需要的列，保持其余各列为文本格式，并用自己的数据替换两行示例。",
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
        sheet.append([_cell(sheet, row.get(name, "")) for name in COLUMNS])
    notes = book.create_sheet("说明 Help")
    _prepare_columns(notes, {0: 28, 1: 36, 2: 90, 3: 90})
    for texts in _explanations():
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


def _explanations() -> Iterator[tuple[str, ...]]:
    yield "Column 列", "Chinese heading 中文表头", "Meaning", "含义"
    for name, (english, chinese) in _MEANINGS.items():
        yield name, " / ".join(CHINESE[name]), english, chinese
    for heading, english, chinese in _NOTES:
        yield heading, "", english, chinese


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
        case Padded():
            cell = WriteOnlyCell(sheet, value.number)
            cell.number_format = "0" * value.width
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
