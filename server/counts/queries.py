"""Reads about counts: plans and their places, rounds and what they found, what there is to count."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from server.catalog.queries import Page
from server.counts.difference import Finding, Past
from server.counts.plan import Candidate
from server.counts.sheet import Counted, Sheet
from server.db import Row, Statement, among, as_json, fetch
from server.documents.filters import Filters
from server.stock.movement import Cell, Mark, Moment

PAGE_SIZE = 50
Warehouses = frozenset[int] | None
"""The warehouses that somebody sees; None means all of them."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with the name of its warehouse and how far it is."""

    id: int
    number: str
    warehouse: int
    warehouse_code: str
    warehouse_name: str
    method: str
    state: str
    is_blind: bool
    tolerance: int
    limit_amount: int
    limit_quantity: int
    remark: str
    created_by: int
    created_at: int
    issued_at: int | None
    closed_at: int | None
    version: int
    places: int
    done: int

    @property
    def wire(self) -> str:
        return f"ct-{self.id}"


_PLAN = (
    "SELECT o.id, o.number, o.warehouse, w.code AS warehouse_code, w.name AS warehouse_name, o.method, o.state,"
    " o.is_blind, o.tolerance, o.limit_amount, o.limit_quantity, o.remark, o.created_by, o.created_at, o.issued_at,"
    " o.closed_at, o.version,"
    " (SELECT count(*) FROM count_sheet s WHERE s.plan = o.id AND s.state <> 'cancelled') AS places,"
    " (SELECT count(*) FROM count_sheet s WHERE s.plan = o.id AND s.state = 'posted') AS done"
    " FROM count_plan o JOIN warehouse w ON w.id = o.warehouse"
)
_PLAN_BY_ID = Statement(f"{_PLAN} WHERE o.id = ?")
_SHEET = (
    "SELECT s.id, s.plan, s.location, l.code, l.warehouse, l.aisle, l.bay, l.level, s.state, s.task, s.rounds,"
    " s.asked_at, s.decided_by, s.decided_at, p.number, p.is_blind, p.tolerance, p.issued_at, p.closed_at,"
    " (SELECT max(r.counted_at) FROM count_round r WHERE r.sheet = s.id) AS last_counted_at"
    " FROM count_sheet s JOIN count_plan p ON p.id = s.plan JOIN location l ON l.id = s.location"
)
_SHEETS_OF = Statement(f"{_SHEET} WHERE s.plan = ? ORDER BY l.aisle, l.bay, l.level, l.code")
_SHEETS_BY_ID = among(f"{_SHEET} WHERE", "s.id", " ORDER BY s.id")
_SHEETS_AT = among(
    f"{_SHEET} WHERE p.issued_at IS NOT NULL AND s.state <> 'cancelled' AND", "s.location", " ORDER BY s.id"
)
_SHEETS_COUNTED_BY = among(
    "SELECT DISTINCT r.sheet FROM count_round r WHERE", "r.operation", " ORDER BY r.sheet", number=False
)
_OPEN_AT = among(
    "SELECT DISTINCT s.location FROM count_sheet s WHERE s.state NOT IN ('posted', 'cancelled') AND",
    "s.location",
)
_PLAN_OF_PLACE = Statement(
    "SELECT plan FROM count_sheet WHERE location = ? AND state NOT IN ('posted', 'cancelled') ORDER BY id DESC LIMIT 1"
)
_TO_COUNT_AT = among(
    "SELECT s.location, r.person FROM count_sheet s JOIN count_round r ON r.sheet = s.id"
    " WHERE s.state IN ('issued', 'recount') AND",
    "s.location",
)
_BLIND_AT = among(
    "SELECT DISTINCT s.location FROM count_sheet s JOIN count_plan p ON p.id = s.plan"
    " WHERE p.is_blind AND s.state IN ('issued', 'recount') AND",
    "s.location",
)
_ROUNDS = among(
    "SELECT r.id, r.sheet, r.operation, r.person, r.device, r.counted_at FROM count_round r WHERE EXISTS"
    " (SELECT 1 FROM count_point c WHERE c.operation = r.operation AND c.item = 0 AND NOT c.is_void) AND",
    "r.sheet",
    " ORDER BY r.counted_at, r.operation",
)
_FINDINGS = among(
    "SELECT f.round, f.item, s.location, f.lot, f.serial, f.counted, f.book FROM count_finding f"
    " JOIN count_round r ON r.id = f.round JOIN count_sheet s ON s.id = r.sheet WHERE",
    "r.sheet",
    " ORDER BY f.id",
)


async def plan(plan_id: int) -> Plan | None:
    """The plan with this id."""
    rows = await fetch(_PLAN_BY_ID, plan_id)
    return _to_plan(rows[0]) if rows else None


def _to_plan(row: Row) -> Plan:
    values: dict[str, Any] = dict(row)
    return Plan(**(values | {"is_blind": bool(values["is_blind"])}))


def _to_sheet(row: Row) -> Sheet:
    values: dict[str, Any] = dict(row)
    return Sheet(**(values | {"is_blind": bool(values["is_blind"])}))


async def plans(filters: Filters, warehouses: Warehouses) -> Page:
    """Plans that fit, newest first."""
    conditions, args = _conditions(filters, warehouses, with_state=True)
    statement = _listing(conditions)
    rows = await fetch(statement, *args, PAGE_SIZE + 1, (filters.page - 1) * PAGE_SIZE)
    return Page([_to_plan(row) for row in rows[:PAGE_SIZE]], filters.page, len(rows) > PAGE_SIZE)


async def plans_by_state(filters: Filters, warehouses: Warehouses) -> dict[str, int]:
    """How many there are of each state, whatever state is asked for."""
    conditions, args = _conditions(filters, warehouses, with_state=False)
    return {row[0]: int(row[1]) for row in await fetch(_counting(conditions), *args)}


_Conditions = tuple[tuple[str, str], ...]
"""Each in both dialects."""

_WAREHOUSE = (
    "o.warehouse IN (SELECT value FROM json_each(?))",
    "o.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)",
)


def _conditions(
    filters: Filters, warehouses: Warehouses, *, with_state: bool
) -> tuple[_Conditions, list[Any]]:
    found: list[tuple[str, str]] = []
    args: list[Any] = []
    if warehouses is not None:
        found.append(_WAREHOUSE)
        args.append(as_json(sorted(warehouses)))
    if with_state and filters.state:
        found.append(("o.state = ?", "o.state = ?"))
        args.append(filters.state)
    if filters.q:
        like = "(lower(o.number) LIKE ? ESCAPE '!' OR lower(o.remark) LIKE ? ESCAPE '!')"
        found.append((like, like))
        text = filters.q.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        args += [f"%{text}%"] * 2
    return tuple(found), args


def _where(conditions: _Conditions, dialect: int) -> str:
    return " AND ".join(["1 = 1", *(one[dialect] for one in conditions)])


@cache
def _listing(conditions: _Conditions) -> Statement:
    return Statement(
        *(
            f"{_PLAN} WHERE {_where(conditions, dialect)} ORDER BY o.id DESC LIMIT ? OFFSET ?"
            for dialect in (0, 1)
        )
    )


@cache
def _counting(conditions: _Conditions) -> Statement:
    return Statement(
        *(
            f"SELECT o.state, count(*) FROM count_plan o WHERE {_where(conditions, dialect)} GROUP BY o.state"
            for dialect in (0, 1)
        )
    )


async def sheets(plan_id: int) -> list[Sheet]:
    """The places of a plan, as one walks."""
    return [_to_sheet(row) for row in await fetch(_SHEETS_OF, plan_id)]


async def sheets_by_id(ids: Iterable[int]) -> list[Sheet]:
    """The sheets with these ids."""
    return [_to_sheet(row) for row in await fetch(_SHEETS_BY_ID, as_json(list(ids)))]


async def sheets_at(places: Iterable[int]) -> list[Sheet]:
    """Every issued sheet of these places, those of closed plans too."""
    return [_to_sheet(row) for row in await fetch(_SHEETS_AT, as_json(list(places)))]


async def sheets_counted_by(operations: Collection[str]) -> list[int]:
    """The sheets that these operations were a round of."""
    return [row[0] for row in await fetch(_SHEETS_COUNTED_BY, as_json(sorted(operations)))]


async def open_places(places: Collection[int]) -> set[int]:
    """Which of these places stand in a plan that is not done with them."""
    return {row[0] for row in await fetch(_OPEN_AT, as_json(sorted(places)))}


async def plan_of_place(location: int) -> int:
    """The plan that is not done with this place."""
    return int((await fetch(_PLAN_OF_PLACE, location))[0][0])


async def counters(places: Collection[int]) -> dict[int, frozenset[int]]:
    """Who has counted these places already, where another person is to do so now."""
    found: dict[int, set[int]] = defaultdict(set)
    for place, person in await fetch(_TO_COUNT_AT, as_json(sorted(places))):
        found[place].add(person)
    return {place: frozenset(people) for place, people in found.items()}


async def blind_places(places: Collection[int]) -> set[int]:
    """Which of these places somebody is to count without knowing the book."""
    return {row[0] for row in await fetch(_BLIND_AT, as_json(sorted(places)))}


async def rounds(sheet_ids: Iterable[int]) -> dict[int, list[Counted]]:
    """The rounds of these sheets that stand, oldest first, with what they found."""
    asked = as_json(list(sheet_ids))
    found: dict[int, list[Finding]] = defaultdict(list)
    for round_id, item, location, lot, serial, counted, book in await fetch(_FINDINGS, asked):
        found[round_id].append(Finding(Cell(item, location, lot, serial), counted, book))
    by_sheet: dict[int, list[Counted]] = defaultdict(list)
    for row in await fetch(_ROUNDS, asked):
        values: dict[str, Any] = dict(row)
        by_sheet[row["sheet"]].append(Counted(**values, findings=found[row["id"]]))
    return by_sheet


# What the ledger says of a place

_MARKS = Statement(
    "SELECT event_at, operation, location, item, lot, serial, owner, quantity FROM count_point"
    " WHERE location = ? AND NOT is_void AND event_at <= ?"
)
_LEFT = Statement(
    "SELECT event_at, operation, item, source, lot, serial, owner, -quantity FROM movement"
    " WHERE source = ? AND kind = 'flow' AND event_at >= ? AND event_at <= ?"
)
_CAME = Statement(
    "SELECT event_at, operation, item, target, lot, serial, owner, quantity FROM movement"
    " WHERE target = ? AND kind = 'flow' AND event_at >= ? AND event_at <= ?"
)


async def marks_at(location: int, until: int) -> list[Mark]:
    """Everything that counts saw at a place until then."""
    return [
        Mark(Moment(at, operation), *seen)
        for at, operation, *seen in map(tuple, await fetch(_MARKS, location, until))
    ]


async def past_of(location: int, since: int, until: int) -> Past:
    """What flowed into and out of a place between these moments."""
    rows = [*await fetch(_LEFT, location, since, until), *await fetch(_CAME, location, since, until)]
    return [(Moment(at, operation), Cell(*cell), amount) for at, operation, *cell, amount in map(tuple, rows)]


# What may be counted

_CANDIDATES = Statement(
    "SELECT l.id, l.code, l.aisle, l.bay, l.level, coalesce(l.zone, 0) AS zone,"
    " coalesce((SELECT max(c.event_at) FROM count_point c WHERE c.location = l.id AND c.item = 0 AND NOT c.is_void), 0)"
    " AS counted_at"
    " FROM location l WHERE l.warehouse = ? AND l.kind IN ('bin', 'dock') AND l.is_active AND NOT EXISTS"
    " (SELECT 1 FROM count_sheet s WHERE s.location = l.id AND s.state NOT IN ('posted', 'cancelled')) ORDER BY l.id"
)
_LYING = Statement(
    "SELECT b.location, b.item FROM balance b JOIN location l ON l.id = b.location"
    " WHERE l.warehouse = ? AND l.kind IN ('bin', 'dock') AND b.on_hand > 0"
)
_OWING = Statement(
    "SELECT b.location, count(*) FROM balance b JOIN location l ON l.id = b.location"
    " WHERE l.warehouse = ? AND b.debt > 0 GROUP BY b.location"
)
_SHORT = Statement(
    "SELECT m.source, count(*) FROM movement m JOIN location l ON l.id = m.source WHERE l.warehouse = ?"
    " AND m.kind = 'flow' AND m.act = 'pick' AND m.reason <> '' AND m.event_at >= ? GROUP BY m.source"
)
_PICKED_SHORT = Statement(
    "SELECT a.location, count(*) FROM allocation a JOIN location l ON l.id = a.location"
    " WHERE l.warehouse = ? AND a.state = 'short' AND a.allocated_at >= ? GROUP BY a.location"
)
_ASKED = Statement(
    "SELECT t.location, count(*) FROM task t WHERE t.warehouse = ? AND t.kind = 'count' AND t.closed_at IS NULL"
    " AND t.location IS NOT NULL GROUP BY t.location"
)
_INCIDENTS = Statement(
    "SELECT body FROM incident WHERE warehouse = ? AND closed_at IS NULL AND kind IN ('suspense', 'serial')"
)
_MISMATCHED = Statement(
    "SELECT l.id, count(*) FROM incident i JOIN movement m ON m.operation = i.operation AND m.kind = 'flow'"
    " JOIN location l ON l.id IN (m.source, m.target) WHERE l.warehouse = ? AND l.kind IN ('bin', 'dock')"
    " AND i.closed_at IS NULL AND i.kind = 'odd' GROUP BY l.id"
)
_PICKED = Statement(
    "SELECT m.item, sum(m.quantity) FROM movement m JOIN location s ON s.id = m.source"
    " JOIN location t ON t.id = m.target"
    " WHERE m.kind = 'flow' AND m.event_at >= ? AND s.warehouse = ? AND s.kind = 'bin'"
    " AND t.kind IN ('tote', 'carton', 'customer') AND m.reverses = '' GROUP BY m.item"
)
_ZONES = Statement("SELECT id, code, name FROM zone WHERE warehouse = ? ORDER BY code")


async def candidates(warehouse: int, since: int) -> list[Candidate]:
    """The places of a warehouse that no plan asks for yet; doubts are those that stand, or came since then."""
    holds: dict[int, set[int]] = defaultdict(set)
    for place, item in await fetch(_LYING, warehouse):
        holds[place].add(item)
    doubts = await _doubts(warehouse, since)
    found = []
    for row in await fetch(_CANDIDATES, warehouse):
        values: dict[str, Any] = dict(row)
        items = frozenset(holds.get(row["id"], ()))
        found.append(Candidate(**values, doubts=doubts.get(row["id"], 0), items=items))
    return found


async def _doubts(warehouse: int, since: int) -> Mapping[int, int]:
    """How many reasons there are to mistrust the book of a place."""
    doubts: dict[int, int] = defaultdict(int)
    asked = [(_OWING, (warehouse,)), (_SHORT, (warehouse, since)), (_PICKED_SHORT, (warehouse, since))]
    for statement, args in [*asked, (_ASKED, (warehouse,)), (_MISMATCHED, (warehouse,))]:
        for place, number in await fetch(statement, *args):
            doubts[place] += int(number)
    for row in await fetch(_INCIDENTS, warehouse):
        cell = msgspec.json.decode(row[0]).get("cell")
        if cell and cell[1]:
            doubts[cell[1]] += 1
    return doubts


async def picked(warehouse: int, since: int) -> dict[int, int]:
    """How much of each item left its bins on the way to customers since then."""
    return {row[0]: int(row[1]) for row in await fetch(_PICKED, since, warehouse)}


async def zones(warehouse: int) -> list[tuple[int, str]]:
    """The zones of a warehouse: id and how they are called."""
    return [(row[0], f"{row[1]} {row[2]}".strip()) for row in await fetch(_ZONES, warehouse)]
