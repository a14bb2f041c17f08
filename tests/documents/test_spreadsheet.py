"""Spreadsheets of documents: figures are figures, days are days, and nothing in them acts as a formula."""

import io
from datetime import date
from types import SimpleNamespace as Record
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from server.documents import spreadsheet
from server.documents.spreadsheet import Column


def read(content: bytes) -> tuple[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.sheet_names[0], book.get_sheet_by_index(0).to_python()


def test_a_figure_comes_out_as_a_figure_and_a_day_as_a_day() -> None:
    columns = [
        Column("number", "number"),
        Column("quantity", "line.quantity", "quantity"),
        Column("price", "line.price", "price"),
        Column("discount", "line.discount", "percent"),
        Column("amount", "line.amount", "amount"),
        Column("on", "on", "day"),
    ]
    line = Record(quantity=1_500, price=3_333_333, discount=1_250, amount=123_400)

    _, rows = read(
        spreadsheet.xlsx("Orders", columns, [Record(number="007", line=line, on="2026-11-30")], str.upper)
    )

    assert rows == [
        ["NUMBER", "QUANTITY", "PRICE", "DISCOUNT", "AMOUNT", "ON"],
        ["007", 1.5, 3.333333, 12.5, 12.34, date(2026, 11, 30)],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\tx", "=HYPERLINK()"])
def test_a_text_that_could_be_a_formula_stays_a_text(text: str) -> None:
    _, [_, [cell]] = read(spreadsheet.xlsx("x", [Column("name", "name")], [Record(name=text)], str))

    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["SP-0001", "-5", "-0.50", "a=b", "华东"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert spreadsheet.harmless(text) == text


def test_a_state_is_said_in_words() -> None:
    column = Column("state", "state", said="order.state.")

    _, [_, [cell]] = read(
        spreadsheet.xlsx(
            "x", [column], [Record(state="draft")], {"state": "s", "order.state.draft": "草稿"}.__getitem__
        )
    )

    assert cell == "草稿"


def test_an_empty_list_still_names_its_columns() -> None:
    _, rows = read(spreadsheet.xlsx("x", [Column("number", "number"), Column("name", "name")], [], str))

    assert rows[0] == ["number", "name"]


def test_columns_with_one_title_are_told_apart() -> None:
    columns = [Column("code", "a"), Column("code", "b")]

    _, rows = read(spreadsheet.xlsx("x", columns, [Record(a="1", b="2")], str))

    assert rows == [["code", "code (2)"], ["1", "2"]]


def test_a_sheet_has_a_name_that_spreadsheets_allow() -> None:
    assert spreadsheet.sheet_name("a[b]:c/" + "x" * 50) == ("a b  c " + "x" * 50)[:31]
    assert spreadsheet.sheet_name("***") == "1"
