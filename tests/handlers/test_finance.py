"""The value of stock is shown to those who may see costs, up to the movement of this second."""

import httpx
import pytest
from litestar import Litestar

from server import money, quantity
from server.db import writing
from server.inbound import receiving
from server.sync import performing, wire
from server.sync.performing import Act
from tests import given
from tests.handlers.browsers import signed_in


@pytest.fixture
async def finance(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "finance")


async def bought(code: str, pieces: str, price: str) -> None:
    item, place = await given.item(code), await given.location("A-01")
    line = receiving.Wanted(item=item, quantity=quantity.parse(pieces), price=money.parse_price(price))
    head = receiving.Head(kind="other", warehouse=await given.warehouse())
    by = await given.person("chen", role="administrator")
    async with writing():
        receipt = await receiving.add(head, [line], state="expected", by=by)
    came = wire.Receive(f"i-{item}", pieces, f"l-{place}", document=f"rc-{receipt}")
    await performing.perform([Act("stock.receive@1", came)], by=by)


async def test_stock_is_shown_with_its_value_most_valuable_first(finance: httpx.AsyncClient) -> None:
    await bought("CUP", "3", "2.50")
    await bought("LAMP", "2", "40")

    page = (await finance.get("/finance/value")).text

    assert "87.50" in page
    assert page.index("LAMP") < page.index("CUP")


async def test_a_day_before_the_first_receipt_had_no_value(finance: httpx.AsyncClient) -> None:
    await bought("CUP", "3", "2.50")

    page = (await finance.get("/finance/value", params={"day": "2020-01-01"})).text

    assert "CUP" not in page


async def test_a_day_that_is_none_is_today(finance: httpx.AsyncClient) -> None:
    await bought("CUP", "3", "2.50")

    assert "7.50" in (await finance.get("/finance/value", params={"day": "soon"})).text


@pytest.mark.parametrize("role", ["storekeeper", "salesperson"])
async def test_who_may_not_see_costs_does_not_see_them(app: Litestar, role: str) -> None:
    browser = await signed_in(app, role)

    assert (await browser.get("/finance/value")).status_code == 403
    assert "/finance/value" not in (await browser.get("/")).text
