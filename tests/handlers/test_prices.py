"""The pages of price lists, and what they mean for an order."""

import io

import pytest
from litestar import Litestar
from python_calamine import CalamineWorkbook

from server import clock
from server.catalog import offering
from server.catalog.item import UnitDraft
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound import orders


async def test_a_list_is_made_priced_changed_and_taken_out_again(app: Litestar) -> None:
    browser = await signed_in(app, "finance")
    await given.item("CUP")
    await given.item("SAW")
    made = await browser.post("/crm/prices", data={"name": "2026 年价", "level": "金", "is_active": "on"})
    path = made.headers["location"].split("?")[0]

    written = await browser.post(
        f"{path}/lines",
        data={
            "lines.0.item": "CUP", "lines.0.quantity": "1", "lines.0.price": "12.5",
            "lines.1.item": "CUP", "lines.1.quantity": "100", "lines.1.price": "9.99",
            "lines.2.item": "SAW", "lines.2.quantity": "1", "lines.2.price": "88",
        },
    )  # fmt: skip
    page = (await browser.get(f"{path}?q=cup")).text
    list_id = int(path.rsplit("/", 1)[1])
    saw = next(one for one in await offering.all_prices(list_id) if one.code == "SAW")
    removed = await browser.post(f"{path}/lines/{saw.id}/removal")

    assert (made.status_code, written.status_code, removed.status_code) == (303, 303, 303)
    assert "12.50 / 件" in page and "9.99 / 件" in page and "88.00 / 件" not in page
    assert [one.code for one in await offering.all_prices(list_id)] == ["CUP", "CUP"]
    assert "CUP ≥100 @ 9.99" in (await browser.get(path)).text
    assert "2026 年价" in (await browser.get("/crm/prices")).text


async def test_what_is_wrong_with_a_price_is_said_at_its_field(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("CUP")
    made = await browser.post("/crm/prices", data={"name": "L", "is_active": "on"})
    path = made.headers["location"].split("?")[0]

    rows = {"lines.0.item": "CUP", "lines.0.quantity": "1", "lines.0.price": "", "lines.1.item": "NONE",
            "lines.1.quantity": "1", "lines.1.price": "1"}  # fmt: skip
    unknown = await browser.post(f"{path}/lines", data=rows)
    empty = await browser.post(f"{path}/lines", data=dict(list(rows.items())[:3]))

    assert (unknown.status_code, empty.status_code) == (422, 422)
    assert 'id="lines.1.item-error"' in unknown.text
    assert 'id="lines.0.price-error"' in empty.text


async def test_a_head_that_cannot_be_is_refused_and_a_stale_one_is_told(app: Litestar) -> None:
    browser = await signed_in(app)
    wrong = {"name": "", "valid_from_on": "2026-12-01", "valid_to_on": "2026-11-01", "customer": "NOBODY"}

    refused = await browser.post("/crm/prices", data=wrong)
    made = await browser.post("/crm/prices", data={"name": "L", "is_active": "on"})
    path = made.headers["location"].split("?")[0]
    edited = await browser.post(path, data={"name": "M", "version": "1"})
    stale = await browser.post(path, data={"name": "N", "version": "1"})

    assert refused.status_code == 422
    assert 'id="customer-error"' in refused.text
    assert (edited.status_code, stale.status_code) == (303, 409)
    assert 'value="M"' in (await browser.get(f"{path}/edit")).text


async def test_an_order_takes_the_price_of_the_list_of_its_customer(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("CUP")
    customer = await orders.customer("C1")
    made = await browser.post("/crm/prices", data={"name": "专属", "customer": "C1", "is_active": "on"})
    path = made.headers["location"].split("?")[0]
    rows = {"lines.0.item": "CUP", "lines.0.quantity": "1", "lines.0.price": "7",
            "lines.1.item": "CUP", "lines.1.quantity": "10", "lines.1.price": "6"}  # fmt: skip
    await browser.post(f"{path}/lines", data=rows)

    few = await orders.queries.lines(await orders.draft(CUP=9))
    many = await orders.queries.lines(await orders.draft(CUP=10))
    why = await orders.queries.price_for(customer, await given.item("CUP"), 10_000, clock.today())

    assert [few[0].price, many[0].price] == [7_000_000, 6_000_000]
    assert why is not None
    assert (why.source, why.name) == ("own", "专属")


async def test_where_no_list_says_anything_the_last_price_holds(app: Litestar) -> None:
    await given.stock("CUP", 5, at="A-01")
    saved = await orders.ordering.save(
        await orders.head(), [await orders.line("CUP", 1, price=11)], by=orders.ADA
    )
    assert isinstance(saved, orders.Saved)
    await orders.ordering.confirm(saved.id, by=orders.ADA)

    why = await orders.queries.price_for(
        await orders.customer(), await given.item("CUP"), 1000, clock.today()
    )

    assert why is not None
    assert (why.source, why.price) == ("last", 11_000_000)


async def test_a_list_leaves_as_a_spreadsheet(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("007")
    made = await browser.post("/crm/prices", data={"name": "L", "is_active": "on"})
    path = made.headers["location"].split("?")[0]
    empty = await browser.get(f"{path}/prices.xlsx")
    await browser.post(
        f"{path}/lines", data={"lines.0.item": "007", "lines.0.quantity": "2", "lines.0.price": "1.25"}
    )

    book = await browser.get(f"{path}/prices.xlsx")

    assert empty.status_code == 200
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert rows[1][:3] == ["007", 2.0, 1.25]


async def test_a_price_of_a_carton_is_shown_exported_and_offered_as_one(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("CUP", unit="件", units=(UnitDraft("箱", 12),))
    await orders.customer("C1")
    made = await browser.post("/crm/prices", data={"name": "L", "is_active": "on"})
    path = made.headers["location"].split("?")[0]
    row = {"lines.0.item": "CUP", "lines.0.quantity": "2", "lines.0.unit": "箱", "lines.0.price": "10"}
    await browser.post(f"{path}/lines", data=row)
    typed = {"customer": "C1", "warehouse": str(await given.warehouse()), "lines.0.item": "CUP",
             "lines.0.quantity": "3", "lines.0.unit": "箱"}  # fmt: skip

    page, book = (await browser.get(path)).text, await browser.get(f"{path}/prices.xlsx")
    cartons = (await browser.post("/outbound/orders/hints", data=typed)).text
    pieces = (
        await browser.post(
            "/outbound/orders/hints", data=typed | {"lines.0.unit": "", "lines.0.quantity": "36"}
        )
    ).text

    assert "2 箱" in page and "10.00 / 箱" in page
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert rows[1][:4] == ["CUP", 2.0, 10.0, "箱"], "the order in which rows are pasted back"
    assert 'data-price="10.00"' in cartons and "10.00 / 箱" in cartons
    assert 'data-price="0.833333"' in pieces


@pytest.mark.parametrize("role", ["salesperson", "storekeeper", "buyer"])
async def test_only_who_answers_for_prices_writes_them(app: Litestar, role: str) -> None:
    browser = await signed_in(app, role)

    assert (await browser.post("/crm/prices", data={"name": "L"})).status_code == 403
    assert (await browser.post("/crm/prices/1/lines", data={})).status_code == 403


async def test_while_an_order_is_typed_one_reads_where_its_price_comes_from(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("CUP")
    await orders.customer("C1")
    made = await browser.post("/crm/prices", data={"name": "双十一", "is_active": "on"})
    path = made.headers["location"].split("?")[0]
    rows = {"lines.0.item": "CUP", "lines.0.quantity": "1", "lines.0.price": "7",
            "lines.1.item": "CUP", "lines.1.quantity": "10", "lines.1.price": "6"}  # fmt: skip
    await browser.post(f"{path}/lines", data=rows)
    typed = {"customer": "C1", "warehouse": str(await given.warehouse()), "lines.0.item": "CUP",
             "lines.0.quantity": "6", "lines.1.item": "CUP", "lines.1.quantity": "4"}  # fmt: skip

    hints = (await browser.post("/outbound/orders/hints", data=typed)).text

    # Together they reach the step, as they will when the order is saved.
    assert hints.count('data-price="6.00"') == 2
    assert "general price 6.00 / 件 · 双十一" in hints
