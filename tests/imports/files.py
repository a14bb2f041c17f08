"""Files as people and enemies make them: workbooks written part by part, csv in any encoding."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from rustpy_xlsxwriter import write_worksheets

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

_TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    "</Types>"
)
_PACKAGE_RELS = (
    f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELS}/officeDocument"'
    ' Target="xl/workbook.xml"/></Relationships>'
)
_WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
    "</sheets></workbook>"
)
_WORKBOOK_RELS = (
    f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELS}/worksheet"'
    ' Target="worksheets/sheet1.xml"/></Relationships>'
)


def workbook(
    path: Path, cells: str, *, after: str = "", more: Mapping[str, str | bytes] | None = None
) -> Path:
    """A workbook whose only sheet has this XML between its rows' tags; `after` follows the rows."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>{after}</worksheet>'
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _PACKAGE_RELS,
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _WORKBOOK_RELS,
        "xl/worksheets/sheet1.xml": sheet,
        **(more or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def text_rows(rows: Sequence[Sequence[str]], first: int = 1) -> str:
    """Rows of text cells as XML."""
    return "".join(
        f'<row r="{number}">'
        + "".join(text_cell(f"{letters(at)}{number}", text) for at, text in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, first)
    )


def letters(index: int) -> str:
    return (letters(index // 26 - 1) if index >= 26 else "") + chr(65 + index % 26)


def sheet(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A workbook as a spreadsheet program writes it."""
    return sheets(path, {"Sheet1": rows})


def sheets(path: Path, content: Mapping[str, Sequence[Mapping[str, object]]]) -> Path:
    """A workbook of several sheets."""
    write_worksheets([(name, [dict(row) for row in rows]) for name, rows in content.items()], str(path))
    return path


def csv_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path
