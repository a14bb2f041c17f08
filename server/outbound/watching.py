"""What a board asks again and again: waves, lines left to pick, orders whose day has passed, who moves what.

All of it is read from what is open, by partial indexes: the years of what has shipped cost nothing.
"""

from datetime import date
from typing import Any

import msgspec

from server.db import Row, Statement, as_json, fetch
from server.stock.pace import Move

Warehouses = frozenset[int] | None

SHOWN = 200
"""Lines that a page of a board shows; more than that is for the lists."""

# Said of every notice in just these words: they are what the index of open notices is made of.
NOT_OVER = "n.state NOT IN ('shipped', 'cancelled', 'short_closed')"
TO_PICK = f"{NOT_OVER} AND n.state IN ('released', 'picking')"
LIVE = f"{NOT_OVER} AND n.state IN ('released', 'picking', 'picked', 'packed', 'checked')"
OPEN = "o.state IN ('confirmed', 'partly_shipped')"
LEFT = "l.quantity - l.short - l.dropped > l.picked"


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of notices that stand alike: in one wave, in the hands of one person with one device."""

    wave: int
    person: int
    device: int
    number: str
    """One of these notices, to name them by."""
    notices: int
    lines: int
    left: int


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """A wave that is not picked yet."""

    id: int
    number: str
    kind: str
    notices: int
    lines: int
    left: int

    @property
    def percent(self) -> int:
        """How much of it is picked; never 100 while anything is left."""
        return 100 * (self.lines - self.left) // self.lines if self.lines else 0


class Late(msgspec.Struct, frozen=True):
    """Orders that should have left: how many before today, since when, and how many today."""

    orders: int = 0
    since: str = ""
    today: int = 0


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """How far goods out are at one moment; `states` counts notices, from waiting to checked."""

    states: dict[str, int]
    shares: list[Share]
    waves: list[Wave]
    late: Late

    @property
    def left(self) -> int:
        """Lines that are still to be picked."""
        return sum(share.left for share in self.shares)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line that somebody waits for, and who has it in hand (0: nobody)."""

    document: str
    path: str
    number: str
    customer: str
    due_on: str
    item: int
    code: str
    name: str
    unit: str
    quantity: int
    place: str
    """Where the next of it is to be picked; empty when nothing is pinned."""
    state: str
    """How its notice stands; empty when the floor has not been told of it."""
    wave: int
    wave_number: str
    person: int
    device: int

    def days_late(self, today: date) -> int:
        """How many days ago it should have left."""
        return (today - date.fromisoformat(self.due_on)).days


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in somebody's hands."""

    id: int
    number: str
    state: str
    due_on: str
    customer: str
    wave: int
    wave_number: str
    tote: str
    lines: int
    left: int


def _statement(sql: str) -> Statement:
    """SQL with {seen:column} for the warehouses asked about (two arguments, null: all of them), in both dialects."""
    texts = [sql, sql]
    for column in ("n.warehouse", "o.warehouse", "s.warehouse", "t.warehouse", "i.warehouse"):
        sqlite = f"(? IS NULL OR {column} IN (SELECT value FROM json_each(?)))"
        postgres = f"(?::text IS NULL OR {column} IN (SELECT (json_array_elements_text(?::text::json))::int))"
        texts = [
            text.replace(f"{{seen:{column}}}", seen)
            for text, seen in zip(texts, (sqlite, postgres), strict=True)
        ]
    return Statement(*texts)


def _seen(warehouses: Warehouses) -> tuple[str | None, str | None]:
    text = None if warehouses is None else as_json(sorted(warehouses))
    return text, text


_STATES = _statement(
    f"SELECT n.state, count(*) FROM shipment_notice n WHERE {NOT_OVER} AND {{seen:n.warehouse}} GROUP BY n.state"
)
_SHARES = _statement(
    "SELECT coalesce(n.wave, 0) AS wave, n.taken_by AS person, n.device, min(n.number) AS number,"
    " count(DISTINCT n.id) AS notices, count(*) AS lines, count(CASE WHEN"
    f" {LEFT} THEN 1 END) AS left_over FROM shipment_notice n JOIN shipment_notice_line l ON l.notice = n.id"
    f" WHERE {TO_PICK} AND l.quantity > l.short + l.dropped AND {{seen:n.warehouse}} GROUP BY 1, 2, 3"
)
# The waves first, whatever the planner believes: their notices are few among years of notices.
_WAVES = Statement(*(
    "SELECT v.id, v.number, v.kind, count(DISTINCT n.id) AS notices, count(*) AS lines,"
    f" count(CASE WHEN {LEFT} AND {TO_PICK} THEN 1 END) AS left_over FROM {these} k CROSS JOIN shipment_notice n"
    " JOIN wave v ON v.id = n.wave JOIN shipment_notice_line l ON l.notice = n.id"
    " WHERE n.wave = k.value AND n.wave IS NOT NULL AND l.quantity > l.short + l.dropped"
    " GROUP BY v.id, v.number, v.kind ORDER BY v.id"
    for these in ("json_each(?)", "(SELECT (json_array_elements_text(?::text::json))::int AS value)")
))  # fmt: skip
_LATE = _statement(
    f"SELECT o.wanted_on, count(*) FROM sales_order o WHERE {OPEN} AND o.wanted_on > '' AND o.wanted_on <= ?"
    " AND {seen:o.warehouse} GROUP BY o.wanted_on"
)


async def floor(warehouses: Warehouses, today: str) -> Floor:
    """How far goods out are in these warehouses, on this day."""
    seen = _seen(warehouses)
    shares = [Share(**_counted(row)) for row in await fetch(_SHARES, *seen)]
    waves = as_json(sorted({share.wave for share in shares if share.wave}))
    return Floor(
        states={row[0]: row[1] for row in await fetch(_STATES, *seen)},
        shares=shares,
        waves=[Wave(**_counted(row)) for row in await fetch(_WAVES, waves)] if waves != "[]" else [],
        late=_late({row[0]: row[1] for row in await fetch(_LATE, today, *seen)}, today),
    )


def _counted(row: Row) -> dict[str, Any]:
    values = dict(row)
    values["left"] = values.pop("left_over")
    return values


def _late(orders: dict[str, int], today: str) -> Late:
    passed = {day: count for day, count in orders.items() if day < today}
    return Late(sum(passed.values()), min(passed, default=""), orders.get(today, 0))


# Who moves what, and what waits for a decision

_MOVES = _statement(
    "SELECT m.user_id AS person, m.act, m.document, m.item, m.source, m.target, max(m.event_at) AS last_at,"
    " max(m.id) AS last_id FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " WHERE m.id > ? AND m.kind = 'flow' AND m.reverses = '' AND m.user_id > 0"
    " AND ({seen:s.warehouse} OR {seen:t.warehouse}) GROUP BY 1, 2, 3, 4, 5, 6"
)
_OPEN_KINDS = _statement(
    "SELECT i.kind, count(*) FROM incident i WHERE i.closed_at IS NULL"
    " AND (i.warehouse IS NULL OR {seen:i.warehouse}) GROUP BY i.kind"
)


async def moves(after: int, warehouses: Warehouses) -> tuple[list[Move], int]:
    """Who moved what beyond the movement `after`, and how far that reads."""
    rows = await fetch(_MOVES, after, *_seen(warehouses), *_seen(warehouses))
    found = [Move(**{field: row[field] for field in Move.__struct_fields__}) for row in rows]
    return found, max([after, *(row["last_id"] for row in rows)])


async def open_kinds(warehouses: Warehouses) -> dict[str, int]:
    """How many incidents of each kind wait for a decision."""
    return {row[0]: row[1] for row in await fetch(_OPEN_KINDS, *_seen(warehouses))}


# What stands behind a figure

_LINE = (
    " i.id AS item, i.code, i.name, i.unit, coalesce(n.state, '') AS state, coalesce(n.wave, 0) AS wave,"
    " coalesce(v.number, '') AS wave_number, coalesce(n.taken_by, 0) AS person, coalesce(n.device, 0) AS device"
)
_TO_PICK = _statement(
    "SELECT 'sn-' || n.id AS document, '/outbound/notices/' || n.id AS path, n.number, p.name AS customer, n.due_on,"
    " coalesce((SELECT c.code FROM allocation a JOIN location c ON c.id = a.location WHERE a.document = 'sn-' || n.id"
    " AND a.line = l.id AND a.state = 'open' ORDER BY a.position LIMIT 1), '') AS place,"
    f" l.quantity - l.short - l.dropped - l.picked AS quantity,{_LINE} FROM shipment_notice n"
    " JOIN shipment_notice_line l ON l.notice = n.id JOIN item i ON i.id = l.item"
    " JOIN sales_order o ON o.id = n.order_id JOIN partner p ON p.id = o.customer LEFT JOIN wave v ON v.id = n.wave"
    f" WHERE {TO_PICK} AND {LEFT} AND {{seen:n.warehouse}}"
    " ORDER BY n.due_on = '', n.due_on, n.priority DESC, n.id, l.id LIMIT ?"
)
_OVERDUE = _statement(
    "SELECT 'so-' || o.id AS document, '/outbound/orders/' || o.id AS path, o.number, p.name AS customer,"
    " o.wanted_on AS due_on, '' AS place,"
    f" l.quantity - l.shipped - l.cancelled AS quantity,{_LINE} FROM sales_order o"
    " JOIN sales_line l ON l.order_id = o.id JOIN item i ON i.id = l.item JOIN partner p ON p.id = o.customer"
    " LEFT JOIN shipment_notice n ON n.id = (SELECT s.id FROM shipment_notice s JOIN shipment_notice_line t"
    " ON t.notice = s.id WHERE s.order_id = o.id AND t.order_line = l.id AND"
    f" {LIVE.replace('n.', 's.')} ORDER BY s.id LIMIT 1) LEFT JOIN wave v ON v.id = n.wave"
    f" WHERE {OPEN} AND o.wanted_on > '' AND o.wanted_on < ? AND l.quantity > l.shipped + l.cancelled"
    " AND {seen:o.warehouse} ORDER BY o.wanted_on, o.id, l.position LIMIT ?"
)
_IN_HANDS = _statement(
    "SELECT n.id, n.number, n.state, n.due_on, p.name AS customer, coalesce(n.wave, 0) AS wave,"
    " coalesce(v.number, '') AS wave_number, coalesce(t.code, '') AS tote, count(*) AS lines,"
    f" count(CASE WHEN {LEFT} THEN 1 END) AS left_over FROM shipment_notice n"
    " JOIN shipment_notice_line l ON l.notice = n.id JOIN sales_order o ON o.id = n.order_id"
    " JOIN partner p ON p.id = o.customer LEFT JOIN wave v ON v.id = n.wave LEFT JOIN location t ON t.id = n.tote"
    f" WHERE {LIVE} AND (n.taken_by = ? OR n.device = ?) AND {{seen:n.warehouse}}"
    " GROUP BY n.id, n.number, n.state, n.due_on, p.name, n.wave, v.number, t.code ORDER BY n.id"
)


async def to_pick(warehouses: Warehouses) -> list[Line]:
    """Lines that are still to be picked, what is due first in front."""
    return [Line(**dict(row)) for row in await fetch(_TO_PICK, *_seen(warehouses), SHOWN)]


async def overdue(warehouses: Warehouses, today: str) -> list[Line]:
    """Lines that should have left before this day, the eldest first."""
    return [Line(**dict(row)) for row in await fetch(_OVERDUE, today, *_seen(warehouses), SHOWN)]


async def in_hands(warehouses: Warehouses, *, person: int = 0, device: int = 0) -> list[Task]:
    """What a person has taken, or what was taken with a device (0: not asked)."""
    rows = await fetch(_IN_HANDS, person or -1, device or -1, *_seen(warehouses))
    return [Task(**_counted(row)) for row in rows]
