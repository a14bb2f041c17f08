"""Valuing the ledger: every row that crosses the company's border gets its cost, in posting order, once.

A projection like balances, but not on the way of a scan: it follows a moment later, row by row as posted, and
can be thrown away and made again. So a change of the method is a new start, not a migration.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from server import clock
from server.config import settings
from server.db import Row, Statement, as_json, execute, execute_many, fetch, writing
from server.finance import queries
from server.stock import cost
from server.stock.cost import Entry, Layer, Method, Worth
from server.stock.movement import REAL

OURS: Final = REAL | {"transit"}
"""Kinds of locations whose goods are ours; what passes between two of them changes no value."""

AT_ONCE = 2_000
"""Rows of the ledger valued in one transaction, so that scans have their turn in between."""


class Progress(msgspec.Struct, frozen=True):
    """How many rows were valued, and whether more are waiting."""

    rows: int
    has_more: bool


class _Step(msgspec.Struct, frozen=True):
    """A row of the ledger as costs see it; `quantity` is negative when it leaves us."""

    id: int
    operation: str
    leg: int
    item: int
    quantity: int
    source_kind: str
    document: str
    reverses: str
    day_on: str

    @property
    def name(self) -> str:
        return f"{self.operation}:{self.leg}"


_HEAD = Statement("SELECT method, last FROM cost_head")
_BEGIN = Statement("INSERT INTO cost_head (method, last) VALUES (?, 0)")
_MOVE_HEAD = Statement("UPDATE cost_head SET last = ?")
_NEXT = Statement(
    "SELECT m.id, m.operation, m.leg, m.item, m.quantity, s.kind, t.kind, m.document, m.reverses, m.posted_at, m.owner"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " WHERE m.id > ? ORDER BY m.id LIMIT ?"
)
_WORTHS = Statement(
    "SELECT item, quantity, value, average, variance FROM item_worth WHERE item IN (SELECT value FROM json_each(?))",
    "SELECT item, quantity, value, average, variance FROM item_worth"
    " WHERE item IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_LAYERS = Statement(
    "SELECT item, origin, quantity, value FROM cost_layer WHERE item IN (SELECT value FROM json_each(?))"
    " ORDER BY item, position",
    "SELECT item, origin, quantity, value FROM cost_layer"
    " WHERE item IN (SELECT (json_array_elements_text(?::text::json))::int) ORDER BY item, position",
)
_KNOWN = Statement(
    "SELECT operation, leg, cost FROM cost_entry WHERE operation IN (SELECT value FROM json_each(?))",
    "SELECT operation, leg, cost FROM cost_entry"
    " WHERE operation IN (SELECT json_array_elements_text(?::text::json))",
)
_ENTRY = Statement("INSERT INTO cost_entry (operation, leg, item, quantity, cost) VALUES (?, ?, ?, ?, ?)")
_WORTH = Statement(
    "INSERT INTO item_worth (item, quantity, value, average, variance) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (item) DO UPDATE SET quantity = excluded.quantity, value = excluded.value,"
    " average = excluded.average, variance = excluded.variance"
)
_DAY = Statement(
    "INSERT INTO day_worth (item, day_on, quantity, value) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (item, day_on) DO UPDATE SET quantity = excluded.quantity, value = excluded.value"
)
_DROP_LAYERS = Statement(
    "DELETE FROM cost_layer WHERE item IN (SELECT value FROM json_each(?))",
    "DELETE FROM cost_layer WHERE item IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_LAYER = Statement("INSERT INTO cost_layer (item, position, origin, quantity, value) VALUES (?, ?, ?, ?, ?)")
_FORGET = tuple(
    Statement(f"DELETE FROM {table}")  # names of our own tables
    for table in ("cost_head", "item_worth", "cost_layer", "cost_entry", "day_worth")
)


async def catch_up() -> int:
    """Value everything that has been posted since; gives how many rows of the ledger that were."""
    done = 0
    while (progress := await go_on()).rows:
        done += progress.rows
        if not progress.has_more:
            break
    return done


async def go_on(rows: int = AT_ONCE) -> Progress:
    """Value the next rows of the ledger, in one transaction."""
    method: Method = settings().costing
    async with writing():
        last = await _head(method)
        found = await fetch(_NEXT, last, rows)
        if found:
            await _value(list(_steps(found)), method)
            await execute(_MOVE_HEAD, found[-1][0])
    return Progress(len(found), len(found) == rows)


async def _head(method: Method) -> int:
    """Up to where the ledger is valued by this method; another method's values are thrown away."""
    heads = await fetch(_HEAD)
    if heads and heads[0][0] == method:
        return int(heads[0][1])
    for statement in _FORGET:
        await execute(statement)
    await execute(_BEGIN, method)
    return 0


def _steps(rows: Iterable[Row]) -> Iterable[_Step]:
    """The rows that change what we own; goods of other owners are not ours to value."""
    zone = ZoneInfo(settings().timezone)
    for key, operation, leg, item, size, source, target, document, reverses, posted_at, owner in map(
        tuple, rows
    ):
        if owner == 0 and (source in OURS) != (target in OURS):
            day = datetime.fromtimestamp(posted_at / clock.SECOND, zone).date().isoformat()
            signed = size if target in OURS else -size
            yield _Step(key, operation, leg, item, signed, source, document, reverses, day)


async def _value(steps: list[_Step], method: Method) -> None:
    items = sorted({step.item for step in steps})
    worths = await _worths(items)
    costs = await _known_costs(steps)
    prices = await queries.unit_costs({step.document for step in steps if step.document})
    entries: list[tuple[object, ...]] = []
    days: dict[tuple[int, str], Worth] = {}
    for step in steps:
        entry = _entry(step, costs, prices)
        valued = cost.post(worths[step.item], entry, method)
        worths[step.item] = days[step.item, step.day_on] = valued.worth
        costs[step.name] = valued.cost
        entries.append((step.operation, step.leg, step.item, step.quantity, valued.cost))
    await execute_many(_ENTRY, entries)
    await execute_many(_DAY, [(*key, worth.quantity, worth.value) for key, worth in days.items()])
    await _store({item: worths[item] for item in items}, method)


def _entry(step: _Step, costs: Mapping[str, int], prices: Mapping[tuple[str, int], int]) -> Entry:
    """What is known of the value of a row: what it takes back, what was paid, or nothing but the average."""
    back = costs.get(step.reverses) if step.reverses else None
    came = step.quantity > 0 and step.source_kind in ("supplier", "customer", "production")
    return Entry(
        origin=step.name,
        quantity=step.quantity,
        price=prices.get((step.document, step.item)) if came and back is None else None,
        cost=back,
        of=step.reverses if back is not None else "",
    )


async def _known_costs(steps: Iterable[_Step]) -> dict[str, int]:
    """What rows that are taken back here had cost, where they were valued earlier."""
    reversed_ = sorted({step.reverses.rpartition(":")[0] for step in steps if step.reverses})
    if not reversed_:
        return {}
    return {f"{row[0]}:{row[1]}": row[2] for row in await fetch(_KNOWN, as_json(reversed_))}


async def _worths(items: list[int]) -> defaultdict[int, Worth]:
    layers: dict[int, list[Layer]] = defaultdict(list)
    for item, origin, size, value in await fetch(_LAYERS, as_json(items)):
        layers[item].append(Layer(origin, size, value))
    worths: defaultdict[int, Worth] = defaultdict(Worth)
    for item, size, value, average, variance in await fetch(_WORTHS, as_json(items)):
        worths[item] = Worth(size, value, average, variance, tuple(layers[item]))
    return worths


async def _store(worths: Mapping[int, Worth], method: Method) -> None:
    await execute_many(
        _WORTH,
        [(item, one.quantity, one.value, one.average, one.variance) for item, one in worths.items()],
    )
    if method == "fifo":
        await execute(_DROP_LAYERS, as_json(list(worths)))
        await execute_many(
            _LAYER,
            [
                (item, position, layer.origin, layer.quantity, layer.value)
                for item, one in worths.items()
                for position, layer in enumerate(one.layers)
            ],
        )
