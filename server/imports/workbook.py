"""The workbooks we hand out: the template to fill in, and the file with what was wrong in it."""

import io
from collections import defaultdict
from collections.abc import Sequence

from rustpy_xlsxwriter import Format, write_worksheets

from server.imports.child import TEMPLATE_SHEET
from server.imports.columns import Column, Spec
from server.imports.report import Fault
from server.imports.sheet import Bad, Cell, Day, Table, column_letters
from server.words import t

EMPTY_ROWS = 500
"""How far down the template checks what is typed."""
ROW_TITLE = "原行号 Row"
PROBLEM_TITLE = "问题 Problem"


def template_xlsx(spec: Spec, language: str) -> bytes:
    """A spreadsheet to fill in: headers, an example, drop-down lists, and a hidden mark that names it."""
    sheet = t(f"imports.kind.{spec.kind}", language)
    headers = [_header(column, language) for column in spec.columns]
    example: dict[str, str | None] = dict(
        zip(headers, (column.example for column in spec.columns), strict=True)
    )
    blank: dict[str, str | None] = dict.fromkeys(headers)
    output = io.BytesIO()
    write_worksheets(
        [(sheet, [example, *[blank] * EMPTY_ROWS]), (TEMPLATE_SHEET, [{"template": spec.template}])],
        output,
        freeze_panes={sheet: {"row": 1, "col": 0}},
        header_format={sheet: Format().set_bold().set_background_color("#E8EDF3").set_border_bottom("thin")},
        # Text, so that a long barcode keeps its digits and a code its leading zeros.
        column_formats={sheet: {header: Format().set_num_format("@") for header in headers}},
        column_width={sheet: 16},
        data_validations={sheet: _validations(spec, headers, language)},
        notes={
            sheet: {
                header: _note(column, language) for header, column in zip(headers, spec.columns, strict=True)
            }
        },
        ignore_errors={sheet: headers},
        sheet_view={TEMPLATE_SHEET: {"hidden": True}},
    )
    return output.getvalue()


def errors_xlsx(table: Table, faults: Sequence[Fault], language: str) -> bytes:
    """The file again, with what is wrong in each row; corrected, it can be sent as it is."""
    problems: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        problems[fault.row].append(f"{fault.column}: {fault.message[language]}")
    headers = _unique_headers(table)
    rows = [
        {
            PROBLEM_TITLE: "\n".join(problems.get(row.number, [])) or None,
            ROW_TITLE: row.number,
            **{
                header: _plain(row.cells[at]) if at < len(row.cells) else None
                for at, header in enumerate(headers)
            },
        }
        for row in table.rows
    ]
    red = Format().set_background_color("#FDE7E7")
    wrong_rows = {at: red for at, row in enumerate(table.rows, 1) if row.number in problems}
    output = io.BytesIO()
    write_worksheets(
        [("Sheet1", rows or [dict.fromkeys([PROBLEM_TITLE, ROW_TITLE, *headers])])],
        output,
        freeze_panes={"Sheet1": {"row": 1, "col": 2}},
        header_format={"Sheet1": Format().set_bold()},
        row_formats={"Sheet1": wrong_rows},
        column_widths={"Sheet1": {PROBLEM_TITLE: 50}},
        autofilter={"Sheet1": True},
    )
    return output.getvalue()


def _header(column: Column, language: str) -> str:
    title = column.titles[1] if language == "en" else column.titles[0]
    return f"{title} *" if column.required else title


def _note(column: Column, language: str) -> str:
    required = t("imports.template.required" if column.required else "imports.template.optional", language)
    meaning = t(f"imports.column.{column.key}", language)
    return f"{meaning}\n{required}"


def _validations(spec: Spec, headers: Sequence[str], language: str) -> dict[str, dict[str, object]]:
    rules: dict[str, dict[str, object]] = {}
    for header, column in zip(headers, spec.columns, strict=True):
        values = _choices(column, language)
        if values:
            rules[header] = {"type": "list", "values": values, "ignore_blank": True}
    return rules


def _choices(column: Column, language: str) -> list[str]:
    match column.kind:
        case "flag":
            return ["yes", "no"] if language == "en" else ["是", "否"]
        case "choice":
            words: dict[str, str] = {}
            for word, meaning in column.choices.items():
                is_shown = word.isascii() == (language == "en")
                if is_shown:
                    words.setdefault(meaning, word)
            return list(words.values())
    return []


def _unique_headers(table: Table) -> list[str]:
    """Headers as they were, made different where two are alike or one is empty."""
    width = max([len(table.header), *(len(row.cells) for row in table.rows)])
    titles = [*table.header, *[""] * (width - len(table.header))]
    unique: list[str] = []
    for at, title in enumerate(titles):
        name = title or column_letters(at)
        unique.append(name if name not in unique else f"{name} ({column_letters(at)})")
    return unique


def _plain(cell: Cell) -> bool | int | float | str | None:
    match cell:
        case Day(iso):
            return iso
        case Bad(_, shown):
            return shown
    return cell
