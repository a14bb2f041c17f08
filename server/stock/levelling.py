"""Say how much of an item a warehouse wants to have, and from which bin it is picked."""

from server import events
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.db import Statement, execute, writing
from server.stock import level, queries, replenishing
from server.stock.level import Wanted

_PUT = Statement(
    "INSERT INTO stock_level (item, warehouse, least, most, home, refill, fill, version)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (item, warehouse) DO UPDATE SET least = excluded.least,"
    " most = excluded.most, home = excluded.home, refill = excluded.refill, fill = excluded.fill,"
    " version = stock_level.version + 1"
)
_DROP = Statement("DELETE FROM stock_level WHERE item = ? AND warehouse = ?")


async def want(wanted: Wanted, *, by: int) -> Edited | Refused:
    """Set what is wanted of an item in a warehouse; its bin is looked at at once."""
    async with writing():
        if wrong := await _faults(wanted):
            return Refused(wrong)
        before = (await queries.levels_of([wanted.item])).get((wanted.item, wanted.warehouse))
        await execute(
            _PUT, wanted.item, wanted.warehouse, wanted.least, wanted.most, wanted.home, wanted.refill,
            wanted.fill,
        )  # fmt: skip
        body = {"warehouse": wanted.warehouse, "least": [before.least if before else 0, wanted.least]}
        body |= {"most": [before.most if before else 0, wanted.most]}
        await events.record("level.set", f"item:{wanted.item}", body, by=by)
        await replenishing.refresh({wanted.item})
        return Edited([wanted.item])


async def want_no_more(item: int, warehouse: int, *, by: int) -> Edited | Missing:
    """Nothing special is wanted of it any more."""
    async with writing():
        if (item, warehouse) not in await queries.levels_of([item]):
            return Missing()
        await execute(_DROP, item, warehouse)
        await events.record("level.dropped", f"item:{item}", {"warehouse": warehouse}, by=by)
        await replenishing.refresh({item})
        return Edited([item])


async def _faults(wanted: Wanted) -> list[Fault]:
    draft = (await catalog.item_drafts([wanted.item])).get(wanted.item)
    if draft is None:
        return [Fault(0, "item", "inside.fault.no_item")]
    house = await catalog.warehouse(wanted.warehouse)
    if house is None or not house.is_active:
        return [Fault(0, "warehouse", "inside.fault.no_warehouse")]
    wrong = level.faults(wanted, draft.scale)
    if wanted.home is not None:
        place = (await catalog.locations([wanted.home])).get(wanted.home)
        if place is None or (place.warehouse, place.kind) != (wanted.warehouse, "bin"):
            wrong.append(Fault(0, "home", "inside.fault.no_place"))
    return wrong
