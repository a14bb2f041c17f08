"""The pages of purchase orders."""

import re

import httpx
import pytest
from litestar import Litestar

from server.catalog.item import UnitDraft
from server.inbound import queries
from tests import given
from tests.handlers.browsers import signed_in
from tests.inbound import trade


@pytest.fixture
async def buyer(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "buyer")


async def form(**more: str) -> dict[str, str]:
    """An order of ten cups, as a browser sends it."""
    await trade.supplier()
    await given.item("CUP", name="马克杯")
    fields = {"supplier": "S1", "warehouse": str(await given.warehouse()), "expected_on": "2026-11-30"}
    return fields | {"lines.0.item": "CUP", "lines.0.quantity": "10", "lines.0.price": "2.5"} | more


async def test_an_order_is_written_confirmed_and_found(buyer: httpx.AsyncClient) -> None:
    added = await buyer.post("/inbound/purchases", data=await form())
    path = added.headers["location"].split("?")[0]
    confirmed = await buyer.post(f"{path}/confirmation")
    page = (await buyer.get(path)).text
    found = (await buyer.get("/inbound/purchases?state=confirmed&q=hnwj")).text

    assert (added.status_code, confirmed.status_code) == (303, 303)
    assert "25.00" in page and "华南五金" in page
    assert re.search(r"PO-\d{6}-0001", found)
    assert "Confirmed" in page
    assert len(await queries.receipts_of("po-1")) == 1


async def test_a_carton_is_ordered_at_the_price_of_a_carton(buyer: httpx.AsyncClient) -> None:
    await given.item("CUP", name="马克杯", unit="件", units=(UnitDraft("箱", 12),))
    fields = await form(**{"lines.0.quantity": "7", "lines.0.unit": "箱", "lines.0.price": "10"})

    added = await buyer.post("/inbound/purchases", data=fields)
    path = added.headers["location"].split("?")[0]
    page, edited = (await buyer.get(path)).text, (await buyer.get(f"{path}/edit")).text

    assert "70.00" in page and "7 箱" in page and "84 件" in page
    assert re.search(r"10\.00 <small>/ 箱", page)
    assert re.search(r'name="lines\.0\.price" value="10\.00"', edited)
    assert re.search(r'<option value="箱" selected', edited)


async def test_a_new_order_begins_in_the_warehouse_that_was_written_for_last(app: Litestar) -> None:
    main, east = await given.warehouse(), await given.warehouse("EAST")
    buyer = await signed_in(app, "buyer", warehouses=("MAIN", "EAST"))
    chosen = r'<option value="(\d+)" selected'

    first = re.findall(chosen, (await buyer.get("/inbound/purchases/new")).text)
    await buyer.post("/inbound/purchases", data=await form(warehouse=str(east)))
    orders = re.findall(chosen, (await buyer.get("/inbound/purchases/new")).text)

    assert first == [str(main)], "the one that was there first"
    assert orders == [str(east)]


async def test_a_line_without_a_price_is_not_taken_for_a_gift(buyer: httpx.AsyncClient) -> None:
    added = await buyer.post("/inbound/purchases", data=await form(**{"lines.0.price": ""}))

    assert "No price" in (await buyer.get(added.headers["location"])).text


async def test_each_line_may_come_on_a_day_of_its_own(buyer: httpx.AsyncClient) -> None:
    await given.item("BOX", name="箱子")
    dated = {"lines.0.due_on": "2026-12-24", "lines.1.item": "BOX", "lines.1.quantity": "5"}

    added = await buyer.post("/inbound/purchases", data=await form(**dated))
    path = added.headers["location"].split("?")[0]
    await buyer.post(f"{path}/confirmation")
    page, edited = (await buyer.get(path)).text, (await buyer.get(f"{path}/edit")).text
    before = [(code, day) for code, day, _ in await trade.expected()]
    version = re.search(r'name="version" value="(\d+)"', edited)
    assert version is not None
    later = await form(**dated | {"lines.0.due_on": "2026-12-31", "version": version[1]})
    await buyer.post(path, data=later)

    assert before == [("CUP", "2026-12-24"), ("BOX", "2026-11-30")], "the other as the order says"
    assert "2026-12-24" in page and 'name="lines.0.due_on" value="2026-12-24"' in edited
    assert [day for _, day, _ in await trade.expected()] == ["2026-12-31", "2026-11-30"]


async def test_a_day_that_is_none_is_refused_at_its_line(buyer: httpx.AsyncClient) -> None:
    answer = await buyer.post("/inbound/purchases", data=await form(**{"lines.0.due_on": "soon"}))

    assert answer.status_code == 422
    assert 'id="lines.0.due_on-error"' in answer.text


async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    buyer: httpx.AsyncClient,
) -> None:
    fields = await form(supplier="NOBODY", **{"lines.0.quantity": "ten"})

    answer = await buyer.post("/inbound/purchases", data=fields)

    assert answer.status_code == 422
    assert 'id="supplier-error"' in answer.text
    assert 'id="lines.0.quantity-error"' in answer.text
    assert 'value="NOBODY"' in answer.text


async def test_an_order_is_changed_as_its_editor_saw_it(buyer: httpx.AsyncClient) -> None:
    order = await trade.order({"CUP": 10})
    path = f"/inbound/purchases/{order}"
    version = re.search(r'name="version" value="(\d+)"', (await buyer.get(f"{path}/edit")).text)
    assert version is not None

    changed = await buyer.post(path, data=await form(version=version[1], **{"lines.0.quantity": "7"}))
    stale = await buyer.post(path, data=await form(version=version[1]))

    assert (changed.status_code, stale.status_code) == (303, 409)
    assert [much for _, _, much in await trade.expected()] == ["7"]


async def test_a_refused_step_says_why_beside_it(buyer: httpx.AsyncClient) -> None:
    order = await trade.order({"CUP": 10})

    answer = await buyer.post(f"/inbound/purchases/{order}/confirmation")

    assert answer.status_code == 422
    assert "Only a draft can" in answer.text


async def test_an_order_is_cancelled_with_a_reason_that_its_timeline_tells(buyer: httpx.AsyncClient) -> None:
    order = await trade.order({"CUP": 10})

    await buyer.post(f"/inbound/purchases/{order}/cancellation", data={"reason": "停产"})

    page = (await buyer.get(f"/inbound/purchases/{order}")).text
    assert "停产" in page
    assert await trade.expected() == []


async def test_the_rest_of_an_order_is_closed(app: Litestar, buyer: httpx.AsyncClient) -> None:
    order = await trade.order({"CUP": 10})
    await trade.arrive(await given.pda("receiver"), "CUP", 4, (await trade.receipt_of(order)).document)

    answer = await buyer.post(f"/inbound/purchases/{order}/closing", data={"reason": "不要了"})

    assert answer.status_code == 303
    assert await trade.order_state(order) == "done"


async def test_prices_are_not_for_the_floor(app: Litestar) -> None:
    order = await trade.order({"CUP": 10})
    boss = await signed_in(app, "supervisor")

    page = (await boss.get(f"/inbound/purchases/{order}")).text

    assert "10.00" not in page
    assert "CUP" in page


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_order_of_another_warehouse_is_not_there(app: Litestar, method: str) -> None:
    order = await trade.order({"CUP": 10})
    stranger = await signed_in(app, "buyer", name="east", warehouses=("EAST",))
    path = f"/inbound/purchases/{order}" + ("/cancellation" if method == "POST" else "")

    assert (await stranger.request(method, path)).status_code == 404
    assert "PO-" not in (await stranger.get("/inbound/purchases")).text
    assert await trade.order_state(order) == "confirmed"


async def test_an_order_into_another_warehouse_is_refused(app: Litestar) -> None:
    stranger = await signed_in(app, "buyer", name="east", warehouses=("EAST",))

    answer = await stranger.post("/inbound/purchases", data=await form())

    assert answer.status_code == 422
    assert 'id="warehouse-error"' in answer.text


async def test_what_was_typed_and_not_saved_comes_back(buyer: httpx.AsyncClient) -> None:
    await buyer.post("/documents/drafts", data={"draft": "/inbound/purchases/new", "reference": "HT-77"})

    assert 'value="HT-77"' in (await buyer.get("/inbound/purchases/new")).text


@pytest.mark.parametrize("role", ["storekeeper", "salesperson"])
async def test_who_neither_buys_nor_decides_sees_no_purchases(app: Litestar, role: str) -> None:
    browser = await signed_in(app, role)

    assert (await browser.get("/inbound/purchases")).status_code == 403
