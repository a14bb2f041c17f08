"""What typed codes mean: an item's own code first, then a barcode, whatever the case of its letters."""

import pytest

from server.catalog.item import BarcodeDraft, UnitDraft
from server.documents import reading
from server.documents.line import Line
from tests import given

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def test_a_code_is_found_in_any_case_and_width() -> None:
    cup = await given.item("CUP-1")

    found = await reading.goods_of(["CUP-1", "cup-1", "ＣＵＰ-1", "CUP", ""])

    assert {code: goods.id for code, goods in found.items()} == {"CUP-1": cup, "cup-1": cup, "ＣＵＰ-1": cup}


async def test_a_code_exactly_as_written_goes_first() -> None:
    small, large = await given.item("cup"), await given.item("CUP")

    found = await reading.goods_of(["cup", "CUP", "Cup"])

    assert (found["cup"].id, found["CUP"].id, found["Cup"].id) == (small, large, large)


async def test_a_barcode_of_a_carton_brings_its_unit() -> None:
    units, codes = (UnitDraft("箱", 12),), (BarcodeDraft("6901234567892", "箱"),)
    cup = await given.item("CUP", units=units, barcodes=codes)

    [line] = await reading.read_lines([("6901234567892", "2", "", "", "")])

    assert line == Line(item=cup, unit="箱", factor=12_000, quantity=24_000, unit_price=None, discount=None)


async def test_a_suggestion_begins_with_what_was_meant_exactly() -> None:
    await given.item("CUP-2", name="杯二")
    await given.item("CUP", name="杯")

    found = await reading.suggestions("CUP")

    assert [(meaning.goods.draft.code, meaning.is_exact) for meaning in found] == [
        ("CUP", True),
        ("CUP-2", False),
    ]


async def test_items_that_are_switched_off_are_not_suggested() -> None:
    await given.item("CUP", is_active=False)

    assert await reading.suggestions("CUP") == []
