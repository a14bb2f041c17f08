"""Random days on the floor: whatever happens in whatever order, nothing is lost, doubled or promised twice."""

import asyncio
import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import pytest

from server import db
from server.db import Statement, fetch
from server.outbound import following, ordering, packing, queries, releasing, surveying
from server.outbound.order import Head
from server.outbound.ordering import By
from server.stock import verifying
from server.stock.ledger import Origin
from server.sync import dispatching
from tests import given
from tests.outbound.floor import noticed, pick, picker, put_back, steps, tote
from tests.outbound.orders import ADA, customer, draft, line

pytestmark = pytest.mark.database

ITEMS, BINS = ("CUP", "BOX", "PEN"), ("A-01", "A-02", "B-01")
TODAY = dt.date(2026, 11, 24)

_OVER_RESERVED = Statement(
    "SELECT i.code, coalesce((SELECT sum(r.quantity) FROM reservation r WHERE r.item = i.id), 0) AS reserved,"
    " coalesce((SELECT sum(a.quantity - a.picked) FROM allocation a WHERE a.item = i.id AND a.state = 'open'), 0)"
    " AS pinned FROM item i"
)
_LINES = Statement("SELECT picked, packed, shipped, short, quantity FROM shipment_notice_line")
_BELOW = Statement("SELECT count(*) FROM reservation WHERE quantity < 0")
_ZERO = Statement(
    "SELECT item, sum(change) FROM (SELECT item, quantity AS change FROM movement"
    " UNION ALL SELECT item, -quantity FROM movement) x GROUP BY item HAVING sum(change) <> 0"
)
_SUMS = Statement("SELECT item, sum(on_hand) FROM balance GROUP BY item")
_NEGATIVE = Statement(
    "SELECT count(*) FROM balance b JOIN location l ON l.id = b.location"
    " WHERE b.on_hand < 0 AND l.kind IN ('bin', 'dock', 'tote', 'carton')"
)


def _of(code: str, amount: int) -> dict[str, Any]:
    return {code: amount}


async def keep_the_law() -> None:
    """What must hold after every step."""
    assert (await fetch(_NEGATIVE))[0][0] == 0
    assert (await fetch(_BELOW))[0][0] == 0
    for row in await fetch(_OVER_RESERVED):
        assert 0 <= row["pinned"] <= row["reserved"], dict(row)
    for row in await fetch(_LINES):
        assert 0 <= row["shipped"] <= row["packed"] <= row["picked"], dict(row)
    assert list(await fetch(_ZERO)) == []
    assert all(row[1] == 0 for row in await fetch(_SUMS)), "an item's sum over all places"


class Day:
    """What people do on one day, drawn by lot."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.notices: list[int] = []
        self.orders: list[int] = []

    async def begin(self) -> None:
        await customer(is_blocked=False)
        await tote()
        await steps(packs=self.chance.random() < 0.7, checkers=self.chance.choice((0, 1)))
        for code in ITEMS:
            for place in self.chance.sample(BINS, 2):
                await given.stock(code, self.chance.randint(1, 9), at=place)

    async def go_on(self) -> None:
        acts = (self.order, self.release, self.pick, self.pick, self.finish, self.put_back, self.cancel,
                self.close_short, self.pack, self.ship, self.steal, self.receive, self.change)  # fmt: skip
        await self.chance.choice(acts)()

    async def order(self) -> None:
        wanted: dict[str, Any] = {code: self.chance.randint(1, 5) for code in self.chance.sample(ITEMS, 2)}
        order = await draft(**wanted)
        await ordering.confirm(order, by=ADA)
        self.orders.append(order)

    async def release(self) -> None:
        if self.orders:
            made = await releasing.release_order(self.chance.choice(self.orders), by=ADA)
            if isinstance(made, releasing.Released):
                self.notices.append(made.id)

    async def pick(self) -> None:
        """From any bin, right or wrong, too few or too many."""
        if self.notices:
            code, place = self.chance.choice(ITEMS), self.chance.choice(BINS)
            await pick(self.chance.choice(self.notices), at=place, **_of(code, self.chance.randint(1, 4)))

    async def finish(self) -> None:
        if self.notices:
            await dispatching.pick(self.chance.choice(self.notices), await tote(), by=By(await picker()))

    async def put_back(self) -> None:
        if self.notices:
            code, place = self.chance.choice(ITEMS), self.chance.choice(BINS)
            await put_back(self.chance.choice(self.notices), at=place, **_of(code, self.chance.randint(1, 3)))

    async def cancel(self) -> None:
        if self.notices and self.chance.random() < 0.5:
            await releasing.cancel(self.chance.choice(self.notices), reason="变卦", by=ADA)
        elif self.orders:
            await ordering.cancel(self.chance.choice(self.orders), reason="变卦", by=ADA)

    async def close_short(self) -> None:
        if self.notices:
            await releasing.close_short(self.chance.choice(self.notices), reason="缺货", by=ADA)

    async def pack(self) -> None:
        if self.notices:
            notice = self.chance.choice(self.notices)
            made = await packing.open_carton(notice, by=ADA)
            if isinstance(made, surveying.Carton):
                await dispatching.pack(notice, made.location, by=ADA)

    async def ship(self) -> None:
        if self.notices:
            notice = self.chance.choice(self.notices)
            await dispatching.check(notice, by=By(await picker("li")))
            await dispatching.ship(notice, "顺丰", "", today=TODAY, by=ADA)

    async def change(self) -> None:
        """The customer wants something else, at the desk or as somebody on the road heard it."""
        if self.orders:
            order = self.chance.choice(self.orders)
            one = await queries.order(order)
            assert one is not None
            lines = [await line(code, self.chance.randint(1, 6)) for code in self.chance.sample(ITEMS, 2)]
            head = Head(
                customer=one.customer, warehouse=one.warehouse, address=self.chance.choice(("", "码头"))
            )
            is_late = self.chance.random() < 0.5
            await ordering.edit(order, head, lines, version=one.version, by=ADA, is_late=is_late)

    async def steal(self) -> None:
        """Somebody takes goods from a bin for something else."""
        code, place = self.chance.choice(ITEMS), self.chance.choice(BINS)
        await pick(0, at=place, **_of(code, self.chance.randint(1, 3)))

    async def receive(self) -> None:
        await given.stock(self.chance.choice(ITEMS), self.chance.randint(1, 5), at=self.chance.choice(BINS))


@pytest.mark.parametrize("seed", [*range(6), 10, 66, 85, 127, 147])
async def test_a_random_day_keeps_the_law(database: db.Database, seed: int) -> None:
    day = Day(seed)
    await day.begin()

    for _ in range(40):
        await day.go_on()
        await keep_the_law()

    assert (await verifying.verify()).violations == []
    await _working_it_out_again_changes_nothing(day.notices)


async def _working_it_out_again_changes_nothing(notices: Sequence[int]) -> None:
    """Apart from a place that is found now for what had none before."""
    before = await _figures()
    await following.refresh({notice: Origin() for notice in notices})
    assert await _figures() == before


async def _figures() -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = [tuple(row) for row in await fetch(_LINES)]
    for sql in (
        "SELECT document, line, quantity FROM reservation ORDER BY document, line",
        "SELECT id, picked, shipped, noticed FROM sales_line ORDER BY id",
        "SELECT id, state FROM shipment_notice ORDER BY id",
    ):
        found += [tuple(row) for row in await fetch(Statement(sql))]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_arrival_leaves_the_same(make_database: Any, seed: int) -> None:
    """Two pickers' scans, shuffled: the notice, its order and what is promised read the same."""
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
    for code in ITEMS:
        for place in BINS:
            await given.stock(code, 20, at=place)
    order = await draft(CUP=4, BOX=3)
    await ordering.confirm(order, by=ADA)
    notice = await noticed(order)
    await tote()
    chance = random.Random(seed)
    acts = [
        (
            chance.choice((pick, pick, put_back)),
            chance.choice(BINS),
            chance.choice(ITEMS),
            chance.randint(1, 3),
        )
        for _ in range(8)
    ]
    random.Random(turn).shuffle(acts)
    for act, place, code, amount in acts:
        await act(notice, at=place, **_of(code, amount))
    found: list[tuple[Any, ...]] = [tuple(row) for row in await fetch(_LINES)]
    for sql in (
        "SELECT line, quantity FROM reservation ORDER BY document, line",
        "SELECT line, sum(quantity), sum(picked) FROM allocation WHERE state <> 'short' GROUP BY line ORDER BY line",
        "SELECT picked, shipped, noticed FROM sales_line ORDER BY id",
        "SELECT state FROM shipment_notice ORDER BY id",
    ):
        found += [tuple(row) for row in await fetch(Statement(sql))]
    return found
