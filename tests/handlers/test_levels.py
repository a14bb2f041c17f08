"""Levels on the desk: who sets them, and where people read that something runs low."""

import httpx
import pytest
from litestar import Litestar

from server.stock import queries
from tests import given
from tests.handlers.browsers import signed_in

PATH = "/stock/levels"


@pytest.fixture
async def buyer(app: Litestar) -> httpx.AsyncClient:
    await given.stock("CUP", 4, at="A-01")
    await given.location("P-01")
    return await signed_in(app, "buyer")


async def typed(**more: str) -> dict[str, str]:
    return {"item": "cup", "warehouse": str(await given.warehouse()), "least": "5", "most": "20", **more}


async def test_a_buyer_sets_a_level_and_lists_show_what_is_below_it(buyer: httpx.AsyncClient) -> None:
    answer = await buyer.post(PATH, data=await typed(home="p-01", refill="2", fill="6"))

    page, stock = (await buyer.get(PATH)).text, (await buyer.get("/stock")).text
    assert answer.status_code == 303
    assert "Below minimum" in page
    assert "Bring 4 件 from A-01 to P-01" in page
    assert "Below minimum MAIN" in stock


async def test_what_makes_no_sense_is_refused_beside_its_field(buyer: httpx.AsyncClient) -> None:
    answer = await buyer.post(PATH, data=await typed(most="3", home="NOWHERE"))
    unknown = await buyer.post(PATH, data=await typed(item="NONE", least="few"))

    assert (answer.status_code, unknown.status_code) == (422, 422)
    assert "This warehouse has no such place" in answer.text
    assert "There is no such item" in unknown.text
    assert "This is no quantity" in unknown.text


async def test_a_level_is_taken_off(buyer: httpx.AsyncClient) -> None:
    await buyer.post(PATH, data=await typed())
    cup, house = await given.item("CUP"), await given.warehouse()

    gone = await buyer.post(f"{PATH}/{cup}/{house}/removal")
    again = await buyer.post(f"{PATH}/{cup}/{house}/removal")

    assert (gone.status_code, again.status_code) == (303, 404)
    assert await queries.levels_of([cup]) == {}


async def test_a_storekeeper_reads_levels_and_sets_none(app: Litestar, buyer: httpx.AsyncClient) -> None:
    storekeeper = await signed_in(app, "storekeeper")

    assert (await storekeeper.post(PATH, data=await typed())).status_code == 403
    page = await storekeeper.get(f"{PATH}?below=1")
    assert page.status_code == 200
    assert "Set a level" not in page.text


async def test_another_warehouses_levels_are_not_ones_own(app: Litestar, buyer: httpx.AsyncClient) -> None:
    await buyer.post(PATH, data=await typed())
    other = await signed_in(app, "buyer", name="other", warehouses=("EAST",))

    refused = await other.post(PATH, data=await typed())
    removal = await other.post(f"{PATH}/{await given.item('CUP')}/{await given.warehouse()}/removal")

    assert (refused.status_code, removal.status_code) == (422, 404)
    assert "Below minimum MAIN" not in (await other.get("/stock")).text
