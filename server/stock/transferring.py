"""Move goods between warehouses: write down, release, send, receive, and decide what did not arrive."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from server import clock, events
from server.catalog import queries as catalog
from server.catalog import search
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.db import Statement, execute, execute_many, writing
from server.documents import reading
from server.documents.line import Line as Typed
from server.documents.numbering import next_number
from server.stock import availability, following, promising, queries, transfer
from server.stock.ledger import Origin
from server.stock.movement import Flow, Perform
from server.stock.promising import Want
from server.stock.queries import Transfer
from server.stock.transfer import Goods, Head, Line

ENDS: Final = {"back": "dock", "lost": "scrap"}
"""What may be decided about goods that did not arrive: they went back to where they came from, or are gone."""

_INSERT = Statement(
    "INSERT INTO transfer (number, source, target, is_direct, is_over, state, due_on, remark, search, created_by,"
    " created_at, version) VALUES (?, ?, ?, ?, ?, 'draft', ?, ?, ?, ?, ?, 1) RETURNING id"
)
_UPDATE = Statement(
    "UPDATE transfer SET source = ?, target = ?, is_direct = ?, due_on = ?, remark = ?, search = ?,"
    " version = version + 1 WHERE id = ?"
)
_STATE = Statement("UPDATE transfer SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?")
_OVER = Statement("UPDATE transfer SET is_over = ?, version = version + 1 WHERE id = ?")
_ADD_LINE = Statement(
    "INSERT INTO transfer_line (transfer, position, item, sent, arrived, lost, quantity) VALUES (?, ?, ?, 0, 0, 0, ?)"
)
_DROP_LINES = Statement("DELETE FROM transfer_line WHERE transfer = ?")


async def save(head: Head, typed: Sequence[Typed], *, by: int) -> Added | Refused:
    """Write down a new transfer as a draft."""
    async with writing():
        if wrong := await _faults(head, typed):
            return Refused(wrong)
        number, lines = await next_number("tr"), transfer.new_lines(typed)
        found = await _search_text(number, head, lines)
        rows = await execute(
            _INSERT, number, head.source, head.target, head.is_direct, False, head.due_on, head.remark, found, by,
            clock.now(),
        )  # fmt: skip
        transfer_id = int(rows[0][0])
        await _add_lines(transfer_id, lines)
        await events.record("transfer.saved", f"tr:{transfer_id}", {"number": number}, by=by)
        return Added([transfer_id])


async def change(
    transfer_id: int, head: Head, typed: Sequence[Typed], *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Write a draft anew; what is released is on the floor, and no longer changes under people's hands."""
    async with writing():
        one = await queries.transfer(transfer_id)
        if one is None:
            return Missing()
        if one.version != version:
            return Stale(one.version)
        if one.state != "draft":
            return Refused.because("inside.fault.not_draft")
        if wrong := await _faults(head, typed):
            return Refused(wrong)
        lines = transfer.new_lines(typed)
        found = await _search_text(one.number, head, lines)
        await execute(
            _UPDATE, head.source, head.target, head.is_direct, head.due_on, head.remark, found, transfer_id
        )
        await execute(_DROP_LINES, transfer_id)
        await _add_lines(transfer_id, lines)
        await events.record("transfer.changed", f"tr:{transfer_id}", {}, by=by)
        return Edited([transfer_id])


async def release(transfer_id: int, *, today: date, by: int) -> Edited | Refused | Missing:
    """Let it out to the floor: what there is of it is kept for it, and devices of both warehouses see it."""
    async with writing():
        one = await queries.transfer(transfer_id)
        if one is None:
            return Missing()
        if one.state != "draft":
            return Refused.because("inside.fault.not_draft")
        lines = (await queries.transfer_lines([transfer_id]))[transfer_id]
        wants = [
            Want(
                document=one.document,
                line=each.line.id,
                item=each.line.item,
                warehouse=one.source,
                quantity=each.line.quantity,
            )
            for each in lines
        ]
        await promising.reserve_what_there_is(wants, today=today)
        await execute(_STATE, "out", None, transfer_id)
        await events.record("transfer.out", f"tr:{transfer_id}", {"before": one.state}, by=by)
        await following.refresh({transfer_id: Origin(by)})
        return Edited([transfer_id])


async def cancel(transfer_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """Nothing will go; only while nothing has."""
    async with writing():
        one = await queries.transfer(transfer_id)
        if one is None:
            return Missing()
        if one.state not in ("draft", "out"):
            return Refused.because(
                "inside.fault.has_gone" if one.state in transfer.OPEN else "inside.fault.closed"
            )
        await execute(_STATE, "cancelled", clock.now(), transfer_id)
        await events.record("transfer.cancelled", f"tr:{transfer_id}", {"reason": reason}, by=by)
        await following.refresh({transfer_id: Origin(by)})
        return Edited([transfer_id])


async def close_sending(transfer_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """No more will be sent than has been: what was kept for it is free, and it ends when the rest has arrived."""
    async with writing():
        one = await queries.transfer(transfer_id)
        if one is None:
            return Missing()
        if one.state not in ("in_transit", "partly_in") or one.is_over:
            return Refused.because("inside.fault.not_sending")
        await execute(_OVER, True, transfer_id)
        await promising.free(one.document)
        await events.record("transfer.closed", f"tr:{transfer_id}", {"reason": reason}, by=by)
        await following.refresh({transfer_id: Origin(by)})
        return Edited([transfer_id])


async def proposed(one: Transfer, *, today: date) -> list[Goods]:
    """From where to send what is still to go: what expires first first, in the fewest bins."""
    found: list[Goods] = []
    for each in (await queries.transfer_lines([one.id]))[one.id]:
        lumps = await promising.lumps(each.line.item, one.source)
        planned = availability.plan(lumps, each.line.to_send, rule="fefo", day=today)
        found += [
            Goods(
                item=each.line.item,
                location=take.location,
                lot=take.lot,
                serial=take.serial,
                quantity=take.quantity,
            )
            for take in planned.takes
        ]
    return found


async def send(
    transfer_id: int, goods: Sequence[Goods], dock: int, *, perform: Perform, by: int
) -> Edited | Refused | Missing:
    """Let goods leave: into transit, or in one step to the other warehouse's dock."""
    async with writing():
        one = await queries.transfer(transfer_id)
        if one is None:
            return Missing()
        if one.state not in transfer.OPEN or one.is_over:
            return Refused.because("inside.fault.not_sending")
        there = await queries.goods_in(one.source, {each.item for each in goods})
        if wrong := transfer.faults_of_goods(goods, there):
            return Refused(wrong)
        if one.is_direct and not await _is_dock(dock, one.target):
            return Refused([Fault(0, "dock", "inside.fault.no_dock")])
        target = dock if one.is_direct else await queries.place_of_kind(one.target, "transit")
        await perform([_flow(one, each, target, "transfer") for each in goods], by=by)
        return Edited([transfer_id])


async def receive(
    transfer_id: int, goods: Sequence[Goods], dock: int, *, perform: Perform, by: int
) -> Edited | Refused | Missing:
    """Take in what is on the way, as much of it as has come."""
    async with writing():
        one = await queries.transfer(transfer_id)
        if one is None:
            return Missing()
        if wrong := transfer.faults_of_goods(goods, await queries.on_the_way(transfer_id)):
            return Refused(wrong)
        if not await _is_dock(dock, one.target):
            return Refused([Fault(0, "dock", "inside.fault.no_dock")])
        await perform([_flow(one, each, dock, "transfer") for each in goods], by=by)
        return Edited([transfer_id])


async def decide_rest(
    transfer_id: int, choice: str, reason: str, *, perform: Perform, by: int
) -> Edited | Refused | Missing:
    """Decide about everything that is still on the way: it went back where it came from, or it is lost."""
    async with writing():
        one = await queries.transfer(transfer_id)
        if one is None:
            return Missing()
        if choice not in ENDS:
            return Refused.because("inside.fault.choice")
        if not reason:
            return Refused.because("inside.fault.why")
        rest = await queries.on_the_way(transfer_id)
        if not rest:
            return Refused.because("inside.fault.nothing_on_the_way")
        target = await queries.place_of_kind(one.source, ENDS[choice])
        if choice == "back":
            # What came back is not sent again by itself.
            await execute(_OVER, True, transfer_id)
            await promising.free(one.document)
        body = {"choice": choice, "reason": reason}
        await events.record(f"transfer.rest_{choice}", f"tr:{transfer_id}", body, by=by)
        await perform([_flow(one, each, target, choice) for each in rest], by=by)
        return Edited([transfer_id])


def _flow(one: Transfer, goods: Goods, target: int, reason: str) -> Flow:
    return Flow(
        act="move",
        item=goods.item,
        quantity=goods.quantity,
        source=goods.location,
        target=target,
        lot=goods.lot,
        serial=goods.serial,
        document=one.document,
        reason=reason,
    )


async def _is_dock(place: int, warehouse: int) -> bool:
    docks = await catalog.locations_of_kind(warehouse, "dock")
    return any(dock.id == place and dock.is_active for dock in docks)


async def _faults(head: Head, typed: Sequence[Typed]) -> list[Fault]:
    wrong = transfer.faults(head)
    if not typed:
        wrong.append(Fault(0, "lines.0.item", "inside.fault.no_lines"))
    for field in ("source", "target"):
        warehouse = getattr(head, field)
        place = await catalog.warehouse(warehouse) if warehouse else None
        if warehouse and (place is None or not place.is_active):
            wrong.append(Fault(0, field, "inside.fault.no_warehouse"))
    return wrong


async def _add_lines(transfer_id: int, lines: Sequence[Line]) -> None:
    await execute_many(_ADD_LINE, [(transfer_id, line.position, line.item, line.quantity) for line in lines])


async def _search_text(number: str, head: Head, lines: Sequence[Line]) -> str:
    return search.text_of(number, head.remark, more=await reading.named(line.item for line in lines))
