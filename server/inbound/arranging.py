"""Arrange how a warehouse takes goods in: the tolerance, putting away, where refused goods wait, single items."""

import msgspec

from server import events, money
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Refused
from server.db import Statement, execute, writing
from server.inbound import queries
from server.inbound.queries import Rule, Setting
from server.outbound import ordering
from server.stock.availability import Goods

_ARRANGE = Statement(
    "INSERT INTO arrival_setting (warehouse, tolerance, puts_away, reject) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (warehouse) DO UPDATE SET tolerance = excluded.tolerance, puts_away = excluded.puts_away,"
    " reject = excluded.reject"
)
_RULE = Statement(
    "INSERT INTO arrival_rule (item, warehouse, is_inspected) VALUES (?, ?, ?)"
    " ON CONFLICT (item, warehouse) DO UPDATE SET is_inspected = excluded.is_inspected"
)
_DROP_RULE = Statement("DELETE FROM arrival_rule WHERE item = ? AND warehouse = ?")


async def arrange(warehouse: int, wanted: Setting, *, by: int) -> Edited | Refused:
    """Write down how this warehouse takes goods in, from now on."""
    async with writing():
        if wrong := await _faults(warehouse, wanted):
            return Refused(wrong)
        before = (await queries.settings_of([warehouse])).get(warehouse, Setting())
        if before == wanted:
            return Edited([])
        await execute(_ARRANGE, warehouse, wanted.tolerance, wanted.puts_away, wanted.reject)
        old, new = msgspec.to_builtins(before), msgspec.to_builtins(wanted)
        changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
        await events.record("arrivals.arranged", f"warehouse:{warehouse}", changed, by=by)
        if before.puts_away and not wanted.puts_away:
            # What stands at the docks may be promised from now on.
            await ordering.serve_backorders(
                {Goods(item, warehouse) for item in await queries.docked(warehouse)}
            )
        return Edited([warehouse])


async def _faults(warehouse: int, wanted: Setting) -> list[Fault]:
    wrong = []
    if not 0 <= wanted.tolerance <= money.PERCENT_SCALE:
        wrong.append(Fault(0, "tolerance", "documents.fault.discount"))
    # A dock, because nobody picks from there.
    if wanted.reject is not None and wanted.reject not in {
        place for place, _ in await queries.docks(warehouse)
    }:
        wrong.append(Fault(0, "reject", "inbound.fault.no_dock"))
    elif wanted.reject is None and not wanted.puts_away:
        # Where goods may be sent from the dock, refused ones must stand on one of their own.
        wrong.append(Fault(0, "reject", "inbound.fault.reject_apart"))
    return wrong


async def rule(item: int, warehouse: int, wanted: Rule, *, by: int) -> Edited:
    """Say how one item arrives here; a rule that says nothing is forgotten."""
    async with writing():
        if wanted == Rule():
            await execute(_DROP_RULE, item, warehouse)
        else:
            await execute(_RULE, item, warehouse, wanted.is_inspected)
        await events.record("arrivals.ruled", f"item:{item}", {"warehouse": warehouse, "rule": wanted}, by=by)
        return Edited([item])
