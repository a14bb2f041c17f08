"""What is printed: the right figures, every copy counted, prices only for those who may see them."""

import httpx
import pytest
from litestar import Litestar

from server.crm import queries
from server.outbound import surveying
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.floor import noticed, pick, released, standing, steps
from tests.outbound.orders import customer, ordered


@pytest.fixture
async def boss(app: Litestar) -> httpx.AsyncClient:
    return await signed_in(app, "supervisor")


async def sent() -> int:
    """Three cups have been picked straight for a customer."""
    await given.stock("CUP", 10, at="A-01", lot="L-7", expiry="2027-05-01")
    await steps(packs=False, checkers=0)
    notice = await released(CUP=3)
    await pick(notice, at="A-01", CUP=3, lot="L-7")
    return notice


async def test_a_delivery_note_tells_quantities_lots_and_the_amount_in_words(
    app: Litestar, boss: httpx.AsyncClient
) -> None:
    notice = await sent()
    one = await surveying.notice(notice)
    assert one is not None
    seller = await signed_in(app, "salesperson")
    await seller.post("/language", data={"language": "zh"})

    page = await seller.get(f"/outbound/notices/{notice}/delivery-note")

    note = await queries.delivery_note(one)
    assert [(row.code, row.quantity) for row in note.rows] == [("CUP", 3_000)]
    assert [(mark.text, mark.expiry, mark.quantity) for mark in note.rows[0].marks] == [
        ("L-7", "2027-05-01", 3_000)
    ]
    assert note.total == sum(row.amount for row in note.rows)
    assert one.number in page.text
    assert "大写" in page.text


async def test_every_copy_has_its_number(boss: httpx.AsyncClient) -> None:
    notice = await sent()
    path = f"/outbound/notices/{notice}/delivery-note"

    first = await boss.post(path)
    second = await boss.post(path)
    page = await boss.get(second.headers["location"])

    assert [answer.headers["location"][-6:] for answer in (first, second)] == ["copy=1", "copy=2"]
    assert "Copy 2" in page.text
    assert "print_now.js" in page.text
    assert "print_now.js" not in (await boss.get(f"{path}?copy=9")).text, (
        "a copy that was never printed is none"
    )


async def test_who_may_not_see_prices_prints_none(app: Litestar) -> None:
    notice = await sent()
    keeper = await signed_in(app, "storekeeper")

    page = await keeper.get(f"/outbound/notices/{notice}/delivery-note")

    assert page.status_code == 200
    assert "Amount" not in page.text


async def test_a_pick_list_follows_the_walk(boss: httpx.AsyncClient) -> None:
    await given.stock("CUP", 2, at="A-01")
    await given.stock("BOWL", 2, at="A-02")
    notice = await noticed((await ordered(BOWL=1, CUP=1)).id)

    page = await boss.get(f"/outbound/notices/{notice}/pick-list")

    assert page.text.index("A-01") < page.text.index("A-02")
    assert (await standing(notice)).number in page.text


async def test_another_warehouse_and_strangers_see_no_paper(app: Litestar) -> None:
    notice = await sent()
    await given.warehouse("EAST")
    stranger = await signed_in(app, "supervisor", name="east", warehouses=("EAST",))

    for path in (f"/outbound/notices/{notice}/delivery-note", f"/outbound/notices/{notice}/pick-list"):
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.post(path)).status_code == 404
    assert (await stranger.get("/inbound/receipts/99999/sheet")).status_code == 404
    assert (await stranger.post("/inbound/receipts/99999/sheet")).status_code == 404


async def test_a_statement_is_printed_by_its_period(boss: httpx.AsyncClient) -> None:
    await sent()
    path = f"/crm/customers/{await customer()}/statement/paper"

    first = await boss.post(path, data={"since": "2026-11-01", "until": "2026-11-30"})
    other = await boss.post(path, data={"since": "2026-10-01", "until": "2026-10-31"})

    assert "copy=1" in first.headers["location"]
    assert "copy=1" in other.headers["location"], "another period is another paper"
    page = await boss.get(first.headers["location"])
    assert "2026-11-01 – 2026-11-30" in page.text
