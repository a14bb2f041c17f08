"""Reads about one partner from every side: found by anything, orders with shipments, returns, goods, statements."""

from collections import defaultdict
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server import clock
from server.catalog import search
from server.catalog.queries import Page
from server.config import settings
from server.crm import delivery_note as paper
from server.crm.credit import Credit
from server.crm.delivery_note import DeliveryNote, Mark
from server.crm.statement import Returned, Sent
from server.db import Row, Statement, as_json, fetch
from server.outbound import queries as sales
from server.outbound import surveying
from server.outbound.queries import Order, ShownLine
from server.outbound.surveying import Notice

PAGE_SIZE = 50
SHOWN = 20
Warehouses = frozenset[int] | None
"""The warehouses somebody may see; None is all of them."""

MIN_NUMBER = 3
"""Shorter fragments say nothing about a document's number."""

NAMED = 200
"""A fragment that more documents carry means none of them: the customers of the latest are enough."""

_SCOPE = " AND o.warehouse IN (SELECT value FROM json_each(?))"
_SCOPE_POSTGRES = " AND o.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)"


@cache
def _made(sql: str, is_scoped: bool) -> Statement:
    """A statement whose `{scope}` narrows the documents `o` to warehouses, and whose `{in}` takes a JSON list."""
    sqlite = sql.replace("{in}", "IN (SELECT value FROM json_each(?))")
    postgres = sql.replace("{in}", "IN (SELECT (json_array_elements_text(?::text::json))::int)")
    return Statement(
        sqlite.replace("{scope}", _SCOPE if is_scoped else ""),
        postgres.replace("{scope}", _SCOPE_POSTGRES if is_scoped else "").replace("instr(", "strpos("),
    )


async def _seen(sql: str, warehouses: Warehouses, *before: Any, after: tuple[Any, ...] = ()) -> list[Row]:
    """The rows that somebody may see: values before the scope's own, then those after it."""
    scope = () if warehouses is None else (as_json(sorted(warehouses)),)
    return await fetch(_made(sql, bool(scope)), *before, *scope, *after)


# The list


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A partner as the list shows it; `open` is what is ordered and not all sent."""

    id: int
    code: str
    name: str
    phone: str
    level: str
    tags: tuple[str, ...]
    is_blocked: bool
    limit: int | None
    open: int
    last_on: str

    @property
    def credit(self) -> Credit:
        return Credit(self.limit, self.open)


_DOCUMENTS = {"customer": ("sales_order", "customer"), "supplier": ("purchase_order", "supplier")}
_ROWS = (
    "SELECT p.id, p.code, p.name, p.phone, coalesce(t.level, '') AS level, coalesce(t.tags, '') AS tags,"
    " coalesce(c.is_blocked, ?) AS is_blocked, c.credit_limit AS limit_,"
    " (SELECT coalesce(sum(s.total), 0) FROM sales_order s WHERE s.customer = p.id"
    " AND s.state IN ('confirmed', 'partly_shipped')) AS open_,"
    " (SELECT coalesce(max(o.ordered_on), '') FROM {table} o WHERE o.{column} = p.id"
    " AND o.state NOT IN ('draft', 'cancelled'){scope}) AS last_on"
    " FROM partner p LEFT JOIN partner_terms t ON t.partner = p.id LEFT JOIN customer_terms c ON c.partner = p.id"
    " WHERE p.id {in} ORDER BY p.code"
)


async def find(typed: str, warehouses: Warehouses, *, kind: str = "customer", page: int = 1) -> Page:
    """Partners in whom every typed fragment occurs, or whose order it names, by code."""
    assert kind in _DOCUMENTS
    table, column = _DOCUMENTS[kind]
    fragments = search.terms(typed)
    own = " AND ".join(["instr(p.search, ?) > 0"] * len(fragments)) or "1 = 1"
    values: list[Any] = [True, True, *fragments]
    where = f"p.is_{kind} = ? AND p.is_active = ? AND ({own})"
    # Only what holds a figure can be a document's number; anything else need not look through all of them.
    if any(len(one) >= MIN_NUMBER and any(map(str.isdigit, one)) for one in fragments):
        named = " AND ".join(["instr(o.search, ?) > 0"] * len(fragments))
        where = (
            f"p.is_{kind} = ? AND p.is_active = ? AND (({own}) OR p.id IN"
            f" (SELECT n.{column} FROM (SELECT o.{column} FROM {table} o WHERE {named}{{scope}}"
            f" ORDER BY o.id DESC LIMIT {NAMED}) n))"
        )
        values += fragments
        ids = await _seen(_listing(where), warehouses, *values, after=_window(page))
    else:
        ids = await _seen(_listing(where), None, *values, after=_window(page))
    keys = as_json([row[0] for row in ids[:PAGE_SIZE]])
    rows = await _seen(
        _ROWS.replace("{table}", table).replace("{column}", column), warehouses, False, after=(keys,)
    )
    return Page([_found(row) for row in rows], page, len(ids) > PAGE_SIZE)


def _listing(where: str) -> str:
    return f"SELECT p.id FROM partner p WHERE {where} ORDER BY p.code LIMIT ? OFFSET ?"


def _window(page: int) -> tuple[int, int]:
    return PAGE_SIZE + 1, (page - 1) * PAGE_SIZE


def _found(row: Row) -> Found:
    return Found(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        phone=row["phone"],
        level=row["level"],
        tags=tuple(filter(None, row["tags"].split("\n"))),
        is_blocked=bool(row["is_blocked"]),
        limit=row["limit_"],
        open=int(row["open_"]),
        last_on=row["last_on"],
    )


# One partner


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """What of an order the warehouse was told to send, and how far it is."""

    id: int
    number: str
    state: str
    carrier: str
    tracking: str
    shipped_at: int | None
    delivered_at: int | None


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a customer with its shipments."""

    id: int
    number: str
    state: str
    hold: str
    ordered_on: str
    wanted_on: str
    reference: str
    warehouse_code: str
    total: int
    shipments: list[Shipment]


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """An order at a supplier."""

    id: int
    number: str
    state: str
    ordered_on: str
    expected_on: str
    total: int


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sent back: codes with what came of them."""

    id: int
    number: str
    state: str
    created_at: int
    goods: list[tuple[str, int]]


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer buys: how much and for how much within a year, when last and at which price."""

    item: int
    code: str
    name: str
    base: str
    quantity: int
    amount: int
    orders: int
    last_on: str
    last_price: int
    last_unit: str


class Figures(msgspec.Struct, frozen=True):
    """A year with a customer: orders, their worth, and the day of the last one."""

    orders: int
    worth: int
    last_on: str


_ORDERS = (
    "SELECT o.id, o.number, o.state, o.hold, o.ordered_on, o.wanted_on, o.reference, w.code AS warehouse_code,"
    " o.total FROM sales_order o JOIN warehouse w ON w.id = o.warehouse WHERE o.customer = ?{scope}"
    " ORDER BY o.id DESC LIMIT ?"
)
_SHIPMENTS = (
    "SELECT n.order_id, n.id, n.number, n.state, n.carrier, n.tracking, n.shipped_at, n.delivered_at"
    " FROM shipment_notice n WHERE n.order_id {in} ORDER BY n.id"
)
_PURCHASES = (
    "SELECT o.id, o.number, o.state, o.ordered_on, o.expected_on, o.total FROM purchase_order o"
    " WHERE o.supplier = ?{scope} ORDER BY o.id DESC LIMIT ?"
)
_RETURNS = (
    "SELECT o.id, o.number, o.state, o.created_at FROM receipt o WHERE o.partner = ? AND o.kind = 'return'{scope}"
    " ORDER BY o.id DESC LIMIT ?"
)
_RETURNED = (
    "SELECT l.receipt, i.code, CASE WHEN l.received > 0 THEN l.received ELSE l.expected END AS quantity"
    " FROM receipt_line l JOIN item i ON i.id = l.item WHERE l.receipt {in} ORDER BY l.position"
)
# The last order of each item names its price; the sums come from one pass over the customer's own lines.
_GOODS = (
    "SELECT g.item, i.code, i.name, i.unit AS base, g.quantity, g.amount, g.orders, s.ordered_on AS last_on,"
    " x.unit_price AS last_price, x.unit AS last_unit FROM (SELECT l.item,"
    " sum(l.quantity - l.cancelled) AS quantity, sum(l.amount) AS amount,"
    " count(DISTINCT o.id) AS orders, max(o.id) AS last FROM sales_order o JOIN sales_line l ON l.order_id = o.id"
    " WHERE o.customer = ? AND o.state IN ('confirmed', 'partly_shipped', 'done') AND o.ordered_on >= ?{scope}"
    " GROUP BY l.item ORDER BY amount DESC, l.item LIMIT ?) g JOIN item i ON i.id = g.item"
    " JOIN sales_order s ON s.id = g.last JOIN sales_line x ON x.id ="
    " (SELECT max(y.id) FROM sales_line y WHERE y.order_id = g.last AND y.item = g.item)"
    " ORDER BY g.amount DESC, g.item"
)
_FIGURES = (
    "SELECT count(*), coalesce(sum(o.total), 0), coalesce(max(o.ordered_on), '') FROM sales_order o"
    " WHERE o.customer = ? AND o.state IN ('confirmed', 'partly_shipped', 'done') AND o.ordered_on >= ?{scope}"
)


async def credit(customer: int) -> Credit:
    """How a customer stands, whatever warehouse serves them."""
    return Credit((await sales.terms(customer)).credit_limit, await sales.owes(customer))


async def orders(customer: int, warehouses: Warehouses) -> list[Bought]:
    """The latest orders of a customer, each with its shipments."""
    rows = await _seen(_ORDERS, warehouses, customer, after=(SHOWN,))
    shipments: dict[int, list[Shipment]] = defaultdict(list)
    for row in await _seen(_SHIPMENTS, None, as_json([row["id"] for row in rows])):
        order, *values = row
        shipments[order].append(Shipment(**dict(zip(Shipment.__struct_fields__, values, strict=True))))
    return [Bought(**dict(row), shipments=shipments[row["id"]]) for row in rows]


async def purchases(supplier: int, warehouses: Warehouses) -> list[Delivered]:
    """The latest orders at a supplier."""
    return [Delivered(**dict(row)) for row in await _seen(_PURCHASES, warehouses, supplier, after=(SHOWN,))]


async def returns(customer: int, warehouses: Warehouses) -> list[Return]:
    """The latest returns of a customer."""
    rows = await _seen(_RETURNS, warehouses, customer, after=(SHOWN,))
    goods: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for receipt, code, quantity in await _seen(_RETURNED, None, as_json([row["id"] for row in rows])):
        goods[receipt].append((code, int(quantity)))
    return [Return(**dict(row), goods=goods[row["id"]]) for row in rows]


async def goods(customer: int, warehouses: Warehouses, today: date) -> list[Goods]:
    """What a customer spent most on within a year."""
    rows = await _seen(_GOODS, warehouses, customer, _year_before(today), after=(10,))
    numbers = ("quantity", "amount")
    return [Goods(**dict(row) | {name: int(row[name]) for name in numbers}) for row in rows]


async def figures(customer: int, warehouses: Warehouses, today: date) -> Figures:
    """A customer's year."""
    (row,) = await _seen(_FIGURES, warehouses, customer, _year_before(today))
    return Figures(row[0], int(row[1]), row[2])


def _year_before(today: date) -> str:
    return date.fromordinal(today.toordinal() - 365).isoformat()


# Statements

# Whatever part of a notice has left counts from the moment it was all gone, or else from the first scan that
# brought something of it to the customer.
_SENT = (
    "SELECT o.id, o.number AS order_number, o.discount AS order_discount, s.id AS line, n.id AS notice, n.number,"
    " coalesce(n.shipped_at, (SELECT min(m.event_at) FROM movement m JOIN location t ON t.id = m.target"
    " WHERE m.document = 'sn-' || n.id AND t.kind = 'customer'), n.created_at) AS at,"
    " l.shipped AS quantity, s.unit_price, s.factor, s.discount FROM sales_order o"
    " JOIN shipment_notice n ON n.order_id = o.id JOIN shipment_notice_line l ON l.notice = n.id"
    " JOIN sales_line s ON s.id = l.order_line WHERE o.customer = ? AND l.shipped > 0{scope}"
)
_TAKEN_BACK = (
    "SELECT o.id, o.number, coalesce(o.received_at, o.created_at) AS at, l.accepted AS quantity,"
    " coalesce(q.id, 0) AS order_id, coalesce(q.discount, 0) AS order_discount, coalesce(s.id, -l.id) AS line,"
    " coalesce(s.unit_price, l.price) AS unit_price, coalesce(s.factor, 1000) AS factor,"
    " coalesce(s.discount, 0) AS discount"
    " FROM receipt o JOIN receipt_line l ON l.receipt = o.id"
    " LEFT JOIN shipment_notice_line n ON n.id = l.source_line LEFT JOIN sales_line s ON s.id = n.order_line"
    " LEFT JOIN sales_order q ON q.id = s.order_id"
    " WHERE o.partner = ? AND o.kind = 'return' AND l.accepted > 0{scope}"
)


async def traded(customer: int, warehouses: Warehouses) -> tuple[list[Sent], list[Returned]]:
    """Everything that was ever sent to a customer, and taken back."""
    zone = ZoneInfo(settings().timezone)
    sent = [
        Sent(
            order=row["id"],
            order_number=row["order_number"],
            order_discount=row["order_discount"],
            line=row["line"],
            notice=row["notice"],
            number=row["number"],
            at=row["at"],
            day=_day(row["at"], zone),
            quantity=row["quantity"],
            unit_price=row["unit_price"],
            factor=row["factor"],
            discount=row["discount"],
        )
        for row in await _seen(_SENT, warehouses, customer)
    ]
    returned = [
        Returned(
            receipt=row["id"],
            number=row["number"],
            at=row["at"],
            day=_day(row["at"], zone),
            order=row["order_id"],
            order_discount=row["order_discount"],
            line=row["line"],
            quantity=row["quantity"],
            unit_price=row["unit_price"],
            factor=row["factor"],
            discount=row["discount"],
        )
        for row in await _seen(_TAKEN_BACK, warehouses, customer)
    ]
    return sent, returned


def _day(moment: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(moment / clock.SECOND, zone).date().isoformat()


# What goes on the paper that the customer signs

_MARKS = Statement(
    "SELECT m.item, m.lot, m.serial, coalesce(o.expiry_on, '') AS expiry,"
    " sum(CASE WHEN t.kind IN ('tote', 'carton', 'customer') THEN m.quantity ELSE 0 END)"
    " - sum(CASE WHEN s.kind IN ('tote', 'carton', 'customer') THEN m.quantity ELSE 0 END) AS quantity"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " LEFT JOIN lot o ON o.item = m.item AND o.code = m.lot AND m.lot <> ''"
    " WHERE m.document = ? AND (m.lot <> '' OR m.serial <> '') GROUP BY m.item, m.lot, m.serial, o.expiry_on"
    " ORDER BY m.item, o.expiry_on, m.lot, m.serial"
)


async def delivery_note(one: Notice) -> DeliveryNote:
    """What has left with this notice; before it leaves, what is packed or picked for it."""
    sold = await sales.order(one.order_id)
    assert sold is not None, "a notice of no order"
    lines = {line.order_line: paper.leaving(line) for line in (await surveying.lines([one.id]))[one.id]}
    shown = [each for each in await sales.shown_lines(one.order_id) if lines.get(each.line.id)]
    sent = (await traded(sold.customer, None))[0]
    earlier = [part for part in sent if part.order == sold.id and part.notice != one.id]
    marks = await _marks(one.document)
    own = [_sent_with(one, sold, each, lines[each.line.id]) for each in shown]
    cost = paper.amounts([*earlier, *own], one.id)
    rows = [
        paper.Row(
            code=each.code,
            name=each.name,
            base=each.base,
            quantity=lines[each.line.id],
            marks=tuple(marks[each.line.item]),
            unit_price=each.line.unit_price,
            per=each.line.unit or each.base,
            discount=each.line.discount,
            amount=cost[each.line.id],
        )
        for each in shown
    ]
    return DeliveryNote(rows, sum(cost.values()))


def _sent_with(one: Notice, sold: Order, each: ShownLine, quantity: int) -> Sent:
    """A line as part of this notice, whether it has left yet or not."""
    return Sent(
        order=sold.id,
        order_number=sold.number,
        order_discount=sold.discount,
        line=each.line.id,
        notice=one.id,
        number=one.number,
        at=one.shipped_at or clock.now(),
        day="",
        quantity=quantity,
        unit_price=each.line.unit_price,
        factor=each.line.factor,
        discount=each.line.discount,
    )


async def _marks(document: str) -> dict[int, list[Mark]]:
    """Which lots and serials of each item are on their way or gone, what came back into a bin left out."""
    found: dict[int, list[Mark]] = defaultdict(list)
    for row in await fetch(_MARKS, document):
        if row["quantity"] > 0:
            found[row["item"]].append(Mark(row["serial"] or row["lot"], row["expiry"], int(row["quantity"])))
    return found
