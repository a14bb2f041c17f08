"""Let production orders follow the ledger: figures, promises and what devices see come from what was posted."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from server import clock, events, feed, quantity
from server.db import Statement, execute, execute_many, writing
from server.making import queries, work
from server.making.queries import Work
from server.making.work import Line
from server.stock import promising, raising
from server.stock import queries as stock
from server.stock.ledger import Origin
from server.stock.movement import Posting
from server.stock.promising import Want

OVER: Final = "over_issue"
"""The incident of material taken beyond what may be, for whoever approves production."""

_ADD_LINE = Statement(
    "INSERT INTO work_line (work, item, position, is_made, unit, scrap, factor, allowed, short, issued, quantity)"
    " VALUES (?, ?, ?, ?, '', 0, 1000, 0, 0, ?, 0)"
)
_LINE = Statement("UPDATE work_line SET issued = ? WHERE id = ?")
_SHORT = Statement("UPDATE work_line SET short = ? WHERE id = ?")
_ALL_SHORT = Statement("UPDATE work_line SET short = quantity WHERE work = ?")
_FIGURES = Statement(
    "UPDATE work_order SET state = ?, done = ?, closed_at = ?, version = version + 1 WHERE id = ?"
)
_EXPECT = Statement(
    "INSERT INTO expected_goods (document, line, item, warehouse, due_on, quantity) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (document, line) DO UPDATE SET due_on = excluded.due_on, quantity = excluded.quantity"
)
_EXPECT_NO_MORE = Statement("DELETE FROM expected_goods WHERE document = ? AND quantity = 0")
_RETELL = Statement("UPDATE incident SET body = ? WHERE kind = ? AND subject = ? AND closed_at IS NULL")
_CLOSE_INCIDENT = Statement(
    "UPDATE incident SET closed_at = ?, decision = 'settled' WHERE kind = ? AND subject = ? AND closed_at IS NULL"
)


async def follow(postings: Iterable[Posting], origins: Mapping[str, Origin]) -> None:
    """After these were posted, in their transaction: orders that they name read as the ledger does."""
    touched: dict[int, Origin] = {}
    for posting in postings:
        if number := work.number_of(posting.flow.document):
            touched[number] = origins.get(posting.operation, Origin())
    if touched:
        await refresh(touched)


async def refresh(touched: Mapping[int, Origin]) -> None:
    """Work out these orders anew; who caused it signs the events."""
    async with writing():
        shares = await queries.shares(touched)
        lines = await queries.lines_of(touched)
        for one in await queries.works_by_id(touched):
            standing = [each.line for each in lines[one.id]]
            after = work.follow(standing, shares.get(one.id, ()))
            await _write(one, standing, after)
            if len(after) > len(standing):
                after = [each.line for each in await queries.shown_lines(one.id)]
            state = work.state_after(one.decided, after, is_over=one.is_over)
            await _promise(one, state, after)
            await _watch(one, standing, after, touched[one.id])
            await _change(one, state, after, touched[one.id])
            await _tell(msgspec.structs.replace(one, state=state), after)


async def _write(one: Work, standing: list[Line], after: list[Line]) -> None:
    before = {line.id: line for line in standing}
    await execute_many(
        _ADD_LINE,
        [(one.id, line.item, line.position, line.is_made, line.done) for line in after if not line.id],
    )
    await execute_many(
        _LINE, [(line.done, line.id) for line in after if line.id and line.done != before[line.id].done]
    )


async def _promise(one: Work, state: str, lines: Iterable[Line]) -> None:
    """Keep in step what the warehouse holds back for it, and what may be promised of what it will bring."""
    held = await promising.reserved_for(one.document)
    for line in lines:
        missing = work.still_reserved(state, line) - held.get(line.id, 0)
        if missing < 0:
            await promising.draw(one.document, line.id, -missing)
        elif missing > 0:
            # It lies in the warehouse again and is still to be taken.
            want = Want(
                document=one.document, line=line.id, item=line.item, warehouse=one.warehouse, quantity=missing
            )
            await promising.give_back(want)
    if state not in work.OPEN:
        await promising.free(one.document)
    await execute_many(
        _EXPECT,
        [
            (one.document, line.id, line.item, one.warehouse, one.due_on, work.still_expected(state, line))
            for line in lines
            if line.is_made
        ],
    )
    await execute(_EXPECT_NO_MORE, one.document)


async def _watch(one: Work, standing: list[Line], after: list[Line], cause: Origin) -> None:
    """Let a person know where more was taken than may be; that lies to rest when it is allowed, or comes back."""
    before = {line.id: line.excess for line in standing}
    changed = [line for line in after if line.excess != before.get(line.id, 0)]
    names = {each.line.id: each for each in await queries.shown_lines(one.id)} if changed else {}
    for line in changed:
        if not line.excess:
            await settle_excess(one, line.id)
            continue
        subject = f"{one.document}/{line.id}"
        body = {
            "document": one.document,
            "number": one.number,
            "item": names[line.id].code,
            "excess": quantity.format(line.excess),
            "device": f"d-{cause.device}" if cause.device else "",
        }
        await raising.raise_incident(OVER, subject, body, warehouse=one.warehouse)
        # Raised once, but it tells how much it is now.
        await execute(_RETELL, msgspec.json.encode(body).decode(), OVER, subject)


async def settle_excess(one: Work, line: int) -> None:
    """Somebody allowed it, or it came back: nobody need ask any more."""
    await execute(_CLOSE_INCIDENT, clock.now(), OVER, f"{one.document}/{line}")


async def _change(one: Work, state: str, lines: list[Line], cause: Origin) -> None:
    done = work.made(lines, one.product) if one.is_of_bill else 0
    if (state, done) == (one.state, one.done):
        return
    closed_at = None if state in work.OPEN or state == "draft" else one.closed_at or clock.now()
    await execute(_FIGURES, state, done, closed_at, one.id)
    if state != one.state:
        body = {"before": one.state}
        await events.record(f"work.{state}", f"wo:{one.id}", body, by=cause.user, device=cause.device)


async def _tell(one: Work, lines: Iterable[Line]) -> None:
    """Show an order to the warehouse's devices for as long as there is something to do with it."""
    scope = f"warehouse:w-{one.warehouse}"
    if one.state not in work.OPEN:
        feed.drop(scope, "work", one.document)
        return
    body = {
        "number": one.number,
        "kind": one.kind,
        "state": one.state,
        "due": one.due_on,
        "warehouse": f"w-{one.warehouse}",
        "production": f"l-{await stock.place_of_kind(one.warehouse, 'production')}",
        "backflush": one.is_backflush,
        "lines": [_line_body(line) for line in lines],
    }
    feed.put(scope, "work", one.document, body)


def _line_body(line: Line) -> dict[str, str | bool]:
    return {
        "id": str(line.id),
        "item": f"i-{line.item}",
        "made": line.is_made,
        "quantity": quantity.format(line.quantity),
        "done": quantity.format(line.done),
    }


async def reserve(work_id: int) -> None:
    """Keep what there is of what is still to be taken and is not kept yet; what there is too little of is short."""
    async with writing():
        (one,) = await queries.works_by_id([work_id])
        lines = [each.line for each in await queries.shown_lines(work_id) if not each.line.is_made]
        held = await promising.reserved_for(one.document)
        wants = [
            Want(
                document=one.document,
                line=line.id,
                item=line.item,
                warehouse=one.warehouse,
                quantity=line.to_go - held.get(line.id, 0),
            )
            for line in lines
            if line.to_go > held.get(line.id, 0)
        ]
        await promising.reserve_what_there_is(wants, today=clock.today())
        held = await promising.reserved_for(one.document)
        await execute_many(_SHORT, [(max(0, line.to_go - held.get(line.id, 0)), line.id) for line in lines])


async def reserve_nothing(work_id: int) -> None:
    """Nothing is wanted any more: if somebody still carries something for it, nothing is kept for that."""
    await execute(_ALL_SHORT, work_id)
