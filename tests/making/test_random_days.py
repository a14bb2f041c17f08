"""Random days of a workshop: whatever happens, nothing is lost, doubled or worth more than it cost."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from server import db, quantity
from server.db import Statement, execute, fetch, writing
from server.finance import costing
from server.making import following, queries, work, working
from server.stock.ledger import Origin
from server.sync import producing
from tests import given
from tests.making import shop

pytestmark = pytest.mark.database

PARTS = {"CUP": "2", "TIN": "1", "CARTON": "0.25"}
_NEGATIVE = Statement(
    "SELECT count(*) FROM balance b JOIN location l ON l.id = b.location"
    " WHERE b.on_hand < 0 AND l.kind IN ('bin', 'dock', 'tote', 'carton')"
)
_RESERVED = Statement(
    "SELECT document, line, item, warehouse, quantity FROM reservation ORDER BY document, line"
)
_FIGURES = Statement(
    "SELECT work, item, is_made, issued, quantity, allowed FROM work_line ORDER BY work, item"
)
_STATES = Statement("SELECT id, state, done FROM work_order ORDER BY id")
_EXPECTED = Statement("SELECT document, line, quantity FROM expected_goods ORDER BY document, line")
_STOCK = Statement(
    "SELECT item, location, lot, on_hand, debt FROM balance WHERE on_hand <> 0 OR debt <> 0 ORDER BY 1, 2, 3"
)
_WORTH = Statement("SELECT item, quantity, value, average, variance FROM item_worth ORDER BY item")
_MOVED_VALUE = Statement(
    "SELECT item, sum(CASE WHEN quantity > 0 THEN cost ELSE -cost END) FROM cost_entry GROUP BY item"
)
_FORGET = Statement("DELETE FROM cost_head")


async def keep_the_law() -> None:
    """What must hold after every step."""
    assert (await fetch(_NEGATIVE))[0][0] == 0
    kept = {(row[0], row[1]): row[4] for row in await fetch(_RESERVED)}
    assert all(much >= 0 for much in kept.values())
    for (document, line), much in kept.items():
        one = await shop.one(work.number_of(document))
        (each,) = [each for each in await queries.shown_lines(one.id) if each.line.id == line]
        assert much <= work.still_reserved(one.state, each.line), "more is kept than is still to be taken"


class Day:
    """What people do on one day, drawn by lot."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.orders: list[int] = []
        self.done: list[str] = []

    async def begin(self) -> None:
        await given.item("CARTON", unit="箱", scale=2)
        await shop.compose("BOX", PARTS)
        self.pda = await given.pda()
        for code in PARTS:
            await shop.bought(code, str(self.chance.randint(5, 30)), f"{self.chance.randint(1, 900)}.37")
        await self.plan()

    async def go_on(self) -> None:
        acts: tuple[Callable[[], Any], ...] = (
            self.plan, self.take, self.take, self.take, self.bring, self.bring, self.bring, self.give_back,
            self.undo, self.undo, self.buy, self.cancel, self.finish, self.reverse, self.allow, self.reserve,
        )  # fmt: skip
        await self.chance.choice(acts)()

    async def plan(self) -> None:
        kind = self.chance.choice(("assembly", "assembly", "backflush", "disassembly"))
        more: dict[str, Any] = {"is_backflush": True, "place": "A-01"} if kind == "backflush" else {}
        self.orders.append(
            await shop.order(
                "assembly" if kind == "backflush" else kind, str(self.chance.randint(1, 6)), "BOX", **more
            )
        )

    async def take(self) -> None:
        code = self.chance.choice((*PARTS, "BOX"))
        verdict = await shop.report(
            self.pda, "take", code, str(self.chance.randint(1, 4)), self.any(), at=self.place_of(code)
        )
        self.done.append(verdict.id)

    async def bring(self) -> None:
        code = self.chance.choice(("BOX", "BOX", "BOX", *PARTS))
        much = str(self.chance.randint(1, 3))
        verdict = await shop.report(self.pda, "bring", code, much, self.any(), at=self.place_of(code))
        self.done.append(verdict.id)

    async def give_back(self) -> None:
        one = self.any()
        for item, place, lot, serial, much in await queries.left_over(one):
            goods = producing.Goods(
                item=item,
                location=place,
                lot=lot,
                serial=serial,
                quantity=self.chance.choice((much, quantity.SCALE)),
            )
            await producing.give_back(one, [goods], await given.location("A-01"), by=await given.person())
            break

    async def undo(self) -> None:
        if self.done:
            await self.pda.report("op.undo@1", operation=self.done.pop(self.chance.randrange(len(self.done))))

    async def buy(self) -> None:
        await shop.bought(self.chance.choice(tuple(PARTS)), "3", f"{self.chance.randint(1, 900)}.11")

    async def cancel(self) -> None:
        await working.cancel(self.any(), "不做了", by=1)

    async def finish(self) -> None:
        await working.finish(self.any(), "到此为止", by=1)

    async def reverse(self) -> None:
        await producing.reverse(self.any(), "做错了", by=1)

    async def reserve(self) -> None:
        await working.reserve(self.any(), by=1)

    async def allow(self) -> None:
        one = self.any()
        for each in await queries.shown_lines(one):
            if each.line.excess:
                await working.allow(one, each.line.id, "坏了", by=1)

    def any(self) -> int:
        return self.chance.choice(self.orders)

    def place_of(self, code: str) -> str:
        return "B-01" if code == "BOX" else "A-01"


@pytest.mark.parametrize("seed", range(4))
async def test_a_random_day_keeps_the_law(database: db.Database, seed: int) -> None:
    day = Day(seed)
    await day.begin()

    for step in range(30):
        await day.go_on()
        await keep_the_law()
        if step % 4 == 0:
            await costing.catch_up()

    assert await shop.sound() == []
    await _working_it_out_again_changes_nothing(day.orders)
    await _values_add_up()


async def _working_it_out_again_changes_nothing(orders: list[int]) -> None:
    before = await _figures()
    await following.refresh({one: Origin() for one in orders})
    assert await _figures() == before


async def _figures() -> list[tuple[Any, ...]]:
    return [
        tuple(row)
        for statement in (_FIGURES, _STATES, _RESERVED, _EXPECTED)
        for row in await fetch(statement)
    ]


async def _values_add_up() -> None:
    """What is there is worth what came less what left; valued in one go it is the same."""
    await costing.catch_up()
    moved = {row[0]: int(row[1]) for row in await fetch(_MOVED_VALUE)}
    live = [tuple(row) for row in await fetch(_WORTH)]
    for item, much, value, _, variance in live:
        assert value == moved.get(item, 0) + variance
        assert value >= 0 and (value == 0 or much > 0)
    async with writing():
        await execute(_FORGET)
    await costing.catch_up()
    assert [tuple(row) for row in await fetch(_WORTH)] == live


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_arrival_leaves_the_same(make_database: Any, seed: int) -> None:
    """The scans of three people for one order, shuffled: the order, its promises and all stock read the same."""
    ends = []
    for turn in range(3):
        with make_database() as url:
            ends.append(asyncio.run(_in_a_house_of_its_own(url, seed, turn)))

    assert ends[0] == ends[1] == ends[2]


async def _in_a_house_of_its_own(url: str, seed: int, turn: int) -> list[tuple[Any, ...]]:
    await db.open_database(url)
    try:
        return await _shuffled(seed, turn)
    finally:
        await db.close_database()


async def _shuffled(seed: int, turn: int) -> list[tuple[Any, ...]]:
    await given.item("CARTON", unit="箱", scale=2)
    await shop.compose("BOX", PARTS)
    await shop.stocked({"CUP": 20, "TIN": 10, "CARTON": 2})
    orders = [await shop.order(much="6"), await shop.order(much="6", is_backflush=True, place="A-01")]
    pda = await given.pda()
    chance = random.Random(seed)
    scans = [
        (
            chance.choice(("take", "bring", "return")),
            chance.choice(("CUP", "TIN")),
            chance.randint(1, 3),
            place,
        )
        for place in range(10)
    ]
    undone = set(chance.sample(range(10), 3))
    random.Random(turn).shuffle(scans)
    for kind, code, much, place in scans:
        which = "BOX" if kind == "bring" else code
        verdict = await shop.report(pda, kind, which, str(much), orders[place % 2])
        if place in undone:
            await pda.report("op.undo@1", operation=verdict.id)
    found: list[tuple[Any, ...]] = [tuple(row) for row in await fetch(_STOCK)]
    return found + await _figures()
