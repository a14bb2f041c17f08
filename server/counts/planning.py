"""Planning counts: write down which places, let people go there, call it off."""

from collections.abc import Mapping, Sequence

import msgspec

from server import clock, events
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Refused
from server.counts import issuing, plan, queries
from server.counts.plan import Candidate, Head
from server.db import Statement, execute, execute_many, writing
from server.documents import numbering

PICKED_DAYS = 90
"""How far back picks say what is A, B and C."""

DOUBT_DAYS = 30
"""How long a short pick makes one doubt a place."""


class Planned(msgspec.Struct, frozen=True):
    """Written down."""

    id: int
    number: str
    places: int


class NotNow(msgspec.Struct, frozen=True):
    """It cannot be done as things stand: state, gone, taken."""

    reason: str


class Done(msgspec.Struct, frozen=True):
    """It is so now."""

    id: int
    state: str


_INSERT = Statement(
    "INSERT INTO count_plan (number, warehouse, method, state, is_blind, tolerance, limit_amount, limit_quantity,"
    " remark, created_by, created_at, version) VALUES (?, ?, ?, 'planned', ?, ?, ?, ?, ?, ?, ?, 1) RETURNING id"
)
_INSERT_SHEET = Statement(
    "INSERT INTO count_sheet (plan, location, state, task, rounds, decided_by) VALUES (?, ?, 'planned', 0, 0, 0)"
)
_ISSUE = Statement(
    "UPDATE count_plan SET state = 'issued', issued_at = ?, version = version + 1 WHERE id = ?"
)
_ISSUE_SHEETS = Statement("UPDATE count_sheet SET state = 'issued' WHERE plan = ?")
_CANCEL = Statement(
    "UPDATE count_plan SET state = 'cancelled', closed_at = ?, version = version + 1 WHERE id = ?"
)
_CANCEL_SHEETS = Statement("UPDATE count_sheet SET state = 'cancelled' WHERE plan = ? AND state <> 'posted'")


async def save(head: Head, *, by: int, costs: Mapping[int, int]) -> Planned | Refused:
    """Write a plan down. ABC goes by the value of what was picked where all costs are known, else by pieces."""
    async with writing():
        wrong = plan.faults(head)
        warehouse = await catalog.warehouse(head.warehouse) if head.warehouse else None
        if head.warehouse and (warehouse is None or not warehouse.is_active):
            wrong.append(Fault(0, "warehouse", "counts.fault.warehouse"))
        if wrong:
            return Refused(wrong)
        now = clock.now()
        candidates = await queries.candidates(head.warehouse, now - DOUBT_DAYS * clock.DAY)
        classes = await _classes(head, costs, now) if head.method == "abc" else {}
        chosen = plan.chosen(head, candidates, classes, now, clock.DAY)
        if wrong := _missed(head, chosen):
            return Refused(wrong)
        return await _write(head, chosen, by)


async def _classes(head: Head, costs: Mapping[int, int], now: int) -> dict[int, str]:
    picked = await queries.picked(head.warehouse, now - PICKED_DAYS * clock.DAY)
    if picked.keys() <= costs.keys():
        return plan.classify({item: amount * costs[item] for item, amount in picked.items()})
    return plan.classify(picked)


def _missed(head: Head, chosen: Sequence[Candidate]) -> list[Fault]:
    """Places that were named and cannot be counted now, or that nothing is to be counted at all."""
    found = {one.code.casefold() for one in chosen}
    if head.method == "places" and any(code.casefold() not in found for code in head.places):
        return [Fault(0, "places", "counts.fault.no_place")]
    return [] if chosen else [Fault(0, "method", "counts.fault.nothing")]


async def _write(head: Head, chosen: Sequence[Candidate], by: int) -> Planned:
    number = await numbering.next_number("ct")
    new: int = (
        await execute(
            _INSERT, number, head.warehouse, head.method, head.is_blind, head.tolerance, head.limit_amount,
            head.limit_quantity, head.remark, by, clock.now(),
        )
    )[0][0]  # fmt: skip
    await execute_many(_INSERT_SHEET, [(new, one.id) for one in chosen])
    await events.record("count.added", f"ct:{new}", {"places": len(chosen)}, by=by)
    return Planned(new, number, len(chosen))


async def issue(plan_id: int, *, by: int) -> Done | NotNow:
    """Put its places on the devices' lists."""
    async with writing():
        standing = await queries.plan(plan_id)
        if standing is None:
            return NotNow("gone")
        if standing.state != "planned":
            return NotNow("state")
        await execute(_ISSUE, clock.now(), plan_id)
        await execute(_ISSUE_SHEETS, plan_id)
        sheets = await queries.sheets(plan_id)
        for sheet in sheets:
            await issuing.ask(sheet, round_number=1, counters=())
        await issuing.veil(sheets)
        await events.record("count.issued", f"ct:{plan_id}", {"before": "planned"}, by=by)
        return Done(plan_id, "issued")


async def cancel(plan_id: int, *, by: int, reason: str = "") -> Done | NotNow:
    """Call it off. What was counted stays counted: the ledger has it."""
    async with writing():
        standing = await queries.plan(plan_id)
        if standing is None:
            return NotNow("gone")
        if standing.state in ("posted", "cancelled"):
            return NotNow("state")
        asked = [sheet for sheet in await queries.sheets(plan_id) if sheet.state in plan.TO_COUNT]
        await issuing.ask_no_more(asked)
        await execute(_CANCEL_SHEETS, plan_id)
        await issuing.veil(asked)
        await execute(_CANCEL, clock.now(), plan_id)
        body = {"before": standing.state, "reason": reason}
        await events.record("count.cancelled", f"ct:{plan_id}", body, by=by)
        return Done(plan_id, "cancelled")


async def ask_for(location_id: int, *, by: int) -> Planned | NotNow:
    """Have one place counted now, on whoever's device comes by first; blind."""
    async with writing():
        place = (await catalog.locations([location_id])).get(location_id)
        if place is None:
            return NotNow("gone")
        if await queries.open_places([location_id]):
            return NotNow("taken")
        made = await save(Head(warehouse=place.warehouse, places=(place.code,)), by=by, costs={})
        if isinstance(made, Refused):
            return NotNow("not_countable")
        issued = await issue(made.id, by=by)
        assert isinstance(issued, Done), "a plan that was just written can be issued"
        return made
