"""How an item stands in a warehouse: every figure of the vocabulary, from the same ledger and promises."""

from datetime import date

from server import db
from server.db import Statement, execute, writing
from server.stock import promising, standing
from server.stock.promising import Want
from server.stock.standing import Day
from tests import given

TODAY = date(2026, 11, 22)
_EXPECT = Statement(
    "INSERT INTO expected_goods (document, line, item, warehouse, quantity, due_on) VALUES (?, 1, ?, ?, ?, ?)"
)


async def stands(item: int) -> standing.Standing:
    (one,) = await standing.standings(item, TODAY, None)
    return one


async def test_what_lies_is_told_apart_from_what_may_be_promised(database: db.Database) -> None:
    await given.stock("MILK", 10, at="A-01", lot="GOOD", expiry="2027-01-01")
    await given.stock("MILK", 3, at="A-02", lot="OLD", expiry="2026-11-21")
    item, house = await given.item("MILK"), await given.warehouse()
    await promising.reserve("so-1", 1, item, house, 4_000, today=TODAY)
    await promising.allocate(
        Want(document="so-1", line=1, item=item, warehouse=house, quantity=2_000), rule="fefo", today=TODAY
    )

    one = await stands(item)

    assert (one.on_hand, one.unfit) == (13_000, 3_000)
    assert (one.reserved, one.allocated, one.free) == (4_000, 2_000, 6_000)
    assert [each.document for each in (await standing.holders(item, [house]))[house]] == ["so-1"]


async def test_what_comes_may_be_promised_from_its_day_on(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    item, house = await given.item("CUP"), await given.warehouse()
    async with writing():
        await execute(_EXPECT, "po-1", item, house, 5_000, "2026-11-30")

    one = await stands(item)

    assert one.days == (Day("2026-11-30", 5_000, 0, 15_000),)


async def test_goods_between_two_warehouses_are_in_transit_to_the_receiving_one(
    database: db.Database,
) -> None:
    await given.stock("CUP", 10, at="A-01")
    item, source, road = await given.item("CUP"), await given.location("A-01"), await given.virtual("transit")
    device = await given.pda("mover")
    await device.report(
        "stock.move@1", item=f"i-{item}", quantity="4", source=f"l-{source}", target=f"l-{road}"
    )

    one = await stands(item)

    assert (one.on_hand, one.in_transit, one.free) == (6_000, 4_000, 6_000)


async def test_a_warehouse_out_of_reach_is_not_told(database: db.Database) -> None:
    await given.stock("CUP", 4, at="A-01")

    assert await standing.standings(await given.item("CUP"), TODAY, frozenset()) == []
    assert await standing.standings(await given.item("PLATE"), TODAY, None) == []
