"""Check what came: judge it as good, by concession, as seconds, or refuse it; a lot is released in one act."""

from collections.abc import Sequence
from typing import Final

import msgspec

from server import clock, events
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.db import Statement, execute, writing
from server.inbound import following, putaway, queries
from server.inbound.putaway import Heap
from server.inbound.queries import Inspection
from server.outbound import following as outbound
from server.outbound import ordering
from server.stock import holding
from server.stock.ledger import Origin

RESULTS: Final = ("good", "concession", "second", "scrap", "rejected")
MAX_REMARK: Final = 400

_JUDGED = Statement(
    "INSERT INTO inspection (line, item, lot, quantity, state, result, remark, decided_by, opened_at, decided_at)"
    " VALUES (?, ?, ?, ?, 'done', ?, ?, ?, ?, ?)"
)
_REST = Statement("UPDATE inspection SET quantity = quantity - ? WHERE id = ?")
_NO_REST = Statement("DELETE FROM inspection WHERE id = ?")


class Judged(msgspec.Struct, frozen=True):
    """A check was decided; `away` are the goods that must not stay where they are, and where they belong."""

    check: Inspection
    document: str
    result: str
    away: list[Heap]
    target: int | None = None


async def judge(
    check_id: int, result: str, quantity: int, remark: str, *, by: int
) -> Judged | Refused | Missing:
    """Decide about so much of what waits to be checked; a result that lets it be used releases its lot."""
    async with writing():
        check = await queries.inspection(check_id)
        if check is None:
            return Missing()
        if wrong := _faults(check, result, quantity, remark):
            return Refused(wrong)
        one = await queries.receipt_by_id(check.receipt)
        assert one is not None, "a check of a receipt that does not exist"
        now = clock.now()
        await execute(
            _JUDGED, check.line, check.item, check.lot, quantity, result, remark, by, check.opened_at, now
        )
        if quantity < check.quantity:
            await execute(_REST, quantity, check_id)
        else:
            await execute(_NO_REST, check_id)
        body = {
            "item": check.code,
            "lot": check.lot,
            "result": result,
            "quantity": quantity,
            "reason": remark,
        }
        await events.record("receipt.judged", one.document.replace("-", ":"), body, by=by)
        if check.lot and one.kind != "return" and result in following.GOOD:
            await _set_hold(check.item, check.lot, result, is_held=False, by=by)
        away, target = await _away(check, one, result, quantity)
        await following.refresh({one.id: Origin(by)})
        if result in following.GOOD:
            # Where nothing is put away, it may be promised from now on.
            await ordering.serve_item(check.item)
        return Judged(check, one.document, result, away, target)


def _faults(check: Inspection, result: str, quantity: int, remark: str) -> list[Fault]:
    if check.state != "open":
        return [Fault(0, "", "inbound.fault.judged")]
    found = []
    if result not in RESULTS:
        found.append(("result", "result"))
    if not 0 < quantity <= check.quantity:
        found.append(("quantity", "judged_quantity"))
    if len(remark) > MAX_REMARK:
        found.append(("remark", "long"))
    elif result in ("concession", "rejected", "scrap") and not remark:
        found.append(("remark", "why"))
    return [Fault(0, field, f"inbound.fault.{why}") for field, why in found]


async def _away(
    check: Inspection, one: queries.Receipt, result: str, quantity: int
) -> tuple[list[Heap], int | None]:
    """Refused goods go to the place for them, or to scrap; others wait to be put away."""
    target: int | None
    if result == "scrap":
        target = await queries.virtual_place(one.warehouse, "scrap")
    elif result == "rejected":
        target = (await queries.settings_of([one.warehouse])).get(one.warehouse, queries.Setting()).reject
    else:
        return [], None
    heaps = await heaps_of(one.document, check.item, check.lot)
    return putaway.gather([heap for heap in heaps if heap.location != target], quantity), target


async def heaps_of(document: str, item: int, lot: str) -> list[Heap]:
    """Where goods of a receipt lie, docks first."""
    lying = [one for one in await queries.lying(document) if (one.item, one.lot) == (item, lot)]
    in_order: Sequence[queries.Lying] = sorted(lying, key=lambda one: (one.kind != "dock", one.code))
    return [Heap(one.location, one.serial, one.quantity) for one in in_order]


async def hold(item: int, lot: str, reason: str, *, is_held: bool, by: int) -> Edited | Refused:
    """Freeze a lot wherever it lies, or let it be used again: one act."""
    if not lot or not reason:
        return Refused([Fault(0, "reason" if lot else "lot", "inbound.fault.why")])
    changed = await _set_hold(item, lot, reason, is_held=is_held, by=by)
    return Edited([item] if changed else [])


async def _set_hold(item: int, lot: str, reason: str, *, is_held: bool, by: int) -> bool:
    """Hold or release a lot; whoever waits for the item is served from what is good again."""
    async with writing():
        changed = await holding.hold_lot(item, lot, is_held=is_held, reason=reason, by=by)
        if changed:
            await outbound.follow_lot(item, lot)
        if changed and not is_held:
            await ordering.serve_item(item)
        return changed
