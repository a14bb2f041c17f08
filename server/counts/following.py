"""Let counts follow the ledger: every whole count of a planned place is a round, and late scans change what it found.

What a sheet shows and what becomes of it is worked out anew from the movements and counts that stand, whichever
came first; nothing is asked when a commit holds neither a count nor a scan that an earlier count had seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from server import clock, events
from server.counts import issuing, plan, queries
from server.counts import round as rounds
from server.counts.difference import findings
from server.counts.sheet import Counted, Sheet
from server.db import Statement, execute, execute_many, writing
from server.stock.book import Book
from server.stock.ledger import Origin
from server.stock.movement import Mark, Moment

_ROUND = Statement(
    "INSERT INTO count_round (sheet, number, operation, person, device, counted_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (sheet, operation) DO NOTHING"
)
_FORGET = Statement("DELETE FROM count_finding WHERE round = ?")
_FINDING = Statement(
    "INSERT INTO count_finding (round, item, lot, serial, counted, book) VALUES (?, ?, ?, ?, ?, ?)"
)
_SHEET = Statement("UPDATE count_sheet SET state = ?, rounds = ? WHERE id = ?")
_PLAN = Statement("UPDATE count_plan SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?")


class _Touched(NamedTuple):
    """A place where something changes what counts found: from when on, and who caused it."""

    since: int
    cause: Origin


async def follow(book: Book, origins: Mapping[str, Origin]) -> None:
    """After the book was posted, in its transaction: sheets read as the ledger does."""
    touched = _touched(book, origins)
    ids = {} if not book.voided else dict.fromkeys(await queries.sheets_counted_by(book.voided), Origin())
    if not touched and not ids:
        return
    whole = [mark for mark in book.new_marks if mark.item == 0]
    standing = await queries.sheets_at(touched) if touched else []
    for sheet in standing:
        if (
            await _add_rounds(sheet, whole, origins)
            or (sheet.last_counted_at or 0) >= touched[sheet.location].since
        ):
            ids[sheet.id] = touched[sheet.location].cause
    await refresh(ids)


def _touched(book: Book, origins: Mapping[str, Origin]) -> dict[int, _Touched]:
    """Places that were counted, or where a scan came in that an earlier count had seen already."""
    happened = [(mark.location, mark.when.at, mark.when.operation) for mark in book.new_marks]
    for posting in book.postings:
        if posting.kind == "count":
            place = posting.flow.source if posting.flow.source in book.real else posting.flow.target
            happened.append((place, posting.event_at, posting.operation))
    found: dict[int, _Touched] = {}
    for place, at, operation in sorted(happened):
        found.setdefault(place, _Touched(at, origins.get(operation, Origin())))
    return found


async def _add_rounds(sheet: Sheet, whole: Iterable[Mark], origins: Mapping[str, Origin]) -> bool:
    """Every whole count of the place while the plan asked for it is a round, from the list or not."""
    counted = [mark.when for mark in whole if mark.location == sheet.location and _asks(sheet, mark.when.at)]
    for number, when in enumerate(sorted(counted), sheet.rounds + 1):
        origin = origins.get(when.operation, Origin())
        await execute(_ROUND, sheet.id, number, when.operation, origin.user, origin.device, when.at)
        body = {"name": sheet.code}
        await events.record("count.counted", f"ct:{sheet.plan}", body, by=origin.user, device=origin.device)
    return bool(counted)


def _asks(sheet: Sheet, at: int) -> bool:
    """Whether the place was to be counted at that moment."""
    until = [moment for moment in (sheet.closed_at, sheet.decided_at) if moment is not None]
    return sheet.issued_at is not None and sheet.issued_at <= at and all(at <= moment for moment in until)


async def refresh(causes: Mapping[int, Origin]) -> None:
    """Work out anew what these sheets found and what is to become of them, and of their plans."""
    async with writing():
        plans: dict[int, Origin] = {}
        counted = await queries.rounds(causes)
        for sheet in await queries.sheets_by_id(causes):
            known = await _found_again(sheet, counted.get(sheet.id, []))
            await _settle(sheet, known)
            plans[sheet.plan] = causes[sheet.id]
        for plan_id, cause in sorted(plans.items()):
            await refresh_plan(plan_id, cause)


async def _found_again(sheet: Sheet, counted: list[Counted]) -> list[Counted]:
    """The rounds with what they found as the ledger tells it now."""
    if not counted:
        return []
    last = max(one.counted_at for one in counted)
    own = frozenset(one.operation for one in counted)
    marks = await queries.marks_at(sheet.location, last)
    past = await queries.past_of(sheet.location, _since(marks, own, counted), last)
    known = []
    for one in counted:
        found = findings(Moment(one.counted_at, one.operation), marks, past, own)
        if found != one.findings:
            await execute(_FORGET, one.id)
            await execute_many(
                _FINDING,
                [
                    (one.id, each.cell.item, each.cell.lot, each.cell.serial, each.counted, each.book)
                    for each in found
                ],
            )
        known.append(msgspec.structs.replace(one, findings=found))
    return known


def _since(marks: Iterable[Mark], own: frozenset[str], counted: Iterable[Counted]) -> int:
    """From when on flows matter: since the last whole count before these, or for ever."""
    first = min(one.counted_at for one in counted)
    earlier = [
        mark.when.at
        for mark in marks
        if mark.item == 0 and mark.when.operation not in own and mark.when.at < first
    ]
    return max(earlier, default=0)


async def _settle(sheet: Sheet, known: list[Counted]) -> None:
    """Give the sheet the state that follows from its rounds, and its task to whoever is to count."""
    state: str = rounds.decide([one.round for one in known], sheet.tolerance, sheet.asked_at)
    if sheet.decided_at is not None:
        state = "posted"
    if state != sheet.state or len(known) != sheet.rounds:
        await execute(_SHEET, state, len(known), sheet.id)
    if state != sheet.state:
        await issuing.veil([sheet])
    people = sorted({one.person for one in known})
    if state in plan.TO_COUNT:
        latest = max((one.counted_at for one in known), default=0)
        await issuing.ask(sheet, round_number=len(known) + 1, counters=people, after=latest)
    else:
        await issuing.ask_no_more([sheet])


def is_disputed(sheet: Sheet, counted: Iterable[Counted]) -> bool:
    """Whether those who counted this place still contradict each other."""
    return rounds.is_disputed([one.round for one in counted], sheet.tolerance)


async def refresh_plan(plan_id: int, cause: Origin) -> None:
    """Let a plan's state follow its sheets."""
    async with writing():
        standing = await queries.plan(plan_id)
        assert standing is not None, "a sheet of a plan that does not exist"
        if standing.state in ("planned", "cancelled"):
            return
        by_state: dict[str, int] = defaultdict(int)
        for sheet in await queries.sheets(plan_id):
            by_state[sheet.state] += 1
        state = plan.state_of(list(by_state))
        if state != standing.state:
            await execute(_PLAN, state, clock.now() if state == "posted" else None, plan_id)
            await events.record(
                f"count.{state}",
                f"ct:{plan_id}",
                {"before": standing.state},
                by=cause.user,
                device=cause.device,
            )
