"""Lists and lines as spreadsheets: what the page shows, to whom the page shows it."""

import io
from typing import Any

import httpx
import pytest
from litestar import Litestar
from python_calamine import CalamineWorkbook

from server.catalog.maintaining import Added
from server.catalog.partner import PartnerDraft
from server.catalog.partnering import add_partner
from server.documents.line import Line
from server.documents.subject import KINDS
from server.handlers.exports import EXPORTS, SAME
from server.inbound import purchasing
from server.inbound.purchase import Head
from tests import given
from tests.handlers.browsers import signed_in


async def a_purchase(*, warehouse: str = "MAIN", reference: str = "") -> int:
    """A purchase order of two cups at 3.50 from a supplier."""
    partner = PartnerDraft(code=f"S{reference}{warehouse}", name="=华东", is_customer=False, is_supplier=True)
    supplier, house, cup = (
        await add_partner(partner, by=0),
        await given.warehouse(warehouse),
        await given.item("CUP"),
    )
    assert isinstance(supplier, Added)
    head = Head(supplier=supplier.ids[0], warehouse=house, ordered_on="2026-11-22", reference=reference)
    line = Line(item=cup, unit="件", factor=1_000, quantity=2_000, unit_price=3_500_000, discount=None)
    outcome = await purchasing.save(head, [line], by=0)
    assert isinstance(outcome, Added)
    return outcome.ids[0]


def rows_of(answer: httpx.Response) -> list[list[Any]]:
    assert answer.status_code == 200, answer.text
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


@pytest.fixture
async def buyer(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "buyer")


async def test_a_list_is_exported_as_it_is_narrowed(buyer: httpx.AsyncClient) -> None:
    await a_purchase(reference="first")
    await a_purchase(reference="second")

    answer = await buyer.get("/exports/po?q=second")

    heading, *rows = rows_of(answer)
    assert heading[:2] == ["Number", "Partner"]
    assert [row[6] for row in rows] == ["second"]
    assert rows[0][1] == "'=华东"
    assert rows[0][-1] == 7.0
    assert "attachment" in answer.headers["content-disposition"]


async def test_the_lines_of_a_document_are_exported(buyer: httpx.AsyncClient) -> None:
    order = await a_purchase()

    heading, row = rows_of(await buyer.get(f"/exports/po/{order}/lines"))

    assert row[:4] == ["CUP", "CUP", 2.0, "件"]
    assert row[heading.index("Amount")] == 7.0


async def test_costs_are_for_those_who_see_costs(app: Litestar) -> None:
    order = await a_purchase()
    supervisor = await signed_in(app, "supervisor")

    heading, _ = rows_of(await supervisor.get(f"/exports/po/{order}/lines"))

    assert not {"Price per base unit", "Amount", "Discount %"} & set(heading)


async def test_other_warehouses_are_not_exported(app: Litestar) -> None:
    order = await a_purchase(warehouse="EAST")
    browser = await signed_in(app, "buyer", warehouses=("MAIN",))

    assert len(rows_of(await browser.get("/exports/po"))) <= 2
    assert "=华东" not in str(rows_of(await browser.get("/exports/po")))
    assert (await browser.get(f"/exports/po/{order}/lines")).status_code == 404


async def test_who_may_not_see_the_list_gets_no_spreadsheet(app: Litestar) -> None:
    order = await a_purchase()
    storekeeper = await signed_in(app, "storekeeper")

    assert (await storekeeper.get("/exports/po")).status_code == 403
    assert (await storekeeper.get(f"/exports/po/{order}/lines")).status_code == 403


async def test_what_has_no_spreadsheet_is_not_found(buyer: httpx.AsyncClient) -> None:
    assert (await buyer.get("/exports/zz")).status_code == 404
    assert (await buyer.get("/exports/po/999/lines")).status_code == 404


@pytest.mark.parametrize("prefix", EXPORTS)
async def test_every_list_can_be_exported(app: Litestar, prefix: str) -> None:
    browser = await signed_in(app)

    heading = rows_of(await browser.get(f"/exports/{prefix}"))[0]

    assert len(heading) == len(set(heading)) > 3
    assert not [title for title in heading if "." in title]


def test_what_says_that_it_is_exported_is() -> None:
    assert {prefix for prefix, kind in KINDS.items() if kind.is_exported} == {*EXPORTS, *SAME}
