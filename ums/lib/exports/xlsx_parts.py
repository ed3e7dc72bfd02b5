"""The parts of a workbook that do not depend on its rows (ECMA-376, part 1, 18)."""

import zipfile

TEXT, DATE, HEADING = 1, 2, 3  # styles of cells, by their place in _STYLES
SHEET_END = "</sheetData></worksheet>"

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WRITTEN_AT = (2020, 1, 1, 0, 0, 0)  # the same table gives the same file
_FONT = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
_XF = '<xf fontId="0" fillId="0" borderId="0" xfId="0" numFmtId="{}" applyNumberFormat="1"/>'
_BOLD = _XF.format(49).replace('fontId="0"', 'fontId="1" applyFont="1"')
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    f'<fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="4">{_XF.format(0)}'
    f"{_XF.format(49)}"  # @: text, whatever it looks like
    f"{_XF.format(164)}"
    f"{_BOLD}"
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


def entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _WRITTEN_AT)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def sheet_name(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def sheet_start(columns: int) -> str:
    """Up to the first row: the heading stays in sight, columns are wide enough for an id."""
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews>"
        f'<cols><col min="1" max="{columns}" width="22" customWidth="1"/></cols><sheetData>'
    )


def book(sheets: int) -> dict[str, str]:
    """Everything but the sheets: name of the part -> content."""
    numbers = range(1, sheets + 1)
    types = "".join(
        f'<Override PartName="/{sheet_name(n)}" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    names = "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    relationships = f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    return {
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{names}</sheets></workbook>",
        "xl/styles.xml": _STYLES,
        "xl/_rels/workbook.xml.rels": f"{relationships}{targets}"
        f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>",
        "_rels/.rels": f'{relationships}<Relationship Id="rId1" Type="{_OFFICE}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>',
    }
