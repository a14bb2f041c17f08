"""Every row is checked before anything is written, and everything that is wrong is said at once."""

from typing import Any

import pytest

from server.catalog.item import BarcodeDraft, ItemDraft, UnitDraft
from server.catalog.place import LocationDraft
from server.imports import check
from server.imports.check import Checked, Duplicates, ExistingItems, ExistingPlaces
from server.imports.columns import ITEMS, LOCATIONS, mapping_of
from server.imports.sheet import Bad, Cell, Day, Row, Table, as_text
from server.words import has

NOTHING = ExistingItems({}, {})
CUP = ItemDraft(code="CUP", name="茶杯", barcodes=(BarcodeDraft("06923450657713", "件"),))


def sheet(header: str, *rows: list[Cell], template: str = "") -> Table:
    """A table from a header in words and its rows, which begin in row 2."""
    return Table(
        sheets=("Sheet1",),
        sheet="Sheet1",
        header_row=1,
        header=tuple(header.split()),
        rows=[Row(number, list(cells)) for number, cells in enumerate(rows, 2)],
        template=template,
    )


def items(
    table: Table, existing: ExistingItems = NOTHING, duplicates: Duplicates = "error"
) -> Checked[ItemDraft]:
    mapping, _ = mapping_of(ITEMS, table)
    return _told(check.check_items(table, mapping, existing, duplicates))


def places(table: Table, existing: ExistingPlaces) -> Checked[LocationDraft]:
    mapping, _ = mapping_of(LOCATIONS, table)
    return _told(check.check_locations(table, mapping, existing))


def _told(checked: Checked[Any]) -> Checked[Any]:
    """Whatever is said has words (those of the catalogue stand in its own file)."""
    assert all(has(error.word) for error in checked.errors if error.word.startswith("imports."))
    assert all(has(f"imports.note.{note.code}") for note in checked.notes)
    return checked


def wrong(checked: Checked[Any]) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.word.rpartition(".")[2]) for error in checked.errors]


def test_a_row_becomes_an_item() -> None:
    table = sheet(
        "商品编码* 名称 单位 条码 箱规 箱码 批次管理 有效期管理 序列号管理",
        ["CUP", "茶杯", "只", "6923450657713", 12.0, "16923450657710", "是", "否", "no"],
    )

    checked = items(table)

    assert wrong(checked) == []
    assert [new.draft for new in checked.new] == [
        ItemDraft(
            code="CUP",
            name="茶杯",
            unit="只",
            has_lots=True,
            units=(UnitDraft("箱", 12, 1),),
            barcodes=(BarcodeDraft("06923450657713", "只"), BarcodeDraft("16923450657710", "箱")),
        )
    ]


def test_headers_in_english_and_numbers_as_codes_are_understood() -> None:
    checked = items(
        sheet("StockCode Description UOM Lot", [21166.0, "COOK WITH WINE METAL SIGN ", "pcs", "Yes"])
    )

    draft = checked.new[0].draft
    assert (draft.code, draft.name, draft.unit, draft.has_lots) == (
        "21166",
        "COOK WITH WINE METAL SIGN",
        "pcs",
        True,
    )


def test_all_errors_of_all_rows_are_said_at_once_by_row_and_column() -> None:
    table = sheet(
        "编码 名称 小数位数 批次管理 箱码 条码",
        ["A", None, "x", "perhaps", "C1", None],
        [None, "没有编码", 9.0, None, None, Bad("long_number", "6.9e+18")],
        [Bad("merged"), "合并", None, None, None, None],
        ["B", Bad("formula_error", "#N/A"), None, None, None, "LOC-1"],
    )

    assert sorted(wrong(items(table))) == sorted(
        [
            (2, "名称", "missing"),
            (2, "小数位数", "whole"),
            (2, "批次管理", "flag"),
            (3, "编码", "missing"),
            (3, "条码", "long_number"),
            (4, "编码", "merged"),
            (4, "编码", "missing"),
            (5, "名称", "formula_error"),
        ]
    )


def test_a_carton_code_needs_a_quantity_and_a_barcode_must_not_be_a_command() -> None:
    table = sheet("编码 名称 箱码 条码", ["A", "a", "C1", None], ["B", "b", None, "CMD:OK"])

    assert {(2, "箱码", "carton_quantity"), (3, "条码", "reserved")} <= set(wrong(items(table)))


def test_a_missing_column_is_said_once() -> None:
    assert wrong(items(sheet("编码 单位", ["A", "件"], ["B", "件"]))) == [(1, "商品名称", "column_missing")]


def test_repeated_codes_and_barcodes_are_named_with_both_rows() -> None:
    table = sheet("编码 名称 条码", ["A", "a", "X1"], ["A", "a", None], ["B", "b", "x1"])

    errors = items(table).errors

    assert [(error.row, error.word, error.args["first"]) for error in errors] == [
        (3, "imports.error.code_twice", 2),
        (4, "imports.error.barcode_twice", 2),
    ]


def test_a_barcode_of_another_item_is_named_with_its_item() -> None:
    existing = ExistingItems({}, {"06923450657713": "CUP"})

    errors = items(sheet("编码 名称 条码", ["B", "b", "6923450657713"]), existing).errors

    assert [(error.word, error.args["code"]) for error in errors] == [("imports.error.barcode_taken", "CUP")]


def test_what_stands_is_compared_and_empty_cells_change_nothing() -> None:
    existing = ExistingItems({"CUP": CUP, "POT": ItemDraft(code="POT", name="壶")}, {"06923450657713": "CUP"})
    table = sheet(
        "编码 名称 单位 条码",
        ["CUP", "大茶杯", None, "6901234567892"],
        ["POT", "壶", "件", None],
        ["NEW", "新", None, None],
    )

    checked = items(table, existing)

    assert wrong(checked) == []
    assert ([new.draft.code for new in checked.new], checked.same) == (["NEW"], 1)
    change = checked.changed[0]
    assert (change.row, change.before, change.after.name) == (2, CUP, "大茶杯")
    assert [barcode.code for barcode in change.after.barcodes] == ["06923450657713", "06901234567892"]


def test_checking_what_was_imported_finds_nothing_to_do() -> None:
    table = sheet(
        "编码 名称 箱规 箱码 有效期管理",
        ["CUP", "茶杯", "12", "16923450657710", "是"],
        ["POT", "壶", None, None, None],
    )
    drafts = {new.draft.code: new.draft for new in items(table).new}

    again = items(table, ExistingItems(drafts, {"16923450657710": "CUP"}))

    assert (again.new, again.changed, again.same, again.errors) == ([], [], 2, [])


LINES = sheet(
    "StockCode Description Quantity",
    ["21166", "SIGN", 1.0],
    ["21166", "METAL SIGN", 2.0],
    ["21166", "METAL SIGN ", -1.0],
    ["84031", None, 3.0],
    ["84031", None, 1.0],
    ["22516", "RAKE", 1.0],
    ["22516", "RAKE", 1.0],
)


def test_of_several_names_the_most_frequent_is_kept_and_the_others_are_told() -> None:
    checked = items(LINES, duplicates="most-frequent")

    assert wrong(checked) == []
    assert {new.draft.code: new.draft.name for new in checked.new} == {
        "21166": "METAL SIGN",
        "84031": "84031",
        "22516": "RAKE",
    }
    told = {note.code: note.args for note in checked.notes}
    assert told["several_names"] == {"count": 1, "code": "21166", "kept": "METAL SIGN", "others": "SIGN"}
    assert told["name_from_code"]["codes"] == "84031"
    assert told["merged_most_frequent"] == {"codes": 3, "rows": 7}


def test_of_several_rows_the_first_can_be_kept() -> None:
    checked = items(LINES, duplicates="first")

    assert [new.draft.name for new in checked.new] == ["SIGN", "84031", "RAKE"]


def test_repeated_rows_are_errors_unless_somebody_says_otherwise() -> None:
    checked = items(LINES)

    assert len([error for error in checked.errors if error.word == "imports.error.code_twice"]) == 4
    assert checked.notes == []


def test_a_list_of_order_lines_is_recognised_and_the_way_out_told() -> None:
    first: list[Cell] = ["A", "a"]
    second: list[Cell] = ["B", "b"]
    lines = [first] * 15 + [second] * 15

    checked = items(sheet("编码 名称", *lines))

    assert [note.code for note in checked.notes] == ["looks_like_lines"]


def test_codes_that_differ_only_in_case_and_misprinted_barcodes_are_told() -> None:
    table = sheet("编码 名称 条码", ["85049E", "a", "6923450657714"], ["85049e", "b", None])

    checked = items(table)

    assert wrong(checked) == []
    assert {note.code for note in checked.notes} == {"differ_only_in_case", "check_digits"}


def test_the_example_of_our_template_is_left_out() -> None:
    example: list[Cell] = [column.example for column in ITEMS.columns]
    header = " ".join(column.titles[0] for column in ITEMS.columns)
    real: list[Cell] = ["A", "a", *[None] * (len(example) - 2)]

    checked = items(sheet(header, example, real, template=ITEMS.template))

    assert [new.draft.code for new in checked.new] == ["A"]
    assert [note.code for note in checked.notes] == ["example_skipped"]
    assert len(items(sheet(header, example, real)).new) == 2


MAIN = ExistingPlaces({}, {"MAIN": 1, "EAST": 2})


def test_a_row_becomes_a_location() -> None:
    table = sheet(
        "仓库 库位 库区 类型 通道 列 层",
        ["main", "a-01-1", "A区", "月台", "a", 1.0, "2"],
        ["EAST", "B-01", *[None] * 5],
    )

    checked = places(table, MAIN)

    assert wrong(checked) == []
    assert [new.draft for new in checked.new] == [
        LocationDraft(code="A-01-1", warehouse=1, zone="A区", kind="dock", aisle="A", bay=1, level=2),
        LocationDraft(code="B-01", warehouse=2),
    ]


def test_wrong_locations_are_told_by_row_and_column() -> None:
    existing = ExistingPlaces(
        {
            "Z-1": LocationDraft(code="Z-1", warehouse=2),
            "MAIN-SCRAP": LocationDraft(code="MAIN-SCRAP", warehouse=1, kind="scrap"),
        },
        {"MAIN": 1, "EAST": 2},
    )
    table = sheet(
        "warehouse code kind bay",
        ["WEST", "A", None, None],
        ["MAIN", "Z-1", None, None],
        ["MAIN", "B", "沙发", "-1"],
        ["MAIN", "main-scrap", None, None],
        ["MAIN", "c", None, None],
        ["MAIN", "C", None, None],
    )

    assert wrong(places(table, existing)) == [
        (2, "warehouse", "warehouse_unknown"),
        (3, "warehouse", "other_warehouse"),
        (4, "kind", "choice"),
        (4, "bay", "whole"),
        (5, "code", "virtual_place"),
        (7, "code", "code_twice"),
    ]


@pytest.mark.parametrize("spec", [ITEMS, LOCATIONS], ids=lambda spec: spec.kind)
def test_no_header_means_two_columns(spec: Any) -> None:
    names = [name for column in spec.columns for name in column.names]

    assert len(names) == len(set(names))


def test_a_date_in_a_code_column_is_shown_as_people_see_it() -> None:
    assert as_text(Day("2026-07-14")) == "2026-07-14"
