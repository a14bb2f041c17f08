"""The pages of returns, and of how a warehouse takes goods in."""

import pytest
from litestar import Litestar

from server.inbound import queries
from tests import given
from tests.handlers.browsers import signed_in
from tests.inbound import trade
from tests.inbound.test_returning import received, shipped


async def test_a_customer_return_is_written_from_its_shipment(app: Litestar) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice, keeper = await shipped(CUP=3), await signed_in(app, "storekeeper")
    path = f"/inbound/shipments/{notice}/return"
    found = await queries.shipped(notice)
    assert found is not None
    field = f"back.{found.lines[0].line}"

    page = await keeper.get(path)
    too_much = await keeper.post(path, data={field: "4", "reason": "坏了"})
    made = await keeper.post(path, data={field: "2", "reason": "坏了"})

    assert "CUP" in page.text
    assert (too_much.status_code, made.status_code) == (422, 303)
    assert "More than may go back" in too_much.text
    assert "RT-" in (await keeper.get(made.headers["location"])).text


async def test_goods_go_back_to_their_supplier(app: Litestar) -> None:
    _, receipt = await received()
    buyer, keeper = await signed_in(app, "buyer"), await signed_in(app, "storekeeper")
    line = (await queries.receipt_lines([receipt]))[receipt][0].line.id
    path = f"/inbound/receipts/{receipt}/return"

    form = await buyer.get(path)
    wrong = await buyer.post(path, data={f"back.{line}": "many", "reason": "坏了"})
    made = await buyer.post(path, data={f"back.{line}": "4", "reason": "坏了"})
    back = made.headers["location"].split("?")[0]
    sent = await keeper.post(f"{back}/sending")
    again = await keeper.post(f"{back}/sending")

    assert "CUP" in form.text
    assert (wrong.status_code, made.status_code, sent.status_code, again.status_code) == (422, 303, 303, 422)
    assert "It is closed" in again.text
    assert "Sent off" in (await buyer.get(back)).text
    assert "SR-" in (await buyer.get("/inbound/returns?state=shipped")).text
    assert await given.on_hand("CUP", at="A-01") == "6"


async def test_a_return_may_be_kept(app: Litestar) -> None:
    _, receipt = await received()
    buyer = await signed_in(app, "buyer")
    line = (await queries.receipt_lines([receipt]))[receipt][0].line.id
    made = await buyer.post(
        f"/inbound/receipts/{receipt}/return", data={f"back.{line}": "4", "reason": "坏了"}
    )
    back = made.headers["location"].split("?")[0]

    kept = await buyer.post(f"{back}/keeping", data={"reason": "赔付"})

    assert kept.status_code == 303
    assert "赔付" in (await buyer.get(back)).text


async def test_how_goods_are_taken_in_is_arranged(app: Litestar) -> None:
    house, reject = await given.warehouse(), await given.location("DOCK-X", kind="dock")
    cup = await given.item("CUP")
    boss = await signed_in(app, "supervisor")
    path = f"/inbound/settings/{house}"

    saved = await boss.post(path, data={"tolerance": "5", "reject": str(reject), "puts_away": "on"})
    wrong = await boss.post(path, data={"tolerance": "plenty"})
    ruled = await boss.post(f"{path}/items", data={"item": "CUP", "is_inspected": "on"})
    lost = await boss.post(f"{path}/items", data={"item": "NOBODY", "is_inspected": "on"})

    assert (saved.status_code, wrong.status_code, ruled.status_code, lost.status_code) == (303, 422, 303, 422)
    assert (await queries.settings_of([house]))[house] == queries.Setting(500, True, reject)
    assert (await queries.rules_of([cup]))[cup, house] == queries.Rule(True)
    assert 'value="5"' in (await boss.get("/inbound/settings")).text


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("storekeeper", "/inbound/settings"),
        ("storekeeper", "/inbound/returns"),
        ("salesperson", "/inbound/returns"),
        ("buyer", "/inbound/settings"),
    ],
)
async def test_who_may_not_is_refused(app: Litestar, role: str, path: str) -> None:
    browser = await signed_in(app, role)

    assert (await browser.get(path)).status_code == 403


async def test_another_warehouse_is_not_reached(app: Litestar) -> None:
    _, receipt = await received()
    stranger = await signed_in(app, "buyer", name="east", warehouses=("EAST",))
    boss = await signed_in(app, "supervisor", name="boss-east", warehouses=("EAST",))

    assert (await stranger.get(f"/inbound/receipts/{receipt}/return")).status_code == 404
    assert (await boss.post(f"/inbound/settings/{await given.warehouse()}", data={})).status_code == 404
    assert await trade.state(receipt) == "done"
