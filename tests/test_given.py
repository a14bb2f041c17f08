"""The words that tests build their worlds with mean what they say."""

import httpx

from server import db
from tests import given


async def test_stock_that_is_given_lies_where_it_was_put(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    await given.stock("CUP", "3", at="A-01")
    await given.stock("MILK", 4, at="A-02", lot="L1", expiry="2030-01-31")

    assert await given.on_hand("CUP", at="A-01") == "13"
    assert await given.on_hand("MILK", at="A-02", lot="L1") == "4"
    assert await given.on_hand("CUP", at="A-02") == "0"


async def test_a_device_that_is_given_moves_stock_over_http(client: httpx.AsyncClient) -> None:
    await given.stock("CUP", 10, at="A-01")
    pda = await given.pda("wang")
    item, source, target = await given.item("CUP"), await given.location("A-01"), await given.location("A-02")
    move = {"item": f"i-{item}", "quantity": "4", "source": f"l-{source}", "target": f"l-{target}"}

    body = pda.batch(pda.operation("stock.move@1", move))
    answer = await client.post("/sync/push", content=body, headers=pda.headers)

    assert answer.json()["verdicts"][0]["outcome"] == "applied"
    assert await given.on_hand("CUP", at="A-01") == "6"
    assert await given.on_hand("CUP", at="A-02") == "4"
