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
from server.finance import production, queries
from server.finance.production import Work
from server.finance.queries import Ended
from server.making import work
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
    target_kind: str
    document: str
    reverses: str
    day_on: str

    @property
    def name(self) -> str:
        return f"{self.operation}:{self.leg}"

    @property
    def work(self) -> int:
        """The production order into which it went, or out of which it came; 0 for all else."""
        is_made = "production" in (self.source_kind, self.target_kind)
        return work.number_of(self.document) if is_made else 0


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
_WORK = Statement(
    "INSERT INTO work_cost (work, item, is_made, value, quantity) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (work, item, is_made) DO UPDATE SET value = excluded.value, quantity = excluded.quantity"
)
_FORGET = tuple(
    Statement(f"DELETE FROM {table}")  # names of our own tables
    for table in ("cost_head", "item_worth", "cost_layer", "cost_entry", "day_worth", "work_cost")
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
        # An order that has ended belongs to the rows before its end; without further rows, to those there are.
        until = found[-1][0] if len(found) == rows else None
        ended = await queries.ended_works(last, until)
        if found or ended:
            await _value(list(_steps(found)), ended, last, method)
        if found:
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
    for key, operation, leg, item, size, source, target, document, reverses, posted_at, owner in map(
        tuple, rows
    ):
        if owner == 0 and (source in OURS) != (target in OURS):
            day = _day_of(posted_at)
            signed = size if target in OURS else -size
            yield _Step(key, operation, leg, item, signed, source, target, document, reverses, day)


def _day_of(moment: int) -> str:
    return datetime.fromtimestamp(moment / clock.SECOND, ZoneInfo(settings().timezone)).date().isoformat()


async def _value(steps: list[_Step], ended: list[Ended], last: int, method: Method) -> None:
    """Value these rows, those up to `last` being valued; orders that ended do so in between."""
    named = {step.work for step in steps if step.work} | {one.work for one in ended}
    works = await queries.works_in_cost(named, last)
    items = {step.item for step in steps} | {plan.item for one in works.values() for plan in one.plans}
    state = _State(
        method=method,
        worths=await _worths(sorted(items)),
        costs=await _known_costs(steps),
        prices=await queries.unit_costs({step.document for step in steps if step.document}),
        works=dict(works),
    )
    waiting = list(ended)
    for step in _products_last(steps):
        while waiting and waiting[0].after < step.id:
            await _end(state, waiting.pop(0))
        await _value_step(state, step)
    for one in waiting:
        await _end(state, one)
    await _keep(state, works)


class _State(msgspec.Struct, kw_only=True):
    """What is known and changed while rows are valued one after another."""

    method: Method
    worths: defaultdict[int, Worth]
    costs: dict[str, int]
    prices: Mapping[tuple[str, int], int]
    works: dict[int, Work]
    entries: list[tuple[object, ...]] = []
    days: dict[tuple[int, str], Worth] = {}

    def put(self, item: int, day_on: str, worth: Worth) -> None:
        self.worths[item] = self.days[item, day_on] = worth

    @property
    def averages(self) -> dict[int, int]:
        return {item: worth.average for item, worth in self.worths.items() if worth.average}


def _products_last(steps: list[_Step]) -> list[_Step]:
    """In posting order, but what one operation makes comes after what it takes: by then its cost is known.

    A product that leaves in between cannot wait; it goes at the average, and what is left is laid on the others.
    """
    ends = {step.operation: index for index, step in enumerate(steps)}
    places = []
    for index, step in enumerate(steps):
        end = ends[step.operation] if _is_product(step) else index
        leaves = any(one.item == step.item and one.quantity < 0 for one in steps[index + 1 : end + 1])
        places.append((index if leaves else end, _is_product(step), step.id, step))
    return [step for *_, step in sorted(places, key=lambda place: place[:3])]


def _is_product(step: _Step) -> bool:
    return step.work > 0 and step.quantity > 0 and not step.reverses


async def _value_step(state: _State, step: _Step) -> None:
    one = state.works.get(step.work)
    entry = _entry(step, state, one)
    valued = cost.post(state.worths[step.item], entry, state.method)
    state.put(step.item, step.day_on, valued.worth)
    state.costs[step.name] = valued.cost
    state.entries.append((step.operation, step.leg, step.item, step.quantity, valued.cost))
    if one is not None:
        moved = production.bring if step.item in one.outputs else production.take
        sign = 1 if step.item in one.outputs else -1
        state.works[one.id] = moved(one, step.item, sign * step.quantity, valued.cost)
        # A product that was valued before its material is told keeps that until it is.
        if not (_is_product(step) and step.item in one.outputs):
            await _settle(state, one.id, step.day_on)


def _entry(step: _Step, state: _State, one: Work | None) -> Entry:
    """What is known of the value of a row: what it takes back, what was paid, what made it, or only the average."""
    back = state.costs.get(step.reverses) if step.reverses else None
    came = step.quantity > 0 and step.source_kind in ("supplier", "customer", "production")
    made = _cost_in_work(step, state, one) if one is not None and came and back is None else None
    return Entry(
        origin=step.name,
        quantity=step.quantity,
        price=state.prices.get((step.document, step.item)) if came and back is None else None,
        cost=back if back is not None else made,
        of=step.reverses if back is not None else "",
    )


def _cost_in_work(step: _Step, state: _State, one: Work) -> int | None:
    if step.item in one.outputs:
        return production.cost_of_product(one, step.item, step.quantity, state.averages)
    return production.cost_of_return(one, step.item, step.quantity)


async def _end(state: _State, ended: Ended) -> None:
    """No more will be made by an order: what is left of its material belongs to what has been made."""
    if one := state.works.get(ended.work):
        state.works[one.id] = msgspec.structs.replace(one, is_over=True)
        await _settle(state, one.id, _day_of(ended.at))


async def _settle(state: _State, work_id: int, day_on: str) -> None:
    """Lay what is left of a complete order on the products that are still here; what is gone keeps its cost."""
    one = state.works[work_id]
    if not one.is_complete or not one.left:
        return
    for item, value in production.shares(one, state.averages).items():
        origins = await queries.origins_of(one.id, item) if state.method == "fifo" else frozenset()
        revalued = cost.revalue(state.worths[item], value, state.method, origins)
        state.put(item, day_on, revalued.worth)
        state.works[work_id] = production.bring(state.works[work_id], item, 0, revalued.cost)


async def _keep(state: _State, before: Mapping[int, Work]) -> None:
    await execute_many(_ENTRY, state.entries)
    await execute_many(_DAY, [(*key, worth.quantity, worth.value) for key, worth in state.days.items()])
    await execute_many(
        _WORK,
        [
            (one.id, item, is_made, total.value, total.quantity)
            for one in state.works.values()
            if (one.took, one.brought) != (before[one.id].took, before[one.id].brought)
            for is_made, sums in ((False, one.took), (True, one.brought))
            for item, total in sums.items()
        ],
    )
    await _store({item: state.worths[item] for item, _ in state.days}, state.method)


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
