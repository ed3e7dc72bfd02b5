"""Makes files that nobody means well with."""

import random
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>userid</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>tag</t></is></c></row>'
)
ROW = '<row r="2"><c r="A2" t="inlineStr"><is><t>u1</t></is></c><c r="B2"><v>1</v></c></row>'
SHEET, STRINGS, WORKBOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"


def package(path: Path, parts: dict[str, bytes | Iterable[bytes]]) -> Path:
    """A workbook whose `parts` stand in the place of those that openpyxl writes."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for cells in (["userid", "tag"], ["u1", "vip"]):
        book.active.append(cells)
    book.save(path)
    with zipfile.ZipFile(path) as old:
        contents: dict[str, bytes | Iterable[bytes]] = {
            info.filename: old.read(info) for info in old.infolist()
        }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name, content in (contents | parts).items():
            with new.open(name, "w") as part:
                for piece in [content] if isinstance(content, bytes) else content:
                    part.write(piece)
    return path


def sheet(rows: Iterable[bytes]) -> Iterable[bytes]:
    yield f"<worksheet {MAIN}><sheetData>{HEADER}{ROW}".encode()
    yield from rows
    yield b"</sheetData></worksheet>"


def many(piece: bytes, count: int) -> Iterable[bytes]:
    block = piece * 10_000
    for _number in range(count // 10_000):
        yield block


def with_sheet(path: Path, piece: bytes, count: int) -> Path:
    return package(path, {SHEET: sheet(many(piece, count))})


def with_entities(path: Path, part: str) -> Path:
    """A billion laughs in one part of the package."""
    laughs = b"<!DOCTYPE x [<!ENTITY a0 'ha'>"
    for number in range(1, 10):
        laughs += b"<!ENTITY a%d '%s'>" % (number, b"&a%d;" % (number - 1) * 10)
    with zipfile.ZipFile(package(path, {STRINGS: b"<sst><si><t>x</t></si></sst>"})) as old:
        content = old.read(part)
    start = content.index(b"<", 2) if content.startswith(b"<?") else 0
    bomb = content[:start] + laughs + b"]>" + content[start:].replace(b">", b">&a9;", 1)
    return package(path, {part: bomb})


def lying(path: Path, part: str, piece: bytes, count: int) -> Path:
    """A part whose headers say that it is small."""
    package(path, {part: sheet(many(piece, count)) if part == SHEET else many(piece, count)})
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as parts:
        size = struct.pack("<I", parts.getinfo(part).file_size)
    at = content.find(size)
    while at >= 0:
        content[at : at + 4] = struct.pack("<I", 500)
        at = content.find(size, at + 4)
    path.write_bytes(content)
    return path


def amplified(path: Path) -> Path:
    """One long text that half a million cells share."""
    text = b"<sst %s><si><t>userid</t></si><si><t>tag</t></si><si><t>" % MAIN.encode()
    cells = (
        b'<row r="%d"><c r="A%d" t="s"><v>2</v></c></row>' % (number, number)
        for number in range(3, 500_000)
    )
    strings = [text, b"a" * 1_000_000, b"</t></si></sst>"]
    return package(path, {SHEET: sheet(cells), STRINGS: strings})


def nested(path: Path) -> Path:
    """Zips in zips in zips: nothing of them is unpacked."""
    path.write_bytes(b"0" * 1_000_000)
    for level in range(4):
        inner = path.read_bytes()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as outer:
            for number in range(10):
                outer.writestr(f"lib {level}-{number}.zip", inner)
    return path


def crowded(path: Path) -> Path:
    """A list of parts that alone would take much memory."""
    parts: dict[str, bytes | Iterable[bytes]] = {f"xl/{number}": b"" for number in range(11_000)}
    return package(path, parts)


def old_office(path: Path, name: str) -> Path:
    path.write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2000 + name.encode("utf-16-le") + b"\0" * 500
    )
    return path


def written(path: Path, pieces: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    return path


def junk(*, nul: bool) -> bytes:
    return random.Random(5).randbytes(200_000).replace(b"\0", b"\0" if nul else b"\xff")
