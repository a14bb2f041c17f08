"""Verify: play the ledger again from zero and hold everything that follows from it against the result."""

from collections.abc import Iterator
from typing import Any

import msgspec

from server import canonical, quantity
from server.db import Statement, fetch, fetch_together, writing
from server.stock.movement import REAL, Cell
from server.stock.raising import raise_incident


class Verified(msgspec.Struct, frozen=True):
    """What a replay found; `violations` is empty when all is well."""

    ok: bool
    movements: int
    cells: int
    operations: int
    feed_rows: int
    violations: list[str]


_MOVEMENTS = Statement(
    "SELECT id, operation, leg, kind, item, lot, serial, owner, quantity, source, target FROM movement"
    " WHERE id > ? ORDER BY id LIMIT 20000"
)
_BALANCES = Statement("SELECT item, location, lot, serial, owner, on_hand, debt FROM balance")
_KINDS = Statement("SELECT id, kind FROM location")
_OPERATIONS = Statement("SELECT count(*) FROM operation")
_GAPS = Statement(
    "SELECT r.id, r.ack, count(o.id) FROM replica r LEFT JOIN operation o ON o.replica = r.id"
    " GROUP BY r.id, r.ack HAVING count(o.id) <> r.ack"
)
_FEED = Statement("SELECT scope, kind, key, hash, body, seq FROM feed_row WHERE is_deleted = ?")
_SUMS = Statement("SELECT scope, live, sum FROM scope_digest")
_HEAD = Statement("SELECT seq FROM feed_head")


async def verify() -> Verified:
    """Replay the ledger and compare balances, signs, sums, operations and the feed. Reads only."""
    kinds = {row[0]: row[1] for row in await fetch(_KINDS)}
    raw: dict[Cell, int] = {}
    violations: list[str] = []
    movements = 0
    last = 0
    while rows := await fetch(_MOVEMENTS, last):
        for row in rows:
            violations += _replay(row, raw, kinds)
        last, movements = rows[-1][0], movements + len(rows)
    balances = await fetch(_BALANCES)
    violations += _compare(raw, balances, kinds)
    violations += _sums(raw)
    operations = (await fetch(_OPERATIONS))[0][0]
    violations += [f"replica {row[0]}: {row[1]} acknowledged, {row[2]} kept" for row in await fetch(_GAPS)]
    feed, sums, head = await fetch_together((_FEED, (False,)), (_SUMS, ()), (_HEAD, ()))
    violations += _feed(feed, sums, head[0][0])
    return Verified(not violations, movements, len(balances), operations, len(feed), violations[:200])


async def raise_alarm(found: Verified) -> None:
    """Let people know that the ledger and what follows from it disagree."""
    async with writing():
        await raise_incident("verify", "ledger", {"violations": found.violations[:20]})


def _replay(row: Any, raw: dict[Cell, int], kinds: dict[int, str]) -> Iterator[str]:
    amount, source, target = row[8], row[9], row[10]
    if amount <= 0:
        yield f"movement {row[0]}: quantity {quantity.format(amount)} is not positive"
    cell = Cell(row[4], source, row[5], row[6], row[7])
    raw[cell] = raw.get(cell, 0) - amount
    if raw[cell] < 0 and kinds.get(source) in REAL:
        yield f"movement {row[0]} ({row[1]}): cell {tuple(cell)} fell to {quantity.format(raw[cell])}"
    arrival = cell._replace(location=target)
    raw[arrival] = raw.get(arrival, 0) + amount


def _compare(raw: dict[Cell, int], balances: list[Any], kinds: dict[int, str]) -> Iterator[str]:
    kept = {Cell(*tuple(row)[:5]): (row[5], row[6]) for row in balances}
    for cell in raw.keys() | kept.keys():
        on_hand, debt = kept.get(cell, (0, 0))
        if raw.get(cell, 0) != on_hand:
            replayed = quantity.format(raw.get(cell, 0))
            yield f"balance {tuple(cell)}: ledger says {replayed}, balance {quantity.format(on_hand)}"
        if debt and (on_hand or kinds.get(cell.location) not in REAL):
            yield f"balance {tuple(cell)}: owes {quantity.format(debt)} while holding {quantity.format(on_hand)}"


def _sums(raw: dict[Cell, int]) -> Iterator[str]:
    totals: dict[tuple[int, str, str, int], int] = {}
    for cell, amount in raw.items():
        key = (cell.item, cell.lot, cell.serial, cell.owner)
        totals[key] = totals.get(key, 0) + amount
    for key, total in totals.items():
        if total:
            yield f"item {key}: all locations together hold {quantity.format(total)}, not 0"


def _feed(rows: list[Any], sums: list[Any], head: int) -> Iterator[str]:
    found: dict[str, list[int]] = {}
    for scope, kind, key, hashed, body, seq in rows:
        real = canonical.row_hash(kind, key, body.encode())
        if f"{real:016x}" != hashed:
            yield f"feed {scope} {kind} {key}: hash does not fit its body"
        if seq > head:
            yield f"feed {scope} {kind} {key}: number {seq} is beyond the head {head}"
        of_scope = found.setdefault(scope, [0, 0])
        of_scope[0] += 1
        of_scope[1] = (of_scope[1] + real) % canonical.SUM
    kept = {row[0]: (row[1], row[2]) for row in sums}
    for scope in found.keys() | kept.keys():
        live, total = found.get(scope, [0, 0])
        if kept.get(scope, (0, "0" * 16)) != (live, f"{total:016x}"):
            yield f"feed {scope}: {live} rows adding up to {total:016x}, digest says {kept.get(scope)}"
