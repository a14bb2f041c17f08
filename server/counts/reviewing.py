"""Reviewing counts: accept what was counted, all within limits at once or one by one, or have it counted once more."""

from collections.abc import Iterable, Mapping

import msgspec

from server import clock, events
from server.counts import following, plan, queries
from server.counts.planning import NotNow
from server.counts.queries import Plan
from server.counts.sheet import Sheet
from server.db import Statement, execute, writing
from server.stock.ledger import Origin

_DECIDE = Statement("UPDATE count_sheet SET state = 'posted', decided_by = ?, decided_at = ? WHERE id = ?")
_ASK = Statement("UPDATE count_sheet SET asked_at = ? WHERE id = ?")


class Accepted(msgspec.Struct, frozen=True):
    """How many places were accepted, and how many are beyond the limits and wait."""

    places: int
    left: int


async def accept_within_limits(plan_id: int, *, by: int, costs: Mapping[int, int]) -> Accepted | NotNow:
    """Accept every place whose differences are worth no more than the plan's limit.

    What has no known cost is measured in pieces. Differences that people still dispute are looked at one by one.
    """
    async with writing():
        standing = await queries.plan(plan_id)
        if standing is None:
            return NotNow("gone")
        waiting = [sheet for sheet in await queries.sheets(plan_id) if sheet.state == "review"]
        if not waiting:
            return NotNow("state")
        fitting = await _within_limits(standing, waiting, costs)
        await _accept(fitting, by)
        return Accepted(len(fitting), len(waiting) - len(fitting))


async def _within_limits(standing: Plan, waiting: list[Sheet], costs: Mapping[int, int]) -> list[Sheet]:
    counted = await queries.rounds([sheet.id for sheet in waiting])
    return [
        sheet
        for sheet in waiting
        if not following.is_disputed(sheet, counted[sheet.id])
        and plan.is_within_limits(
            counted[sheet.id][-1].findings,
            costs,
            amount=standing.limit_amount,
            pieces=standing.limit_quantity,
        )
    ]


async def accept(plan_id: int, sheet_id: int, *, by: int) -> Accepted | NotNow:
    """Accept what was counted in one place, whatever it is worth."""
    async with writing():
        sheet = await _in_review(plan_id, sheet_id)
        if sheet is None:
            return NotNow("state")
        await _accept([sheet], by)
        return Accepted(1, 0)


async def ask_again(plan_id: int, sheet_id: int, *, by: int, reason: str = "") -> Accepted | NotNow:
    """Have one place counted once more, by somebody who has not counted it yet."""
    async with writing():
        sheet = await _in_review(plan_id, sheet_id)
        if sheet is None:
            return NotNow("state")
        await execute(_ASK, clock.now(), sheet.id)
        body = {"name": f"{sheet.code} {reason}".strip()}
        await events.record("count.asked_again", f"ct:{plan_id}", body, by=by)
        await following.refresh({sheet.id: Origin(by, 0)})
        return Accepted(0, 1)


async def _in_review(plan_id: int, sheet_id: int) -> Sheet | None:
    found = await queries.sheets_by_id([sheet_id])
    return found[0] if found and found[0].plan == plan_id and found[0].state == "review" else None


async def _accept(sheets: Iterable[Sheet], by: int) -> None:
    for sheet in sheets:
        await execute(_DECIDE, by, clock.now(), sheet.id)
        await events.record("count.accepted", f"ct:{sheet.plan}", {"name": sheet.code}, by=by)
    for plan_id in sorted({sheet.plan for sheet in sheets}):
        await following.refresh_plan(plan_id, Origin(by, 0))
