"""A workbook of people and their devices, as Excel writes it: a million rows take seconds."""

import random
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from bench.people import SEED, distinct
from ums.lib.exports.xlsx_parts import book

CHANNELS = ("app1", "app2")  # the codes that stand in the file
HEADINGS = ("userid", "app_regid", "bind_id")
ROWS_PER_WRITE = 10_000

_SHEET = "xl/worksheets/sheet1.xml"
_STRINGS = "xl/sharedStrings.xml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"


def people_in(rows: int) -> int:
    """How many people a file of that many rows names: each fourth of them twice."""
    return rows - rows // 5


def write_workbook(path: Path, rows: int) -> None:
    """Each text stands once, in a part of its own (shared strings), in the order of the cells.

    That is what Excel and most other producers do; some write each text into its cell.
    """
    numbers: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_SHEET, "w") as sheet:
            for text in _joined(_sheet(rows, numbers)):
                sheet.write(text)
        with archive.open(_STRINGS, "w") as strings:
            for text in _joined(_strings(rows, numbers)):
                strings.write(text)
        for name, content in _linked(book(1)).items():
            archive.writestr(name, content)


def rows_of_people(rows: int) -> Iterator[tuple[str, str, str]]:
    """The cells below the headings, in no order: userid, registrationID, code of the channel.

    Nobody has the same device twice.
    """
    drawn = random.Random(SEED)  # noqa: S311  # no secret
    people = people_in(rows)
    userids = distinct(drawn, people, "user_{:012x}")
    # Those of JPush have 19 hexadecimal digits, or 20.
    registration_ids = distinct(drawn, rows, "1{:018x}")
    order = list(range(rows))
    drawn.shuffle(order)
    for device in order:
        yield (
            userids[device % people],
            f"{registration_ids[device]}{'0' * (device % 2)}",
            CHANNELS[drawn.getrandbits(1)],
        )


def _sheet(rows: int, numbers: dict[str, int]) -> Iterator[str]:
    yield f'{_XML}<worksheet {_MAIN}><dimension ref="A1:C{rows + 1}"/><sheetData>'
    for n, row in enumerate((HEADINGS, *rows_of_people(rows)), start=1):
        a, b, c = (numbers.setdefault(text, len(numbers)) for text in row)
        yield (
            f'<row r="{n}" spans="1:3"><c r="A{n}" t="s"><v>{a}</v></c>'
            f'<c r="B{n}" t="s"><v>{b}</v></c><c r="C{n}" t="s"><v>{c}</v></c></row>'
        )
    yield "</sheetData></worksheet>"


def _strings(rows: int, numbers: dict[str, int]) -> Iterator[str]:
    cells = (rows + 1) * len(HEADINGS)
    yield f'{_XML}<sst {_MAIN} count="{cells}" uniqueCount="{len(numbers)}">'
    for text in numbers:
        yield f"<si><t>{text}</t></si>"
    yield "</sst>"


def _joined(texts: Iterable[str]) -> Iterator[bytes]:
    remaining = iter(texts)
    while chunk := "".join(islice(remaining, ROWS_PER_WRITE)):
        yield chunk.encode()


def _linked(parts: dict[str, str]) -> dict[str, str]:
    """The product's own parts of a workbook, with one more: the shared strings."""
    types, links = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    return parts | {
        types: parts[types].replace(
            "</Types>", f'<Override PartName="/{_STRINGS}" ContentType="{_TYPE}"/></Types>'
        ),
        links: parts[links].replace(
            "</Relationships>",
            f'<Relationship Id="strings" Type="{_LINK}" Target="sharedStrings.xml"/>'
            "</Relationships>",
        ),
    }
