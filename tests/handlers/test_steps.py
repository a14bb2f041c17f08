"""The page that says which steps a warehouse takes, as browsers see it."""

import re

import httpx
import pytest
from litestar import Litestar

from server.inbound import queries
from server.outbound import surveying
from server.outbound.notice import Steps
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.floor import released, standing

FORM = {"picks": "on", "checkers": "2", "ships": "on", "rule": "fifo", "aisle_mm": "2500", "bay_mm": "900"}


@pytest.fixture
async def boss(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


async def path() -> str:
    return f"/catalog/warehouses/{await given.warehouse()}/steps"


async def test_the_steps_of_goods_out_are_kept(boss: httpx.AsyncClient) -> None:
    here = await path()

    saved = await boss.post(f"{here}/outbound", data=FORM)
    page = await boss.get(saved.headers["location"])

    warehouse = await given.warehouse()
    assert (await surveying.steps_of([warehouse]))[warehouse] == Steps(
        packs=False, checkers=2, rule="fifo", aisle_mm=2500, bay_mm=900
    )
    assert page.status_code == 200
    assert re.search(r'name="packs" type="checkbox" value="on"\s*aria', page.text)
    assert "steps" in (await boss.get(here.removesuffix("/steps"))).text


async def test_the_history_of_the_warehouse_tells_of_it(boss: httpx.AsyncClient) -> None:
    here = await path()
    await boss.post(f"{here}/outbound", data=FORM)

    page = await boss.get(here.removesuffix("/steps"))

    assert re.search("Steps of goods out changed|修改出库步骤", page.text)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"aisle_mm": "far"}, "aisle_mm"), ({"bay_mm": "0"}, "bay_mm"), ({"checkers": "7"}, "checkers"),
     ({"picks": ""}, "checkers")],
)  # fmt: skip
async def test_what_cannot_be_is_refused_beside_its_field(
    boss: httpx.AsyncClient, wrong: dict[str, str], field: str
) -> None:
    answer = await boss.post(f"{await path()}/outbound", data=FORM | wrong)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'value="2500"' in answer.text or field == "aisle_mm"


async def test_putting_away_is_switched_off_where_refused_goods_have_a_place(boss: httpx.AsyncClient) -> None:
    here, warehouse = await path(), await given.warehouse()
    reject = await given.location("REJECT", kind="dock")

    refused = await boss.post(f"{here}/inbound", data={})
    saved = await boss.post(f"{here}/inbound", data={"reject": str(reject)})

    assert (refused.status_code, saved.status_code) == (422, 303)
    assert (await queries.settings_of([warehouse]))[warehouse] == queries.Setting(0, False, reject)


@pytest.mark.parametrize("role", ["storekeeper", "salesperson", "buyer", "finance"])
async def test_who_does_not_run_the_warehouse_does_not_change_its_steps(app: Litestar, role: str) -> None:
    browser, here = await signed_in(app, role), await path()

    assert (await browser.get(here)).status_code == 403
    assert (await browser.post(f"{here}/outbound", data=FORM)).status_code == 403
    assert (await browser.post(f"{here}/inbound", data={})).status_code == 403


async def test_the_steps_of_another_warehouse_are_nobodys_business(boss: httpx.AsyncClient) -> None:
    other = await given.warehouse("NORTH", "北仓")

    answer = await boss.post(f"/catalog/warehouses/{other}/steps/outbound", data=FORM)

    assert answer.status_code == 404
    assert (await surveying.steps_of([other]))[other] == Steps()


async def test_what_is_not_picked_is_packed_and_sent_from_the_shelf_by_buttons(
    boss: httpx.AsyncClient,
) -> None:
    await boss.post(f"{await path()}/outbound", data=FORM | {"picks": "", "packs": "on", "checkers": "0"})
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    here = f"/outbound/notices/{notice}"
    assert "/picking" not in (await boss.get(here)).text

    await boss.post(f"{here}/cartons")
    (carton,) = re.findall(r'name="carton"><option value="(\d+)"', (await boss.get(here)).text)
    await boss.post(f"{here}/packing", data={"carton": carton})
    await boss.post(f"{here}/shipment", data={"carrier": "顺丰"})

    assert (await standing(notice)).state == "shipped"
    assert await given.on_hand("CUP", at="A-01") == "7"


async def test_what_has_left_may_come_back_from_its_page(app: Litestar, boss: httpx.AsyncClient) -> None:
    await boss.post(f"{await path()}/outbound", data=FORM | {"picks": "", "checkers": "0"})
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=3)
    link = f"/inbound/shipments/{notice}/return"
    assert link not in (await boss.get(f"/outbound/notices/{notice}")).text

    await boss.post(f"/outbound/notices/{notice}/shipment", data={})

    assert link in (await boss.get(f"/outbound/notices/{notice}")).text
    assert (await boss.get(link)).status_code == 200
    seller = await signed_in(app, "salesperson")
    assert link not in (await seller.get(f"/outbound/notices/{notice}")).text
