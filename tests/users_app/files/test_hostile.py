"""Files that are refused, or whose harmful parts are passed over, within little memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.users_app.files.conftest import Check
from tests.users_app.files.hostile import (
    MAIN,
    SHEET,
    STRINGS,
    WORKBOOK,
    amplified,
    crowded,
    junk,
    lying,
    many,
    nested,
    old_office,
    package,
    with_entities,
    with_sheet,
    written,
)
from users_app.files import reader_process

MEGABYTES = 500
LINK = '<Relationship Id="rId1" Type="http://x/worksheet" Target="%s"/>'
FORMULA = (
    b'<row r="3"><c r="A3" t="str"><f>[1]Sheet1!$A$1+cmd|\'/C calc\'!A0</f><v>u3</v></c>'
    b'<c r="B3"><v>1</v></c></row>'
) * 2


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(nested, "not an Excel workbook of the kind .xlsx", id="zips-in-zips"),
        pytest.param(
            lambda p: with_sheet(p, b" " * 65, 10_000_000), "at most 600 MB", id="zip-bomb"
        ),
        pytest.param(
            lambda p: lying(p, SHEET, b'<row r="3"><c r="A3"><v>1</v></c></row>', 5_000_000),
            "is broken",
            id="lying-header-of-a-sheet",
        ),
        pytest.param(
            lambda p: lying(p, STRINGS, b"<si><t>abcdefghij</t></si>", 10_000_000),
            "is broken",
            id="lying-header-of-the-texts",
        ),
        pytest.param(
            lambda p: lying(p, "xl/styles.xml", b"<xf/>" * 10, 5_000_000),
            "is broken",
            id="lying-header-of-the-styles",
        ),
        pytest.param(amplified, "more memory or time than is allowed", id="one-text-everywhere"),
        pytest.param(crowded, "too many parts", id="too-many-parts"),
        pytest.param(lambda p: with_entities(p, WORKBOOK), "XML entities", id="laughs-workbook"),
        pytest.param(lambda p: with_entities(p, SHEET), "XML entities", id="laughs-sheet"),
        pytest.param(lambda p: with_entities(p, STRINGS), "XML entities", id="laughs-texts"),
        pytest.param(
            lambda p: package(
                p,
                {
                    STRINGS: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                    b"<sst><si><t>&e;</t></si></sst>"
                },
            ),
            "XML entities",
            id="a-file-as-an-entity",
        ),
        pytest.param(
            lambda p: package(p, {WORKBOOK: b"<a>" * 1_000_000}), "is broken", id="deep-xml"
        ),
        pytest.param(
            lambda p: package(p, {WORKBOOK: many(b"<a/>", 2_000_000)}),
            "“xl/workbook.xml” is too large",
            id="a-large-workbook-part",
        ),
        pytest.param(
            lambda p: with_sheet(p, b'<row r="3"><c r="A3"><v>1</v></c></row>', 6_000_000),
            "is too large",
            id="a-huge-sheet",
        ),
        pytest.param(
            lambda p: with_sheet(p, b"<row><c><v>1</v></c></row>", 20_000_000),
            "more memory or time than is allowed",
            id="cells-without-a-place",
        ),
        pytest.param(
            lambda p: with_sheet(p, b"<row r='9'><c r='XFD1048576'><v>1</v></c></row>", 10_000),
            "more memory or time than is allowed",
            id="a-hidden-stray-cell",
        ),
        pytest.param(
            lambda p: with_sheet(p, b'<row r="1"><c r="EDCB1"><v>1</v></c></row>', 10_000),
            "is broken|more than 16384 columns|more memory",
            id="a-column-that-excel-does-not-have",
        ),
        pytest.param(
            lambda p: with_sheet(p, b'<row r="1"><c r="ZZZ1"><v>1</v></c></row>', 10_000),
            "more than 16384 columns",
            id="18278-columns",
        ),
        pytest.param(
            lambda p: with_sheet(p, b"<c ", 5_000_000), "without an end", id="no-tag-ends"
        ),
        pytest.param(
            lambda p: with_sheet(p, b'<c r="A3" r="A3" ', 1_000_000),
            "without an end",
            id="no-attribute-ends",
        ),
        pytest.param(
            lambda p: with_sheet(p, b'<row r="3"><c r="A3" t="e"><v>#N/A</v></c></row>', 2_010_000),
            "More than 2,000,000 cells",
            id="errors-everywhere",
        ),
        pytest.param(
            lambda p: package(
                p,
                {
                    "xl/_rels/workbook.xml.rels": (
                        "<Relationships>" + LINK % "../../../../etc/passwd" + "</Relationships>"
                    ).encode()
                },
            ),
            "holds no table",
            id="a-sheet-outside",
        ),
        pytest.param(
            lambda p: old_office(p, "EncryptedPackage"), "protected by a password", id="encrypted"
        ),
        pytest.param(lambda p: old_office(p, "Workbook"), "is broken", id="a-broken-xls"),
        pytest.param(lambda p: written(p, [b"%PDF-1.7\n%", junk(nul=True)]), "a PDF", id="pdf"),
        pytest.param(lambda p: written(p, [junk(nul=True)]), "some other kind", id="junk"),
        pytest.param(
            lambda p: written(p, [junk(nul=False)]), "no text in UTF-8", id="junk-without-nul"
        ),
        pytest.param(
            lambda p: written(p, [b"userid,tag\n", b"u1,vip\n" * 2000, b"u2,\0\n"]),
            "binary data",
            id="csv-with-a-nul",
        ),
        pytest.param(
            lambda p: written(p, many(b"userid,tag,", 4_000_000)),
            "Line 1 has no end",
            id="csv-endless-line",
        ),
        pytest.param(
            lambda p: written(p, [b"userid,tag\n", *many(b'"\n",', 9_000_000)]),
            "has no end",
            id="csv-endless-row",
        ),
        pytest.param(
            lambda p: written(p, [b'userid,tag\nu1,"vip\n', b"u2,a\n" * 1_000_000]),
            "Row 2 cannot be read: a quotation mark",
            id="csv-open-quotation",
        ),
        pytest.param(
            lambda p: written(p, [b"userid,tag", b",name" * 100_000, b"\nu1,vip\n"]),
            "more than 16384 columns",
            id="csv-100000-columns",
        ),
        pytest.param(
            lambda p: written(p, many(b"0123456789", 5_500_000)), "at most 50 MB", id="55-MB"
        ),
        # What may come along is passed over: values are read, nothing is run or followed.
        pytest.param(
            lambda p: package(p, {"xl/vbaProject.bin": junk(nul=True)}), "1 rows", id="macros"
        ),
        pytest.param(
            lambda p: package(
                p,
                {
                    SHEET: f"<worksheet {MAIN}><sheetData>".encode()
                    + b'<row r="1"><c r="A1" t="str"><v>userid</v></c>'
                    + b'<c r="B1" t="str"><v>tag</v></c></row>'
                    + FORMULA
                    + b"</sheetData></worksheet>",
                    "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
                },
            ),
            "1 rows",
            id="external-links",
        ),
    ],
)
def test_a_hostile_file_is_refused_with_a_reason_within_little_memory(
    check: Check, tmp_path: Path, make: Callable[[Path], Path], reason: str
) -> None:
    path = make(tmp_path / "users.xlsx")

    said, own, readers = check(path)

    assert any(part in said for part in reason.split("|")), said
    assert own < MEGABYTES
    assert readers < MEGABYTES


def test_the_process_that_reads_gives_up_its_memory_before_the_machine_does() -> None:
    assert reader_process.MEMORY_BYTES <= MEGABYTES * 1024**2
