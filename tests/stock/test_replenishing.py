"""Replenishment against a real database: a bin that runs low asks for goods, and a move ends the asking."""

import msgspec
import pytest

from server.catalog.maintaining import Edited
from server.stock import levelling, queries
from server.stock.level import Wanted
from tests import given
from tests.stock import inside

pytestmark = pytest.mark.usefixtures("database")


async def want(code: str = "TEA", **figures: int) -> Wanted:
    """TEA is picked from P-01: below 4 it is filled up to 12, unless said otherwise."""
    wanted = Wanted(
        item=await given.item(code, has_lots=True, has_expiry=True),
        warehouse=await given.warehouse(),
        home=await given.location("P-01"),
        **{"refill": 4_000, "fill": 12_000, **figures},
    )
    assert await levelling.want(wanted, by=1) == Edited([wanted.item])
    return wanted


async def asked() -> list[tuple[str, str, str]]:
    """What is to be brought: from where, how much, which lot."""
    return [
        (take.source_code, take.quantity, take.lot)
        for task in await queries.replenishments(None)
        for take in task.takes
    ]


async def carry(amount: int, source: str, target: str, lot: str) -> None:
    """Somebody moves tea with the hand."""
    pda = await given.pda("wang")
    verdict = await pda.report(
        "stock.move@1",
        item=f"i-{await given.item('TEA')}",
        quantity=str(amount),
        source=f"l-{await given.location(source)}",
        target=f"l-{await given.location(target)}",
        lot=lot,
    )
    assert verdict.outcome in ("applied", "warning")


async def test_a_bin_that_runs_low_is_filled_with_what_expires_first() -> None:
    await given.stock("TEA", 8, at="R-02", lot="L2", expiry="2028-06-30")
    await given.stock("TEA", 8, at="R-01", lot="L1", expiry="2028-01-31")

    await want()

    assert await asked() == [("R-01", "8", "L1"), ("R-02", "4", "L2")]


async def test_a_move_on_the_hand_ends_the_task() -> None:
    await given.stock("TEA", 20, at="R-01", lot="L1", expiry="2028-01-31")
    wanted = await want()
    (task,) = await queries.replenishments(None)
    told = await inside.told("task", f"t-{task.id}")
    body = msgspec.json.decode(await inside.body("task", f"t-{task.id}"))

    await carry(12, "R-01", "P-01", "L1")

    assert told == [f"warehouse:w-{wanted.warehouse}"]
    assert (body["kind"], body["location"]) == ("replenish", f"l-{wanted.home}")
    assert await asked() == []
    assert await inside.told("task", f"t-{task.id}") == []


async def test_what_was_brought_in_part_asks_for_the_rest_until_it_is_enough() -> None:
    await given.stock("TEA", 20, at="R-01", lot="L1", expiry="2028-01-31")
    await want()
    (first,) = await queries.replenishments(None)

    await carry(3, "R-01", "P-01", "L1")
    (second,) = await queries.replenishments(None)
    still = await asked()
    await carry(1, "R-01", "P-01", "L1")

    assert second.id == first.id
    assert still == [("R-01", "9", "L1")]
    assert await asked() == []


async def test_picking_the_bin_empty_asks_again() -> None:
    await given.stock("TEA", 20, at="R-01", lot="L1", expiry="2028-01-31")
    await want()
    await carry(12, "R-01", "P-01", "L1")

    await carry(9, "P-01", "R-02", "L1")

    assert [much for _, much, _ in await asked()] == ["9"]


async def test_nothing_is_asked_where_nothing_lies_in_reserve() -> None:
    await given.stock("TEA", 2, at="P-01", lot="L1", expiry="2028-01-31")

    await want()

    assert await asked() == []


async def test_a_dropped_level_takes_its_task_along() -> None:
    await given.stock("TEA", 20, at="R-01", lot="L1", expiry="2028-01-31")
    wanted = await want()

    await levelling.want_no_more(wanted.item, wanted.warehouse, by=1)

    assert await asked() == []
    assert await queries.levels_of([wanted.item]) == {}


async def test_the_bin_is_one_of_the_warehouse() -> None:
    wanted = Wanted(
        item=await given.item("CUP"),
        warehouse=await given.warehouse(),
        home=await given.location("E-01", warehouse_code="EAST"),
        refill=1_000,
        fill=2_000,
    )

    assert inside.words(await levelling.want(wanted, by=1)) == ["inside.fault.no_place"]


async def test_a_list_tells_what_lies_below_its_minimum() -> None:
    await given.stock("CUP", 4, at="A-01")
    cup, house = await given.item("CUP"), await given.warehouse()
    await levelling.want(Wanted(item=cup, warehouse=house, least=5_000, most=9_000), by=1)

    (line,) = (await queries.levels("cup", None, only_below=True)).rows
    before = await queries.below_level([cup], frozenset({house}))
    await given.stock("CUP", 1, at="A-01")

    assert (line.standing, line.on_hand) == ("below", 4_000)
    assert before == {cup: ["MAIN"]}
    assert (await queries.levels("", None, only_below=True)).rows == []
    assert await queries.below_level([cup], None) == {}
