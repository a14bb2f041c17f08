"""Hold a lot everywhere at once, or release it: one act, whatever the number of places it lies in."""

from server import clock, events
from server.db import Statement, execute, fetch, writing
from server.stock import ledger
from server.stock.lot import Lot
from server.stock.movement import Moment

_LOT = Statement("SELECT expiry_on, made_on, seen_at, seen_by, is_held FROM lot WHERE item = ? AND code = ?")
_NEW = Statement(
    "INSERT INTO lot (item, code, expiry_on, made_on, seen_at, seen_by, is_held) VALUES (?, ?, '', '', ?, '', ?)"
)
_SET = Statement("UPDATE lot SET is_held = ? WHERE item = ? AND code = ?")


async def hold_lot(item: int, lot: str, *, is_held: bool, reason: str, by: int) -> bool:
    """Say that this lot may not be used, or may again; False when that is how it stood."""
    assert lot, "goods without a lot cannot be held by it"
    async with writing():
        rows = await fetch(_LOT, item, lot)
        known = (
            Lot(rows[0][0], rows[0][1], Moment(rows[0][2], rows[0][3]), bool(rows[0][4])) if rows else None
        )
        if (known.is_held if known else False) == is_held:
            return False
        if known is None:
            await execute(_NEW, item, lot, clock.now(), is_held)
        else:
            await execute(_SET, is_held, item, lot)
        state = Lot(known.expiry, known.made_on, known.seen, is_held) if known else Lot(is_held=is_held)
        await ledger.republish_lot(item, lot, state)
        topic = "lot.held" if is_held else "lot.released"
        await events.record(topic, f"item:{item}", {"lot": lot, "reason": reason}, by=by)
        return True
