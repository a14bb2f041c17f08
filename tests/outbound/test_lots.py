"""A lot that is held while the floor is at work: nobody is sent for it, it does not leave, another one is proposed."""

from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from server import clock, db
from server.db import Statement, fetch
from server.inbound import inspecting
from server.outbound import releasing
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow
from server.sync import dispatching, performing, wire
from server.sync.performing import Act
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.floor import picker, released, shown, standing, steps, tote
from tests.outbound.orders import ADA

pytestmark = pytest.mark.database

_BLOCKED = Statement("SELECT body FROM incident WHERE kind = 'lot_blocked' AND closed_at IS NULL")


async def milk(*, picked: bool) -> int:
    """Three boxes of milk are to be sent, of the lot that expires first; there is another."""
    await steps(packs=False, checkers=0)
    await given.item("MILK", has_lots=True, has_expiry=True)
    await given.stock("MILK", 5, at="A-01", lot="L1", expiry="2027-01-31")
    await given.stock("MILK", 5, at="B-01", lot="L2", expiry="2027-06-30")
    notice = await released(MILK=3)
    if picked:
        await dispatching.pick(notice, await tote(), by=By(await picker()))
    return notice


async def hold(lot: str, *, is_held: bool = True) -> None:
    await inspecting.hold(await given.item("MILK"), lot, "投诉", is_held=is_held, by=1)


async def open_picks() -> list[tuple[str, str]]:
    rows = (await shown("pick")).values()
    return sorted((row["lot"], row["quantity"]) for row in rows if row["state"] == "open")


async def blocked() -> list[dict[str, Any]]:
    return [msgspec.json.decode(row[0]) for row in await fetch(_BLOCKED)]


async def ship(notice: int) -> object:
    return await dispatching.ship(notice, "", "", today=clock.today(), by=ADA)


async def test_nobody_is_sent_for_a_lot_that_is_held(database: db.Database) -> None:
    await milk(picked=False)
    assert await open_picks() == [("L1", "3")]

    await hold("L1")

    assert await open_picks() == [("L2", "3")]


async def test_what_was_picked_of_it_stays_and_another_lot_is_proposed(database: db.Database) -> None:
    notice = await milk(picked=True)

    await hold("L1")

    (card,) = await blocked()
    assert card["lots"] == [{"item": f"i-{await given.item('MILK')}", "lot": "L1", "quantity": "3"}]
    assert [(one["lot"], one["quantity"]) for one in card["instead"]] == [("L2", "3")]
    assert (await standing(notice)).state == "picked"
    assert await ship(notice) == NotNow(("lot_held",))


async def test_a_lot_that_is_good_again_leaves(database: db.Database) -> None:
    notice = await milk(picked=True)
    await hold("L1")

    await hold("L1", is_held=False)

    assert await blocked() == []
    assert await ship(notice) == Done(notice, "shipped")


async def test_replacing_it_brings_it_back_and_the_other_to_the_customer(database: db.Database) -> None:
    notice = await milk(picked=True)
    await hold("L1")

    assert await releasing.replace(notice, by=ADA) == Done(notice, "picked")
    (task,) = [body for body in (await shown("task")).values() if body["kind"] == "put_back"]
    assert task["reason"] == "lot_blocked"
    (take,) = task["takes"]
    back = wire.Move(item=take["item"], quantity=take["quantity"], source=take["source"], target=take["target"],
                     lot=take["lot"], document=f"sn-{notice}")  # fmt: skip
    await performing.perform([Act("stock.move@1", back)], by=await picker())

    assert await open_picks() == [("L2", "3")]
    await dispatching.pick(notice, await tote(), by=By(await picker()))
    assert await ship(notice) == Done(notice, "shipped")
    assert await given.on_hand("MILK", at="A-01", lot="L1") == "5"


async def test_there_is_nothing_to_replace_while_all_lots_are_good(database: db.Database) -> None:
    notice = await milk(picked=True)

    assert await releasing.replace(notice, by=ADA) == NotNow(("state",))


async def test_the_page_proposes_it_to_who_may_release(app: Litestar) -> None:
    notice = await milk(picked=True)
    await hold("L1")
    boss: httpx.AsyncClient = await signed_in(app, "supervisor")
    keeper: httpx.AsyncClient = await signed_in(app, "storekeeper")

    page = await boss.get(f"/outbound/notices/{notice}")

    assert "B-01" in page.text and "/replacement" in page.text
    assert "/replacement" not in (await keeper.get(f"/outbound/notices/{notice}")).text
    assert (await keeper.post(f"/outbound/notices/{notice}/replacement")).status_code == 403
    assert (await boss.post(f"/outbound/notices/{notice}/replacement")).status_code == 303
    assert "L1" in (await boss.get(f"/outbound/notices/{notice}")).text
