"""The template can be filled in and read back; the file with the errors can be corrected and sent again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from server.imports import check
from server.imports.check import ExistingItems
from server.imports.columns import ITEMS, SPECS, mapping_of, titles
from server.imports.reading import read_table
from server.imports.report import Fault
from server.imports.sheet import Bad, Day, Row, Table
from server.imports.workbook import errors_xlsx, template_xlsx
from server.words import has


def read(path: Path, content: bytes, spec: Any = ITEMS) -> Table:
    path.write_bytes(content)
    found = asyncio.run(read_table(path, titles=titles(spec)))
    assert isinstance(found, Table), found
    return found


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_template_names_every_column_and_knows_itself(tmp_path: Path, spec: Any, language: str) -> None:
    table = read(tmp_path / "t.xlsx", template_xlsx(spec, language), spec)

    mapping, notes = mapping_of(spec, table)
    assert list(mapping) == [column.key for column in spec.columns]
    assert (table.template, notes) == (spec.template, [])
    hidden = [sheet.visible for sheet in CalamineWorkbook.from_path(tmp_path / "t.xlsx").sheets_metadata]
    assert hidden == [SheetVisibleEnum.Visible, SheetVisibleEnum.Hidden]
    assert all(has(f"imports.column.{column.key}") for column in spec.columns)


def test_the_error_workbook_keeps_the_rows_and_says_what_is_wrong(tmp_path: Path) -> None:
    table = Table(
        sheets=("S",),
        sheet="S",
        header_row=3,
        header=("编码", "名称", "", "名称"),
        rows=[
            Row(4, ["A", None, Day("2026-01-02"), 1.5]),
            Row(9, ["=1+1", "ok", Bad("formula_error", "#N/A"), None]),
        ],
    )
    errors = [Fault(4, "名称", "missing", {"zh": "不能为空。", "en": "Must not be empty."})]

    again = read(tmp_path / "e.xlsx", errors_xlsx(table, errors, "zh"))

    assert again.header == ("问题 Problem", "原行号 Row", "编码", "名称", "C", "名称 (D)")
    assert [row.cells for row in again.rows] == [
        ["名称: 不能为空。", 4.0, "A", None, "2026-01-02", 1.5],
        [None, 9.0, "=1+1", "ok", "#N/A", None],
    ]


def test_a_corrected_error_workbook_can_be_sent_as_it_is(tmp_path: Path) -> None:
    table = Table(sheets=("S",), sheet="S", header_row=1, header=("编码", "名称"), rows=[Row(2, ["A", "a"])])

    again = read(tmp_path / "e.xlsx", errors_xlsx(table, [], "en"))

    mapping, _ = mapping_of(ITEMS, again)
    assert check.check_items(again, mapping, ExistingItems({}, {})).errors == []
