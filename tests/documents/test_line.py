"""A typed line: exact in base units, or every fault named in its field."""

import pytest

from server.catalog.item import ItemDraft, UnitDraft
from server.documents import line
from server.documents.line import Goods, Line, Typed

CUP = Goods(7, ItemDraft(code="CUP", name="杯子", unit="件", units=(UnitDraft("箱", 12),)))
OIL = Goods(8, ItemDraft(code="OIL", name="油", unit="kg", scale=2))
GOODS = {"CUP": CUP, "OIL": OIL, "6901": Goods(7, CUP.draft, "箱")}


def read(*rows: Typed) -> list[Line] | list[object]:
    return line.read(rows, GOODS)  # type: ignore[return-value]


def wrong(row: Typed) -> list[tuple[str, str]]:
    found = line.read([row], GOODS)
    return [(fault.field, fault.word.rpartition(".")[2]) for fault in found if not isinstance(fault, Line)]


def test_a_line_is_read_into_base_units() -> None:
    assert read(Typed("CUP", "2", "箱", "3.5", "10")) == [
        Line(item=7, unit="箱", factor=12_000, quantity=24_000, unit_price=3_500_000, discount=1_000)
    ]


def test_a_barcode_of_a_carton_means_cartons() -> None:
    [carton] = read(Typed("6901", "2"))

    assert isinstance(carton, Line)
    assert (carton.unit, carton.quantity) == ("箱", 24_000)


def test_a_price_that_was_not_typed_is_left_to_the_price_list() -> None:
    [cup] = read(Typed("CUP", "1"))

    assert isinstance(cup, Line)
    assert (cup.unit_price, cup.discount) == (None, None)


@pytest.mark.parametrize(
    ("row", "field", "why"),
    [
        (Typed("NEW", "1"), "item", "unknown_item"),
        (Typed("", "1"), "item", "no_item"),
        (Typed("CUP", ""), "quantity", "quantity_empty"),
        (Typed("CUP", "many"), "quantity", "quantity_shape"),
        (Typed("CUP", "0"), "quantity", "quantity_range"),
        (Typed("CUP", "-1"), "quantity", "quantity_range"),
        (Typed("CUP", "0.5"), "quantity", "quantity_too_fine"),
        (Typed("OIL", "0.505"), "quantity", "quantity_too_fine"),
        (Typed("CUP", "1", "托"), "unit", "unknown_unit"),
        (Typed("CUP", "1", "", "-1"), "price", "price"),
        (Typed("CUP", "1", "", "cheap"), "price", "price"),
        (Typed("CUP", "1", "", "1", "101"), "discount", "discount"),
    ],
)
def test_what_is_wrong_is_named_in_its_field(row: Typed, field: str, why: str) -> None:
    assert wrong(row) == [(f"lines.0.{field}", why)]


def test_all_faults_of_a_line_show_at_once() -> None:
    assert [field for field, _ in wrong(Typed("CUP", "x", "托", "y", "z"))] == [
        "lines.0.unit",
        "lines.0.quantity",
        "lines.0.price",
        "lines.0.discount",
    ]


def test_an_item_that_is_switched_off_is_not_ordered() -> None:
    off = Goods(9, ItemDraft(code="OLD", name="旧", is_active=False))

    [fault] = line.read([Typed("OLD", "1")], {"OLD": off})

    assert not isinstance(fault, Line)
    assert fault.word == "documents.fault.item_off"


def test_a_document_has_an_end() -> None:
    found = line.read([Typed("CUP", "1")] * (line.MAX_LINES + 1), GOODS)

    assert [fault.word for fault in found if not isinstance(fault, Line)] == [
        "documents.fault.too_many_lines"
    ]
