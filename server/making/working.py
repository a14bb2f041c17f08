"""Production orders are written down, approved, cancelled and ended; what is carried follows the ledger."""

from collections.abc import Sequence
from typing import Any, Final

from server import clock, events, quantity
from server.catalog import queries as catalog
from server.catalog import search
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.db import Statement, execute, execute_many, writing
from server.documents import reading
from server.documents.line import Line as Typed
from server.documents.numbering import next_number
from server.making import following, queries, work
from server.making.queries import Work
from server.making.work import Head, Line
from server.stock.ledger import Origin

_INSERT: Final = Statement(
    "INSERT INTO work_order (number, kind, warehouse, product, bill, place, done, quantity, state, decided,"
    " is_backflush, due_on, remark, search, created_by, created_at, version)"
    " VALUES (?, ?, ?, ?, ?, ?, 0, ?, 'draft', 'draft', ?, ?, ?, ?, ?, ?, 1) RETURNING id"
)
_UPDATE: Final = Statement(
    "UPDATE work_order SET kind = ?, warehouse = ?, product = ?, bill = ?, place = ?, quantity = ?, is_backflush = ?,"
    " due_on = ?, remark = ?, search = ?, version = version + 1 WHERE id = ?"
)
_DECIDE: Final = Statement(
    "UPDATE work_order SET decided = ?, state = ?, closed_at = ?, version = version + 1 WHERE id = ?"
)
_OVER: Final = Statement("UPDATE work_order SET over_after = ?, version = version + 1 WHERE id = ?")
_ALLOW: Final = Statement("UPDATE work_line SET allowed = allowed + ? WHERE id = ?")
_ADD_LINE: Final = Statement(
    "INSERT INTO work_line (work, item, position, is_made, unit, scrap, factor, allowed, short, issued, quantity)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 0, ?)"
)
_DROP_LINES: Final = Statement("DELETE FROM work_line WHERE work = ?")


async def save(head: Head, typed: Sequence[Typed], *, by: int) -> Added | Refused:
    """Write down a new order as a draft, with the figures of the bill as it is now."""
    async with writing():
        found = await plan(head, typed)
        if isinstance(found, Refused):
            return found
        lines, bill = found
        number = await next_number("wo")
        rows = await execute(
            _INSERT,
            number,
            head.kind,
            head.warehouse,
            lines[0].item,
            bill,
            head.place or None,
            head.quantity,
            int(head.is_backflush),
            head.due_on,
            head.remark,
            await _found_by(number, head, lines),
            by,
            clock.now(),
        )
        work_id = int(rows[0][0])
        await _add_lines(work_id, lines)
        await events.record("work.saved", f"wo:{work_id}", {"number": number}, by=by)
        return Added([work_id])


async def change(
    work_id: int, head: Head, typed: Sequence[Typed], *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Write a draft anew; what is approved is on the floor, and no longer changes under people's hands."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.version != version:
            return Stale(one.version)
        if one.decided != "draft":
            return Refused.because("making.fault.not_draft")
        found = await plan(head, typed)
        if isinstance(found, Refused):
            return found
        lines, bill = found
        await execute(
            _UPDATE,
            head.kind,
            head.warehouse,
            lines[0].item,
            bill,
            head.place or None,
            head.quantity,
            int(head.is_backflush),
            head.due_on,
            head.remark,
            await _found_by(one.number, head, lines),
            work_id,
        )
        await execute(_DROP_LINES, work_id)
        await _add_lines(work_id, lines)
        await events.record("work.changed", f"wo:{work_id}", {}, by=by)
        return Edited([work_id])


async def plan(head: Head, typed: Sequence[Typed]) -> tuple[list[Line], int | None] | Refused:
    """The lines of an order and the version of the bill that they come from, or everything that is wrong."""
    wrong = work.faults(head) + await _faults_of_places(head)
    if head.kind not in work.OF_A_BILL:
        if not typed:
            wrong.append(Fault(0, "", "making.fault.no_lines"))
        return Refused(wrong) if wrong else (work.plain_lines(head, typed), None)
    standing = await queries.bill_of(head.product) if head.product else None
    if head.product and standing is None:
        wrong.append(Fault(0, "product", "making.fault.no_bill"))
    if wrong or standing is None:
        return Refused(wrong)
    kept = await catalog.item_drafts({head.product, *(one.component for one in standing.bill.lines)})
    lines = work.lines_of_bill(head, standing.bill, kept)
    if head.quantity % 10 ** (3 - kept[head.product].scale):
        wrong.append(Fault(0, "quantity", "making.fault.quantity"))
    if head.is_backflush:
        wrong += work.faults_of_backflush(lines, kept)
    return Refused(wrong) if wrong else (lines, standing.id)


async def _faults_of_places(head: Head) -> list[Fault]:
    house = await catalog.warehouse(head.warehouse) if head.warehouse else None
    if head.warehouse and (house is None or not house.is_active):
        return [Fault(0, "warehouse", "making.fault.no_warehouse")]
    place = (await catalog.locations([head.place])).get(head.place) if head.place else None
    if head.place and (
        place is None or place.warehouse != head.warehouse or place.kind != "bin" or not place.is_active
    ):
        return [Fault(0, "place", "making.fault.no_place")]
    return []


async def approve(work_id: int, *, by: int) -> Edited | Refused | Missing:
    """Let it out to the floor: what there is of its material is kept for it, and devices see it."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.decided != "draft":
            return Refused.because("making.fault.not_draft")
        await _decide(one, "approved", {"before": one.state}, by)
        await following.reserve(work_id)
        return Edited([work_id])


async def reserve(work_id: int, *, by: int) -> Edited | Refused | Missing:
    """Keep for it what has come meanwhile."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.state not in work.OPEN:
            return Refused.because("making.fault.not_open")
        await following.reserve(work_id)
        await events.record("work.reserved", f"wo:{work_id}", {}, by=by)
        return Edited([work_id])


async def cancel(work_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """Nothing will be made; only while nothing has moved for it."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.decided not in ("draft", "approved"):
            return Refused.because("making.fault.closed")
        if any(each.line.done for each in await queries.shown_lines(work_id)):
            return Refused.because("making.fault.has_moved")
        await _decide(one, "cancelled", {"before": one.state, "reason": reason}, by)
        return Edited([work_id])


async def finish(work_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """No more will be made or taken than has been: what was kept for it is free."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.state not in work.OPEN:
            return Refused.because("making.fault.not_open")
        if not any(each.line.done for each in await queries.shown_lines(work_id)):
            return Refused.because("making.fault.nothing_moved")
        await execute(_OVER, await queries.last_row(), work_id)
        await events.record("work.finished", f"wo:{work_id}", {"reason": reason}, by=by)
        await following.refresh({work_id: Origin(by)})
        return Edited([work_id])


async def allow(work_id: int, line_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """More was taken than planned, and that is right."""
    async with writing():
        one = await queries.work_by_id(work_id)
        lines = await queries.shown_lines(work_id) if one else []
        each = next((each for each in lines if each.line.id == line_id), None)
        if one is None or each is None:
            return Missing()
        if not reason:
            return Refused.because("making.fault.why")
        if not each.line.excess:
            return Refused.because("making.fault.nothing_over")
        await _allow(one, each, each.line.excess, reason, by)
        return Edited([work_id])


async def allow_more(one: Work, more: dict[int, int], reason: str, *, by: int) -> None:
    """Let so much more of these items be taken than planned; what nobody had planned has its line from then on."""
    async with writing():
        known = {each.line.item for each in await queries.shown_lines(one.id)}
        last = len(known)
        new = [item for item in more if item not in known]
        await _add_lines(
            one.id, [Line(item=item, position=last + at, quantity=0) for at, item in enumerate(new)]
        )
        for each in await queries.shown_lines(one.id):
            if extra := more.get(each.line.item, 0):
                await _allow(one, each, extra, reason, by)


async def _allow(one: Work, each: queries.WorkLine, much: int, reason: str, by: int) -> None:
    await execute(_ALLOW, much, each.line.id)
    await following.settle_excess(one, each.line.id)
    body = {"reason": f"{each.code} +{quantity.format(much)}: {reason}"}
    await events.record("work.allowed", f"wo:{one.id}", body, by=by)


async def end_reversed(one: Work, reason: str, *, by: int) -> None:
    """All that moved for it was taken back: it is over."""
    async with writing():
        await _decide(one, "reversed", {"before": one.state, "reason": reason}, by)


async def _decide(one: Work, decided: str, body: dict[str, Any], by: int) -> None:
    closed_at = None if decided == "approved" else clock.now()
    if decided != "approved":
        await following.reserve_nothing(one.id)
    await execute(_DECIDE, decided, decided, closed_at, one.id)
    await events.record(f"work.{decided}", f"wo:{one.id}", body, by=by)
    await following.refresh({one.id: Origin(by)})


async def _add_lines(work_id: int, lines: Sequence[Line]) -> None:
    await execute_many(
        _ADD_LINE,
        [
            # Nothing is kept for it until somebody approves it.
            (
                work_id,
                one.item,
                one.position,
                one.is_made,
                one.unit,
                one.scrap,
                one.factor,
                0 if one.is_made else one.quantity,
                one.quantity,
            )
            for one in lines
        ],
    )


async def _found_by(number: str, head: Head, lines: Sequence[Line]) -> str:
    return search.text_of(number, head.remark, more=await reading.named(line.item for line in lines))
