"""Reads about purchases, receipts and what is to be checked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from server import money
from server.catalog import search
from server.catalog.queries import Page
from server.db import Row, Statement, among, as_json, fetch
from server.documents.filters import Filters
from server.inbound import purchase, receipt
from server.inbound.putaway import Spot, Suggestion, suggest
from server.inbound.receipt import Share
from server.stock import queries as stock

PAGE_SIZE = 50
Warehouses = frozenset[int] | None
"""The warehouses that somebody sees; None means all of them."""


# Purchases


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase order with the names of what it speaks of."""

    id: int
    number: str
    supplier: int
    supplier_code: str
    supplier_name: str
    warehouse: int
    warehouse_code: str
    warehouse_name: str
    state: str
    ordered_on: str
    expected_on: str
    reference: str
    remark: str
    total: int
    created_at: int
    confirmed_at: int | None
    closed_at: int | None
    version: int


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order with the names of its item."""

    line: purchase.Line
    code: str
    name: str
    base: str


_ORDER = (
    "SELECT o.id, o.number, o.supplier, p.code AS supplier_code, p.name AS supplier_name, o.warehouse,"
    " w.code AS warehouse_code, w.name AS warehouse_name, o.state, o.ordered_on, o.expected_on, o.reference,"
    " o.remark, o.total, o.created_at, o.confirmed_at, o.closed_at, o.version FROM purchase_order o"
    " JOIN partner p ON p.id = o.supplier JOIN warehouse w ON w.id = o.warehouse"
)
_ORDER_BY_ID = Statement(f"{_ORDER} WHERE o.id = ?")
_ORDER_LINES = Statement(
    "SELECT l.id, l.position, l.item, l.unit, l.factor, l.unit_price, l.discount, l.expected_on, l.received,"
    " l.returned, l.cancelled, l.quantity, i.code, i.name, i.unit AS base FROM purchase_line l"
    " JOIN item i ON i.id = l.item WHERE l.order_id = ? ORDER BY l.position"
)
ORDER_SORTS = {
    "number": "o.id",
    "supplier": "p.name",
    "expected": "o.expected_on",
    "total": "o.total",
}


async def order(order_id: int) -> Order | None:
    """The purchase order with this id."""
    rows = await fetch(_ORDER_BY_ID, order_id)
    return Order(**dict(rows[0])) if rows else None


async def order_lines(order_id: int) -> list[OrderLine]:
    """Its lines, in order."""
    found = []
    for row in await fetch(_ORDER_LINES, order_id):
        values = dict(row)
        names = {name: values.pop(name) for name in ("code", "name", "base")}
        found.append(OrderLine(line=purchase.Line(**values), **names))
    return found


async def orders(filters: Filters, warehouses: Warehouses) -> Page:
    """Purchase orders that fit, newest first unless sorted otherwise."""
    return await _listed(_ORDER, filters, warehouses, ORDER_SORTS, lambda row: Order(**dict(row)), "supplier")


async def order_counts(filters: Filters, warehouses: Warehouses) -> dict[str, int]:
    """How many there are of each state, whatever state is asked for."""
    return await _counted("purchase_order", filters, warehouses, "supplier")


class Supplier(msgspec.Struct, frozen=True):
    """A supplier as forms offer it."""

    id: int
    code: str
    name: str


_SUPPLIERS = Statement(
    "SELECT id, code, name FROM partner WHERE is_supplier = ? AND is_active = ? ORDER BY code LIMIT 500"
)
_SUPPLIER_ID = Statement(
    "SELECT id FROM partner WHERE (code = ? OR name = ?) AND is_supplier = ? AND is_active = ? ORDER BY code = ? DESC"
    " LIMIT 1"
)


async def suppliers() -> list[Supplier]:
    """Those who deliver to us, to choose from."""
    return [Supplier(*row) for row in await fetch(_SUPPLIERS, True, True)]


async def supplier_id(typed: str) -> int | None:
    """The supplier with exactly this code, or this name."""
    rows = await fetch(_SUPPLIER_ID, typed, typed, True, True, typed) if typed else []
    return int(rows[0][0]) if rows else None


# Receipts


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt with the names of what it speaks of."""

    id: int
    number: str
    kind: str
    source: str
    partner: int | None
    partner_code: str
    partner_name: str
    warehouse: int
    warehouse_code: str
    warehouse_name: str
    state: str
    expected_on: str
    reference: str
    remark: str
    received_at: int | None
    is_short: bool
    created_by: int
    created_at: int
    closed_at: int | None
    version: int

    @property
    def document(self) -> str:
        """Its wire id."""
        return receipt.wire_id(self.kind, self.id)


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a receipt with the names of its item."""

    line: receipt.Line
    code: str
    name: str
    base: str
    scale: int
    has_lots: bool
    has_expiry: bool
    has_serials: bool


_RECEIPT = (
    "SELECT o.id, o.number, o.kind, o.source, o.partner, coalesce(p.code, '') AS partner_code,"
    " coalesce(p.name, '') AS partner_name, o.warehouse, w.code AS warehouse_code, w.name AS warehouse_name,"
    " o.state, o.expected_on, o.reference, o.remark, o.received_at, o.is_short, o.created_by, o.created_at,"
    " o.closed_at, o.version"
    " FROM receipt o LEFT JOIN partner p ON p.id = o.partner JOIN warehouse w ON w.id = o.warehouse"
)
_RECEIPTS_BY_ID = among(f"{_RECEIPT} WHERE", "o.id", " ORDER BY o.id")
_RECEIPTS_OF = Statement(f"{_RECEIPT} WHERE o.source = ? ORDER BY o.id")
_LINE_COLUMNS = (
    "l.id, l.position, l.item, l.lot, l.expected, l.received, l.held, l.taken, l.rejected, l.accepted, l.put_away,"
    " l.source_line, l.price"
)
_RECEIPT_LINES = among(
    f"SELECT l.receipt, {_LINE_COLUMNS}, i.code, i.name, i.unit AS base, i.scale, i.has_lots, i.has_expiry,"
    " i.has_serials FROM receipt_line l JOIN item i ON i.id = l.item WHERE",
    "l.receipt",
    " ORDER BY l.position, l.id",
)
RECEIPT_SORTS = {"number": "o.id", "partner": "p.name", "expected": "o.expected_on"}
_FLAGS = ("has_lots", "has_expiry", "has_serials")


async def receipts_by_id(ids: Iterable[int]) -> list[Receipt]:
    """The receipts with these ids."""
    return [_to_receipt(row) for row in await fetch(_RECEIPTS_BY_ID, as_json(list(ids)))]


async def receipt_by_id(receipt_id: int) -> Receipt | None:
    """The receipt with this id."""
    found = await receipts_by_id([receipt_id])
    return found[0] if found else None


async def receipts_of(source: str) -> list[Receipt]:
    """The receipts that came of a document (`po-7`), oldest first."""
    return [_to_receipt(row) for row in await fetch(_RECEIPTS_OF, source)]


def _to_receipt(row: Row) -> Receipt:
    values: dict[str, Any] = dict(row)
    return Receipt(**(values | {"is_short": bool(values["is_short"])}))


async def receipt_lines(ids: Iterable[int]) -> dict[int, list[ReceiptLine]]:
    """The lines of these receipts, in order."""
    found: dict[int, list[ReceiptLine]] = defaultdict(list)
    for row in await fetch(_RECEIPT_LINES, as_json(list(ids))):
        values: dict[str, Any] = dict(row)
        of = values.pop("receipt")
        names: dict[str, Any] = {name: values.pop(name) for name in ("code", "name", "base", "scale")}
        names |= {name: bool(values.pop(name)) for name in _FLAGS}
        found[of].append(ReceiptLine(line=receipt.Line(**values), **names))
    return found


async def receipts(filters: Filters, warehouses: Warehouses) -> Page:
    """Receipts that fit, newest first unless sorted otherwise."""
    return await _listed(_RECEIPT, filters, warehouses, RECEIPT_SORTS, _to_receipt, "partner")


async def receipt_counts(filters: Filters, warehouses: Warehouses) -> dict[str, int]:
    """How many there are of each state, whatever state is asked for."""
    return await _counted("receipt", filters, warehouses, "partner")


# What movements say

_SHARES = among(
    "SELECT m.document, m.item, m.lot, s.kind AS source_kind, t.kind AS target_kind, sum(m.quantity) AS quantity"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " WHERE m.kind = 'flow' AND m.document <> '' AND",
    "m.document",
    " GROUP BY m.document, m.item, m.lot, s.kind, t.kind",
    number=False,
)
_LAY = (
    "SELECT place, item, lot, serial, sum(quantity) AS quantity FROM ("
    "SELECT m.target AS place, m.item, m.lot, m.serial, m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ? UNION ALL"
    " SELECT m.source, m.item, m.lot, m.serial, -m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ?) d"
)
_LIES = Statement(
    "SELECT d.place AS location, l.code, l.kind, d.item, d.lot, d.serial,"
    " CASE WHEN d.quantity < b.on_hand THEN d.quantity ELSE b.on_hand END AS quantity"
    f" FROM ({_LAY} GROUP BY place, item, lot, serial) d JOIN location l ON l.id = d.place"
    " JOIN balance b ON b.item = d.item AND b.location = d.place AND b.lot = d.lot AND b.serial = d.serial"
    " AND b.owner = 0 WHERE d.quantity > 0 AND b.on_hand > 0 AND l.kind IN ('bin', 'dock', 'tote', 'carton')"
    " ORDER BY l.code, d.item, d.lot, d.serial"
)
_VIRTUAL = Statement("SELECT id FROM location WHERE warehouse = ? AND kind = ? ORDER BY id LIMIT 1")
_DOCKS = Statement(
    "SELECT id, code FROM location WHERE warehouse = ? AND kind = 'dock' AND is_active = ? ORDER BY code"
)
_DOCKED = Statement(
    "SELECT DISTINCT b.item FROM balance b JOIN location l ON l.id = b.location WHERE b.on_hand > 0"
    " AND l.kind = 'dock' AND l.warehouse = ?"
)
_BINS = among("SELECT id, warehouse FROM location WHERE kind = 'bin' AND is_active AND", "id")
_BIN_BY_CODE = Statement(
    "SELECT id FROM location WHERE code = ? AND warehouse = ? AND kind = 'bin' AND is_active = ?"
)
_SPOTS = Statement(
    "SELECT l.id, l.code, l.aisle, l.bay, l.level, b.item, b.lot FROM location l"
    " LEFT JOIN balance b ON b.location = l.id AND b.on_hand > 0"
    " WHERE l.warehouse = ? AND l.kind = 'bin' AND l.is_active = ? ORDER BY l.id"
)


class Lying(msgspec.Struct, frozen=True):
    """Goods of a receipt, and where they were brought last."""

    location: int
    code: str
    kind: str
    item: int
    lot: str
    serial: str
    quantity: int


async def shares(documents: Iterable[str]) -> dict[str, list[Share]]:
    """The movements of these documents, added up by what they mean."""
    found: dict[str, list[Share]] = defaultdict(list)
    for row in await fetch(_SHARES, as_json(list(documents))):
        found[row[0]].append(Share(row[1], row[2], row[3], row[4], int(row[5])))
    return found


async def lying(document: str) -> list[Lying]:
    """Where the goods of a document lie, as far as its own movements tell."""
    return [
        Lying(**(dict(row) | {"quantity": int(row["quantity"])}))
        for row in await fetch(_LIES, document, document)
    ]


async def virtual_place(warehouse: int, kind: str) -> int:
    """The place that stands for suppliers, customers, production, scrap … of a warehouse."""
    return int((await fetch(_VIRTUAL, warehouse, kind))[0][0])


async def docked(warehouse: int) -> list[int]:
    """The items that stand at the docks of a warehouse."""
    return [row[0] for row in await fetch(_DOCKED, warehouse)]


async def docks(warehouse: int) -> list[tuple[int, str]]:
    """Where goods arrive: id and code."""
    return [(row[0], row[1]) for row in await fetch(_DOCKS, warehouse, True)]


async def bins(places: Iterable[int]) -> dict[int, int]:
    """The warehouse of each of these places that is a bin in use."""
    return {row[0]: row[1] for row in await fetch(_BINS, as_json(list(places)))}


async def bin_by_code(code: str, warehouse: int) -> int | None:
    """The bin in use with this code, in this warehouse."""
    rows = await fetch(_BIN_BY_CODE, code, warehouse, True)
    return int(rows[0][0]) if rows else None


async def spots(warehouse: int, items: Collection[int]) -> dict[int, list[Spot]]:
    """Every bin of a warehouse as each of these items would see it."""
    places: dict[int, tuple[Any, ...]] = {}
    holds: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for place, code, aisle, bay, level, item, lot in await fetch(_SPOTS, warehouse, True):
        places[place] = (code, aisle, bay, level)
        if item is not None:
            holds[place][item].add(lot)
    levels = await stock.levels_of(items)
    homes = {item: wanted.home for (item, house), wanted in levels.items() if house == warehouse}
    return {
        item: [
            Spot(
                location=place,
                code=code,
                aisle=aisle,
                bay=bay,
                level=level,
                lots=tuple(sorted(holds[place][item])) if item in holds.get(place, {}) else (),
                is_empty=place not in holds,
                is_home=homes.get(item) == place,
            )
            for place, (code, aisle, bay, level) in places.items()
        ]
        for item in items
    }


class Waiting(msgspec.Struct, frozen=True):
    """Goods on a dock, and where they had best be brought."""

    lying: Lying
    suggestion: Suggestion | None


async def waiting(document: str, warehouse: int) -> list[Waiting]:
    """What of a receipt waits to be put away."""
    docked = [one for one in await lying(document) if one.kind == "dock"]
    if not docked:
        return []
    seen = await spots(warehouse, {one.item for one in docked})
    return [Waiting(one, suggest(seen[one.item], one.lot)) for one in docked]


# Settings


class Setting(msgspec.Struct, frozen=True):
    """How a warehouse takes goods in; `reject` is the place where rejected goods wait."""

    tolerance: int = 0
    puts_away: bool = True
    reject: int | None = None


_TERMS = among("SELECT partner, tolerance, is_inspected FROM supplier_terms WHERE", "partner")
_SETTINGS = among("SELECT warehouse, tolerance, puts_away, reject FROM arrival_setting WHERE", "warehouse")
_RULES = among("SELECT item, warehouse, is_inspected FROM arrival_rule WHERE", "item")


class Rule(msgspec.Struct, frozen=True):
    """How an item arrives in a warehouse."""

    is_inspected: bool = False


async def supplier_terms(partners: Iterable[int]) -> dict[int, tuple[int | None, bool]]:
    """The tolerance that was agreed with each (None: none was), and whether all they send is checked."""
    return {row[0]: (row[1], bool(row[2])) for row in await fetch(_TERMS, as_json(list(partners)))}


async def settings_of(warehouses: Iterable[int]) -> dict[int, Setting]:
    """How these warehouses take goods in; one that nobody set anything for is left out."""
    rows = await fetch(_SETTINGS, as_json(list(warehouses)))
    return {row[0]: Setting(row[1], bool(row[2]), row[3]) for row in rows}


async def rules_of(items: Iterable[int]) -> dict[tuple[int, int], Rule]:
    """How these items arrive, by item and warehouse."""
    rows = await fetch(_RULES, as_json(list(items)))
    return {(row[0], row[1]): Rule(bool(row[2])) for row in rows}


# Inspections


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """Goods to be checked, or judged."""

    id: int
    line: int
    receipt: int
    number: str
    kind: str
    partner_name: str
    warehouse: int
    item: int
    code: str
    name: str
    base: str
    lot: str
    quantity: int
    state: str
    result: str
    remark: str
    decided_by: int
    opened_at: int
    decided_at: int | None


_INSPECTION = (
    "SELECT c.id, c.line, l.receipt, o.number, o.kind, coalesce(p.name, '') AS partner_name, o.warehouse, c.item,"
    " i.code, i.name, i.unit AS base, c.lot, c.quantity, c.state, c.result, c.remark, c.decided_by, c.opened_at,"
    " c.decided_at FROM inspection c JOIN receipt_line l ON l.id = c.line JOIN receipt o ON o.id = l.receipt"
    " LEFT JOIN partner p ON p.id = o.partner JOIN item i ON i.id = c.item"
)
_INSPECTIONS_OF = among(f"{_INSPECTION} WHERE", "l.receipt", " ORDER BY c.id")
_INSPECTION_BY_ID = Statement(f"{_INSPECTION} WHERE c.id = ?")
_OF_LOT = Statement(f"{_INSPECTION} WHERE c.item = ? AND c.lot = ? ORDER BY c.id")
_OPEN_INSPECTIONS = Statement(f"{_INSPECTION} WHERE c.state = 'open' ORDER BY c.opened_at, c.id LIMIT 200")


async def inspections_of(receipts: Collection[int]) -> dict[int, list[Inspection]]:
    """What is or was checked of these receipts."""
    found: dict[int, list[Inspection]] = defaultdict(list)
    for row in await fetch(_INSPECTIONS_OF, as_json(list(receipts))):
        found[row["receipt"]].append(Inspection(**dict(row)))
    return found


async def inspection(inspection_id: int) -> Inspection | None:
    """One check."""
    rows = await fetch(_INSPECTION_BY_ID, inspection_id)
    return Inspection(**dict(rows[0])) if rows else None


async def inspections_of_lot(item: int, lot: str) -> list[Inspection]:
    """Every check of one lot, wherever it came in."""
    return [Inspection(**dict(row)) for row in await fetch(_OF_LOT, item, lot)]


async def open_inspections(warehouses: Warehouses) -> list[Inspection]:
    """What waits to be checked, oldest first."""
    found = [Inspection(**dict(row)) for row in await fetch(_OPEN_INSPECTIONS)]
    return [one for one in found if warehouses is None or one.warehouse in warehouses]


# Lists


async def _listed(
    columns: str,
    filters: Filters,
    warehouses: Warehouses,
    sorts: Mapping[str, str],
    make: Any,
    partner: str,
) -> Page:
    """A page of a list."""
    by, downwards = filters.sorted_by
    order = f"{sorts.get(by, 'o.id')} {'ASC' if by and not downwards else 'DESC'}, o.id DESC"
    conditions, args = _conditions(filters, warehouses, partner, with_state=True)
    statement = _listing(columns, conditions, order)
    rows = await fetch(statement, *args, PAGE_SIZE + 1, (filters.page - 1) * PAGE_SIZE)
    return Page([make(row) for row in rows[:PAGE_SIZE]], filters.page, len(rows) > PAGE_SIZE)


async def _counted(table: str, filters: Filters, warehouses: Warehouses, partner: str) -> dict[str, int]:
    conditions, args = _conditions(filters, warehouses, partner, with_state=False)
    rows = await fetch(_counting(table, conditions), *args)
    return {row[0]: int(row[1]) for row in rows}


@cache
def _listing(columns: str, conditions: tuple[tuple[str, str], ...], order: str) -> Statement:
    return Statement(
        *(f"{columns} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?" for where in _where(conditions))
    )


@cache
def _counting(table: str, conditions: tuple[tuple[str, str], ...]) -> Statement:
    return Statement(
        *(
            f"SELECT o.state, count(*) FROM {table} o WHERE {where} GROUP BY o.state"
            for where in _where(conditions)
        )
    )


def _where(conditions: Sequence[tuple[str, str]]) -> tuple[str, str]:
    sqlite = " AND ".join(["1 = 1", *(one[0] for one in conditions)])
    postgres = " AND ".join(["1 = 1", *(one[1] for one in conditions)])
    return sqlite, postgres


def _conditions(
    filters: Filters, warehouses: Warehouses, partner: str, *, with_state: bool
) -> tuple[tuple[tuple[str, str], ...], list[Any]]:
    """What a list is narrowed by, in both dialects, and the values for its holes."""
    found: list[tuple[str, str]] = []
    args: list[Any] = []

    def narrow(sql: str, value: Any, postgres: str = "") -> None:
        found.append((sql, postgres or sql))
        args.append(value)

    if warehouses is not None:
        narrow(
            "o.warehouse IN (SELECT value FROM json_each(?))",
            as_json(sorted(warehouses)),
            "o.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)",
        )
    if with_state and filters.state:
        narrow("o.state = ?", filters.state)
    if filters.partner:
        narrow(f"o.{partner} = ?", filters.partner)
    if filters.since:
        narrow("o.expected_on >= ?", filters.since)
    if filters.until:
        narrow("o.expected_on <= ?", filters.until)
    for fragment in search.terms(filters.q):
        narrow("instr(o.search, ?) > 0", fragment, "strpos(o.search, ?) > 0")
    return tuple(found), args


# Returns


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """What a line of a shipment sent, and what of it was asked back; `lot` when all of it was of one."""

    line: int
    item: int
    code: str
    name: str
    base: str
    lot: str
    price: int
    shipped: int
    returned: int


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment notice as a return sees it."""

    id: int
    number: str
    customer: int
    customer_name: str
    warehouse: int
    lines: list[Shipped]


_SHIPMENT = Statement(
    "SELECT n.id, n.number, o.customer, p.name AS customer_name, n.warehouse FROM shipment_notice n"
    " JOIN sales_order o ON o.id = n.order_id JOIN partner p ON p.id = o.customer WHERE n.id = ?"
)
_SHIPPED = Statement(
    "SELECT l.id AS line, l.item, i.code, i.name, i.unit AS base, s.price, l.shipped,"
    " (SELECT coalesce(sum(CASE WHEN b.expected > b.received THEN b.expected ELSE b.received END), 0)"
    " FROM receipt_line b JOIN receipt r ON r.id = b.receipt WHERE r.source = ? AND r.kind = 'return'"
    " AND b.source_line = l.id AND r.state NOT IN ('cancelled', 'reversed')) AS returned"
    " FROM shipment_notice_line l JOIN item i ON i.id = l.item JOIN sales_line s ON s.id = l.order_line"
    " WHERE l.notice = ? ORDER BY l.id"
)
_LOTS_SENT = Statement(
    "SELECT m.item, m.lot FROM movement m JOIN location t ON t.id = m.target WHERE m.kind = 'flow'"
    " AND m.document <> '' AND m.document = ? AND t.kind = 'customer' GROUP BY m.item, m.lot"
)


async def shipped(notice: int) -> Shipment | None:
    """What was sent with a notice, for who takes it back."""
    heads = await fetch(_SHIPMENT, notice)
    if not heads:
        return None
    lots: dict[int, list[str]] = defaultdict(list)
    for item, lot in await fetch(_LOTS_SENT, f"sn-{notice}"):
        lots[item].append(lot)
    lines = []
    for row in await fetch(_SHIPPED, f"sn-{notice}", notice):
        values: dict[str, Any] = dict(row)
        sent = lots.get(row["item"], [])
        lot = sent[0] if len(sent) == 1 else ""
        lines.append(Shipped(**(values | {"returned": int(row["returned"]), "lot": lot})))
    return Shipment(**dict(heads[0]), lines=lines)


class SupplierReturnLine(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that go back to who sent them."""

    id: int
    item: int
    code: str
    name: str
    base: str
    unit: str
    factor: int
    unit_price: int
    discount: int
    sent: int
    quantity: int

    @property
    def amount(self) -> int:
        """What the supplier owes us for it."""
        return money.amount_of(self.quantity, self.unit_price, self.discount, factor=self.factor)

    @property
    def per(self) -> str:
        """The unit of which this is the price."""
        return self.unit or self.base


class SupplierReturn(msgspec.Struct, frozen=True, kw_only=True):
    """A return to a supplier with the names of what it speaks of."""

    id: int
    number: str
    supplier: int
    supplier_name: str
    warehouse: int
    warehouse_code: str
    receipt: int | None
    receipt_number: str
    state: str
    reason: str
    total: int
    created_at: int
    version: int
    lines: list[SupplierReturnLine] = []


RETURN_STATES = ("draft", "shipped", "cancelled")
RETURN_SORTS = {"number": "o.id", "supplier": "p.name", "total": "o.total"}
_RETURN = (
    "SELECT o.id, o.number, o.supplier, p.name AS supplier_name, o.warehouse, w.code AS warehouse_code, o.receipt,"
    " coalesce(r.number, '') AS receipt_number, o.state, o.reason, o.total, o.created_at, o.version"
    " FROM supplier_return o JOIN partner p ON p.id = o.supplier JOIN warehouse w ON w.id = o.warehouse"
    " LEFT JOIN receipt r ON r.id = o.receipt"
)
_RETURN_BY_ID = Statement(f"{_RETURN} WHERE o.id = ?")
_RETURN_LINES = Statement(
    "SELECT l.id, l.item, i.code, i.name, i.unit AS base, l.unit, l.factor, l.unit_price, l.discount, l.sent,"
    " l.quantity FROM supplier_return_line l JOIN item i ON i.id = l.item WHERE l.return_id = ?"
    " ORDER BY l.position, l.id"
)
_BOUGHT_AT = Statement(
    "SELECT l.id, p.unit, p.factor, p.unit_price, p.discount FROM receipt_line l"
    " JOIN purchase_line p ON p.id = l.source_line WHERE l.receipt = ?"
)
_GIVEN_BACK = Statement(
    "SELECT l.receipt_line, sum(CASE WHEN l.quantity > l.sent THEN l.quantity ELSE l.sent END)"
    " FROM supplier_return_line l JOIN supplier_return o ON o.id = l.return_id"
    " WHERE o.receipt = ? AND o.state <> 'cancelled' GROUP BY l.receipt_line"
)
_LIES_ANYWHERE = Statement(
    "SELECT b.location, l.code, l.kind, b.item, b.lot, b.serial, b.on_hand AS quantity FROM balance b"
    " JOIN location l ON l.id = b.location WHERE b.item = ? AND l.warehouse = ? AND b.owner = 0 AND b.on_hand > 0"
    " AND l.kind IN ('dock', 'bin') ORDER BY CASE WHEN l.kind = 'dock' THEN 0 ELSE 1 END, l.code, b.lot, b.serial"
)


class Bought(NamedTuple):
    """At which price goods were bought: that of one of a unit of so many base units (thousandths)."""

    unit: str
    factor: int
    unit_price: int
    discount: int


async def bought_at(receipt_id: int) -> dict[int, Bought]:
    """At which price what a purchase's receipt brought was ordered, by its lines."""
    return {line: Bought(*price) for line, *price in await fetch(_BOUGHT_AT, receipt_id)}


async def supplier_return(return_id: int) -> SupplierReturn | None:
    """The return with this id."""
    rows = await fetch(_RETURN_BY_ID, return_id)
    if not rows:
        return None
    lines = [SupplierReturnLine(**dict(row)) for row in await fetch(_RETURN_LINES, return_id)]
    return SupplierReturn(**dict(rows[0]), lines=lines)


async def supplier_returns(filters: Filters, warehouses: Warehouses) -> Page:
    """Returns to suppliers that fit, newest first unless sorted otherwise."""
    return await _listed(
        _RETURN,
        _without_days(filters),
        warehouses,
        RETURN_SORTS,
        lambda row: SupplierReturn(**dict(row)),
        "supplier",
    )


async def supplier_return_counts(filters: Filters, warehouses: Warehouses) -> dict[str, int]:
    """How many there are of each state."""
    return await _counted("supplier_return", _without_days(filters), warehouses, "supplier")


def _without_days(filters: Filters) -> Filters:
    """A return is due on no day."""
    return msgspec.structs.replace(filters, since="", until="")


async def given_back(receipt_id: int) -> dict[int, int]:
    """What of a receipt's lines has gone back to the supplier, or is to go."""
    return {row[0]: int(row[1]) for row in await fetch(_GIVEN_BACK, receipt_id)}


async def lies_anywhere(item: int, warehouse: int) -> list[Lying]:
    """Where an item can be taken from to give it back: docks first."""
    return [Lying(**dict(row)) for row in await fetch(_LIES_ANYWHERE, item, warehouse)]
