"""Adjust stock for a reason: write down, ask, approve or refuse by a second person, post, reverse."""

from collections.abc import Mapping, Sequence

from server import clock, events
from server.catalog import queries as catalog
from server.catalog import search
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.db import Statement, execute, execute_many, writing
from server.documents import reading
from server.documents.numbering import next_number
from server.stock import adjustment, queries
from server.stock.adjustment import Head, Line
from server.stock.movement import Perform, TakeBack
from server.stock.queries import Adjustment

_INSERT = Statement(
    "INSERT INTO adjustment (number, warehouse, reason, state, remark, search, created_by, created_at, asked_by,"
    " decided_by, version) VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, 0, 0, 1) RETURNING id"
)
_UPDATE = Statement(
    "UPDATE adjustment SET warehouse = ?, reason = ?, remark = ?, search = ?, version = version + 1 WHERE id = ?"
)
_ASKED = Statement("UPDATE adjustment SET worth = ?, asked_by = ? WHERE id = ?")
_STATE = Statement(
    "UPDATE adjustment SET state = ?, decided_by = ?, decided_at = ?, version = version + 1 WHERE id = ?"
)
_ADD_LINE = Statement(
    "INSERT INTO adjustment_line (adjustment, position, item, location, lot, serial, quantity)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_DROP_LINES = Statement("DELETE FROM adjustment_line WHERE adjustment = ?")
_LIMIT = Statement(
    "INSERT INTO adjustment_limit (warehouse, amount) VALUES (?, ?)"
    " ON CONFLICT (warehouse) DO UPDATE SET amount = excluded.amount"
)


async def save(head: Head, lines: Sequence[Line], *, by: int) -> Added | Refused:
    """Write down a new adjustment as a draft."""
    async with writing():
        if wrong := await _faults(head, lines):
            return Refused(wrong)
        number = await next_number("ad")
        found = await _search_text(number, head, lines)
        rows = await execute(
            _INSERT, number, head.warehouse, head.reason, head.remark, found, by, clock.now()
        )
        adjustment_id = int(rows[0][0])
        await _add_lines(adjustment_id, lines)
        await events.record("adjustment.saved", f"ad:{adjustment_id}", {"number": number}, by=by)
        return Added([adjustment_id])


async def change(
    adjustment_id: int, head: Head, lines: Sequence[Line], *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Write a draft anew."""
    async with writing():
        one = await queries.adjustment(adjustment_id)
        if one is None:
            return Missing()
        if one.version != version:
            return Stale(one.version)
        if one.state != "draft":
            return Refused.because("inside.fault.not_draft")
        if wrong := await _faults(head, lines):
            return Refused(wrong)
        found = await _search_text(one.number, head, lines)
        await execute(_UPDATE, head.warehouse, head.reason, head.remark, found, adjustment_id)
        await execute(_DROP_LINES, adjustment_id)
        await _add_lines(adjustment_id, lines)
        await events.record("adjustment.changed", f"ad:{adjustment_id}", {}, by=by)
        return Edited([adjustment_id])


async def submit(
    adjustment_id: int, costs: Mapping[int, int], *, may_post: bool, perform: Perform, by: int
) -> Edited | Refused | Missing:
    """Ask for it: up to the limit it is posted at once, beyond it, or by who may not adjust, it waits."""
    async with writing():
        one = await queries.adjustment(adjustment_id)
        if one is None:
            return Missing()
        if one.state != "draft":
            return Refused.because("inside.fault.not_draft")
        worth = adjustment.worth(await _lines(one), costs)
        await execute(_ASKED, worth, by, adjustment_id)
        limit = await queries.adjustment_limit(one.warehouse)
        if may_post and not adjustment.needs_approval(worth, limit):
            return await _post(one, perform, by)
        await _change_state(one, "waiting", "", by)
        return Edited([adjustment_id])


async def approve(adjustment_id: int, *, perform: Perform, by: int) -> Edited | Refused | Missing:
    """A second person says yes, and it is posted; nobody approves what they wrote or asked for themselves."""
    async with writing():
        one = await queries.adjustment(adjustment_id)
        if one is None:
            return Missing()
        if one.state != "waiting":
            return Refused.because("inside.fault.not_waiting")
        if by in (one.created_by, one.asked_by):
            return Refused.because("inside.fault.second_person")
        return await _post(one, perform, by)


async def refuse(adjustment_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """It is not to be; a draft is dropped the same way by who wrote it."""
    async with writing():
        one = await queries.adjustment(adjustment_id)
        if one is None:
            return Missing()
        if one.state not in ("draft", "waiting"):
            return Refused.because("inside.fault.closed")
        if not reason:
            return Refused.because("inside.fault.why")
        await _change_state(one, "refused", reason, by)
        return Edited([adjustment_id])


async def reverse(
    adjustment_id: int, reason: str, *, take_back: TakeBack, by: int
) -> Edited | Refused | Missing:
    """Take it back: the opposite of each of its movements, linked to it."""
    async with writing():
        one = await queries.adjustment(adjustment_id)
        if one is None:
            return Missing()
        if one.state != "posted":
            return Refused.because("inside.fault.not_posted")
        if not reason:
            return Refused.because("inside.fault.why")
        await take_back(await queries.operations_of(one.document), by=by)
        await _change_state(one, "reversed", reason, by)
        return Edited([adjustment_id])


async def set_limit(warehouse: int, amount: int, *, by: int) -> None:
    """Up to which worth this warehouse adjusts without a second person."""
    async with writing():
        before = await queries.adjustment_limit(warehouse)
        await execute(_LIMIT, warehouse, amount)
        body = {"limit": [before, amount]}
        await events.record("adjustment.limit", f"warehouse:{warehouse}", body, by=by)


async def _post(one: Adjustment, perform: Perform, by: int) -> Edited | Refused:
    lines = await _lines(one)
    # Goods may have gone since it was written down.
    if wrong := await _faults(one.head, lines):
        return Refused.because(wrong[0].word)
    scrap = await queries.place_of_kind(one.warehouse, "scrap")
    await perform(adjustment.flows(one.document, one.head, lines, scrap), by=by)
    await _change_state(one, "posted", "", by)
    return Edited([one.id])


async def _change_state(one: Adjustment, state: str, reason: str, by: int) -> None:
    await execute(_STATE, state, by, clock.now(), one.id)
    body = {"before": one.state, "reason": reason}
    await events.record(f"adjustment.{state}", f"ad:{one.id}", body, by=by)


async def _lines(one: Adjustment) -> list[Line]:
    return [each.line for each in await queries.adjustment_lines(one.id)]


async def _faults(head: Head, lines: Sequence[Line]) -> list[Fault]:
    house = await catalog.warehouse(head.warehouse) if head.warehouse else None
    if head.warehouse and (house is None or not house.is_active):
        return [Fault(0, "warehouse", "inside.fault.no_warehouse")]
    items = {line.item for line in lines}
    drafts = await catalog.item_drafts(items)
    kept = {
        item: adjustment.Kept(draft.has_lots, draft.has_serials, draft.scale)
        for item, draft in drafts.items()
    }
    there = await queries.on_hand_of(line.cell for line in lines)
    places = await catalog.locations({line.location for line in lines})
    wrong = adjustment.faults(head, lines, kept, there)
    wrong += [
        Fault(index, f"lines.{index}.location", "inside.fault.no_place")
        for index, line in enumerate(lines)
        if not _is_here(places.get(line.location), head.warehouse)
    ]
    return wrong


def _is_here(place: catalog.LocationLine | None, warehouse: int) -> bool:
    return place is not None and place.warehouse == warehouse and place.kind in queries.STANDING


async def _add_lines(adjustment_id: int, lines: Sequence[Line]) -> None:
    await execute_many(
        _ADD_LINE,
        [
            (adjustment_id, position, line.item, line.location, line.lot, line.serial, line.quantity)
            for position, line in enumerate(lines)
        ],
    )


async def _search_text(number: str, head: Head, lines: Sequence[Line]) -> str:
    return search.text_of(number, head.remark, more=await reading.named(line.item for line in lines))
