"""Reads about what the floor does for orders: notices, waves, their lines, places, cartons and checks."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

import msgspec

from server.catalog import search
from server.catalog.queries import Page
from server.db import Row, Statement, among, as_json, fetch
from server.documents.filters import Filters
from server.outbound.change import PutBack
from server.outbound.notice import Line, Pinned, Seen, Share, Steps
from server.people.role import permissions
from server.stock.lot import is_expired

Warehouses = frozenset[int] | None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with the names of what it speaks of."""

    id: int
    number: str
    order_id: int
    order_number: str
    order_state: str
    customer: int
    customer_name: str
    address: str
    contact: str
    phone: str
    remark: str
    warehouse: int
    warehouse_code: str
    wave: int | None
    wave_number: str
    wave_kind: str
    state: str
    priority: int
    due_on: str
    tote: int | None
    tote_code: str
    taken_by: int
    taker: str
    device: int
    carrier: str
    tracking: str
    weight_g: int
    released_at: int | None
    picked_at: int | None
    packed_at: int | None
    checked_at: int | None
    shipped_at: int | None
    delivered_at: int | None
    delivery: str
    replaces: bool
    walk_mm: int
    by_code_mm: int
    created_by: int
    created_at: int
    version: int
    is_double_checked: bool = False
    """Two people check what this customer is sent."""
    addressed_at: int = 0
    """When its address changed while the floor was at work; 0 when it did not."""

    @property
    def document(self) -> str:
        """Its wire id."""
        return f"sn-{self.id}"

    @property
    def saved_m(self) -> int:
        """Metres saved against walking in the order of the codes."""
        return (self.by_code_mm - self.walk_mm) // 1000


class ShownLine(msgspec.Struct, frozen=True):
    """A line and what its item is called."""

    line: Line
    code: str
    name: str
    base: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is to be picked, and how one walks there."""

    id: int
    code: str
    zone: str
    aisle: str
    bay: int
    level: int


class Carton(msgspec.Struct, frozen=True, kw_only=True):
    """A box of a notice."""

    id: int
    notice: int
    location: int
    code: str
    sscc: str
    state: str
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    judged_at: int
    judged_by: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Goods in a tote or carton."""

    location: int
    location_code: str
    kind: str
    item: int
    code: str
    name: str
    base: str
    lot: str
    serial: str
    on_hand: int
    is_held: bool
    expiry: str


_NOTICES = (
    "SELECT n.id, n.number, n.order_id, o.number AS order_number, o.state AS order_state, o.customer,"
    " p.name AS customer_name, o.address, o.contact, o.phone, o.remark, n.warehouse, w.code AS warehouse_code,"
    " n.wave, coalesce(v.number, '') AS wave_number, coalesce(v.kind, '') AS wave_kind, n.state,"
    " n.priority, n.due_on, n.tote,"
    " coalesce(l.code, '') AS tote_code, n.taken_by, coalesce(nullif(u.display_name, ''), u.name, '') AS taker,"
    " n.device, n.carrier, n.tracking, n.weight_g, n.released_at, n.picked_at, n.packed_at, n.checked_at,"
    " n.shipped_at, n.delivered_at, n.delivery, n.replaces,"
    " n.walk_mm, n.by_code_mm, n.created_by, n.created_at, n.version,"
    " coalesce(a.is_double_checked, false) AS is_double_checked, coalesce(o.addressed_at, 0) AS addressed_at"
    " FROM shipment_notice n JOIN sales_order o ON o.id = n.order_id JOIN partner p ON p.id = o.customer"
    " JOIN warehouse w ON w.id = n.warehouse LEFT JOIN wave v ON v.id = n.wave"
    " LEFT JOIN location l ON l.id = n.tote LEFT JOIN user_account u ON u.id = n.taken_by"
    " LEFT JOIN partner_terms a ON a.partner = o.customer"
)


_BY_IDS = among(f"{_NOTICES} WHERE", "n.id", " ORDER BY n.id")
_OF_WAVE = Statement(f"{_NOTICES} WHERE n.wave = ? ORDER BY n.id")
_OF_ORDER = Statement(f"{_NOTICES} WHERE n.order_id = ? ORDER BY n.id")
_LINES = among(
    "SELECT l.notice, l.id, l.order_line, l.item, l.quantity, l.short, l.dropped, l.picked, l.packed, l.shipped,"
    " i.code AS item_code, i.name AS item_name, i.unit AS base FROM shipment_notice_line l"
    " JOIN item i ON i.id = l.item WHERE",
    "l.notice",
    " ORDER BY l.notice, l.id",
)
_SHARES = Statement(*(
    "SELECT m.document, m.item, m.lot, m.serial, m.source, s.kind AS source_kind, m.target,"
    " t.kind AS target_kind, m.user_id AS user, sum(m.quantity) AS quantity, min(m.event_at) AS first_at,"
    " max(m.event_at) AS last_at"
    " FROM movement m JOIN location s ON s.id = m.source JOIN location t ON t.id = m.target"
    f" WHERE m.kind = 'flow' AND m.document <> '' AND m.document IN ({these})"
    " GROUP BY m.document, m.item, m.lot, m.serial, m.source, s.kind, m.target, t.kind, m.user_id"
    for these in ("SELECT value FROM json_each(?)", "SELECT json_array_elements_text(?::text::json)")
))  # fmt: skip
_SETTINGS = among(
    "SELECT warehouse, picks, packs, checkers, ships, delivers, scans_bins, rule, aisle_mm, bay_mm FROM"
    " floor_setting WHERE",
    "warehouse",
)
_PINNED = Statement(*(
    "SELECT document, id, line, item, location, lot, serial, quantity, picked, state, position FROM allocation"
    f" WHERE document IN ({these}) ORDER BY position, id"
    for these in ("SELECT value FROM json_each(?)", "SELECT json_array_elements_text(?::text::json)")
))  # fmt: skip
_SEEN = among(
    "SELECT notice, person, checked_at, location, content FROM shipment_check WHERE",
    "notice",
    " ORDER BY checked_at, id",
)
_PLACES = among(
    "SELECT l.id, l.code, coalesce(z.code, '') AS zone, l.aisle, l.bay, l.level FROM location l"
    " LEFT JOIN zone z ON z.id = l.zone WHERE",
    "l.id",
)
_CARTONS = among(
    "SELECT c.id, c.notice, c.location, l.code, c.sscc, c.state, c.weight_g, c.length_mm, c.width_mm, c.height_mm,"
    " c.judged_at, c.judged_by FROM carton c"
    " JOIN location l ON l.id = c.location WHERE",
    "c.notice",
    " ORDER BY c.id",
)
_BY_CARTON = among("SELECT location, notice FROM carton WHERE", "location")
_BY_TOTE = among(
    "SELECT tote, id FROM shipment_notice WHERE state NOT IN ('shipped', 'cancelled', 'short_closed') AND",
    "tote",
)
_CONTENTS = among(
    "SELECT b.location, l.code AS location_code, l.kind, b.item, i.code, i.name, i.unit AS base, b.lot, b.serial,"
    " b.on_hand, coalesce(o.is_held, false) AS is_held, coalesce(o.expiry_on, '') AS expiry FROM balance b"
    " JOIN location l ON l.id = b.location JOIN item i ON i.id = b.item"
    " LEFT JOIN lot o ON o.item = b.item AND o.code = b.lot AND b.lot <> ''"
    " WHERE b.on_hand > 0 AND b.owner = 0 AND",
    "b.location",
    " ORDER BY l.code, i.code, b.lot, b.serial",
)


async def notices(ids: Iterable[int]) -> list[Notice]:
    """These notices, by id; ones that do not exist are left out."""
    return [_notice(row) for row in await fetch(_BY_IDS, as_json(sorted(set(ids))))]


def _notice(row: Row) -> Notice:
    values: dict[str, Any] = dict(row)
    flags = {name: bool(values[name]) for name in ("is_double_checked", "replaces")}
    return Notice(**values | flags)


async def notice(notice_id: int, warehouses: Warehouses = None) -> Notice | None:
    """The notice with this id, if it is of one of these warehouses."""
    found = await notices([notice_id])
    if not found or not (warehouses is None or found[0].warehouse in warehouses):
        return None
    return found[0]


async def notices_of_order(order_id: int) -> list[Notice]:
    """What of an order the floor was told to send."""
    return [_notice(row) for row in await fetch(_OF_ORDER, order_id)]


async def notices_of_wave(wave_id: int) -> list[Notice]:
    """The notices that are picked together."""
    return [_notice(row) for row in await fetch(_OF_WAVE, wave_id)]


async def shown_lines(notice_id: int) -> list[ShownLine]:
    """The lines of a notice with what their items are called."""
    rows = await fetch(_LINES, as_json([notice_id]))
    return [ShownLine(_line(row), row["item_code"], row["item_name"], row["base"]) for row in rows]


async def lines(ids: Collection[int]) -> dict[int, list[Line]]:
    """The lines of these notices."""
    found: dict[int, list[Line]] = {one: [] for one in ids}
    for row in await fetch(_LINES, as_json(sorted(ids))):
        found[row["notice"]].append(_line(row))
    return found


def _line(row: Row) -> Line:
    return Line(**{field: row[field] for field in Line.__struct_fields__})


async def shares(documents: Collection[str]) -> dict[str, list[Share]]:
    """What was moved with these documents, added up."""
    found: dict[str, list[Share]] = {one: [] for one in documents}
    for row in await fetch(_SHARES, as_json(sorted(documents))):
        values: dict[str, Any] = {field: row[field] for field in Share.__struct_fields__}
        found[row["document"]].append(Share(**values | {"quantity": int(row["quantity"])}))
    return found


async def steps_of(warehouses: Iterable[int]) -> dict[int, Steps]:
    """How each of these warehouses sends goods out."""
    asked = sorted(set(warehouses))
    found = dict.fromkeys(asked, Steps())
    for row in await fetch(_SETTINGS, as_json(asked)):
        values: dict[str, Any] = {field: row[field] for field in Steps.__struct_fields__}
        flags = {name: bool(row[name]) for name in ("picks", "packs", "ships", "delivers", "scans_bins")}
        found[row["warehouse"]] = Steps(**values | flags)
    return found


async def pinned(documents: Collection[str]) -> dict[str, list[Pinned]]:
    """Where the goods of these documents are to be picked, in the order of the walk."""
    found: dict[str, list[Pinned]] = {one: [] for one in documents}
    for row in await fetch(_PINNED, as_json(sorted(documents))):
        found[row["document"]].append(Pinned(**{field: row[field] for field in Pinned.__struct_fields__}))
    return found


async def seen(ids: Collection[int]) -> dict[int, list[Seen]]:
    """Who looked into the cartons of these notices."""
    found: dict[int, list[Seen]] = {one: [] for one in ids}
    for row in await fetch(_SEEN, as_json(sorted(ids))):
        found[row["notice"]].append(Seen(row["person"], row["checked_at"], row["location"], row["content"]))
    return found


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked into a carton; `proof` says how a second person showed that it was them."""

    person: int
    name: str
    location: int
    code: str
    content: str
    checked_at: int
    proof: str


_LOOKS = Statement(
    "SELECT c.person, coalesce(nullif(u.display_name, ''), u.name, '') AS name, c.location, l.code, c.content,"
    " c.checked_at, c.proof"
    " FROM shipment_check c JOIN location l ON l.id = c.location LEFT JOIN user_account u ON u.id = c.person"
    " WHERE c.notice = ? ORDER BY c.checked_at DESC, c.id DESC LIMIT 100"
)


async def looks(notice_id: int) -> list[Look]:
    """Who looked into the cartons of a notice, the latest first, whether it counts or not."""
    return [Look(**dict(row)) for row in await fetch(_LOOKS, notice_id)]


_LOTS = among("SELECT item, code, is_held, expiry_on FROM lot WHERE", "item")


async def spoiled(goods: Collection[tuple[int, str]], today: date) -> frozenset[tuple[int, str]]:
    """Which of these lots may not leave: held, or expired."""
    if not goods:
        return frozenset()
    rows = await fetch(_LOTS, as_json(sorted({item for item, _ in goods})))
    bad = {
        (row["item"], row["code"]) for row in rows if row["is_held"] or is_expired(row["expiry_on"], today)
    }
    return frozenset(bad & set(goods))


async def places(ids: Iterable[int]) -> dict[int, Place]:
    """Where these locations are."""
    return {row["id"]: Place(**dict(row)) for row in await fetch(_PLACES, as_json(sorted(set(ids))))}


class GoesBack(msgspec.Struct, frozen=True):
    """Goods that go back from a tote or carton to where they came from, as pages say it."""

    source: str
    target: str
    code: str
    name: str
    base: str
    lot: str
    quantity: int


_ITEMS = among("SELECT id, code, name, unit FROM item WHERE", "id")


async def going_back(backs: Collection[PutBack]) -> list[GoesBack]:
    """The same with the names of what it speaks of."""
    at = await places({place for one in backs for place in (one.source, one.target)})
    items = {row["id"]: row for row in await fetch(_ITEMS, as_json(sorted({one.item for one in backs})))}
    return [
        GoesBack(
            at[one.source].code,
            at[one.target].code,
            items[one.item]["code"],
            items[one.item]["name"],
            items[one.item]["unit"],
            one.lot or one.serial,
            one.quantity,
        )
        for one in backs
    ]


async def instead_of(replacement: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """From where another lot can be had: place, lot and quantity."""
    found = replacement["instead"]
    at = await places(int(one["location"][2:]) for one in found)
    return [(at[int(one["location"][2:])].code, one["lot"], one["quantity"]) for one in found]


async def cartons(ids: Collection[int]) -> dict[int, list[Carton]]:
    """The boxes of these notices."""
    found: dict[int, list[Carton]] = defaultdict(list)
    for row in await fetch(_CARTONS, as_json(sorted(ids))):
        found[row["notice"]].append(Carton(**dict(row)))
    return found


async def notices_at(locations: Iterable[int]) -> dict[int, int]:
    """To which notice the carton or tote at each of these locations belongs now."""
    asked = as_json(sorted(set(locations)))
    found = {row[0]: row[1] for row in await fetch(_BY_TOTE, asked)}
    return found | {row[0]: row[1] for row in await fetch(_BY_CARTON, asked)}


_TOTE = Statement("SELECT 1 FROM location WHERE id = ? AND warehouse = ? AND kind = 'tote' AND is_active")
_TOTES = Statement(
    "SELECT id, code FROM location WHERE warehouse = ? AND kind = 'tote' AND is_active ORDER BY code LIMIT 200"
)


async def is_tote(location: int, warehouse: int) -> bool:
    """Whether goods may be picked into this one there."""
    return bool(await fetch(_TOTE, location, warehouse))


async def totes(warehouse: int) -> list[tuple[int, str]]:
    """The totes of a warehouse: id and code."""
    return [(row[0], row[1]) for row in await fetch(_TOTES, warehouse)]


def some_of(content: Content, much: int) -> Content:
    """So much of these goods."""
    return msgspec.structs.replace(content, on_hand=much)


async def contents(locations: Iterable[int]) -> list[Content]:
    """What lies in these totes and cartons."""
    rows = await fetch(_CONTENTS, as_json(sorted(set(locations))))
    return [Content(**dict(row) | {"is_held": bool(row["is_held"])}) for row in rows]


_LIVE = Statement(
    "SELECT id FROM shipment_notice WHERE warehouse = ? AND state IN ('released', 'picking', 'picked', 'packed',"
    " 'checked')"
)


async def live_ids(warehouse: int) -> list[int]:
    """The notices that somebody in this warehouse has something to do with."""
    return [row[0] for row in await fetch(_LIVE, warehouse)]


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """Notices that are picked together."""

    id: int
    number: str
    warehouse: int
    warehouse_code: str
    kind: str
    state: str
    walk_mm: int
    by_code_mm: int
    created_at: int
    closed_at: int | None
    notices: int
    to_pick: int

    @property
    def walk_m(self) -> int:
        """How long the walk is, in metres."""
        return self.walk_mm // 1000

    @property
    def saved_m(self) -> int:
        """Metres saved against walking in the order of the codes."""
        return (self.by_code_mm - self.walk_mm) // 1000

    @property
    def shown_state(self) -> str:
        """What pages say of it: dissolved, done, or open."""
        if self.state == "dissolved":
            return "dissolved"
        return "open" if self.to_pick else "done"


_TO_PICK = "sum(CASE WHEN n.state IN ('waiting', 'released', 'picking') THEN 1 ELSE 0 END)"
_WAVES = (
    "SELECT v.id, v.number, v.warehouse, w.code AS warehouse_code, v.kind, v.state, v.walk_mm, v.by_code_mm,"
    f" v.created_at, v.closed_at, count(n.id) AS notices, coalesce({_TO_PICK}, 0) AS to_pick"
    " FROM wave v JOIN warehouse w ON w.id = v.warehouse LEFT JOIN shipment_notice n ON n.wave = v.id"
)
_WAVE_GROUP = (
    " GROUP BY v.id, v.number, v.warehouse, w.code, v.kind, v.state, v.walk_mm, v.by_code_mm, v.created_at,"
    " v.closed_at"
)
_WAVE = Statement(f"{_WAVES} WHERE v.id = ?{_WAVE_GROUP}")
WAVE_STATES = ("open", "done", "dissolved")


async def wave(wave_id: int, warehouses: Warehouses = None) -> Wave | None:
    """The wave with this id, if it is of one of these warehouses."""
    rows = await fetch(_WAVE, wave_id)
    found = Wave(**dict(rows[0]) | {"to_pick": int(rows[0]["to_pick"])}) if rows else None
    return found if found and (warehouses is None or found.warehouse in warehouses) else None


# Lists

PAGE_SIZE = 50
SORTS = ("number", "due_on")


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as the list shows it."""

    id: int
    number: str
    order_number: str
    customer_name: str
    warehouse_code: str
    state: str
    due_on: str
    taker: str
    wave: int | None
    wave_number: str


def _listed(filters: Filters, warehouses: Warehouses, *, with_state: bool) -> tuple[str, str, list[Any]]:
    """The filters as SQL in both dialects with their values; only what is asked for becomes part of it."""
    found: list[tuple[str, str, Any]] = []
    if warehouses is not None:
        found.append((
            "n.warehouse IN (SELECT value FROM json_each(?))",
            "n.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)",
            as_json(sorted(warehouses)),
        ))  # fmt: skip
    if with_state and filters.state:
        found.append(("n.state = ?", "n.state = ?", filters.state))
    if filters.partner:
        found.append(("o.customer = ?", "o.customer = ?", filters.partner))
    if filters.since:
        found.append(("n.due_on >= ?", "n.due_on >= ?", filters.since))
    if filters.until:
        found.append(("n.due_on <= ?", "n.due_on <= ?", filters.until))
    whole = "lower(n.number || ' ' || coalesce(n.tracking, '')) || ' ' || o.search"
    found += [(f"instr({whole}, ?) > 0", f"strpos({whole}, ?) > 0", term) for term in search.terms(filters.q)]
    sqlite, postgres = (" AND ".join(each[dialect] for each in found) or "1 = 1" for dialect in (0, 1))
    return sqlite, postgres, [each[2] for each in found]


@cache
def _listing(sqlite: str, postgres: str, by: str, downwards: bool) -> Statement:
    direction = "DESC" if downwards else "ASC"
    return Statement(*(
        "SELECT n.id, n.number, o.number AS order_number, p.name AS customer_name, w.code AS warehouse_code, n.state,"
        " n.due_on, coalesce(nullif(u.display_name, ''), u.name, '') AS taker, n.wave,"
        " coalesce(v.number, '') AS wave_number FROM shipment_notice n JOIN sales_order o ON o.id = n.order_id"
        " JOIN partner p ON p.id = o.customer JOIN warehouse w ON w.id = n.warehouse"
        " LEFT JOIN wave v ON v.id = n.wave LEFT JOIN user_account u ON u.id = n.taken_by"
        f" WHERE {conditions} ORDER BY {by} {direction}, n.id DESC LIMIT ? OFFSET ?"
        for conditions in (sqlite, postgres)
    ))  # fmt: skip


@cache
def _counting(sqlite: str, postgres: str) -> Statement:
    return Statement(*(
        "SELECT n.state, count(*) FROM shipment_notice n JOIN sales_order o ON o.id = n.order_id"
        f" WHERE {conditions} GROUP BY n.state"
        for conditions in (sqlite, postgres)
    ))  # fmt: skip


_SORTED = {"": "n.id", "number": "n.id", "due_on": "n.due_on"}


async def list_notices(filters: Filters, warehouses: Warehouses = None) -> Page:
    """A page of notices, the newest first unless they are sorted otherwise."""
    sqlite, postgres, values = _listed(filters, warehouses, with_state=True)
    column, downwards = filters.sorted_by
    statement = _listing(sqlite, postgres, _SORTED[column], downwards if column else True)
    rows = await fetch(statement, *values, PAGE_SIZE + 1, (filters.page - 1) * PAGE_SIZE)
    return Page([NoticeRow(**dict(row)) for row in rows[:PAGE_SIZE]], filters.page, len(rows) > PAGE_SIZE)


async def count_notices(filters: Filters, warehouses: Warehouses = None) -> dict[str, int]:
    """How many notices there are in each state, by the other filters."""
    sqlite, postgres, values = _listed(filters, warehouses, with_state=False)
    return {row[0]: row[1] for row in await fetch(_counting(sqlite, postgres), *values)}


_SHOWN_STATE = (
    "CASE WHEN v.state = 'dissolved' THEN 'dissolved'"
    f" WHEN coalesce({_TO_PICK}, 0) > 0 THEN 'open' ELSE 'done' END"
)


@cache
def _wave_listing(sqlite: str, postgres: str, state: str) -> Statement:
    having = f" HAVING {_SHOWN_STATE} = ?" if state else ""
    return Statement(*(
        f"{_WAVES} WHERE {conditions}{_WAVE_GROUP}{having} ORDER BY v.id DESC LIMIT ? OFFSET ?"
        for conditions in (sqlite, postgres)
    ))  # fmt: skip


@cache
def _wave_counting(sqlite: str, postgres: str) -> Statement:
    return Statement(*(
        f"SELECT state, count(*) FROM (SELECT {_SHOWN_STATE} AS state FROM wave v"
        f" LEFT JOIN shipment_notice n ON n.wave = v.id WHERE {conditions} GROUP BY v.id, v.state) c GROUP BY state"
        for conditions in (sqlite, postgres)
    ))  # fmt: skip


def _waves_listed(filters: Filters, warehouses: Warehouses) -> tuple[str, str, list[Any]]:
    found: list[tuple[str, str, Any]] = []
    if warehouses is not None:
        found.append((
            "v.warehouse IN (SELECT value FROM json_each(?))",
            "v.warehouse IN (SELECT (json_array_elements_text(?::text::json))::int)",
            as_json(sorted(warehouses)),
        ))  # fmt: skip
    found += [
        ("instr(lower(v.number), ?) > 0", "strpos(lower(v.number), ?) > 0", term)
        for term in search.terms(filters.q)
    ]
    sqlite, postgres = (" AND ".join(each[dialect] for each in found) or "1 = 1" for dialect in (0, 1))
    return sqlite, postgres, [each[2] for each in found]


async def list_waves(filters: Filters, warehouses: Warehouses = None) -> Page:
    """A page of waves, the newest first."""
    sqlite, postgres, values = _waves_listed(filters, warehouses)
    values += [filters.state] if filters.state else []
    rows = await fetch(
        _wave_listing(sqlite, postgres, filters.state),
        *values, PAGE_SIZE + 1, (filters.page - 1) * PAGE_SIZE,
    )  # fmt: skip
    found = [Wave(**dict(row) | {"to_pick": int(row["to_pick"])}) for row in rows]
    return Page(found[:PAGE_SIZE], filters.page, len(rows) > PAGE_SIZE)


async def count_waves(filters: Filters, warehouses: Warehouses = None) -> dict[str, int]:
    """How many waves there are in each state, by the other filters."""
    sqlite, postgres, values = _waves_listed(filters, warehouses)
    return {row[0]: row[1] for row in await fetch(_wave_counting(sqlite, postgres), *values)}


class TotePlace(msgspec.Struct, frozen=True):
    """A place of a wave's trolley: for which notice, and in which tote it collects (None: none yet)."""

    position: int
    notice: int
    tote: int | None
    code: str


_WAVE_TOTES = Statement(
    "SELECT t.position, t.notice, t.tote, coalesce(l.code, '') AS code FROM wave_tote t"
    " LEFT JOIN location l ON l.id = t.tote WHERE t.wave = ? ORDER BY t.position"
)
_TOTE_BY_CODE = Statement(
    "SELECT id FROM location WHERE code = ? AND warehouse = ? AND kind = 'tote' AND is_active"
)
_FREE = Statement(
    "SELECT id FROM shipment_notice WHERE warehouse = ? AND state = 'released' AND wave IS NULL AND taken_by = 0"
    " ORDER BY CASE WHEN due_on = '' THEN 1 ELSE 0 END, due_on, priority DESC, id LIMIT ?"
)
_TAKERS = Statement(
    "SELECT DISTINCT u.id, coalesce(nullif(u.display_name, ''), u.name) AS name, u.role FROM user_account u"
    " LEFT JOIN assignment a ON a.person = u.id"
    " WHERE u.is_active AND (u.sees_all_warehouses OR a.warehouse = ?) ORDER BY name"
)


async def wave_totes(wave_id: int) -> list[TotePlace]:
    """The places of a wave's trolley, in order."""
    return [TotePlace(**dict(row)) for row in await fetch(_WAVE_TOTES, wave_id)]


async def tote_by_code(code: str, warehouse: int) -> int | None:
    """The tote of this warehouse with this code."""
    rows = await fetch(_TOTE_BY_CODE, code, warehouse)
    return int(rows[0][0]) if rows else None


async def free_notices(warehouse: int, limit: int) -> list[Notice]:
    """Released notices that nobody is at and that are in no wave, the most urgent ones."""
    ids = [row[0] for row in await fetch(_FREE, warehouse, limit)]
    return await notices(ids)


async def people_of(warehouse: int) -> list[tuple[int, str]]:
    """Who moves goods in a warehouse, by name."""
    rows = await fetch(_TAKERS, warehouse)
    return [(row["id"], row["name"]) for row in rows if "move stock" in permissions(row["role"])]
