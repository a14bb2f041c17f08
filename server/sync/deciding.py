"""What comes after the verdict: operations that waited for another, and those a person decides.

A verdict never changes. A later decision is an operation of the server's own, which reaches the device as a
row of kind `outcome` in its scope.
"""

from zoneinfo import ZoneInfo

import msgspec

from server import clock, events, feed, ids
from server.config import settings
from server.db import Row, Statement, as_json, execute, fetch, writing
from server.stock import ledger, raising
from server.stock.ledger import Origin
from server.stock.movement import Moment
from server.sync import acting, envelope, reading, wire
from server.sync.verdict import Doing, Ruling, decide

_HELD = Statement(
    "SELECT o.id, o.kind, o.user_id, o.body, o.reason, o.outcome, o.event_at, r.device FROM operation o"
    " JOIN replica r ON r.id = o.replica WHERE o.id = ?"
)
_ARRIVED = Statement(
    "DELETE FROM waiting_operation WHERE needs IN (SELECT value FROM json_each(?)) RETURNING operation",
    "DELETE FROM waiting_operation WHERE needs IN (SELECT json_array_elements_text(?::text::json))"
    " RETURNING operation",
)
_STILL_WAITS = Statement("SELECT 1 FROM waiting_operation WHERE operation = ?")
_OWN = Statement(
    "INSERT INTO operation (id, replica, n, kind, user_id, body, digest, outcome, reason, task, seq, undone_by,"
    " event_at, received_at) VALUES (?, NULL, 0, 'op.decide@1', ?, ?, '', 'applied', NULL, NULL, 0, '', ?, ?)"
)
_LAY = Statement(
    "UPDATE incident SET closed_at = ?, decision = ?, decided_by = ? WHERE subject = ? AND closed_at IS NULL"
)


class NotHeld(msgspec.Struct, frozen=True):
    """There is no such operation waiting for a decision."""


async def release_waiting(arrived: list[str]) -> None:
    """Let operations take effect that waited for these; part of the transaction that brought them."""
    freed = sorted({row[0] for row in await execute(_ARRIVED, as_json(arrived))})
    for operation in freed:
        if not await fetch(_STILL_WAITS, operation):
            await release(operation, by=0)


async def release(operation_id: str, *, by: int) -> Ruling | NotHeld:
    """Let a held operation take effect now, with its own event time."""
    async with writing():
        held = await _held(operation_id)
        if held is None:
            return NotHeld()
        doing = await _doing(held)
        if doing is None:
            return Ruling("rejected", "malformed")
        ruling = await acting.act(doing) if acting.acts(doing) else await _post(doing, held)
        await _tell(held, ruling, by)
        if ruling.outcome not in ("held", "rejected"):
            await release_waiting([operation_id])
        return ruling


async def dismiss(operation_id: str, *, by: int) -> Ruling | NotHeld:
    """Decide that a held operation takes no effect."""
    async with writing():
        held = await _held(operation_id)
        if held is None:
            return NotHeld()
        ruling = Ruling("rejected", "dismissed")
        await _tell(held, ruling, by)
        return ruling


async def _held(operation_id: str) -> Row | None:
    rows = await fetch(_HELD, operation_id)
    if not rows or rows[0]["outcome"] != "held":
        return None
    scope = f"device:d-{rows[0]['device']}"
    return None if await feed.stands(scope, "outcome", operation_id) else rows[0]


async def _doing(held: Row) -> Doing | None:
    parsed = envelope.parse(held["body"].encode())
    if parsed.operation is None or parsed.fault:
        return None
    actors = await reading.actors({held["user_id"]})
    return Doing(
        id=held["id"],
        kind=held["kind"],
        args=parsed.args,
        when=Moment(held["event_at"], held["id"]),
        day=envelope.day_of(held["event_at"], ZoneInfo(settings().timezone)),
        device=held["device"],
        actor=actors.get(held["user_id"]),
    )


async def _post(doing: Doing, held: Row) -> Ruling:
    world = await reading.world([doing])
    ruling = decide(doing, world)
    await ledger.post(world.book, {doing.id: Origin(held["user_id"], held["device"])}, world.lots)
    await reading.store_lots(world)
    await raising.settle_debts(world.book, {cell: doing.id for cell in ruling.cells})
    return ruling


async def _tell(held: Row, ruling: Ruling, by: int) -> None:
    """Write the decision down, lay the incident to rest, and let the device know."""
    now = clock.now()
    body = {"cause": held["id"], "outcome": ruling.outcome, "reason": ruling.reason}
    if ruling.outcome != "held":
        told = {"outcome": ruling.outcome, "reason": ruling.reason, "task": None}
        feed.put(f"device:d-{held['device']}", "outcome", held["id"], told)
        await execute(_LAY, now, ruling.outcome, by, held["id"])
    await execute(_OWN, ids.uuid7(), by, msgspec.json.encode(body).decode(), now, now)
    await events.record("operation.decided", f"operation:{held['id']}", body, by=by)
