"""Reads about what items are made of, production orders, and what went into them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from functools import cache
from typing import Any

import msgspec

from server import money, quantity
from server.catalog import search
from server.catalog.queries import Page
from server.config import settings
from server.db import Row, Statement, among, as_json, fetch
from server.documents.filters import Filters
from server.making import bill as bills
from server.making import work
from server.making.backflush import Passage
from server.stock import flow
from server.stock.lot import Lot

PAGE_SIZE = 50
TRACED = 50
"""Orders that a search for one lot shows."""

Warehouses = frozenset[int] | None
"""The warehouses that somebody sees; None means all of them."""

SORTS = {"number": "o.id", "product": "i.code", "due": "o.due_on"}


# Bills


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a bill as it is kept, and who wrote it when."""

    id: int
    version: int
    bill: bills.Bill
    created_by: int
    created_at: int


class ComponentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a bill with the names of its component."""

    line: bills.Line
    code: str
    name: str
    base: str

    @property
    def in_unit(self) -> int:
        """How much that is in the unit in which it was written, in thousandths."""
        return self.line.quantity * quantity.SCALE // self.line.factor

    @property
    def scrap_text(self) -> str:
        """The percentage that is lost; empty when nothing is."""
        return money.format_percent(self.line.scrap) if self.line.scrap else ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A product with the version of its bill that holds."""

    id: int
    code: str
    name: str
    version: int
    components: int
    is_backflush: bool
    created_at: int


class UsedIn(msgspec.Struct, frozen=True):
    """A product that an item goes into: so much of it for so many pieces."""

    id: int
    code: str
    name: str
    quantity: int
    makes: int


_BILL = "SELECT b.id, b.product, b.version, b.makes, b.is_backflush, b.remark, b.created_by, b.created_at FROM bill b"
_LATEST = among(
    f"{_BILL} WHERE b.version = (SELECT max(o.version) FROM bill o WHERE o.product = b.product) AND",
    "b.product",
)
_VERSIONS = Statement(f"{_BILL} WHERE b.product = ? ORDER BY b.version DESC")
_BILL_BY_ID = among(f"{_BILL} WHERE", "b.id")
_COMPONENTS = among(
    "SELECT c.bill, c.component, c.unit, c.factor, c.scrap, c.quantity, i.code, i.name, i.unit AS base"
    " FROM bill_of_materials c JOIN item i ON i.id = c.component WHERE",
    "c.bill",
    " ORDER BY c.bill, c.position",
)
_LISTED = Statement(
    "SELECT i.id, i.code, i.name, b.version, count(c.id) AS components, b.is_backflush, b.created_at FROM bill b"
    " JOIN item i ON i.id = b.product JOIN bill_of_materials c ON c.bill = b.id"
    " WHERE b.version = (SELECT max(o.version) FROM bill o WHERE o.product = b.product)"
    " GROUP BY i.id, i.code, i.name, b.version, b.is_backflush, b.created_at ORDER BY i.code LIMIT 1000"
)
_PRODUCTS = Statement(
    "SELECT i.code, i.name FROM item i WHERE i.is_active AND EXISTS (SELECT 1 FROM bill b JOIN bill_of_materials c"
    " ON c.bill = b.id WHERE b.product = i.id"
    " AND b.version = (SELECT max(o.version) FROM bill o WHERE o.product = b.product)) ORDER BY i.code LIMIT 500"
)
_USED_IN = Statement(
    "SELECT i.id, i.code, i.name, c.quantity, b.makes FROM bill_of_materials c JOIN bill b ON b.id = c.bill"
    " JOIN item i ON i.id = b.product WHERE c.component = ?"
    " AND b.version = (SELECT max(o.version) FROM bill o WHERE o.product = b.product) ORDER BY i.code"
)


async def bills_of(products: Collection[int]) -> dict[int, Standing]:
    """What these products are made of now; those that were never made of anything are left out."""
    found = await _with_lines(await fetch(_LATEST, as_json(list(products))))
    return {one.bill.product: one for one in found}


async def bill_of(product: int) -> Standing | None:
    """What a product is made of now; None when it is made of nothing."""
    found = (await bills_of([product])).get(product)
    return found if found and found.bill.lines else None


async def versions_of(product: int) -> list[Standing]:
    """Every version of a product's bill, the one that holds first."""
    return await _with_lines(await fetch(_VERSIONS, product))


async def bill_by_id(bill_id: int) -> Standing | None:
    """One version."""
    found = await _with_lines(await fetch(_BILL_BY_ID, as_json([bill_id])))
    return found[0] if found else None


async def component_lines(bill_id: int) -> list[ComponentLine]:
    """The lines of a version with the names of their components."""
    return [
        ComponentLine(line=_component(row), code=row["code"], name=row["name"], base=row["base"])
        for row in await fetch(_COMPONENTS, as_json([bill_id]))
    ]


async def bills_in_force() -> list[Listed]:
    """Everything that is made of something now."""
    return [
        Listed(**(dict(row) | {"is_backflush": bool(row["is_backflush"])})) for row in await fetch(_LISTED)
    ]


async def products() -> list[tuple[str, str]]:
    """The codes and names of what is made of something now."""
    return [(row[0], row[1]) for row in await fetch(_PRODUCTS)]


async def used_in(item: int) -> list[UsedIn]:
    """The products that an item goes into now."""
    return [UsedIn(*row) for row in await fetch(_USED_IN, item)]


async def _with_lines(rows: list[Row]) -> list[Standing]:
    lines: dict[int, list[bills.Line]] = defaultdict(list)
    for row in await fetch(_COMPONENTS, as_json([row["id"] for row in rows])) if rows else ():
        lines[row["bill"]].append(_component(row))
    return [
        Standing(
            id=row["id"],
            version=row["version"],
            bill=bills.Bill(
                product=row["product"],
                makes=row["makes"],
                is_backflush=bool(row["is_backflush"]),
                remark=row["remark"],
                lines=tuple(lines[row["id"]]),
            ),
            created_by=row["created_by"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


def _component(row: Row) -> bills.Line:
    return bills.Line(
        component=row["component"],
        unit=row["unit"],
        factor=row["factor"],
        scrap=row["scrap"],
        quantity=row["quantity"],
    )


# Orders


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A production order with the names of what it is about."""

    id: int
    number: str
    kind: str
    warehouse: int
    warehouse_code: str
    warehouse_name: str
    product: int
    product_code: str
    product_name: str
    product_unit: str
    bill: int | None
    bill_version: int
    place: int | None
    place_code: str
    is_backflush: bool
    done: int
    quantity: int
    state: str
    decided: str
    due_on: str
    remark: str
    created_by: int
    created_at: int
    closed_at: int | None
    over_after: int | None
    version: int

    @property
    def document(self) -> str:
        """Its wire id."""
        return work.wire_id(self.id)

    @property
    def is_over(self) -> bool:
        """Whether somebody said that no more will be made."""
        return self.over_after is not None

    @property
    def is_of_bill(self) -> bool:
        """Whether its lines come from a bill."""
        return self.kind in work.OF_A_BILL

    @property
    def head(self) -> work.Head:
        """What was decided about it."""
        return work.Head(
            kind=self.kind,
            warehouse=self.warehouse,
            product=self.product if self.is_of_bill else 0,
            quantity=self.quantity,
            is_backflush=self.is_backflush,
            place=self.place or 0,
            due_on=self.due_on,
            remark=self.remark,
        )


class WorkLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order with the names of its item."""

    line: work.Line
    code: str
    name: str
    base: str
    has_lots: bool
    has_serials: bool


class Went(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of one lot or serial that went into an order, or came out of it (negative)."""

    item: int
    code: str
    name: str
    unit: str
    lot: str
    serial: str
    expiry_on: str
    quantity: int


_WORK = (
    "SELECT o.id, o.number, o.kind, o.warehouse, w.code AS warehouse_code, w.name AS warehouse_name, o.product,"
    " i.code AS product_code, i.name AS product_name, i.unit AS product_unit, o.bill,"
    " coalesce(b.version, 0) AS bill_version, o.place, coalesce(l.code, '') AS place_code, o.is_backflush, o.done,"
    " o.quantity, o.state, o.decided, o.due_on, o.remark, o.created_by, o.created_at, o.closed_at, o.over_after,"
    " o.version FROM work_order o JOIN warehouse w ON w.id = o.warehouse JOIN item i ON i.id = o.product"
    " LEFT JOIN bill b ON b.id = o.bill LEFT JOIN location l ON l.id = o.place"
)
_WORKS_BY_ID = among(f"{_WORK} WHERE", "o.id", " ORDER BY o.id")
_LINES = among(
    "SELECT l.work, l.id, l.position, l.item, l.is_made, l.unit, l.factor, l.scrap, l.allowed, l.short,"
    " l.issued AS done, l.quantity, i.code, i.name, i.unit AS base, i.has_lots, i.has_serials"
    " FROM work_line l JOIN item i ON i.id = l.item WHERE",
    "l.work",
    " ORDER BY l.work, l.position",
)
_SHARES = among(
    "SELECT m.document, m.item, sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END) AS quantity"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " WHERE m.kind = 'flow' AND m.document <> '' AND (s.kind = 'production') <> (t.kind = 'production') AND",
    "m.document",
    " GROUP BY m.document, m.item",
    number=False,
)
_WENT = Statement(
    "SELECT m.item, i.code, i.name, i.unit, m.lot, m.serial, coalesce(max(o.expiry_on), '') AS expiry_on,"
    " sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END) AS quantity"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " JOIN item i ON i.id = m.item LEFT JOIN lot o ON o.item = m.item AND o.code = m.lot AND m.lot <> ''"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ?"
    " AND (s.kind = 'production') <> (t.kind = 'production') GROUP BY m.item, i.code, i.name, i.unit, m.lot, m.serial"
    " HAVING sum(CASE WHEN t.kind = 'production' THEN m.quantity ELSE -m.quantity END) <> 0"
    " ORDER BY i.code, m.lot, m.serial"
)
_LEFT_OVER = Statement(
    "SELECT d.item, d.place, d.lot, d.serial, sum(d.quantity) AS quantity FROM ("
    "SELECT m.item, m.target AS place, m.lot, m.serial, m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ? UNION ALL"
    " SELECT m.item, m.source, m.lot, m.serial, -m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ?) d"
    " JOIN location l ON l.id = d.place JOIN work_line k ON k.work = ? AND k.item = d.item"
    " WHERE l.kind = 'production' AND NOT k.is_made"
    " GROUP BY d.item, d.place, d.lot, d.serial HAVING sum(d.quantity) > 0 ORDER BY d.item, d.lot, d.serial"
)
_MARKED = Statement(
    # From wo-0 to wo-9…: the index of documents finds them without looking at all others.
    "SELECT DISTINCT document FROM movement WHERE document <> '' AND document >= 'wo-' AND document < 'wo.'"
    " AND kind = 'flow' AND (lot = ? OR serial = ?)"
)
_OPERATIONS = Statement(
    "SELECT o.id FROM operation o WHERE o.undone_by = '' AND o.kind LIKE 'stock.%' AND o.id IN"
    " (SELECT m.operation FROM movement m WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ?)"
    " ORDER BY o.event_at DESC, o.id DESC"
)
_MOVED_ON = Statement(
    "SELECT count(*) FROM (SELECT d.item, d.place, d.lot, d.serial, sum(d.quantity) AS quantity FROM ("
    "SELECT m.item, m.target AS place, m.lot, m.serial, m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ? UNION ALL"
    " SELECT m.item, m.source, m.lot, m.serial, -m.quantity FROM movement m"
    " WHERE m.kind = 'flow' AND m.document <> '' AND m.document = ?) d"
    " JOIN location l ON l.id = d.place WHERE l.kind <> 'production'"
    " GROUP BY d.item, d.place, d.lot, d.serial HAVING sum(d.quantity) > 0) c"
    " LEFT JOIN balance b ON b.item = c.item AND b.location = c.place AND b.lot = c.lot AND b.serial = c.serial"
    " AND b.owner = 0 WHERE coalesce(b.on_hand, 0) < c.quantity"
)
_LAST_ROW = Statement("SELECT coalesce(max(id), 0) FROM movement")


async def works_by_id(ids: Iterable[int]) -> list[Work]:
    """The orders with these ids."""
    return [_work(row) for row in await fetch(_WORKS_BY_ID, as_json(list(ids)))]


async def work_by_id(work_id: int) -> Work | None:
    """The order with this id."""
    found = await works_by_id([work_id])
    return found[0] if found else None


def _work(row: Row) -> Work:
    values: dict[str, Any] = dict(row)
    return Work(**(values | {"is_backflush": bool(values["is_backflush"])}))


async def lines_of(ids: Iterable[int]) -> dict[int, list[WorkLine]]:
    """The lines of these orders, in order."""
    found: dict[int, list[WorkLine]] = defaultdict(list)
    for row in await fetch(_LINES, as_json(list(ids))):
        values: dict[str, Any] = dict(row)
        of = values.pop("work")
        names: dict[str, Any] = {name: values.pop(name) for name in ("code", "name", "base")}
        names |= {name: bool(values.pop(name)) for name in ("has_lots", "has_serials")}
        line = work.Line(**(values | {"is_made": bool(values["is_made"])}))
        found[of].append(WorkLine(line=line, **names))
    return found


async def shown_lines(work_id: int) -> list[WorkLine]:
    """The lines of one order."""
    return (await lines_of([work_id]))[work_id]


async def shares(ids: Iterable[int]) -> dict[int, list[work.Share]]:
    """What went into production by these orders, by item, less what came out."""
    found: dict[int, list[work.Share]] = defaultdict(list)
    for row in await fetch(_SHARES, as_json([work.wire_id(one) for one in ids])):
        found[work.number_of(row[0])].append(work.Share(row[1], int(row[2])))
    return found


async def went(work_id: int) -> list[Went]:
    """Which lots and serials went into an order and came out of it."""
    rows = await fetch(_WENT, work.wire_id(work_id))
    return [Went(**(dict(row) | {"quantity": int(row["quantity"])})) for row in rows]


async def with_mark(mark: str, warehouses: Warehouses) -> list[Work]:
    """Orders into which a lot or serial went, or out of which it came, newest first."""
    rows = await fetch(_MARKED, mark, mark)
    found = await works_by_id([work.number_of(row[0]) for row in rows])
    return [one for one in reversed(found) if warehouses is None or one.warehouse in warehouses][:TRACED]


async def left_over(work_id: int) -> list[tuple[int, int, str, str, int]]:
    """What was taken for an order and lies in production: item, place, lot, serial, quantity."""
    document = work.wire_id(work_id)
    rows = await fetch(_LEFT_OVER, document, document, work_id)
    return [(row[0], row[1], row[2], row[3], int(row[4])) for row in rows]


async def operations_of(work_id: int) -> list[str]:
    """The operations by which anything moved for an order and that nobody took back, the latest first."""
    return [row[0] for row in await fetch(_OPERATIONS, work.wire_id(work_id))]


async def has_moved_on(work_id: int) -> bool:
    """Whether something that an order brought does not lie where it came to any more."""
    document = work.wire_id(work_id)
    return bool((await fetch(_MOVED_ON, document, document))[0][0])


async def last_row() -> int:
    """The last row of the ledger."""
    return int((await fetch(_LAST_ROW))[0][0])


async def works(filters: Filters, warehouses: Warehouses) -> Page:
    """Orders that fit, newest first unless sorted otherwise."""
    by, downwards = filters.sorted_by
    order = f"{SORTS.get(by, 'o.id')} {'ASC' if by and not downwards else 'DESC'}, o.id DESC"
    conditions, args = _narrowed(filters, warehouses, with_state=True)
    rows = await fetch(_listing(conditions, order), *args, PAGE_SIZE + 1, (filters.page - 1) * PAGE_SIZE)
    return Page([_work(row) for row in rows[:PAGE_SIZE]], filters.page, len(rows) > PAGE_SIZE)


async def work_counts(filters: Filters, warehouses: Warehouses) -> dict[str, int]:
    """How many there are of each state, whatever state is asked for."""
    conditions, args = _narrowed(filters, warehouses, with_state=False)
    return {row[0]: int(row[1]) for row in await fetch(_counting(conditions), *args)}


Condition = tuple[str, str]
"""A condition in the words of both engines."""


@cache
def _listing(conditions: tuple[Condition, ...], order: str) -> Statement:
    return Statement(
        *(f"{_WORK} WHERE {all_} ORDER BY {order} LIMIT ? OFFSET ?" for all_ in _both(conditions))
    )


@cache
def _counting(conditions: tuple[Condition, ...]) -> Statement:
    return Statement(
        *(
            f"SELECT o.state, count(*) FROM work_order o WHERE {all_} GROUP BY o.state"
            for all_ in _both(conditions)
        )
    )


def _both(conditions: tuple[Condition, ...]) -> tuple[str, str]:
    return (
        " AND ".join(["1 = 1", *(one[0] for one in conditions)]),
        " AND ".join(["1 = 1", *(one[1] for one in conditions)]),
    )


def _narrowed(
    filters: Filters, warehouses: Warehouses, *, with_state: bool
) -> tuple[tuple[Condition, ...], list[Any]]:
    """What a list is narrowed by, and the values for its holes."""
    found: list[Condition] = []
    args: list[Any] = []

    def narrow(value: Any, sql: str, postgres: str = "") -> None:
        found.append((sql, postgres or sql))
        args.append(value)

    if warehouses is not None:
        narrow(
            as_json(sorted(warehouses)),
            "o.warehouse IN (SELECT value FROM json_each(?))",
            "o.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)",
        )
    for fragment in search.terms(filters.q):
        narrow(fragment, "instr(o.search, ?) > 0", "strpos(o.search, ?) > 0")
    if with_state and filters.state:
        narrow(filters.state, "o.state = ?")
    zone = settings().timezone
    if filters.since:
        narrow(flow.bounds(date.fromisoformat(filters.since), zone)[0], "o.created_at >= ?")
    if filters.until:
        narrow(flow.bounds(date.fromisoformat(filters.until), zone)[1], "o.created_at < ?")
    return tuple(found), args


# Backflush

_PASSAGES = among(
    "SELECT m.document, m.operation, m.leg, m.act, m.item, m.lot, m.reverses, m.quantity, t.kind AS target_kind"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    " WHERE m.kind = 'flow' AND m.document <> '' AND (s.kind = 'production') <> (t.kind = 'production') AND",
    "m.document",
    " ORDER BY m.id",
    number=False,
)
_LOTS = among("SELECT item, code, expiry_on, is_held FROM lot WHERE", "item")


async def passages(ids: Iterable[int]) -> dict[int, list[Passage]]:
    """Every row by which something went into these orders or came out of them, as posted."""
    found: dict[int, list[Passage]] = defaultdict(list)
    for row in await fetch(_PASSAGES, as_json([work.wire_id(one) for one in ids])):
        sign = 1 if row["target_kind"] == "production" else -1
        found[work.number_of(row["document"])].append(
            Passage(
                name=f"{row['operation']}:{row['leg']}",
                act=row["act"],
                item=row["item"],
                lot=row["lot"],
                quantity=sign * row["quantity"],
                reverses=row["reverses"],
            )
        )
    return found


async def lots_of(items: Iterable[int]) -> dict[tuple[int, str], Lot]:
    """Every lot of these items that is known, as balances show it."""
    rows = await fetch(_LOTS, as_json(list(items)))
    return {(row[0], row[1]): Lot(expiry=row[2], is_held=bool(row[3])) for row in rows}
