"""The same goods taken by two: the younger promise looks again, both orders are named, and it settles by itself."""

from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from server import clock, db
from server.db import Statement, fetch
from server.outbound import doubt, surveying
from server.outbound.doubt import Taking
from server.sync import dispatching, performing, wire
from server.sync.performing import Act
from tests import given
from tests.handlers.browsers import signed_in
from tests.outbound.floor import pick, picker, released, shown, standing, steps, tote
from tests.outbound.orders import ADA

pytestmark = pytest.mark.database

_OPEN = Statement(
    "SELECT kind, body FROM incident WHERE closed_at IS NULL AND kind IN ('to_verify', 'shortage')"
)


async def open_cards() -> list[tuple[str, dict[str, Any]]]:
    return [(row[0], msgspec.json.decode(row[1])) for row in await fetch(_OPEN)]


async def verify_tasks() -> list[dict[str, Any]]:
    return [body for body in (await shown("task")).values() if body["kind"] == "verify"]


async def taken_twice(*, younger_first: bool = False) -> tuple[int, int]:
    """Two orders of three cups each are promised; then one bin that holds only three is emptied twice."""
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 3, at="A-01")
    await given.stock("CUP", 3, at="B-01")
    older, younger = await released(CUP=3), await released(CUP=3)
    for notice in (younger, older) if younger_first else (older, younger):
        await pick(notice, CUP=3, at="A-01", into=f"T-{notice}", by=await picker(f"picker-{notice}"))
    return older, younger


def test_the_last_promise_is_doubted_first() -> None:
    takings = [Taking(1, 7, 3, False), Taking(2, 8, 2, False), Taking(3, 9, 2, False)]

    assert doubt.doubted(3, takings) == {9: 2, 8: 1}
    assert doubt.keeper(9, takings) == 7


def test_who_has_looked_is_sure_and_who_is_alone_is_not_doubted() -> None:
    assert doubt.doubted(3, [Taking(1, 7, 3, False), Taking(2, 8, 3, True)]) == {7: 3}
    assert doubt.doubted(3, [Taking(1, 7, 3, False)]) == {}


@pytest.mark.parametrize("younger_first", [False, True])
async def test_the_older_order_keeps_its_goods_whoever_came_first(
    database: db.Database, younger_first: bool
) -> None:
    older, younger = await taken_twice(younger_first=younger_first)

    (task,) = await verify_tasks()
    ((kind, card),) = await open_cards()
    assert (kind, task["document"], task["quantity"]) == ("to_verify", f"sn-{younger}", "3")
    assert (card["order"], card["other"]["order"]) == (
        (await standing(younger)).order_number,
        (await standing(older)).order_number,
    )
    assert task["people"] == [f"u-{await picker(f'picker-{younger}')}"]


async def test_what_is_doubted_does_not_leave_the_other_does(database: db.Database) -> None:
    from server.outbound.releasing import Done, NotNow

    older, younger = await taken_twice()

    assert await dispatching.ship(younger, "", "", today=clock.today(), by=ADA) == NotNow(("to_verify",))
    assert await dispatching.ship(older, "", "", today=clock.today(), by=ADA) == Done(older, "shipped")


async def test_a_look_into_the_tote_passes_the_doubt_on(database: db.Database) -> None:
    older, younger = await taken_twice()
    basket = await tote(f"T-{younger}")

    seen = wire.Carton(carton=f"l-{basket}", document=f"sn-{younger}")
    await performing.perform([Act("stock.check@1", seen)], by=await picker(f"picker-{younger}"))

    assert [task["document"] for task in await verify_tasks()] == [f"sn-{older}"]


async def test_what_has_left_was_there_so_the_other_is_doubted(database: db.Database) -> None:
    older, younger = await taken_twice()
    basket = await tote(f"T-{younger}")

    left = wire.Carton(carton=f"l-{basket}", document=f"sn-{younger}")
    await performing.perform([Act("stock.ship@1", left)], by=await picker("li"))

    assert [task["document"] for task in await verify_tasks()] == [f"sn-{older}"]


async def test_a_count_that_explains_it_settles_the_doubt(database: db.Database) -> None:
    await taken_twice()

    await given.stock("CUP", 3, at="A-01")

    assert (await verify_tasks(), await open_cards()) == ([], [])


async def test_a_shortage_names_who_took_it(database: db.Database) -> None:
    await given.stock("CUP", 3, at="A-01")
    loser = await released(CUP=3)
    await given.stock("PEN", 1, at="B-01")
    winner = await released(PEN=1)

    await pick(winner, CUP=3, at="A-01")

    ((kind, card),) = await open_cards()
    assert kind == "shortage"
    assert card["order"] == (await standing(loser)).order_number
    assert card["other"]["order"] == (await standing(winner)).order_number


async def test_both_orders_are_on_the_card_at_the_desk(app: Litestar) -> None:
    older, younger = await taken_twice()
    boss: httpx.AsyncClient = await signed_in(app, "supervisor")

    page = await boss.get("/stock/incidents")

    for one in await surveying.notices([older, younger]):
        assert one.order_number in page.text
