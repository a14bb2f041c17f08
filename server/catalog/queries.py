"""Reads about items, partners, warehouses and locations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec

from server.catalog import search
from server.catalog.barcode import code_key, normalise
from server.catalog.item import BarcodeDraft, ItemDraft, UnitDraft, Use
from server.catalog.partner import PartnerDraft
from server.catalog.place import LocationDraft
from server.db import Row, Statement, as_json, fetch

PAGE_SIZE = 50


class ItemLine(msgspec.Struct, frozen=True):
    """An item as lists show it."""

    id: int
    code: str
    name: str
    unit: str
    picture: str
    is_active: bool


class PartnerLine(msgspec.Struct, frozen=True):
    """A partner as lists show it."""

    id: int
    code: str
    name: str
    phone: str
    is_customer: bool
    is_supplier: bool
    is_active: bool


class LocationLine(msgspec.Struct, frozen=True):
    """A location as lists show it."""

    id: int
    code: str
    warehouse: int
    zone: str
    kind: str
    aisle: str
    bay: int
    level: int
    is_active: bool
    version: int


class Page(msgspec.Struct, frozen=True):
    """One page of a list; `number` counts from 1."""

    rows: list[Any]
    number: int
    has_more: bool


class LiveBarcode(msgspec.Struct, frozen=True):
    """What a code means now; `kind` is barcode, or code for an item's former code."""

    id: int
    code: str
    item: int
    unit: str
    factor: int
    kind: str
    valid_from_at: int


class Warehouse(msgspec.Struct, frozen=True):
    """A warehouse as pages show it."""

    id: int
    code: str
    name: str
    is_active: bool
    version: int


class Zone(msgspec.Struct, frozen=True):
    """A part of a warehouse."""

    id: int
    warehouse: int
    code: str
    name: str


class ItemHead(msgspec.Struct, frozen=True):
    """What an item's page needs beside the draft."""

    id: int
    version: int
    picture: str
    initials: str
    created_at: int


def _among(column: str, number: bool = True) -> tuple[str, str]:
    """`column IN (a JSON list)` in both dialects: any length, one plan."""
    cast = "::bigint" if number else ""
    return (
        f"{column} IN (SELECT value FROM json_each(?))",
        f"{column} IN (SELECT (json_array_elements_text(?::text::json)){cast})",
    )


def _listed(sql: str, column: str, *, number: bool = True, after: str = "") -> Statement:
    sqlite, postgres = _among(column, number)
    return Statement(f"{sql} {sqlite}{after}", f"{sql} {postgres}{after}")


# Items

_ITEMS = _listed(
    "SELECT id, code, name, unit, scale, has_lots, has_expiry, has_serials, scans_each, is_active FROM item WHERE",
    "id",
)
_UNITS = _listed(
    "SELECT item, name, numerator, denominator FROM unit WHERE", "item", after=" ORDER BY item, id"
)
_LIVE = "SELECT id, code, item, unit, factor, kind, valid_from_at FROM barcode WHERE valid_to_at IS NULL AND"
_LIVE_OF_ITEMS = _listed(_LIVE, "item", after=" ORDER BY id")
_LIVE_BY_CODE = _listed(_LIVE, "code", number=False)
_IDS_BY_CODE = _listed("SELECT code, id FROM item WHERE", "code", number=False)
_HEAD = Statement("SELECT id, version, picture, initials, created_at FROM item WHERE id = ?")
_ITEM_LINE = "SELECT id, code, name, unit, picture, is_active FROM item WHERE"
# A union, not an OR, and nothing beside it: whatever else the planner sees, it reads the whole index for.
_EXACT = Statement(
    f"{_ITEM_LINE} id IN (SELECT id FROM item WHERE code = ?"
    " UNION SELECT item FROM barcode WHERE code = ? AND valid_to_at IS NULL)"
)
_VERSION = Statement("SELECT version FROM item WHERE id = ?")


async def item_drafts(ids: Iterable[int]) -> dict[int, ItemDraft]:
    """Each of these items as a draft, whole, with its units and live barcodes."""
    wanted = as_json(list(ids))
    units: dict[int, list[UnitDraft]] = defaultdict(list)
    for row in await fetch(_UNITS, wanted):
        units[row[0]].append(UnitDraft(row[1], row[2], row[3]))
    barcodes: dict[int, list[BarcodeDraft]] = defaultdict(list)
    for row in await fetch(_LIVE_OF_ITEMS, wanted):
        if row[5] == "barcode":
            barcodes[row[2]].append(BarcodeDraft(row[1], row[3]))
    return {row[0]: _draft(row, units[row[0]], barcodes[row[0]]) for row in await fetch(_ITEMS, wanted)}


# The ledger stands above the catalogue; these two questions are asked of its tables all the same, since only
# what it holds tells whether an item may still be counted in another way.
_MOVED = Statement(
    "SELECT item, max(CASE WHEN quantity % 1000 = 0 THEN 0 WHEN quantity % 100 = 0 THEN 1"
    " WHEN quantity % 10 = 0 THEN 2 ELSE 3 END) FROM movement"
    " WHERE item IN (SELECT value FROM json_each(?)) GROUP BY item",
    "SELECT item, max(CASE WHEN quantity % 1000 = 0 THEN 0 WHEN quantity % 100 = 0 THEN 1"
    " WHEN quantity % 10 = 0 THEN 2 ELSE 3 END) FROM movement"
    " WHERE item IN (SELECT json_array_elements_text(?::text::json)::bigint) GROUP BY item",
)
_IN_STOCK = Statement(
    "SELECT DISTINCT b.item FROM balance b JOIN location l ON l.id = b.location"
    " WHERE b.item IN (SELECT value FROM json_each(?)) AND (b.on_hand > 0 OR b.debt > 0)"
    " AND l.kind IN ('bin', 'dock', 'tote', 'carton')",
    "SELECT DISTINCT b.item FROM balance b JOIN location l ON l.id = b.location"
    " WHERE b.item IN (SELECT json_array_elements_text(?::text::json)::bigint) AND (b.on_hand > 0 OR b.debt > 0)"
    " AND l.kind IN ('bin', 'dock', 'tote', 'carton')",
)


async def uses(ids: Iterable[int]) -> dict[int, Use]:
    """What the ledger holds of those of these items that it knows."""
    wanted = as_json(list(ids))
    in_stock = {row[0] for row in await fetch(_IN_STOCK, wanted)}
    return {row[0]: Use(row[0] in in_stock, row[1]) for row in await fetch(_MOVED, wanted)}


def _draft(row: Row, units: Sequence[UnitDraft], barcodes: Sequence[BarcodeDraft]) -> ItemDraft:
    return ItemDraft(
        code=row[1],
        name=row[2],
        unit=row[3],
        scale=row[4],
        has_lots=bool(row[5]),
        has_expiry=bool(row[6]),
        has_serials=bool(row[7]),
        scans_each=bool(row[8]),
        is_active=bool(row[9]),
        units=tuple(units),
        barcodes=tuple(barcodes),
    )


async def item_head(item: int) -> ItemHead | None:
    """The version and picture of an item."""
    rows = await fetch(_HEAD, item)
    return ItemHead(*rows[0]) if rows else None


async def item_version(item: int) -> int | None:
    """How often an item was written; None when there is no such item."""
    rows = await fetch(_VERSION, item)
    return int(rows[0][0]) if rows else None


async def ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """The ids of the items that carry these codes now, exactly as written."""
    return {row[0]: row[1] for row in await fetch(_IDS_BY_CODE, as_json(list(codes)))}


async def live_barcodes(keys: Iterable[str]) -> dict[str, LiveBarcode]:
    """What these normalised codes mean now; former item codes are among them."""
    return {row[1]: LiveBarcode(*row) for row in await fetch(_LIVE_BY_CODE, as_json(list(keys)))}


async def live_barcodes_of(items: Iterable[int]) -> list[LiveBarcode]:
    """The codes that mean these items now, oldest first."""
    return [LiveBarcode(*row) for row in await fetch(_LIVE_OF_ITEMS, as_json(list(items)))]


async def find_items(typed: str, *, page: int = 1, is_active: bool = True) -> Page:
    """Items in which every typed fragment occurs, by code; who carries exactly this code or barcode first."""
    typed = typed.replace("\0", "").strip()
    found = await _find(_ITEM_LINE, "item", typed, page, is_active)
    if page == 1 and typed:
        exact = await fetch(_EXACT, typed, normalise(typed))
        found = [*(row for row in exact if bool(row[5]) == is_active), *found]
    lines = {row[0]: ItemLine(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in found}
    return _page(list(lines.values()), page)


async def _find(line: str, table: str, typed: str, page: int, is_active: bool) -> list[Row]:
    fragments = search.terms(typed)
    start = (page - 1) * PAGE_SIZE
    return await fetch(_finding(line, table, len(fragments)), is_active, *fragments, PAGE_SIZE + 1, start)


@cache
def _finding(line: str, table: str, fragments: int) -> Statement:
    """Reads one narrow index in the order of codes, stops when a page is full, then fetches its lines."""
    head, tail = (
        f"{line} id IN (SELECT id FROM {table} WHERE is_active = ?",
        " ORDER BY code LIMIT ? OFFSET ?)",
    )
    sqlite, postgres = " AND instr(search, ?) > 0", " AND strpos(search, ?) > 0"
    sql = [head + condition * fragments + tail + " ORDER BY code" for condition in (sqlite, postgres)]
    return Statement(*sql)


def _page(rows: list[Any], number: int) -> Page:
    return Page(rows[:PAGE_SIZE], number, len(rows) > PAGE_SIZE)


# Partners

_PARTNER_LINE = "SELECT id, code, name, phone, is_customer, is_supplier, is_active FROM partner WHERE"
_PARTNER = Statement(
    "SELECT code, name, is_customer, is_supplier, phone, address, is_active, version FROM partner"
    " WHERE id = ?"
)
_PARTNER_BY_CODE = Statement("SELECT id FROM partner WHERE code = ?")


async def find_partners(typed: str, *, page: int = 1, is_active: bool = True) -> Page:
    """Partners in which every typed fragment occurs, by code."""
    rows = await _find(_PARTNER_LINE, "partner", typed, page, is_active)
    return _page([_partner_line(row) for row in rows], page)


def _partner_line(row: Row) -> PartnerLine:
    return PartnerLine(row[0], row[1], row[2], row[3], *map(bool, list(row)[4:]))


async def partner(partner_id: int) -> tuple[PartnerDraft, int] | None:
    """A partner and its version."""
    rows = await fetch(_PARTNER, partner_id)
    if not rows:
        return None
    code, name, is_customer, is_supplier, phone, address, is_active, version = rows[0]
    draft = PartnerDraft(
        code=code,
        name=name,
        is_customer=bool(is_customer),
        is_supplier=bool(is_supplier),
        phone=phone,
        address=address,
        is_active=bool(is_active),
    )
    return draft, version


async def partner_by_code(code: str) -> int | None:
    """The partner who carries this code."""
    rows = await fetch(_PARTNER_BY_CODE, code)
    return int(rows[0][0]) if rows else None


# Warehouses, zones and locations

_WAREHOUSES = Statement(
    "SELECT id, code, name, is_active, version FROM warehouse ORDER BY is_active DESC, code"
)
_WAREHOUSE = Statement("SELECT id, code, name, is_active, version FROM warehouse WHERE id = ?")
_WAREHOUSE_BY_CODE = Statement("SELECT id, code, name, is_active, version FROM warehouse WHERE code = ?")
_ZONES = Statement("SELECT id, warehouse, code, name FROM zone WHERE warehouse = ? ORDER BY code")
_ZONE = Statement("SELECT id, warehouse, code, name FROM zone WHERE id = ?")
_LOCATION_COLUMNS = (
    "SELECT l.id, l.code, l.warehouse, coalesce(z.code, ''), l.kind, l.aisle, l.bay, l.level, l.is_active,"
    " l.version FROM location l LEFT JOIN zone z ON z.id = l.zone"
)
_LOCATIONS = Statement(
    f"{_LOCATION_COLUMNS} WHERE l.warehouse = ? AND l.kind IN ('bin', 'dock', 'tote', 'carton')"
    " AND l.is_active = ? AND instr(l.code, ?) > 0 ORDER BY l.code LIMIT ? OFFSET ?",
    f"{_LOCATION_COLUMNS} WHERE l.warehouse = ? AND l.kind IN ('bin', 'dock', 'tote', 'carton')"
    " AND l.is_active = ? AND strpos(l.code, ?) > 0 ORDER BY l.code LIMIT ? OFFSET ?",
)
_PLACES = (
    f"{_LOCATION_COLUMNS} WHERE l.kind IN ('bin', 'dock', 'tote', 'carton') AND l.is_active = ? AND"
    " instr(l.code, ?) > 0"
)
_SHORTEST_FIRST = " ORDER BY length(l.code), l.code LIMIT ?"
_ALL_PLACES = Statement(_PLACES + _SHORTEST_FIRST, _PLACES.replace("instr", "strpos") + _SHORTEST_FIRST)
_OUR_PLACES = Statement(
    f"{_PLACES} AND {_among('l.warehouse')[0]}{_SHORTEST_FIRST}",
    f"{_PLACES.replace('instr', 'strpos')} AND {_among('l.warehouse')[1]}{_SHORTEST_FIRST}",
)
_LOCATIONS_BY_ID = _listed(f"{_LOCATION_COLUMNS} WHERE", "l.id")
_LOCATION_IDS_BY_CODE = _listed("SELECT code, id FROM location WHERE", "code", number=False)
_OF_KIND = Statement(f"{_LOCATION_COLUMNS} WHERE l.warehouse = ? AND l.kind = ? ORDER BY l.id")
_WAREHOUSES_OF = Statement("SELECT warehouse FROM assignment WHERE person = ?")
_ZONES_OF = _listed("SELECT warehouse, code, id FROM zone WHERE", "warehouse")


async def warehouses() -> list[Warehouse]:
    """All warehouses, those in use first."""
    return [_to_warehouse(row) for row in await fetch(_WAREHOUSES)]


async def warehouse(warehouse_id: int) -> Warehouse | None:
    """The warehouse with this id."""
    rows = await fetch(_WAREHOUSE, warehouse_id)
    return _to_warehouse(rows[0]) if rows else None


async def warehouse_by_code(code: str) -> Warehouse | None:
    """The warehouse with this code."""
    rows = await fetch(_WAREHOUSE_BY_CODE, code)
    return _to_warehouse(rows[0]) if rows else None


def _to_warehouse(row: Row) -> Warehouse:
    return Warehouse(row[0], row[1], row[2], bool(row[3]), row[4])


async def zones(warehouse_id: int) -> list[Zone]:
    """The parts of a warehouse."""
    return [Zone(*row) for row in await fetch(_ZONES, warehouse_id)]


async def zone(zone_id: int) -> Zone | None:
    """The zone with this id."""
    rows = await fetch(_ZONE, zone_id)
    return Zone(*rows[0]) if rows else None


async def zone_ids(warehouse_ids: Iterable[int]) -> dict[tuple[int, str], int]:
    """The zones of these warehouses, by warehouse and code."""
    return {(row[0], row[1]): row[2] for row in await fetch(_ZONES_OF, as_json(list(warehouse_ids)))}


async def find_locations(warehouse_id: int, typed: str, *, page: int = 1, is_active: bool = True) -> Page:
    """The real locations of a warehouse whose code holds what was typed."""
    fragment = code_key(typed.replace("\0", ""))
    offset = (page - 1) * PAGE_SIZE
    rows = await fetch(_LOCATIONS, warehouse_id, is_active, fragment, PAGE_SIZE + 1, offset)
    return _page([_to_location(row) for row in rows], page)


async def find_places(typed: str, limit: int, warehouses: frozenset[int] | None) -> list[LocationLine]:
    """The real locations of any warehouse one works in whose code holds what was typed, the shortest code first."""
    fragment = code_key(typed.replace("\0", ""))
    if warehouses is None:
        rows = await fetch(_ALL_PLACES, True, fragment, limit)
    else:
        rows = await fetch(_OUR_PLACES, True, fragment, as_json(sorted(warehouses)), limit)
    return [_to_location(row) for row in rows]


async def locations(ids: Iterable[int]) -> dict[int, LocationLine]:
    """These locations by id."""
    return {row[0]: _to_location(row) for row in await fetch(_LOCATIONS_BY_ID, as_json(list(ids)))}


async def location_ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """The locations that carry these codes (in their stored form, `code_key`)."""
    return {row[0]: row[1] for row in await fetch(_LOCATION_IDS_BY_CODE, as_json(list(codes)))}


async def locations_of_kind(warehouse_id: int, kind: str) -> list[LocationLine]:
    """The locations of a kind in a warehouse, the first made first: `supplier`, `dock`, …"""
    return [_to_location(row) for row in await fetch(_OF_KIND, warehouse_id, kind)]


def _to_location(row: Row) -> LocationLine:
    return LocationLine(
        id=row[0],
        code=row[1],
        warehouse=row[2],
        zone=row[3],
        kind=row[4],
        aisle=row[5],
        bay=row[6],
        level=row[7],
        is_active=bool(row[8]),
        version=row[9],
    )


def location_draft(line: LocationLine) -> LocationDraft:
    """A location as a draft, to change a part of it."""
    return LocationDraft(
        code=line.code,
        warehouse=line.warehouse,
        zone=line.zone,
        kind=line.kind,
        aisle=line.aisle,
        bay=line.bay,
        level=line.level,
        is_active=line.is_active,
    )


async def warehouses_of(user_id: int) -> frozenset[int]:
    """The warehouses this person is assigned to."""
    return frozenset(row[0] for row in await fetch(_WAREHOUSES_OF, user_id))


# The home page

_COUNTS = Statement(
    "SELECT (SELECT count(*) FROM item WHERE is_active = ?),"
    " (SELECT count(*) FROM location WHERE is_active = ? AND kind IN ('bin', 'dock', 'tote', 'carton')),"
    " (SELECT count(*) FROM partner WHERE is_active = ?)"
)


class Counts(msgspec.Struct, frozen=True):
    """How much of everything is in use."""

    items: int
    locations: int
    partners: int


async def counts() -> Counts:
    """How many items, locations and partners are in use."""
    return Counts(*(await fetch(_COUNTS, True, True, True))[0])
