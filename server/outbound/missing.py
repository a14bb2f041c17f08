"""When a picker finds too little: the place is left out of the plan, and somebody is asked to count it."""

from collections.abc import Iterable, Mapping
from typing import Final

from server import clock, events
from server.db import Row, Statement, as_json, execute, fetch
from server.outbound import notice, surveying
from server.outbound.report import Short
from server.stock import raising
from server.stock.ledger import Origin

NONE_LEFT: Final = "none_left"
"""The picker says so with a count of nothing, which the book follows: whatever is filled in later may be picked."""

NOT_EMPTY: Final = "not_empty"
"""All was taken that was asked for, and something is still there."""

_LEAVE_OUT = Statement(
    "UPDATE allocation SET quantity = picked, state = ? WHERE document = ? AND item = ? AND location = ?"
    " AND lot = ? AND serial = ? AND state = 'open'"
)
_REMEMBER = Statement(
    "INSERT INTO allocation (document, line, item, location, lot, serial, picked, quantity, state, position,"
    " allocated_at) SELECT ?, l.id, l.item, ?, ?, ?, 0, 0, 'skipped', 0, ? FROM shipment_notice_line l"
    " WHERE l.notice = ? AND l.item = ? AND NOT EXISTS (SELECT 1 FROM allocation a WHERE a.document = ?"
    " AND a.line = l.id AND a.location = ? AND a.state = 'skipped')"
)
_WAREHOUSES = Statement(
    "SELECT id, warehouse FROM location WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, warehouse FROM location WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)


async def note(asked: list[Short], origins: Mapping[str, Origin]) -> dict[int, Origin]:
    """Keep what pickers could not find; gives the notices for which another place has to be named."""
    if not asked:
        return {}
    warehouses = await _warehouses(one.location for one in asked)
    known = {one.id for one in await surveying.notices({_number(one) for one in asked})}
    about: dict[int, Origin] = {}
    for one in asked:
        reason = NOT_EMPTY if one.reason == NOT_EMPTY else "short"
        await raising.ask_after_surprise(
            one.location, warehouses[one.location], reason, one.operation, one.at
        )
        if _number(one) in known:
            about[_number(one)] = origin = origins.get(one.operation, Origin())
            await _leave_out(one, origin)
    return about


async def _leave_out(one: Short, origin: Origin) -> None:
    """Send nobody there again for it, unless the book knows by then that it lies there."""
    if one.reason == NOT_EMPTY:
        return
    state = "short" if one.reason == NONE_LEFT else "skipped"
    await execute(_LEAVE_OUT, state, one.document, one.item, one.location, one.lot, one.serial)
    if state == "skipped":
        # Whoever says so may be heard before anybody was sent there: it holds for what is planned later too.
        known = (one.document, one.location, one.lot, one.serial, clock.now(), _number(one), one.item)
        await execute(_REMEMBER, *known, one.document, one.location)
    body = {"item": f"i-{one.item}", "location": f"l-{one.location}", "reason": one.reason}
    await events.record("notice.missing", f"sn:{_number(one)}", body, by=origin.user, device=origin.device)


def _number(one: Short) -> int:
    return notice.number_of(one.document) or 0


async def _warehouses(places: Iterable[int]) -> dict[int, int]:
    rows: list[Row] = await fetch(_WAREHOUSES, as_json(sorted(set(places))))
    return {row[0]: row[1] for row in rows}
