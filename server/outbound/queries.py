"""Reads about sales orders: one, many, what a customer usually pays, and who waits for goods."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from functools import cache
from typing import Any

import msgspec

from server.catalog import offering, search
from server.catalog import queries as catalog
from server.catalog.price import Offer
from server.catalog.queries import Page
from server.db import Row, Statement, as_json, fetch
from server.documents.filters import Filters
from server.outbound.order import OPEN, OrderLine, Released, Terms
from server.stock import promising
from server.stock.promising import Goods, Want

PAGE_SIZE = 50
Warehouses = frozenset[int] | None
"""The warehouses somebody may see; None is all of them."""

SORTS = ("number", "customer", "wanted_on", "total")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order with the names of what it speaks of."""

    id: int
    number: str
    customer: int
    customer_code: str
    customer_name: str
    is_customer_active: bool
    warehouse: int
    warehouse_code: str
    state: str
    hold: str
    released: Released
    policy: str
    priority: int
    ordered_on: str
    wanted_on: str
    reference: str
    address: str
    contact: str
    phone: str
    remark: str
    discount: int
    total: int
    operation: str
    created_by: int
    created_at: int
    confirmed_at: int | None
    closed_at: int | None
    version: int

    @property
    def document(self) -> str:
        """Its wire id."""
        return f"so-{self.id}"


class ShownLine(msgspec.Struct, frozen=True):
    """A line and what its item is called."""

    line: OrderLine
    code: str
    name: str
    base: str


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the list shows it."""

    id: int
    number: str
    customer: int
    customer_name: str
    warehouse_code: str
    state: str
    hold: str
    ordered_on: str
    wanted_on: str
    reference: str
    total: int


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """What an order needs to know of its customer."""

    id: int
    code: str
    name: str
    initials: str
    phone: str
    address: str
    is_customer: bool
    is_active: bool


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What of an order has been given to the warehouse to send."""

    id: int
    number: str
    state: str
    carrier: str
    tracking: str
    shipped_at: int | None


# One order

_ORDER = (
    "SELECT o.id, o.number, o.customer, p.code AS customer_code, p.name AS customer_name,"
    " p.is_active AS is_customer_active, o.warehouse, w.code AS warehouse_code, o.state, o.hold, o.released,"
    " o.policy, o.priority, o.ordered_on, o.wanted_on, o.reference, o.address, o.contact, o.phone, o.remark,"
    " o.discount, o.total, o.operation, o.created_by, o.created_at, o.confirmed_at, o.closed_at, o.version"
    " FROM sales_order o JOIN partner p ON p.id = o.customer JOIN warehouse w ON w.id = o.warehouse WHERE"
)
_BY_ID = Statement(f"{_ORDER} o.id = ?")
_BY_OPERATION = Statement("SELECT id FROM sales_order WHERE operation = ? AND operation <> ''")
_LINES = Statement(
    "SELECT l.id, l.position, l.item, l.unit, l.factor, l.unit_price, l.discount, l.quantity, l.amount, l.usual,"
    " l.wanted_on, l.promised_on, l.remark, l.noticed, l.picked, l.shipped, l.returned, l.cancelled,"
    " coalesce(r.quantity, 0) AS reserved, i.code AS item_code, i.name AS item_name, i.unit AS base"
    " FROM sales_line l JOIN item i ON i.id = l.item"
    " LEFT JOIN reservation r ON r.document = ? AND r.line = l.id WHERE l.order_id = ? ORDER BY l.position"
)
_NOTICES = Statement(
    "SELECT id, number, state, carrier, tracking, shipped_at FROM shipment_notice WHERE order_id = ? ORDER BY id"
)


async def order(order_id: int, warehouses: Warehouses = None) -> Order | None:
    """The order with this id, if it is of one of these warehouses."""
    rows = await fetch(_BY_ID, order_id)
    if not rows or not _reaches(warehouses, rows[0]["warehouse"]):
        return None
    values: dict[str, Any] = dict(rows[0])
    return Order(
        **values
        | {
            "released": msgspec.json.decode(values["released"], type=Released),
            "is_customer_active": bool(values["is_customer_active"]),
        }
    )


def _reaches(warehouses: Warehouses, warehouse: int) -> bool:
    return warehouses is None or warehouse in warehouses


async def order_of_operation(operation: str) -> int | None:
    """The order that a device placed by this operation."""
    rows = await fetch(_BY_OPERATION, operation)
    return int(rows[0][0]) if rows else None


async def shown_lines(order_id: int) -> list[ShownLine]:
    """The lines of an order in their order."""
    rows = await fetch(_LINES, f"so-{order_id}", order_id)
    return [ShownLine(_line(row), row["item_code"], row["item_name"], row["base"]) for row in rows]


async def lines(order_id: int) -> list[OrderLine]:
    """The same without names."""
    return [_line(row) for row in await fetch(_LINES, f"so-{order_id}", order_id)]


def _line(row: Row) -> OrderLine:
    return OrderLine(**{field: row[field] for field in OrderLine.__struct_fields__})


async def notices(order_id: int) -> list[Notice]:
    """What of an order the warehouse was told to send."""
    return [Notice(**dict(row)) for row in await fetch(_NOTICES, order_id)]


# The list


def _conditions(filters: Filters, warehouses: Warehouses, *, with_state: bool) -> tuple[str, str, list[Any]]:
    """The filters as SQL in both dialects with their values; only what is asked for becomes part of it."""
    found: list[tuple[str, str, Any]] = []
    if warehouses is not None:
        found.append((
            "o.warehouse IN (SELECT value FROM json_each(?))",
            "o.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)",
            as_json(sorted(warehouses)),
        ))  # fmt: skip
    if with_state and filters.state:
        found.append(("o.state = ?", "o.state = ?", filters.state))
    if filters.partner:
        found.append(("o.customer = ?", "o.customer = ?", filters.partner))
    if filters.since:
        found.append(("o.ordered_on >= ?", "o.ordered_on >= ?", filters.since))
    if filters.until:
        found.append(("o.ordered_on <= ?", "o.ordered_on <= ?", filters.until))
    found += [("instr(o.search, ?) > 0", "strpos(o.search, ?) > 0", term) for term in search.terms(filters.q)]
    sqlite, postgres = (" AND ".join(each[dialect] for each in found) or "1 = 1" for dialect in (0, 1))
    return sqlite, postgres, [each[2] for each in found]


@cache
def _listing(sqlite: str, postgres: str, by: str, downwards: bool) -> Statement:
    """Finds a page of ids in a narrow index first, then reads only their rows."""
    direction = "DESC" if downwards else "ASC"
    texts = []
    for conditions in (sqlite, postgres):
        join = " JOIN partner p ON p.id = o.customer" if by == "p.name" else ""
        page = f"SELECT o.id FROM sales_order o{join} WHERE {conditions} ORDER BY {by} {direction}, o.id DESC"
        texts.append(
            "SELECT o.id, o.number, o.customer, p.name AS customer_name, w.code AS warehouse_code, o.state, o.hold,"
            " o.ordered_on, o.wanted_on, o.reference, o.total FROM sales_order o"
            " JOIN partner p ON p.id = o.customer JOIN warehouse w ON w.id = o.warehouse"
            f" WHERE o.id IN ({page} LIMIT ? OFFSET ?) ORDER BY {by} {direction}, o.id DESC"
        )
    return Statement(*texts)


_SORTED: dict[str, str] = {
    "": "o.id", "number": "o.id", "customer": "p.name", "wanted_on": "o.wanted_on", "total": "o.total",
}  # fmt: skip


@cache
def _counting(sqlite: str, postgres: str, *, is_searched: bool) -> Statement:
    """A search reads the narrow index from end to end; grouped by the bare state it would read whole orders."""
    state = "o.state || ''" if is_searched else "o.state"
    return Statement(*(
        f"SELECT {state}, count(*) FROM sales_order o WHERE {conditions} GROUP BY {state}"
        for conditions in (sqlite, postgres)
    ))  # fmt: skip


async def orders(filters: Filters, warehouses: Warehouses = None) -> Page:
    """A page of orders, the newest first unless they are sorted otherwise."""
    sqlite, postgres, values = _conditions(filters, warehouses, with_state=True)
    column, downwards = filters.sorted_by
    statement = _listing(sqlite, postgres, _SORTED[column], downwards if column else True)
    rows = await fetch(statement, *values, PAGE_SIZE + 1, (filters.page - 1) * PAGE_SIZE)
    shown = [OrderRow(**dict(row)) for row in rows[:PAGE_SIZE]]
    return Page(shown, filters.page, len(rows) > PAGE_SIZE)


async def counts(
    filters: Filters, warehouses: Warehouses = None, shown: Page | None = None
) -> dict[str, int]:
    """How many orders there are in each state, by the other filters.

    When the page `shown` holds all that fits, nothing is read again: what is found seldom is looked for longest.
    """
    if shown is not None and not (filters.state or shown.has_more or shown.number > 1):
        return dict(Counter(row.state for row in shown.rows))
    sqlite, postgres, values = _conditions(filters, warehouses, with_state=False)
    statement = _counting(sqlite, postgres, is_searched=bool(filters.q))
    return {row[0]: row[1] for row in await fetch(statement, *values)}


# The customer

_CUSTOMER = Statement(
    "SELECT id, code, name, initials, phone, address, is_customer, is_active FROM partner WHERE id = ?"
)
_TERMS = Statement(
    "SELECT is_blocked, credit_limit, max_discount, policy, priority FROM customer_terms WHERE partner = ?"
)
_OWES = Statement(
    "SELECT coalesce(sum(total), 0) FROM sales_order WHERE customer = ? AND id <> ?"
    " AND state IN ('confirmed', 'partly_shipped')"
)
_OPEN_OF = Statement(
    "SELECT id, total FROM sales_order WHERE customer = ? AND state IN ('confirmed', 'partly_shipped')"
    " ORDER BY confirmed_at, id"
)
_PAID = (
    "SELECT l.id FROM sales_line l JOIN sales_order o ON o.id = l.order_id WHERE o.customer = {customer}"
    " AND l.item = {item} AND o.confirmed_at IS NOT NULL AND o.ordered_on <= {day} AND l.unit_price > 0"
    " AND o.state <> 'cancelled' ORDER BY o.id DESC LIMIT 1"
)
_USUAL = Statement(
    "SELECT p.item, p.unit_price, p.factor FROM json_each(?) k JOIN sales_line p ON p.id = ("
    + _PAID.format(customer="?", item="k.value", day="?")
    + ")",
    "SELECT p.item, p.unit_price, p.factor FROM (SELECT (json_array_elements_text(?::text::json))::int AS item) k"
    " JOIN sales_line p ON p.id = (" + _PAID.format(customer="?::int", item="k.item", day="?::text") + ")",
)


async def customer(customer_id: int) -> Customer | None:
    """The partner with this id, as orders see them."""
    rows = await fetch(_CUSTOMER, customer_id)
    if not rows:
        return None
    values: dict[str, Any] = dict(rows[0])
    flags = {name: bool(values[name]) for name in ("is_customer", "is_active")}
    return Customer(**values | flags)


async def customer_meant(typed: str) -> int:
    """The customer that somebody typed: by code, or by anything only one of them is found by; 0 for none."""
    if not (typed := typed.replace("\0", "").strip()):
        return 0
    if known := await catalog.partner_by_code(typed):
        return known
    found = (await catalog.find_partners(typed)).rows
    meant = [one for one in found if one.is_customer and one.name == typed] or [
        one for one in found if one.is_customer
    ]
    return int(meant[0].id) if len(meant) == 1 else 0


async def terms(customer_id: int) -> Terms:
    """How we sell to this customer."""
    rows = await fetch(_TERMS, customer_id)
    if not rows:
        return Terms()
    values: dict[str, Any] = dict(rows[0])
    return Terms(**values | {"is_blocked": bool(values["is_blocked"])})


async def owes(customer_id: int, *, apart: int = 0) -> int:
    """What a customer has ordered and not all received: what counts against the credit limit."""
    return int((await fetch(_OWES, customer_id, apart))[0][0])


async def open_orders_of(customer_id: int) -> list[tuple[int, int]]:
    """The orders of a customer that are promised and not all sent, with what they cost, the eldest first."""
    return [(row[0], row[1]) for row in await fetch(_OPEN_OF, customer_id)]


async def price_for(customer_id: int, item: int, quantity: int, day: date) -> Offer | None:
    """What this customer pays for an item, bought in this quantity on this day, and why."""
    return (await offers_for(customer_id, {item: quantity}, day)).get(item)


async def offers_for(customer_id: int, wanted: dict[int, int], day: date) -> dict[int, Offer]:
    """The same for several items (item → quantity in base units); what is not known is left out.

    This is the one place that knows prices: the price lists, and where none says anything what was paid last.
    """
    listed = await offering.offers(customer_id, wanted, day)
    left = sorted(wanted.keys() - listed.keys())
    if not left:
        return listed
    rows = await fetch(_USUAL, as_json(left), customer_id, day.isoformat())
    return listed | {item: Offer(price=price, factor=factor, source="last") for item, price, factor in rows}


# Who waits for goods

_WAITING = (
    "SELECT o.id, l.id AS line, l.item, o.warehouse,"
    " l.quantity - l.cancelled - l.picked - coalesce(r.quantity, 0) AS missing FROM sales_line l"
    " JOIN sales_order o ON o.id = l.order_id"
    " LEFT JOIN reservation r ON r.document = 'so-' || o.id AND r.line = l.id"
    " WHERE o.state IN ('confirmed', 'partly_shipped') AND o.policy <> 'cancel'"
    # Said twice: the first is what the index of open lines is made of.
    " AND l.quantity > l.picked + l.cancelled"
    " AND l.quantity - l.cancelled - l.picked > coalesce(r.quantity, 0) AND l.item {items}"
    " ORDER BY o.priority DESC, o.confirmed_at, o.id, l.position LIMIT 2000"
)
_WAITING_FOR = Statement(
    _WAITING.format(items="IN (SELECT value FROM json_each(?))"),
    _WAITING.format(items="IN (SELECT (json_array_elements_text(?::text::json))::int)"),
)
_LACKS = (
    "SELECT 1 FROM sales_line l JOIN sales_order o ON o.id = l.order_id"
    " WHERE o.state IN ('confirmed', 'partly_shipped') AND l.quantity > l.picked + l.cancelled"
    " AND l.quantity - l.cancelled - l.picked > coalesce((SELECT r.quantity FROM reservation r"
    " WHERE r.document = 'so-' || o.id AND r.line = l.id), 0) AND l.item {items} LIMIT 1"
)
ANYBODY_WAITS = Statement(
    _LACKS.format(items="IN (SELECT value FROM json_each(?))"),
    _LACKS.format(items="IN (SELECT (json_array_elements_text(?::text::json))::int)"),
)
"""Whether any accepted line lacks one of these items."""
_NUMBERS = Statement(
    "SELECT id, number FROM sales_order WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, number FROM sales_order WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)


async def is_waited_for(goods: Collection[Goods]) -> bool:
    """Whether anybody's accepted line lacks these items, in whatever warehouse."""
    return bool(await fetch(ANYBODY_WAITS, as_json(sorted({each.item for each in goods}))))


async def waiting_for(goods: Collection[Goods]) -> list[Want]:
    """Accepted lines that lack these goods, whoever is to be served first in front."""
    if not goods:
        return []
    rows = await fetch(_WAITING_FOR, as_json(sorted({each.item for each in goods})))
    return [
        Want(
            document=f"so-{row['id']}",
            line=row["line"],
            item=row["item"],
            warehouse=row["warehouse"],
            quantity=int(row["missing"]),
        )
        for row in rows
        if Goods(row["item"], row["warehouse"]) in goods
    ]


class Holding(msgspec.Struct, frozen=True):
    """An order (or another document) that has been promised what a line still lacks."""

    document: str
    number: str
    quantity: int


async def held_by(order: Order, shown: Iterable[ShownLine]) -> dict[int, list[Holding]]:
    """Who holds what lines of an order are owed, by line."""
    owed = [one.line for one in shown if one.line.backordered] if order.state in OPEN else []
    found = {
        line.id: await promising.holders(Goods(line.item, order.warehouse), apart=order.document)
        for line in owed
    }
    named = (
        await numbers({holder.document for holders in found.values() for holder in holders}) if found else {}
    )
    return {
        line: [Holding(holder.document, named[holder.document], holder.quantity) for holder in holders]
        for line, holders in found.items()
    }


async def numbers(documents: Iterable[str]) -> dict[str, str]:
    """The numbers of these orders by wire id; other documents keep their wire id as their name."""
    asked = set(documents)
    ids = sorted(int(one[3:]) for one in asked if one.startswith("so-"))
    known = {f"so-{row[0]}": row[1] for row in await fetch(_NUMBERS, as_json(ids))}
    return {one: known.get(one, one) for one in asked}
