"""Veiling what the book expects of a place while somebody is to count it blind, and showing it again afterwards.

In the feed the balances of the place move to a scope of their own, which no device of the floor subscribes to, and
leave the warehouse's in the same commit. What stays for those who work there meanwhile is that goods lie there.
"""

from collections.abc import Collection

from server import feed
from server.db import Row, Statement, as_json, execute, fetch
from server.stock import replenishing, wire
from server.stock.lot import Lot
from server.stock.movement import Cell, Moment

_PLACES = Statement(
    "SELECT id, warehouse, is_blind FROM location WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
    "SELECT id, warehouse, is_blind FROM location"
    " WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int) ORDER BY id",
)
_MARK = Statement("UPDATE location SET is_blind = ? WHERE id = ?")
_BALANCES = Statement(
    "SELECT b.item, b.lot, b.serial, b.on_hand, coalesce(o.expiry_on, '') AS expiry_on,"
    " coalesce(o.made_on, '') AS made_on, coalesce(o.is_held, false) AS is_held FROM balance b"
    " LEFT JOIN lot o ON o.item = b.item AND o.code = b.lot AND b.lot <> ''"
    " WHERE b.location = ? AND b.owner = 0 ORDER BY b.item, b.lot, b.serial"
)


async def veil(places: Collection[int], blind: Collection[int]) -> None:
    """Let those of these places that are among the blind ones keep their figures to themselves, the others not."""
    for place, warehouse, was in await fetch(_PLACES, as_json(sorted(places))):
        if bool(was) != (place in blind):
            await _turn(place, warehouse, is_blind=place in blind)


async def _turn(place: int, warehouse: int, *, is_blind: bool) -> None:
    await execute(_MARK, is_blind, place)
    shown = wire.balance_scope(warehouse, is_blind=is_blind)
    hidden = wire.balance_scope(warehouse, is_blind=not is_blind)
    rows = await fetch(_BALANCES, place)
    for row in rows:
        cell, lot = Cell(row["item"], place, row["lot"], row["serial"]), _lot(row)
        feed.drop(hidden, "balance", wire.balance_key(cell))
        feed.put(shown, "balance", wire.balance_key(cell), wire.balance_body(row["on_hand"], lot))
        lying = wire.lying_row(warehouse, cell, row["expiry_on"])
        if not is_blind:
            feed.drop(*lying[:3])
        elif row["on_hand"] > 0:
            feed.put(*lying)
    # How much a bin lacks, and how much another has for it, would tell what the book expects there.
    items = {row["item"] for row in rows}
    if await fetch(replenishing.FILLED, as_json(sorted(items))):
        await replenishing.refresh(items)


def _lot(row: Row) -> Lot | None:
    if not row["lot"]:
        return None
    return Lot(row["expiry_on"], row["made_on"], Moment(0, ""), bool(row["is_held"]))
