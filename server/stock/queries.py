"""Reads about stock, for pages and the board; `None` for warehouses means all of them.

Whoever may be sent to count blind reads with `is_blind`: places that are being counted blind are left out of what
is read, sums included, and items that lie there say so (`docs/decisions/0016`).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

import msgspec

from server.catalog import search
from server.catalog.queries import Page
from server.config import settings
from server.db import Row, Statement, as_json, fetch
from server.documents.filters import Filters as Narrow
from server.stock import adjustment as adjusting
from server.stock import flow
from server.stock import level as levelling
from server.stock import transfer as moving
from server.stock.flow import Group
from server.stock.level import Wanted
from server.stock.movement import REAL, Cell

Warehouses = frozenset[int] | None

_REAL = "l.kind IN ('bin', 'dock', 'tote', 'carton')"
PAGE = 50


class Place(msgspec.Struct, frozen=True):
    """How much of an item is in one location."""

    location: int
    code: str
    kind: str
    on_hand: int


class ItemStock(msgspec.Struct, frozen=True, kw_only=True):
    """An item and what is there of it; `debt` is what was taken that the book did not know.

    `is_counted`: more may lie where it is being counted, and this reader is not told.
    """

    id: int
    code: str
    name: str
    unit: str
    on_hand: int
    debt: int
    locations: int
    is_active: bool
    is_counted: bool


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One balance: an item's lot or serial in one location."""

    item: int
    item_code: str
    item_name: str
    unit: str
    location: int
    location_code: str
    location_kind: str
    warehouse: int
    warehouse_code: str
    lot: str
    serial: str
    expiry_on: str
    is_held: bool
    on_hand: int
    debt: int
    changed_at: int


class Totals(msgspec.Struct, frozen=True):
    """The whole house in three figures."""

    items: int
    locations: int
    debts: int


def _visible(column: str) -> tuple[str, str]:
    """A condition on a warehouse column that holds for all when the argument is null; both dialects."""
    return (
        f"(? IS NULL OR {column} IN (SELECT value FROM json_each(?)))",
        f"(?::text IS NULL OR {column} IN (SELECT (json_array_elements_text(?::text::json))::int))",
    )


def _seen(warehouses: Warehouses) -> tuple[str | None, str | None]:
    """The two arguments of `_visible`."""
    text = None if warehouses is None else as_json(sorted(warehouses))
    return text, text


def _told(warehouses: Warehouses, is_blind: bool) -> tuple[str | None, str | None, int]:
    """The three arguments of {told}: visible, and no place that this reader may be sent to count blind."""
    return (*_seen(warehouses), int(is_blind))


def _statement(sql: str) -> Statement:
    """SQL with {visible:column}, {told}, {found:column}, {cell:part} and {ids} written for both engines."""
    return Statement(_fill(sql, 0), _fill(sql, 1))


def _fill(sql: str, dialect: int) -> str:
    sql = sql.replace("{told}", "{visible:l.warehouse} AND (? = 0 OR NOT l.is_blind)")
    ids = ("(SELECT value FROM json_each(?))", "(SELECT (json_array_elements_text(?::text::json))::int)")
    for column in ("l.warehouse", "s.warehouse", "t.warehouse", "d.warehouse", "i.warehouse"):
        sql = sql.replace(f"{{visible:{column}}}", _visible(column)[dialect])
    for part in range(5):
        in_json = (f"json_extract(i.body, '$.cell[{part}]')", f"(i.body::json -> 'cell' ->> {part})")[dialect]
        sql = sql.replace(f"{{text:{part}}}", in_json)
        sql = sql.replace(f"{{cell:{part}}}", in_json if dialect == 0 else f"{in_json}::int")
    for name, column in (("i.search", "i.search"), ("o.search", "o.search"), ("l.code", "lower(l.code)")):
        sql = sql.replace(f"{{found:{name}}}", f"{('instr', 'strpos')[dialect]}({column}, ?) > 0")
    return sql.replace("{ids}", ids[dialect])


# Stock by item

_ITEMS = f"""SELECT i.id, i.code, i.name, i.unit, i.is_active,
      coalesce((SELECT sum(b.on_hand) FROM balance b JOIN location l ON l.id = b.location
        WHERE b.item = i.id AND {_REAL} AND {{told}}), 0) AS on_hand,
      coalesce((SELECT sum(b.debt) FROM balance b JOIN location l ON l.id = b.location
        WHERE b.item = i.id AND {_REAL} AND {{told}}), 0) AS debt,
      (SELECT count(DISTINCT b.location) FROM balance b JOIN location l ON l.id = b.location
        WHERE b.item = i.id AND b.on_hand > 0 AND {_REAL} AND {{told}}) AS locations,
      (? = 1 AND EXISTS (SELECT 1 FROM balance b JOIN location l ON l.id = b.location
        WHERE b.item = i.id AND l.is_blind AND {{visible:l.warehouse}})) AS is_counted
    FROM item i WHERE (? = 0 OR EXISTS (SELECT 1 FROM balance b JOIN location l ON l.id = b.location
      WHERE b.item = i.id AND (b.on_hand > 0 OR b.debt > 0 OR (? = 1 AND l.is_blind)) AND {_REAL}
      AND {{visible:l.warehouse}}))"""


@cache
def _finding_items(fragments: int) -> Statement:
    """One statement per number of fragments; each stops reading when a page is full."""
    return _statement(f"{_ITEMS}{' AND {found:i.search}' * fragments} ORDER BY i.code LIMIT ? OFFSET ?")


async def items(
    text: str = "",
    warehouses: Warehouses = None,
    *,
    in_stock: bool = True,
    is_blind: bool = False,
    page: int = 1,
    size: int = PAGE,
) -> tuple[list[ItemStock], bool]:
    """Items in which every typed fragment occurs, a page of them by code, and whether more follow."""
    seen, told, fragments = _seen(warehouses), _told(warehouses, is_blind), search.terms(text)
    rows = await fetch(
        _finding_items(len(fragments)), *told, *told, *told, int(is_blind), *seen, int(in_stock), int(is_blind),
        *seen, *fragments, size + 1, (page - 1) * size,
    )  # fmt: skip
    return [_item_stock(row) for row in rows[:size]], len(rows) > size


def _item_stock(row: Row) -> ItemStock:
    return ItemStock(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        unit=row["unit"],
        on_hand=int(row["on_hand"]),
        debt=int(row["debt"]),
        locations=row["locations"],
        is_active=bool(row["is_active"]),
        is_counted=bool(row["is_counted"]),
    )


# Balances

_HOLDING = """SELECT b.item, i.code AS item_code, i.name AS item_name, i.unit, b.location,
      l.code AS location_code, l.kind AS location_kind, l.warehouse, w.code AS warehouse_code, b.lot,
      b.serial, coalesce(o.expiry_on, '') AS expiry_on, o.is_held, b.on_hand, b.debt, b.changed_at
    FROM balance b JOIN item i ON i.id = b.item JOIN location l ON l.id = b.location
    JOIN warehouse w ON w.id = l.warehouse
    LEFT JOIN lot o ON o.item = b.item AND o.code = b.lot AND b.lot <> ''"""
_OF_ITEM = _statement(
    f"""{_HOLDING} WHERE b.item = ? AND (b.on_hand > 0 OR b.debt > 0) AND {_REAL}
    AND {{told}} ORDER BY w.code, l.code, expiry_on, b.lot, b.serial LIMIT 500"""
)
_AT = _statement(
    f"""{_HOLDING} WHERE b.location = ? AND (b.on_hand > 0 OR b.debt > 0) AND {{told}}
    ORDER BY i.code, expiry_on, b.lot, b.serial LIMIT 500"""
)
_BY_LOCATION = f"{_HOLDING} WHERE (b.on_hand > 0 OR b.debt > 0) AND {_REAL} AND {{told}}"


@cache
def _finding_holdings(fragments: int) -> Statement:
    found = " AND ({found:l.code} OR {found:i.search})" * fragments
    return _statement(f"{_BY_LOCATION}{found} ORDER BY l.code, i.code, b.lot, b.serial LIMIT ? OFFSET ?")


async def of_item(item_id: int, warehouses: Warehouses = None, *, is_blind: bool = False) -> list[Holding]:
    """Where an item is: every lot and serial in every location."""
    return [_holding(row) for row in await fetch(_OF_ITEM, item_id, *_told(warehouses, is_blind))]


async def at_location(
    location_id: int, warehouses: Warehouses = None, *, is_blind: bool = False
) -> list[Holding]:
    """What a location holds."""
    return [_holding(row) for row in await fetch(_AT, location_id, *_told(warehouses, is_blind))]


_COUNTED_BLIND = _statement(
    f"""SELECT DISTINCT l.id, l.code FROM location l LEFT JOIN balance b ON b.location = l.id
    WHERE l.is_blind AND (l.id = ? OR b.item = ?) AND {_REAL} AND {{visible:l.warehouse}} ORDER BY l.code"""
)


async def counted_blind(
    warehouses: Warehouses = None, *, location: int = 0, item: int = 0
) -> list[tuple[int, str]]:
    """Places (id and code) that are being counted blind: this one, or where this item was ever put."""
    return [(row[0], row[1]) for row in await fetch(_COUNTED_BLIND, location, item, *_seen(warehouses))]


async def by_location(
    text: str = "", warehouses: Warehouses = None, *, is_blind: bool = False, page: int = 1, size: int = PAGE
) -> tuple[list[Holding], bool]:
    """Balances in the order of the shelves, a page of them, and whether more follow."""
    fragments = search.terms(text)
    twice = [fragment for fragment in fragments for _ in range(2)]
    rows = await fetch(
        _finding_holdings(len(fragments)), *_told(warehouses, is_blind), *twice, size + 1, (page - 1) * size
    )
    return [_holding(row) for row in rows[:size]], len(rows) > size


def _holding(row: Row) -> Holding:
    values: dict[str, Any] = dict(row)
    return Holding(**(values | {"is_held": bool(values["is_held"])}))


# The ledger


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger with the names of what it speaks of."""

    id: int
    operation: str
    leg: int
    kind: str
    act: str
    item: int
    item_code: str
    item_name: str
    unit: str
    lot: str
    serial: str
    quantity: int
    source: int
    source_code: str
    source_kind: str
    target: int
    target_code: str
    target_kind: str
    event_at: int
    posted_at: int
    document: str
    reason: str
    reverses: str
    user_id: int
    user: str
    device: int
    device_name: str


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What part of the ledger is asked for; what is empty does not narrow."""

    text: str = ""
    item: int = 0
    location: int = 0
    user: int = 0
    device: int = 0
    operation: str = ""
    document: str = ""
    kind: str = ""
    act: str = ""
    since: int = 0
    until: int = 0
    before: int = 0
    """Rows older than this one, for the next page."""


_MOVEMENT = """SELECT m.id, m.operation, m.leg, m.kind, m.act, m.item, i.code AS item_code,
      i.name AS item_name, i.unit, m.lot, m.serial, m.quantity, m.source, s.code AS source_code,
      s.kind AS source_kind, m.target, t.code AS target_code, t.kind AS target_kind, m.event_at, m.posted_at,
      m.document, m.reason, m.reverses, m.user_id, coalesce(nullif(u.display_name, ''), u.name, '') AS user,
      m.device, coalesce(d.name, '') AS device_name
    FROM movement m JOIN item i ON i.id = m.item JOIN location s ON s.id = m.source
    JOIN location t ON t.id = m.target LEFT JOIN user_account u ON u.id = m.user_id
    LEFT JOIN device d ON d.id = m.device""".replace(" AS user,", " AS user_name,")

# Each filter as SQL; only those in use are part of the statement, so that their indexes are used.
_CONDITIONS: dict[str, tuple[str, int]] = {
    "text": ("({found:i.search} OR lower(m.lot) = ?)", 2),
    "item": ("m.item = ?", 1),
    "location": ("(m.source = ? OR m.target = ?)", 2),
    "user": ("m.user_id = ?", 1),
    "device": ("m.device = ?", 1),
    "operation": ("m.operation = ?", 1),
    "document": ("m.document <> '' AND m.document = ?", 1),
    "kind": ("m.kind = ?", 1),
    "act": ("m.act = ?", 1),
    "since": ("m.event_at >= ?", 1),
    "until": ("m.event_at < ?", 1),
    "before": ("m.id < ?", 1),
}


async def movements(
    filters: Filters, warehouses: Warehouses = None, size: int = PAGE, *, is_blind: bool = False
) -> list[Movement]:
    """Rows of the ledger, newest first; one more than `size` says that older ones follow.

    What happened at a place adds up to what the book expects there, so a blind reader does not see it.
    """
    used = [name for name in _CONDITIONS if getattr(filters, name)]
    args: list[Any] = []
    for name in used:
        value = getattr(filters, name)
        args += [search.folded(value.strip()) if name == "text" else value] * _CONDITIONS[name][1]
    conditions = [_CONDITIONS[name][0] for name in used]
    conditions.append("({visible:s.warehouse} OR {visible:t.warehouse})")
    if is_blind:
        conditions.append("NOT s.is_blind AND NOT t.is_blind")
    statement = _statement(f"{_MOVEMENT} WHERE {' AND '.join(conditions)} ORDER BY m.id DESC LIMIT ?")
    rows = await fetch(statement, *args, *_seen(warehouses), *_seen(warehouses), size + 1)
    return [_movement(row) for row in rows]


def _movement(row: Row) -> Movement:
    values: dict[str, Any] = dict(row)
    values["user"] = values.pop("user_name")
    return Movement(**values)


# Today

_FIRST_OF_DAY = Statement("SELECT min(id) FROM movement WHERE posted_at >= ?")
_GROUPS = Statement(
    """SELECT m.item, m.kind, m.act, s.kind AS source_kind, t.kind AS target_kind,
      s.warehouse AS source_warehouse, t.warehouse AS target_warehouse, m.reverses <> '' AS is_reversal,
      count(*) AS rows, sum(m.quantity) AS quantity, max(m.event_at) AS last_at, max(m.id) AS last_id
    FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target
    WHERE m.id > ? AND m.event_at >= ? AND m.event_at < ?
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""
)


async def before_day(start: int) -> int:
    """The last movement that was posted before `start`: where reading the day begins."""
    first = (await fetch(_FIRST_OF_DAY, start))[0][0]
    return int(first) - 1 if first is not None else await _last_movement()


_LAST = Statement("SELECT coalesce(max(id), 0) FROM movement")


async def _last_movement() -> int:
    return int((await fetch(_LAST))[0][0])


async def flow_groups(after: int, start: int, end: int) -> tuple[list[Group], int]:
    """The movements of a day beyond `after`, in groups, and how far that reads."""
    rows = await fetch(_GROUPS, after, start, end)
    return [_group(row) for row in rows], max([after, *(row["last_id"] for row in rows)])


def _group(row: Row) -> Group:
    values: dict[str, Any] = dict(row)
    del values["last_id"]
    return Group(
        **(values | {"is_reversal": bool(values["is_reversal"]), "quantity": int(values["quantity"])})
    )


_STOCK_OF = _statement(
    f"""SELECT i.id, i.code, i.name, i.unit, i.is_active, coalesce(sum(b.on_hand), 0) AS on_hand,
      coalesce(sum(b.debt), 0) AS debt,
      count(DISTINCT CASE WHEN b.on_hand > 0 THEN b.location END) AS locations,
      (? = 1 AND EXISTS (SELECT 1 FROM balance b JOIN location l ON l.id = b.location
        WHERE b.item = i.id AND l.is_blind AND {{visible:l.warehouse}})) AS is_counted
    FROM item i LEFT JOIN (SELECT b.item, b.location, b.on_hand, b.debt FROM balance b
      JOIN location l ON l.id = b.location
      WHERE b.item IN {{ids}} AND {_REAL} AND {{told}}) b ON b.item = i.id
    WHERE i.id IN {{ids}} GROUP BY i.id, i.code, i.name, i.unit, i.is_active"""
)
_PLACES_OF = _statement(
    f"""SELECT b.item, l.id, l.code, l.kind, sum(b.on_hand)
    FROM balance b JOIN location l ON l.id = b.location
    WHERE b.item IN {{ids}} AND b.on_hand > 0 AND {_REAL} AND {{told}}
    GROUP BY b.item, l.id, l.code, l.kind ORDER BY 5 DESC, l.code"""
)


async def stock_of(
    ids: list[int], warehouses: Warehouses = None, *, is_blind: bool = False
) -> dict[int, ItemStock]:
    """What is there of these items."""
    counted, told = (int(is_blind), *_seen(warehouses)), _told(warehouses, is_blind)
    rows = await fetch(_STOCK_OF, *counted, as_json(ids), *told, as_json(ids))
    return {row["id"]: _item_stock(row) for row in rows}


async def places_of(
    ids: list[int], warehouses: Warehouses = None, *, is_blind: bool = False
) -> dict[int, list[Place]]:
    """Where these items are, the fullest location first."""
    found: dict[int, list[Place]] = {}
    for row in await fetch(_PLACES_OF, as_json(ids), *_told(warehouses, is_blind)):
        found.setdefault(row[0], []).append(Place(row[1], row[2], row[3], int(row[4])))
    return found


_FULLEST = _statement(
    f"""SELECT b.item FROM balance b JOIN location l ON l.id = b.location
    WHERE b.on_hand > 0 AND {_REAL} AND {{visible:l.warehouse}}
    GROUP BY b.item ORDER BY max(b.changed_at) DESC, b.item LIMIT ?"""
)
_TOTALS = _statement(
    f"""SELECT count(DISTINCT CASE WHEN b.on_hand > 0 THEN b.item END),
      count(DISTINCT CASE WHEN b.on_hand > 0 THEN b.location END), count(CASE WHEN b.debt > 0 THEN 1 END)
    FROM balance b JOIN location l ON l.id = b.location WHERE {_REAL} AND {{visible:l.warehouse}}"""
)


async def last_changed(warehouses: Warehouses, limit: int) -> list[int]:
    """The items whose stock changed last."""
    return [row[0] for row in await fetch(_FULLEST, *_seen(warehouses), limit)]


async def totals(warehouses: Warehouses) -> Totals:
    """How many items and filled locations there are, and balances that the book cannot cover."""
    return Totals(*(await fetch(_TOTALS, *_seen(warehouses)))[0])


# What waits for a person


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something odd, and what was decided about it."""

    id: int
    kind: str
    subject: str
    warehouse: int | None
    warehouse_code: str
    operation: str
    body: dict[str, Any]
    opened_at: int
    closed_at: int | None
    decision: str
    decided_by: str
    reason: str
    item: int | None
    item_code: str
    item_name: str
    unit: str
    location: int | None
    location_code: str
    lot: str
    serial: str
    on_hand: int
    debt: int
    """What the book holds there now and what it owes, where the incident is about a balance."""

    is_counted: bool
    """The place is being counted blind: figures are not for whoever may be sent there."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Please count this."""

    id: int
    kind: str
    subject: str
    warehouse: int | None
    location: int | None
    location_code: str
    item: int | None
    item_code: str
    item_name: str
    reason: str
    opened_at: int
    closed_at: int | None


_INCIDENT = """SELECT i.id, i.kind, i.subject, i.warehouse, coalesce(w.code, '') AS warehouse_code,
      i.operation, i.body, i.opened_at, i.closed_at, i.decision,
      coalesce(nullif(u.display_name, ''), u.name, '') AS decided_by,
      coalesce((SELECT e.body FROM event e WHERE e.subject = 'incident:' || i.id
        AND e.topic = 'incident.decided' ORDER BY e.id DESC LIMIT 1), '{}') AS reason,
      m.id AS item, coalesce(m.code, '') AS item_code, coalesce(m.name, '') AS item_name,
      coalesce(m.unit, '') AS unit, l.id AS location, coalesce(l.code, '') AS location_code,
      coalesce(b.lot, '') AS lot, coalesce(b.serial, '') AS serial,
      coalesce(b.on_hand, 0) AS on_hand, coalesce(b.debt, 0) AS debt,
      coalesce(l.is_blind, false) AS is_counted
    FROM incident i LEFT JOIN warehouse w ON w.id = i.warehouse
    LEFT JOIN user_account u ON u.id = i.decided_by
    LEFT JOIN item m ON m.id = {cell:0} LEFT JOIN location l ON l.id = {cell:1}
    LEFT JOIN balance b ON b.item = m.id AND b.location = l.id AND b.lot = {text:2} AND b.serial = {text:3}
      AND b.owner = {cell:4}"""
_OPEN_INCIDENTS = _statement(
    _INCIDENT + " WHERE i.closed_at IS NULL AND (i.warehouse IS NULL OR {visible:i.warehouse})"
    " ORDER BY i.opened_at DESC, i.id DESC LIMIT ?"
)
_CLOSED_INCIDENTS = _statement(
    _INCIDENT + " WHERE i.closed_at IS NOT NULL AND (i.warehouse IS NULL OR {visible:i.warehouse})"
    " ORDER BY i.closed_at DESC, i.id DESC LIMIT ?"
)
_INCIDENT_BY_ID = _statement(_INCIDENT + " WHERE i.id = ? AND (i.warehouse IS NULL OR {visible:i.warehouse})")
_OPEN_TASKS = _statement(
    """SELECT t.id, t.kind, t.subject, t.warehouse, t.location, coalesce(l.code, '') AS location_code, t.item,
      coalesce(i.code, '') AS item_code, coalesce(i.name, '') AS item_name, t.reason, t.opened_at, t.closed_at
    FROM task t LEFT JOIN location l ON l.id = t.location LEFT JOIN item i ON i.id = t.item
    WHERE t.kind = 'count' AND t.closed_at IS NULL AND (t.warehouse IS NULL OR {visible:t.warehouse})
    ORDER BY t.opened_at DESC, t.id DESC LIMIT ?"""
)
_WAITING = _statement(
    """SELECT (SELECT count(*) FROM incident i WHERE i.closed_at IS NULL
        AND (i.warehouse IS NULL OR {visible:i.warehouse})),
      (SELECT count(*) FROM task t WHERE t.kind = 'count' AND t.closed_at IS NULL
        AND (t.warehouse IS NULL OR {visible:t.warehouse}))"""
)


async def open_incidents(warehouses: Warehouses = None, limit: int = 200) -> list[Incident]:
    """What waits for a decision, newest first."""
    return [_incident(row) for row in await fetch(_OPEN_INCIDENTS, *_seen(warehouses), limit)]


async def closed_incidents(warehouses: Warehouses = None, limit: int = 50) -> list[Incident]:
    """What was decided last."""
    return [_incident(row) for row in await fetch(_CLOSED_INCIDENTS, *_seen(warehouses), limit)]


async def incident(incident_id: int, warehouses: Warehouses = None) -> Incident | None:
    """One incident, if it is in one of these warehouses."""
    rows = await fetch(_INCIDENT_BY_ID, incident_id, *_seen(warehouses))
    return _incident(rows[0]) if rows else None


def _incident(row: Row) -> Incident:
    values: dict[str, Any] = dict(row)
    body, decided = msgspec.json.decode(values["body"]), msgspec.json.decode(values["reason"])
    told = {"body": body, "reason": decided.get("reason", ""), "is_counted": bool(values["is_counted"])}
    return Incident(**(values | told))


async def open_tasks(warehouses: Warehouses = None, limit: int = 200) -> list[Task]:
    """What people are asked to count, newest first."""
    return [Task(**dict(row)) for row in await fetch(_OPEN_TASKS, *_seen(warehouses), limit)]


async def waiting(warehouses: Warehouses = None) -> tuple[int, int]:
    """How many incidents are open and how many places wait to be counted."""
    row = (await fetch(_WAITING, *_seen(warehouses), *_seen(warehouses)))[0]
    return row[0], row[1]


# Where an operation comes from


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as it was sent, who sent it from what, and its verdict."""

    id: str
    n: int
    kind: str
    outcome: str
    reason: str
    event_at: int
    received_at: int
    user: str
    device: int
    device_name: str
    incarnation: str
    body: str


_ORIGIN = _statement(
    """SELECT o.id, o.n, o.kind, o.outcome, coalesce(o.reason, '') AS reason, o.event_at, o.received_at,
      coalesce(nullif(u.display_name, ''), u.name, '') AS user_name, coalesce(d.id, 0) AS device,
      coalesce(d.name, '') AS device_name, coalesce(r.incarnation, '') AS incarnation, o.body
    FROM operation o LEFT JOIN replica r ON r.id = o.replica LEFT JOIN device d ON d.id = r.device
    LEFT JOIN user_account u ON u.id = o.user_id WHERE o.id = ? AND ({visible:d.warehouse}
      OR EXISTS (SELECT 1 FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target
        WHERE m.operation = o.id AND ({visible:s.warehouse} OR {visible:t.warehouse})))"""
)


async def origin(operation: str, warehouses: Warehouses = None) -> Origin | None:
    """Who did this, on which device, when, and what was sent; if it has to do with these warehouses."""
    rows = await fetch(_ORIGIN, operation, *_seen(warehouses) * 3)
    if not rows:
        return None
    values: dict[str, Any] = dict(rows[0])
    values["user"] = values.pop("user_name")
    return Origin(**values)


# Transfers


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer with the names of its warehouses."""

    id: int
    number: str
    source: int
    source_code: str
    source_name: str
    target: int
    target_code: str
    target_name: str
    is_direct: bool
    is_over: bool
    state: str
    due_on: str
    remark: str
    created_at: int
    closed_at: int | None
    version: int

    @property
    def document(self) -> str:
        """Its wire id."""
        return moving.wire_id(self.id)


class TransferLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a transfer with the names of its item."""

    line: moving.Line
    code: str
    name: str
    unit: str


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """Goods at a place, as a page names them."""

    goods: moving.Goods
    item_code: str
    item_name: str
    unit: str
    location_code: str
    expiry_on: str


_TRANSFER = (
    "SELECT o.id, o.number, o.source, s.code AS source_code, s.name AS source_name, o.target, t.code AS target_code,"
    " t.name AS target_name, o.is_direct, o.is_over, o.state, o.due_on, o.remark, o.created_at, o.closed_at, o.version"
    " FROM transfer o JOIN warehouse s ON s.id = o.source JOIN warehouse t ON t.id = o.target"
)
_TRANSFERS_BY_ID = _statement(f"{_TRANSFER} WHERE o.id IN {{ids}} ORDER BY o.id")
_TRANSFER_LINES = _statement(
    "SELECT l.transfer, l.id, l.position, l.item, l.sent, l.arrived, l.lost, l.quantity, i.code, i.name, i.unit"
    " FROM transfer_line l JOIN item i ON i.id = l.item WHERE l.transfer IN {ids} ORDER BY l.position"
)
_TRANSFER_SHARES = _statement(
    "SELECT m.document, m.item, s.kind AS source_kind, s.warehouse AS source_warehouse, t.kind AS target_kind,"
    " t.warehouse AS target_warehouse, sum(m.quantity) AS quantity"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document IN (SELECT 'tr-' || id FROM transfer WHERE id IN {ids})"
    " GROUP BY m.document, m.item, s.kind, s.warehouse, t.kind, t.warehouse"
)
_ON_THE_WAY = Statement(
    "SELECT d.item, d.place, d.lot, d.serial, sum(d.quantity) AS quantity FROM ("
    "SELECT m.item, m.target AS place, m.lot, m.serial, m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ? UNION ALL"
    " SELECT m.item, m.source, m.lot, m.serial, -m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ?) d"
    " JOIN location l ON l.id = d.place WHERE l.kind = 'transit'"
    " GROUP BY d.item, d.place, d.lot, d.serial HAVING sum(d.quantity) > 0 ORDER BY d.item, d.lot, d.serial"
)
_GOODS_IN = _statement(
    "SELECT b.item, b.location, b.lot, b.serial, b.on_hand AS quantity FROM balance b"
    " JOIN location l ON l.id = b.location WHERE b.item IN {ids} AND l.warehouse = ? AND b.owner = 0 AND b.on_hand > 0"
    " AND l.kind IN ('bin', 'dock')"
)
_GOODS_NAMES = _statement("SELECT i.id, i.code, i.name, i.unit FROM item i WHERE i.id IN {ids}")
_PLACE_NAMES = _statement("SELECT l.id, l.code FROM location l WHERE l.id IN {ids}")
_LOT_DAYS = _statement("SELECT o.item, o.code, o.expiry_on FROM lot o WHERE o.item IN {ids}")
_OF_KIND = Statement("SELECT id FROM location WHERE warehouse = ? AND kind = ? ORDER BY id LIMIT 1")


async def transfers_by_id(ids: Iterable[int]) -> list[Transfer]:
    """The transfers with these ids."""
    return [_transfer(row) for row in await fetch(_TRANSFERS_BY_ID, as_json(list(ids)))]


async def transfer(transfer_id: int) -> Transfer | None:
    """The transfer with this id."""
    found = await transfers_by_id([transfer_id])
    return found[0] if found else None


def _transfer(row: Row) -> Transfer:
    values: dict[str, Any] = dict(row)
    flags = {name: bool(values[name]) for name in ("is_direct", "is_over")}
    return Transfer(**(values | flags))


async def transfer_lines(ids: Iterable[int]) -> dict[int, list[TransferLine]]:
    """The lines of these transfers, in order."""
    found: dict[int, list[TransferLine]] = defaultdict(list)
    for row in await fetch(_TRANSFER_LINES, as_json(list(ids))):
        values: dict[str, Any] = dict(row)
        of = values.pop("transfer")
        names = {name: values.pop(name) for name in ("code", "name", "unit")}
        found[of].append(TransferLine(line=moving.Line(**values), **names))
    return found


async def transfer_shares(ids: Iterable[int]) -> dict[int, list[moving.Share]]:
    """The movements of these transfers, added up by what they mean."""
    found: dict[int, list[moving.Share]] = defaultdict(list)
    for row in await fetch(_TRANSFER_SHARES, as_json(list(ids))):
        values: dict[str, Any] = dict(row)
        number = moving.number_of(values.pop("document"))
        found[number].append(moving.Share(**(values | {"quantity": int(values["quantity"])})))
    return found


async def on_the_way(transfer_id: int) -> list[moving.Goods]:
    """What of a transfer lies in transit."""
    document = moving.wire_id(transfer_id)
    return [_goods(row) for row in await fetch(_ON_THE_WAY, document, document)]


async def goods_in(warehouse: int, items: Collection[int]) -> list[moving.Goods]:
    """Where these items lie on a floor."""
    return [_goods(row) for row in await fetch(_GOODS_IN, as_json(list(items)), warehouse)]


def _goods(row: Row) -> moving.Goods:
    return moving.Goods(item=row[0], location=row[1], lot=row[2], serial=row[3], quantity=int(row[4]))


async def named(goods: Sequence[moving.Goods]) -> list[Lying]:
    """These goods with the names that people know them by."""
    items = as_json(sorted({one.item for one in goods}))
    names = {row[0]: (row[1], row[2], row[3]) for row in await fetch(_GOODS_NAMES, items)}
    places = as_json(sorted({one.location for one in goods}))
    codes = {row[0]: row[1] for row in await fetch(_PLACE_NAMES, places)}
    days = {(row[0], row[1]): row[2] for row in await fetch(_LOT_DAYS, items)}
    return [
        Lying(
            goods=one,
            item_code=names[one.item][0],
            item_name=names[one.item][1],
            unit=names[one.item][2],
            location_code=codes[one.location],
            expiry_on=days.get((one.item, one.lot), ""),
        )
        for one in goods
    ]


async def place_of_kind(warehouse: int, kind: str) -> int:
    """The first place of a kind in a warehouse: transit, scrap, its dock …"""
    return int((await fetch(_OF_KIND, warehouse, kind))[0][0])


async def transfers(filters: Narrow, warehouses: Warehouses) -> Page:
    """Transfers that fit, newest first unless sorted otherwise; whoever works at either end sees them."""
    sorts = {"number": "o.id", "source": "s.code", "target": "t.code", "due": "o.due_on"}
    return await _listed(_TRANSFER, filters, warehouses, sorts, ("o.source", "o.target"), _transfer)


async def transfer_counts(filters: Narrow, warehouses: Warehouses) -> dict[str, int]:
    """How many there are of each state, whatever state is asked for."""
    return await _counted("transfer", filters, warehouses, ("o.source", "o.target"))


# Adjustments

STANDING = REAL
"""Kinds of places whose book can be set right: those that one can stand before."""


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """An adjustment with the name of its warehouse; `worth` is None where a cost is not known."""

    id: int
    number: str
    warehouse: int
    warehouse_code: str
    warehouse_name: str
    reason: str
    state: str
    remark: str
    worth: int | None
    created_by: int
    created_at: int
    asked_by: int
    version: int

    @property
    def document(self) -> str:
        """Its wire id."""
        return f"ad-{self.id}"

    @property
    def head(self) -> adjusting.Head:
        """What stands above its lines."""
        return adjusting.Head(warehouse=self.warehouse, reason=self.reason, remark=self.remark)


class AdjustmentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an adjustment with names, and what lies there now."""

    line: adjusting.Line
    code: str
    name: str
    unit: str
    location_code: str
    on_hand: int
    is_counted: bool


_ADJUSTMENT = (
    "SELECT o.id, o.number, o.warehouse, w.code AS warehouse_code, w.name AS warehouse_name, o.reason, o.state,"
    " o.remark, o.worth, o.created_by, o.created_at, o.asked_by, o.version"
    " FROM adjustment o JOIN warehouse w ON w.id = o.warehouse"
)
_ADJUSTMENT_BY_ID = Statement(f"{_ADJUSTMENT} WHERE o.id = ?")
_ADJUSTMENT_LINES = Statement(
    "SELECT a.id, a.position, a.item, a.location, a.lot, a.serial, a.quantity, i.code, i.name, i.unit,"
    " l.code AS location_code, coalesce(b.on_hand, 0) AS on_hand, l.is_blind AS is_counted"
    " FROM adjustment_line a JOIN item i ON i.id = a.item"
    " JOIN location l ON l.id = a.location LEFT JOIN balance b ON b.item = a.item AND b.location = a.location"
    " AND b.lot = a.lot AND b.serial = a.serial AND b.owner = 0 WHERE a.adjustment = ? ORDER BY a.position"
)
_LIMIT = Statement("SELECT amount FROM adjustment_limit WHERE warehouse = ?")
_LIMITS = Statement("SELECT warehouse, amount FROM adjustment_limit")
_OPERATIONS_OF = Statement(
    "SELECT operation, min(id) FROM movement WHERE document = ? AND document <> '' AND kind = 'flow' AND reverses = ''"
    " GROUP BY operation ORDER BY 2"
)
_ON_HAND_OF = _statement(
    "SELECT b.item, b.location, b.lot, b.serial, b.on_hand FROM balance b WHERE b.location IN {ids} AND b.owner = 0"
)


async def adjustment(adjustment_id: int) -> Adjustment | None:
    """The adjustment with this id."""
    rows = await fetch(_ADJUSTMENT_BY_ID, adjustment_id)
    return Adjustment(**dict(rows[0])) if rows else None


async def adjustment_lines(adjustment_id: int) -> list[AdjustmentLine]:
    """Its lines, in order."""
    found = []
    for row in await fetch(_ADJUSTMENT_LINES, adjustment_id):
        values: dict[str, Any] = dict(row)
        names = {name: values.pop(name) for name in ("code", "name", "unit", "location_code", "on_hand")}
        names["is_counted"] = bool(values.pop("is_counted"))
        found.append(AdjustmentLine(line=adjusting.Line(**values), **names))
    return found


async def adjustments(filters: Narrow, warehouses: Warehouses) -> Page:
    """Adjustments that fit, newest first unless sorted otherwise."""
    sorts = {"number": "o.id", "warehouse": "w.code", "reason": "o.reason"}
    return await _listed(
        _ADJUSTMENT, filters, warehouses, sorts, ("o.warehouse",), lambda row: Adjustment(**dict(row))
    )


async def adjustment_counts(filters: Narrow, warehouses: Warehouses) -> dict[str, int]:
    """How many there are of each state, whatever state is asked for."""
    return await _counted("adjustment", filters, warehouses, ("o.warehouse",))


async def adjustment_limit(warehouse: int) -> int:
    """Up to which worth no second person is asked there."""
    rows = await fetch(_LIMIT, warehouse)
    return int(rows[0][0]) if rows else adjusting.LIMIT


async def adjustment_limits() -> dict[int, int]:
    """The limits that warehouses have set."""
    return {row[0]: row[1] for row in await fetch(_LIMITS)}


async def operations_of(document: str) -> list[str]:
    """The operations that moved goods for a document, in order; those that took something back are left out."""
    return [row[0] for row in await fetch(_OPERATIONS_OF, document)]


_BLIND_AMONG = _statement("SELECT l.id FROM location l WHERE l.is_blind AND l.id IN {ids}")


async def blind_among(places: Iterable[int]) -> set[int]:
    """Which of these places are being counted blind."""
    return {row[0] for row in await fetch(_BLIND_AMONG, as_json(sorted(set(places))))}


async def told(goods: Sequence[moving.Goods], *, is_blind: bool) -> list[moving.Goods]:
    """Those of these goods that this reader is told of: where less lies than is wanted, it would say how much."""
    blind = await blind_among(each.location for each in goods) if is_blind else set()
    return [each for each in goods if each.location not in blind]


async def on_hand_of(cells: Iterable[Cell]) -> dict[Cell, int]:
    """What lies in each of these cells."""
    wanted = set(cells)
    rows = await fetch(_ON_HAND_OF, as_json(sorted({cell.location for cell in wanted})))
    return {cell: int(row[4]) for row in rows if (cell := Cell(*tuple(row)[:4])) in wanted}


# Levels


class LevelLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of an item in a warehouse, with names and what is there."""

    wanted: Wanted
    code: str
    name: str
    unit: str
    warehouse_code: str
    home_code: str
    on_hand: int
    in_home: int
    is_counted: bool
    """More may lie where it is being counted, and this reader is not told."""

    @property
    def standing(self) -> str:
        """below, above or within."""
        return levelling.standing(self.on_hand, self.wanted.least, self.wanted.most)


_LEVELS_OF = _statement(
    "SELECT v.item, v.warehouse, v.least, v.most, v.home, v.refill, v.fill FROM stock_level v WHERE v.item IN {ids}"
)
_HOUSE_STOCK = f"""(SELECT coalesce(sum(b.on_hand), 0) FROM balance b JOIN location l ON l.id = b.location
      WHERE b.item = v.item AND l.warehouse = v.warehouse AND {_REAL})"""
_TOLD_STOCK = f"{_HOUSE_STOCK[:-1]} AND (? = 0 OR NOT l.is_blind))"
_LEVELS = f"""SELECT v.item, v.warehouse, v.least, v.most, v.home, v.refill, v.fill, i.code, i.name, i.unit,
      w.code AS warehouse_code, coalesce(h.code, '') AS home_code, {_TOLD_STOCK} AS on_hand,
      (SELECT coalesce(sum(b.on_hand), 0) FROM balance b JOIN location l ON l.id = b.location
        WHERE b.item = v.item AND b.location = v.home AND (? = 0 OR NOT l.is_blind)) AS in_home,
      (? = 1 AND EXISTS (SELECT 1 FROM balance b JOIN location l ON l.id = b.location
        WHERE b.item = v.item AND l.warehouse = v.warehouse AND l.is_blind)) AS is_counted
    FROM stock_level v JOIN item i ON i.id = v.item JOIN warehouse w ON w.id = v.warehouse
    LEFT JOIN location h ON h.id = v.home"""
_BELOW = _statement(
    f"""SELECT v.item, v.warehouse, w.code FROM stock_level v JOIN warehouse w ON w.id = v.warehouse
    WHERE v.item IN {{ids}} AND {_HOUSE_STOCK} < v.least ORDER BY w.code"""
)


async def levels_of(items: Collection[int]) -> dict[tuple[int, int], Wanted]:
    """What is wanted of these items, by item and warehouse."""
    rows = await fetch(_LEVELS_OF, as_json(sorted(items)))
    return {(row["item"], row["warehouse"]): Wanted(**dict(row)) for row in rows}


async def levels(
    text: str,
    warehouses: Warehouses,
    *,
    only_below: bool = False,
    is_blind: bool = False,
    page: int = 1,
    size: int = PAGE,
) -> Page:
    """Items of which something is wanted, by code; only those of which there is too little, if asked."""
    conditions, args = ["1 = 1"], list[Any]([int(is_blind)] * 3)
    if warehouses is not None:
        conditions.append("v.warehouse IN {ids}")
        args.append(as_json(sorted(warehouses)))
    for fragment in search.terms(text):
        conditions.append("{found:i.search}")
        args.append(fragment)
    if only_below:
        conditions.append(f"{_TOLD_STOCK} < v.least")
        args.append(int(is_blind))
    statement = _both(f"{_LEVELS} WHERE {' AND '.join(conditions)} ORDER BY i.code, w.code LIMIT ? OFFSET ?")
    rows = await fetch(statement, *args, size + 1, (page - 1) * size)
    return Page([_level(row) for row in rows[:size]], page, len(rows) > size)


def _level(row: Row) -> LevelLine:
    values: dict[str, Any] = dict(row)
    names = ("code", "name", "unit", "warehouse_code", "home_code")
    told = {name: values.pop(name) for name in names}
    on_hand, in_home = int(values.pop("on_hand")), int(values.pop("in_home"))
    is_counted = bool(values.pop("is_counted"))
    return LevelLine(wanted=Wanted(**values), on_hand=on_hand, in_home=in_home, is_counted=is_counted, **told)


async def below_level(items: Collection[int], warehouses: Warehouses) -> dict[int, list[str]]:
    """Which of these items lie below what some warehouse wants, and where."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in await fetch(_BELOW, as_json(sorted(items))):
        if warehouses is None or row["warehouse"] in warehouses:
            found[row["item"]].append(row["code"])
    return found


class Bringing(msgspec.Struct, frozen=True, kw_only=True):
    """Goods to bring to a pick bin, from one place."""

    source: str
    quantity: str
    lot: str = ""
    serial: str = ""
    source_code: str = ""


class Replenishment(msgspec.Struct, frozen=True, kw_only=True):
    """A pick bin that runs low, and from where it is filled up."""

    id: int
    item: int
    item_code: str
    item_name: str
    unit: str
    location_code: str
    takes: list[Bringing]


_REPLENISHMENTS = _statement(
    """SELECT t.id, t.item, i.code AS item_code, i.name AS item_name, i.unit, l.code AS location_code, t.body
    FROM task t JOIN item i ON i.id = t.item JOIN location l ON l.id = t.location
    WHERE t.kind = 'replenish' AND t.closed_at IS NULL AND {visible:t.warehouse} ORDER BY t.id LIMIT 200"""
)


async def replenishments(warehouses: Warehouses) -> list[Replenishment]:
    """Pick bins to fill up, those that ran low first before the others."""
    found = []
    for row in await fetch(_REPLENISHMENTS, *_seen(warehouses)):
        values: dict[str, Any] = dict(row)
        takes = msgspec.convert(msgspec.json.decode(values.pop("body"))["takes"], list[Bringing])
        found.append(Replenishment(takes=takes, **values))
    places = {int(take.source[2:]) for one in found for take in one.takes}
    codes = {f"l-{row[0]}": row[1] for row in await fetch(_PLACE_NAMES, as_json(sorted(places)))}
    return [
        msgspec.structs.replace(
            one,
            takes=[msgspec.structs.replace(take, source_code=codes[take.source]) for take in one.takes],
        )
        for one in found
    ]


# Lists of documents


async def _listed(
    columns: str,
    filters: Narrow,
    warehouses: Warehouses,
    sorts: dict[str, str],
    houses: tuple[str, ...],
    make: Callable[[Row], Any],
) -> Page:
    by, downwards = filters.sorted_by
    order = f"{sorts.get(by, 'o.id')} {'ASC' if by and not downwards else 'DESC'}, o.id DESC"
    conditions, args = _narrowed(filters, warehouses, houses, with_state=True)
    statement = _both(f"{columns} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ? OFFSET ?")
    rows = await fetch(statement, *args, PAGE + 1, (filters.page - 1) * PAGE)
    return Page([make(row) for row in rows[:PAGE]], filters.page, len(rows) > PAGE)


async def _counted(
    table: str, filters: Narrow, warehouses: Warehouses, houses: tuple[str, ...]
) -> dict[str, int]:
    conditions, args = _narrowed(filters, warehouses, houses, with_state=False)
    statement = _both(
        f"SELECT o.state, count(*) FROM {table} o WHERE {' AND '.join(conditions)} GROUP BY o.state"
    )
    return {row[0]: int(row[1]) for row in await fetch(statement, *args)}


def _narrowed(
    filters: Narrow, warehouses: Warehouses, houses: tuple[str, ...], *, with_state: bool
) -> tuple[list[str], list[Any]]:
    """Conditions in words of both engines, and their arguments."""
    conditions = ["1 = 1"]
    args: list[Any] = []
    if warehouses is not None:
        conditions.append(f"({' OR '.join(f'{house} IN {{ids}}' for house in houses)})")
        args += [as_json(sorted(warehouses))] * len(houses)
    for fragment in search.terms(filters.q):
        conditions.append("{found:o.search}")
        args.append(fragment)
    if with_state and filters.state:
        conditions.append("o.state = ?")
        args.append(filters.state)
    if filters.since:
        conditions.append("o.created_at >= ?")
        args.append(flow.bounds(date.fromisoformat(filters.since), settings().timezone)[0])
    if filters.until:
        conditions.append("o.created_at < ?")
        args.append(flow.bounds(date.fromisoformat(filters.until), settings().timezone)[1])
    return conditions, args


@cache
def _both(sql: str) -> Statement:
    return _statement(sql)
