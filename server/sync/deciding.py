"""What comes after the verdict: operations that waited for another, and those a person decides.

A verdict never changes. A later decision is an operation of the server's own, which reaches the device as a
row of kind `outcome` in its scope.
"""

import logging
from zoneinfo import ZoneInfo

import msgspec

from server import clock, events, feed, ids
from server.config import settings
from server.db import Row, Statement, as_json, execute, fetch, writing
from server.stock import raising
from server.stock.ledger import Origin
from server.stock.movement import Moment
from server.sync import acting, envelope, posting, reading
from server.sync.verdict import Doing, Ruling, World, decide

log = logging.getLogger("stockhand.sync")

_HELD = Statement(
    "SELECT o.id, o.kind, o.user_id, o.body, o.reason, o.outcome, o.event_at, r.device, o.replica, o.n"
    " FROM operation o JOIN replica r ON r.id = o.replica WHERE o.id = ?"
)
_BETWEEN = Statement("SELECT id FROM operation WHERE replica = ? AND n BETWEEN ? AND ? ORDER BY n")
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


NO_EFFECT = ("held", "rejected")


class NotHeld(msgspec.Struct, frozen=True):
    """There is no such operation waiting for a decision."""


class _TakenBack(Exception):
    """A group that cannot take effect as a whole."""


async def release_waiting(arrived: list[str]) -> None:
    """Let operations take effect that waited for these; part of the transaction that brought them."""
    await free_groups(sorted({row[0] for row in await execute(_ARRIVED, as_json(arrived))}))


async def free_groups(operations: list[str]) -> None:
    """Let those of these take effect, with their groups, that wait for nothing any more."""
    for operation in operations:
        try:
            await _free(operation)
        except Exception:
            # What arrived must not suffer from what waited for it: that one stays held, for a person.
            log.exception("operation %s cannot be freed and stays held", operation)


async def _free(operation_id: str) -> None:
    """Release what waits for nothing any more; of a group all or none."""
    async with writing():
        held = await _held(operation_id)
        if held is None:
            return
        members = await _fellows(held)
        group = envelope.parse(held["body"].encode()).operation
        size = group.group.size if group is not None and group.group is not None else 1
        if len(members) == size and not [one for one in members if await fetch(_STILL_WAITS, one["id"])]:
            await release(operation_id, by=0)


async def release(operation_id: str, *, by: int) -> Ruling | NotHeld:
    """Let a held operation take effect now, with its own event time; those of its group go with it."""
    async with writing():
        held = await _held(operation_id)
        if held is None:
            return NotHeld()
        members = await _fellows(held)
        try:
            async with writing():
                rulings = await _post(members)
        except _TakenBack:
            return Ruling("held", "group")
        for member, ruling in zip(members, rulings, strict=True):
            await _tell(member, ruling, by)
        effective = zip(members, rulings, strict=True)
        await release_waiting([one["id"] for one, ruling in effective if ruling.outcome not in NO_EFFECT])
        return next(ruling for one, ruling in zip(members, rulings, strict=True) if one["id"] == operation_id)


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


async def _fellows(held: Row) -> list[Row]:
    """The operations of a group that are held with this one, in their order; itself alone without a group."""
    operation = envelope.parse(held["body"].encode()).operation
    if operation is None or operation.group is None:
        return [held]
    group = operation.group
    first = held["n"] - group.index
    names = [row[0] for row in await fetch(_BETWEEN, held["replica"], first, first + group.size - 1)]
    found = [one for name in names if (one := await _held(name)) is not None]
    return [one for one in found if _group_of(one) == group.id]


def _group_of(held: Row) -> str | None:
    operation = envelope.parse(held["body"].encode()).operation
    return operation.group.id if operation is not None and operation.group is not None else None


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


async def _post(members: list[Row]) -> list[Ruling]:
    """Rule on these together and post what they do."""
    known = [await _doing(one) for one in members]
    doings = [doing for doing in known if doing is not None]
    world = await reading.world(doings)
    rulings = [await _ruled(doing, world) for doing in known]
    if len(members) > 1 and any(ruling.outcome in NO_EFFECT for ruling in rulings):
        raise _TakenBack
    origins = {one["id"]: Origin(one["user_id"], one["device"]) for one in members}
    await posting.post(world, origins)
    await reading.store_undone(world)
    causes = {cell: one["id"] for one, ruling in zip(members, rulings, strict=True) for cell in ruling.cells}
    await raising.settle_debts(world.book, causes)
    return rulings


async def _ruled(doing: Doing | None, world: World) -> Ruling:
    if doing is None:
        return Ruling("rejected", "malformed")
    return await acting.act(doing) if acting.acts(doing) else decide(doing, world)


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
