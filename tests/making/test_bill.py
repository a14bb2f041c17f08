"""What a bill asks for: exact, rounded to what can be counted, and refused with the field that is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import quantity
from server.catalog.item import Fault, ItemDraft, UnitDraft
from server.documents.line import Goods
from server.making import bill
from server.making.bill import Bill, Line, TypedLine

CUP = ItemDraft(code="CUP", name="杯", unit="个", units=(UnitDraft("箱", 12),))
RIBBON = ItemDraft(code="RIBBON", name="带", unit="米", scale=2)
GOODS = {"CUP": Goods(1, CUP), "RIBBON": Goods(2, RIBBON)}


def line(much: str, *, scrap: int = 0) -> Line:
    return Line(component=1, quantity=quantity.parse(much), scrap=scrap)


def needed(much: str, makes: str, pieces: str, kept: ItemDraft = CUP, *, scrap: int = 0) -> str:
    parse = quantity.parse
    return quantity.format(bill.needed(line(much, scrap=scrap), parse(makes), parse(pieces), kept))


@pytest.mark.parametrize(
    ("much", "makes", "pieces", "scrap", "expected"),
    [
        ("2", "1", "10", 0, "20"),
        ("2", "1", "10", 500, "21"),
        ("2", "1", "10", 1, "21"),
        ("1", "12", "12", 0, "1"),
        ("1", "12", "13", 0, "2"),
        ("1", "3", "2", 0, "1"),
    ],
)
def test_what_is_needed_is_rounded_up_to_whole_pieces(
    much: str, makes: str, pieces: str, scrap: int, expected: str
) -> None:
    assert needed(much, makes, pieces, scrap=scrap) == expected


def test_what_is_measured_is_rounded_to_what_can_be_measured() -> None:
    assert needed("0.5", "1", "3", RIBBON) == "1.5"
    assert needed("1", "3", "1", RIBBON) == "0.34"


def test_taking_apart_gives_no_more_than_there_is() -> None:
    parse = quantity.parse
    assert quantity.format(bill.given(line("2"), parse("1"), parse("4"), CUP)) == "8"
    assert quantity.format(bill.given(line("2", scrap=500), parse("1"), parse("4"), CUP)) == "7"
    assert quantity.format(bill.given(line("1"), parse("12"), parse("11"), CUP)) == "0"


@given(st.integers(1, 500), st.integers(1, 40), st.integers(1, 40))
def test_shares_grow_with_what_is_made_and_end_at_the_plan(planned: int, of: int, made: int) -> None:
    whole = bill.share(planned * 1000, of * 1000, of * 1000, CUP)
    some, more = (bill.share(planned * 1000, n * 1000, of * 1000, CUP) for n in (made, made + 1))

    assert whole == planned * 1000
    assert some <= more
    assert some * of >= planned * made * 1000, "never less than the bill asks for"
    assert bill.share(planned * 1000, 0, of * 1000, CUP) == 0


def test_lines_are_read_with_their_unit_and_scrap() -> None:
    rows = [TypedLine("CUP", "1", "箱", "2.5"), TypedLine("RIBBON", "0.25")]

    assert bill.read_lines(rows, GOODS) == [
        Line(component=1, unit="箱", factor=12_000, scrap=250, quantity=12_000),
        Line(component=2, unit="米", factor=1000, quantity=250),
    ]


def test_every_wrong_field_is_named() -> None:
    rows = [TypedLine("CUP", "0.5"), TypedLine("TIN", "1"), TypedLine("CUP", "1", "", "100")]

    found = bill.read_lines(rows, GOODS)

    assert {(one.field, one.word) for one in found if isinstance(one, Fault)} == {
        ("lines.0.quantity", "documents.fault.quantity_too_fine"),
        ("lines.1.item", "documents.fault.unknown_item"),
        ("lines.2.discount", "making.fault.scrap"),
    }


def test_a_bill_names_each_thing_once_and_never_itself() -> None:
    wrong = Bill(
        product=1, makes=0, lines=(line("1"), Line(component=2, quantity=1), Line(component=2, quantity=2))
    )

    assert [(one.field, one.word) for one in bill.faults(wrong)] == [
        ("makes", "making.fault.quantity"),
        ("lines.0.item", "making.fault.of_itself"),
        ("lines.2.item", "making.fault.twice"),
    ]
