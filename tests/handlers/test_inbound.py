"""The pages of receipts, checks and putting away."""

import httpx
import pytest
from litestar import Litestar

from server.inbound import queries
from tests import given
from tests.handlers.browsers import signed_in
from tests.inbound import trade


@pytest.fixture
async def keeper(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "storekeeper")


async def receipt(ordered: dict[str, int], **terms: bool) -> queries.Receipt:
    """What an order makes the warehouse expect."""
    partner = await trade.supplier(**terms)  # type: ignore[arg-type]  # only flags are passed here
    return await trade.receipt_of(await trade.order(ordered, partner=partner))


def path_of(one: queries.Receipt) -> str:
    return f"/inbound/receipts/{one.id}"


async def test_goods_are_received_and_put_away_at_the_desk(keeper: httpx.AsyncClient) -> None:
    one = await receipt({"CUP": 10})
    dock, bin_id = await given.location("DOCK", kind="dock"), await given.location("A-01")
    cup = await given.item("CUP")

    received = await keeper.post(
        f"{path_of(one)}/arrivals",
        data={"dock": str(dock), "arrivals.0.item": "CUP", "arrivals.0.quantity": "10"},
    )
    page = (await keeper.get(path_of(one))).text
    put_away = await keeper.post(
        f"{path_of(one)}/putaway",
        data={
            "moves.0.source": str(dock),
            "moves.0.item": str(cup),
            "moves.0.quantity": "10",
            "moves.0.bin": "a-01",
        },
    )

    assert (received.status_code, put_away.status_code) == (303, 303)
    assert 'value="A-01"' in page and "nearest empty bin" in page
    assert await trade.state(one.id) == "done"
    assert bin_id and await given.on_hand("CUP", at="A-01") == "10"


async def test_a_lot_must_be_named_at_the_desk(keeper: httpx.AsyncClient) -> None:
    await given.item("MILK", has_lots=True)
    one, dock = await receipt({"MILK": 10}), await given.location("DOCK", kind="dock")

    answer = await keeper.post(
        f"{path_of(one)}/arrivals",
        data={"dock": str(dock), "arrivals.0.item": "MILK", "arrivals.0.quantity": "10"},
    )

    assert answer.status_code == 422
    assert "Give the lot" in answer.text
    assert await trade.state(one.id) == "expected"


@pytest.mark.parametrize(
    "typed", [{"moves.0.bin": "NOWHERE"}, {"moves.0.quantity": "11"}, {"moves.0.source": "x"}]
)
async def test_a_put_away_that_cannot_be_is_refused(keeper: httpx.AsyncClient, typed: dict[str, str]) -> None:
    one, dock, cup = (
        await receipt({"CUP": 10}),
        await given.location("DOCK", kind="dock"),
        await given.item("CUP"),
    )
    await given.location("A-01")
    await trade.arrive(await given.pda("receiver"), "CUP", 10, one.document)
    fields = {
        "moves.0.source": str(dock),
        "moves.0.item": str(cup),
        "moves.0.quantity": "10",
        "moves.0.bin": "A-01",
    }

    answer = await keeper.post(f"{path_of(one)}/putaway", data=fields | typed)

    assert answer.status_code == 422
    assert await given.on_hand("CUP", at="DOCK") == "10"


async def test_a_receipt_without_an_order_goes_from_draft_to_the_floor(keeper: httpx.AsyncClient) -> None:
    await given.item("CUP")
    fields = {
        "kind": "other",
        "warehouse": str(await given.warehouse()),
        "lines.0.item": "CUP",
        "lines.0.quantity": "3",
    }

    added = await keeper.post("/inbound/receipts", data=fields)
    path = added.headers["location"].split("?")[0]
    handed = await keeper.post(f"{path}/expectation")

    assert (added.status_code, handed.status_code) == (303, 303)
    assert await trade.state(1) == "expected"
    assert "RC-" in (await keeper.get("/inbound/receipts?state=expected")).text


async def test_what_came_too_much_is_shown_and_sent_back(keeper: httpx.AsyncClient) -> None:
    one = await receipt({"CUP": 10})
    await trade.arrive(await given.pda("receiver"), "CUP", 12, one.document)
    line = (await queries.receipt_lines([one.id]))[one.id][0].line.id

    page = (await keeper.get(path_of(one))).text
    answer = await keeper.post(f"{path_of(one)}/excess/{line}/sending-back")

    assert "2 too many" in page and "Keep them" not in page
    assert answer.status_code == 303
    assert await given.on_hand("CUP", at="DOCK") == "10"


async def test_what_came_too_much_is_told_among_the_incidents(app: Litestar) -> None:
    one, boss = await receipt({"CUP": 10}), await signed_in(app, "supervisor")
    pda = await given.pda("receiver")
    await trade.arrive(pda, "CUP", 12, one.document)
    await trade.arrive(pda, "CUP", 1, one.document)

    page = (await boss.get("/stock/incidents")).text

    assert f"Too many: 3 of CUP on {one.number}" in page


async def test_a_buyer_keeps_what_came_too_much(app: Litestar) -> None:
    one, buyer = await receipt({"CUP": 10}), await signed_in(app, "buyer")
    await trade.arrive(await given.pda("receiver"), "CUP", 12, one.document)
    line = (await queries.receipt_lines([one.id]))[one.id][0].line.id

    answer = await buyer.post(f"{path_of(one)}/excess/{line}/taking")
    twice = await buyer.post(f"{path_of(one)}/excess/{line}/taking")

    assert answer.status_code == 303
    assert await trade.figures(one.id) == [("CUP", "10", "12", "0", "0")]
    assert twice.status_code == 422
    assert f'action="{path_of(one)}/excess/{line}/taking"' in twice.text, (
        "the refusal stands by the same step"
    )


async def test_a_check_is_decided_by_who_may(app: Litestar, keeper: httpx.AsyncClient) -> None:
    one, boss = await receipt({"CUP": 10}, is_inspected=True), await signed_in(app, "supervisor")
    await trade.arrive(await given.pda("receiver"), "CUP", 10, one.document)
    (check,) = await queries.open_inspections(None)
    path = f"/inbound/inspections/{check.id}/judgement"

    refused = await keeper.post(path, data={"result": "good", "quantity": "10"})
    wrong = await boss.post(path, data={"result": "rejected", "quantity": "10"})
    decided = await boss.post(path, data={"result": "good", "quantity": "10"})

    assert (refused.status_code, wrong.status_code, decided.status_code) == (403, 422, 303)
    assert "Say why" in wrong.text
    assert await trade.state(one.id) == "putaway"
    assert "Nothing waits" in (await boss.get("/inbound/inspections")).text


async def test_a_lot_is_frozen_and_released_in_one_act(app: Litestar) -> None:
    await given.stock("MILK", 4, at="A-01", lot="L1")
    boss, item = await signed_in(app, "supervisor"), await given.item("MILK")
    path = f"/inbound/lots/{item}/holding"

    silent = await boss.post(path, data={"lot": "L1", "held": "on"})
    frozen = await boss.post(path, data={"lot": "L1", "held": "on", "reason": "召回"})
    released = await boss.post(path, data={"lot": "L1", "reason": "复检合格"})

    assert (silent.status_code, frozen.status_code, released.status_code) == (422, 303, 303)


async def test_a_delivery_is_completed_and_the_rest_comes_later(keeper: httpx.AsyncClient) -> None:
    one = await receipt({"CUP": 10})
    await trade.arrive(await given.pda("receiver"), "CUP", 4, one.document, at="A-01")

    answer = await keeper.post(f"{path_of(one)}/completion")

    assert answer.status_code == 303
    assert await trade.state(one.id) == "partly_closed"
    assert [much for _, _, much in await trade.expected()] == ["6"]


async def test_a_receipt_is_taken_back_by_who_decides(app: Litestar, keeper: httpx.AsyncClient) -> None:
    one, boss = await receipt({"CUP": 10}), await signed_in(app, "supervisor")
    await trade.arrive(await given.pda("receiver"), "CUP", 10, one.document)

    refused = await keeper.post(f"{path_of(one)}/reversal", data={"reason": "错"})
    answer = await boss.post(f"{path_of(one)}/reversal", data={"reason": "收错货"})

    assert (refused.status_code, answer.status_code) == (403, 303)
    assert await trade.state(one.id) == "reversed"
    assert "收错货" in (await boss.get(path_of(one))).text


async def test_a_cancelled_purchase_receipt_names_the_order(keeper: httpx.AsyncClient) -> None:
    one = await receipt({"CUP": 10})

    answer = await keeper.post(f"{path_of(one)}/cancellation")

    assert answer.status_code == 422
    assert "purchase order" in answer.text


@pytest.mark.parametrize("path", ["", "/arrivals", "/putaway", "/completion"])
async def test_a_receipt_of_another_warehouse_is_not_there(app: Litestar, path: str) -> None:
    one = await receipt({"CUP": 10})
    stranger = await signed_in(app, "storekeeper", name="east", warehouses=("EAST",))

    answer = await stranger.request("POST" if path else "GET", path_of(one) + path)

    assert answer.status_code == 404
    assert one.number not in (await stranger.get("/inbound/receipts")).text


async def test_a_salesperson_sees_no_receipts(app: Litestar) -> None:
    browser = await signed_in(app, "salesperson")

    assert (await browser.get("/inbound/receipts")).status_code == 403
    assert (await browser.get("/inbound/inspections")).status_code == 403
