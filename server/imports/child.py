"""Read one spreadsheet in a process of its own, so that no file can take the server down with it.

`python -m server.imports.child FILE` prints lines of JSON: {"sheets", "sheet", "rows", "template"} first,
then blocks of rows, then {"notes"}; or only {"refused": {"code", "args"}}. The process gives itself little
memory and little time; when it dies, `reading.py` says so.
"""

import argparse
import csv
import datetime as dt
import io
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import python_calamine as calamine

from server.imports import prescan
from server.imports.prescan import Findings
from server.imports.sheet import (
    LONGEST_NUMBER,
    MAX_CELL_TEXT,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    Bad,
    Cell,
    Day,
    Note,
    Refusal,
    Row,
    column_letters,
)

MEMORY = 1_500_000_000
CPU_SECONDS = 60
BLOCK = 2_000
MAX_FILE = 100_000_000
TEMPLATE_SHEET = "_stockhand"
DELIMITERS = ",;\t|"

_RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


class Head(msgspec.Struct, frozen=True):
    """The first line: which sheets there are, which is read, how many rows it has."""

    sheets: tuple[str, ...]
    sheet: str
    rows: int
    template: str = ""


class Block(msgspec.Struct, frozen=True):
    """Some rows, in order."""

    rows: list[Row]


class Tail(msgspec.Struct, frozen=True):
    """The last line: what people should know. Without it the reading was cut short."""

    notes: list[Note]


class Refused(msgspec.Struct, frozen=True):
    """The only line of a file that cannot be read."""

    refused: Refusal


Line = Head | Block | Tail | Refused


def lines(path: Path, sheet: str = "", encoding: str = "") -> Iterator[Line]:
    """Read a file as the lines this process prints."""
    size = path.stat().st_size
    if size > MAX_FILE:
        yield Refused(Refusal("file_too_large", {"limit": MAX_FILE // 1_000_000}))
        return
    with path.open("rb") as file:
        head = file.read(4096)
    match prescan.sniff(head, path):
        case Refusal() as refusal:
            yield Refused(refusal)
        case "xlsx":
            yield from _with_hint(path, "xlsx", _workbook_lines(path, sheet))
        case "csv":
            yield from _with_hint(path, "csv", _csv_lines(path, encoding))


def _with_hint(path: Path, kind: str, found: Iterator[Line]) -> Iterator[Line]:
    """A name that says something else than the content is worth a note, no more."""
    endings = {"xlsx": (".xlsx", ".xlsm"), "csv": (".csv", ".txt", ".tsv")}[kind]
    for line in found:
        if isinstance(line, Tail) and path.suffix and path.suffix.lower() not in endings:
            yield Tail([*line.notes, Note("wrong_ending", {"ending": path.suffix[:12], "kind": kind})])
        else:
            yield line


def _workbook_lines(path: Path, wanted: str) -> Iterator[Line]:
    found = prescan.scan(path)
    if isinstance(found, Refusal):
        yield Refused(found)
        return
    try:
        with calamine.CalamineWorkbook.from_path(path) as workbook:
            yield from _sheet_lines(workbook, wanted, _findings_by_sheet(path, found))
    except calamine.PasswordError:
        yield Refused(Refusal("password"))
    except (calamine.CalamineError, OSError):
        yield Refused(Refusal("damaged"))


def _sheet_lines(
    workbook: calamine.CalamineWorkbook, wanted: str, findings: dict[str, Findings]
) -> Iterator[Line]:
    visible = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible
        and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    chosen = _chosen(workbook, visible, wanted)
    if chosen is None:
        yield Refused(Refusal("no_sheet", {"sheet": wanted[:40]}) if wanted else Refusal("empty"))
        return
    rows = _cells(chosen, findings.get(chosen.name))
    yield Head(tuple(visible), chosen.name, len(rows), _template(workbook))
    yield from (Block(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK))
    yield Tail(list(_notes(chosen, visible, findings.get(chosen.name))))


def _chosen(
    workbook: calamine.CalamineWorkbook, visible: Sequence[str], wanted: str
) -> calamine.CalamineSheet | None:
    """The sheet that was asked for, else the first that people see and that is not empty."""
    if wanted:
        return workbook.get_sheet_by_name(wanted) if wanted in visible else None
    sheets = (workbook.get_sheet_by_name(name) for name in visible)
    return next((sheet for sheet in sheets if sheet.end is not None), None)


def _template(workbook: calamine.CalamineWorkbook) -> str:
    if TEMPLATE_SHEET not in workbook.sheet_names:
        return ""
    rows = workbook.get_sheet_by_name(TEMPLATE_SHEET).to_python(nrows=2)
    return str(rows[1][0])[:40] if len(rows) > 1 and rows[1] else ""


def _cells(sheet: calamine.CalamineSheet, findings: Findings | None) -> list[Row]:
    """Every row from the first one on: trimming would shift the numbers that people look for."""
    rows = [
        Row(number, [_cell(value) for value in values])
        for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1)
    ]
    if findings:
        for (row, column), shown in findings.errors.items():
            _put(rows, row, column, Bad("formula_error", shown))
        for row, column in findings.empty_formulas:
            _put(rows, row, column, Bad("formula_empty"))
    _mark_merged(rows, sheet.merged_cell_ranges or [])
    return [row for row in rows if any(cell is not None for cell in row.cells)]


def _cell(value: object) -> Cell:
    match value:
        case "":
            return None
        case str():
            return value if len(value) <= MAX_CELL_TEXT else Bad("long_text", value[:40])
        case bool():
            return value
        case int() | float():
            return Bad("long_number", f"{value:.15g}") if abs(value) >= LONGEST_NUMBER else value
        case dt.datetime():
            return Day(value.date().isoformat() if value.time() == dt.time() else value.isoformat())
        case dt.date():
            return Day(value.isoformat())
    return str(value)


def _put(rows: list[Row], row: int, column: int, cell: Bad) -> None:
    if row <= len(rows):
        cells = rows[row - 1].cells
        cells += [None] * (column - len(cells))
        cells[column - 1] = cell


def _mark_merged(rows: list[Row], ranges: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Only the first cell of a merged area has the value; the others must not pass for empty."""
    left = MAX_CELLS
    for (first_row, first_column), (last_row, last_column) in islice(ranges, 20_000):
        width = len(rows[first_row].cells) if first_row < len(rows) else 0
        for row in range(first_row, min(last_row + 1, len(rows))):
            for column in range(first_column, min(last_column + 1, width)):
                left -= 1
                if left > 0 and (row, column) != (first_row, first_column):
                    _put(rows, row + 1, column + 1, Bad("merged"))


def _notes(
    sheet: calamine.CalamineSheet, visible: Sequence[str], findings: Findings | None
) -> Iterator[Note]:
    others = [name for name in visible if name != sheet.name]
    if others:
        yield Note("other_sheets", {"sheets": ", ".join(others)[:200], "sheet": sheet.name})
    if findings and findings.formulas:
        yield Note("formulas", {"count": findings.formulas})
    if findings and findings.errors:
        (row, column), shown = next(iter(findings.errors.items()))
        cell = f"{column_letters(column - 1)}{row}"
        yield Note("formula_errors", {"count": len(findings.errors), "cell": cell, "shown": shown})


def _findings_by_sheet(path: Path, found: dict[str, Findings]) -> dict[str, Findings]:
    """Which part of the file holds which sheet; the scan already knows that the parts are small and plain."""
    with zipfile.ZipFile(path) as archive:
        try:
            sheets = _xml(archive, "xl/workbook.xml")
            targets = _xml(archive, "xl/_rels/workbook.xml.rels")
        except (KeyError, ET.ParseError):
            return {}
    parts = {item.get("Id"): _part(item.get("Target") or "") for item in targets}
    named = {
        item.get("name"): parts.get(item.get(f"{_RELATIONSHIPS}id"))
        for item in sheets.iter()
        if item.get("name")
    }
    return {str(name): found[part] for name, part in named.items() if part in found}


def _xml(archive: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(archive.read(name))  # noqa: S314  # entities were refused by the scan


def _part(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _csv_lines(path: Path, encoding: str) -> Iterator[Line]:
    text = _decoded(path.read_bytes(), encoding)
    if isinstance(text, Refusal):
        yield Refused(text)
        return
    delimiter, start = _delimiter(text)
    try:
        rows = _records(text[start:], delimiter, first=2 if start else 1)
    except csv.Error:
        yield Refused(Refusal("damaged"))
        return
    if isinstance(rows, Refusal):
        yield Refused(rows)
        return
    yield Head((path.name,), path.name, len(rows))
    yield from (Block(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK))
    yield Tail([])


def _decoded(content: bytes, encoding: str) -> str | Refusal:
    """The ladder that reads what Chinese and Western programs write: BOM, UTF-8, then GB18030."""
    if encoding:
        ladder = [encoding]
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        ladder = ["utf-16"]
    elif unmarked := prescan.utf16_without_mark(content[:4096]):
        ladder = [unmarked]
    else:
        ladder = ["utf-8-sig", "gb18030"]
    for name in ladder:
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return Refusal("encoding")


def _delimiter(text: str) -> tuple[str, int]:
    """The sign between fields, and where the first record starts (Excel may say `sep=;` before it)."""
    if hint := re.match(r"sep=(.)\r?\n", text):
        return hint[1], hint.end()
    sample = text[:20_000]
    return max(DELIMITERS, key=lambda sign: (_evenness(sample, sign), -DELIMITERS.index(sign))), 0


def _evenness(sample: str, delimiter: str) -> float:
    """How many fields this sign makes, if it makes the same number in nearly every record."""
    try:
        widths = [
            len(record)
            for record in islice(csv.reader(io.StringIO(sample), delimiter=delimiter), 20)
            if record
        ]
    except csv.Error:
        return 0
    widths = widths[:-1] if len(widths) > 2 else widths
    if not widths:
        return 0
    usual = max(set(widths), key=widths.count)
    return (usual - 1) * widths.count(usual) / len(widths)


def _records(text: str, delimiter: str, first: int) -> list[Row] | Refusal:
    rows: list[Row] = []
    for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), first):
        if number > MAX_ROWS or len(record) > MAX_COLUMNS:
            cell = f"{column_letters(max(len(record) - 1, 0))}{number}"
            return Refusal("too_large", {"cell": cell, "rows": MAX_ROWS, "columns": MAX_COLUMNS})
        if any(record):
            rows.append(Row(number, [_cell(value) for value in record]))
    return rows


def limit_this_process() -> None:
    """Little memory, little time, no core file: whatever a file does, it does it to this process alone."""
    import resource  # noqa: PLC0415  # not on Windows, where only this process stands between

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m server.imports.child", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--sheet", default="", help="name of the sheet to read")
    parser.add_argument("--encoding", default="", help="encoding of a csv file, when the guess was wrong")
    options = parser.parse_args()
    limit_this_process()
    encoder = msgspec.json.Encoder()
    for line in lines(options.file, options.sheet, options.encoding):
        sys.stdout.buffer.write(encoder.encode(line) + b"\n")
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
