"""Reading what a group of operations touches, as sets, into the world they are decided in."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from server import feed, quantity
from server.catalog import barcode, gs1
from server.counts import queries as counts
from server.db import Row, Statement, as_json, execute_many, fetch, fetch_by_keys
from server.outbound.notice import number_of
from server.people import proof
from server.people.proof import Prover
from server.people.role import permissions
from server.stock import ledger
from server.stock.ledger import Wanted
from server.stock.lot import Lot
from server.stock.movement import REAL, Cell, Flow, Moment
from server.sync import wire
from server.sync.verdict import Actor, Doing, Item, Original, World, is_user

_ACTORS = Statement(
    "SELECT id, role, is_active, sees_all_warehouses FROM user_account WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, role, is_active, sees_all_warehouses FROM user_account"
    " WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_ASSIGNED = Statement(
    "SELECT person, warehouse FROM assignment WHERE person IN (SELECT value FROM json_each(?))",
    "SELECT person, warehouse FROM assignment"
    " WHERE person IN (SELECT (json_array_elements_text(?::text::json))::int)",
)


_EXISTING = Statement(
    "SELECT id, digest, outcome, kind, body FROM operation WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, digest, outcome, kind, body FROM operation WHERE id IN"
    " (SELECT json_array_elements_text(?::text::json))",
)
_EFFECTIVE = Statement(
    "SELECT o.id, o.outcome, f.body FROM operation o LEFT JOIN replica r ON r.id = o.replica"
    " LEFT JOIN feed_row f ON f.scope = 'device:d-' || r.device AND f.kind = 'outcome' AND f.key = o.id"
    " WHERE o.id IN (SELECT value FROM json_each(?))",
    "SELECT o.id, o.outcome, f.body FROM operation o LEFT JOIN replica r ON r.id = o.replica"
    " LEFT JOIN feed_row f ON f.scope = 'device:d-' || r.device AND f.kind = 'outcome' AND f.key = o.id"
    " WHERE o.id IN (SELECT json_array_elements_text(?::text::json))",
)


_REPLICA = Statement(
    "SELECT r.id, r.device, r.incarnation, r.ack, r.head, r.safe, r.event_at FROM json_each(?) k JOIN replica r"
    " ON r.device = k.value ->> 0 AND r.incarnation = k.value ->> 1",
    "SELECT r.id, r.device, r.incarnation, r.ack, r.head, r.safe, r.event_at"
    " FROM json_array_elements(?::text::json) k JOIN replica r"
    " ON r.device = (k ->> 0)::int AND r.incarnation = k ->> 1",
)
_AWAITED = Statement(
    "SELECT needs FROM waiting_operation WHERE needs IN (SELECT value FROM json_each(?))",
    "SELECT needs FROM waiting_operation WHERE needs IN (SELECT json_array_elements_text(?::text::json))",
)


_PROVERS = Statement(
    "SELECT id, is_active, pin_hash, badge_digest FROM user_account WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, is_active, pin_hash, badge_digest FROM user_account"
    " WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_NOTICES = Statement(
    "SELECT id, warehouse FROM shipment_notice WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, warehouse FROM shipment_notice WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)


class Before(msgspec.Struct, frozen=True):
    """What stands before a group of operations is decided."""

    head: feed.Head
    replicas: list[Row]
    existing: dict[str, Row]
    """Operations of these ids that are known already."""
    outcomes: dict[str, str]
    """What became of the operations that others wait for: the verdict, or the decision that came after it."""
    awaited: set[str]
    """Which of them others wait for."""
    actors: dict[int, Actor]


async def before(
    replicas: Collection[tuple[int, str]], ids: Collection[str], needs: Collection[str], users: Iterable[int]
) -> Before:
    """Read what is known of replicas (device, incarnation), operations, those they need, and who did them."""
    people = _numbers_of(users)
    found = await fetch_by_keys(
        {feed.HEAD: None, _REPLICA: replicas, _EXISTING: ids, _EFFECTIVE: needs, _AWAITED: ids}
        | {_ACTORS: people, _ASSIGNED: people}
    )
    return Before(
        head=feed.Head(*found[feed.HEAD][0]),
        replicas=found[_REPLICA],
        existing={row["id"]: row for row in found[_EXISTING]},
        outcomes={
            row[0]: (msgspec.json.decode(row[2]).get("outcome") if row[2] else None) or row[1]
            for row in found[_EFFECTIVE]
        },
        awaited={row[0] for row in found[_AWAITED]},
        actors=_actors(found),
    )


async def actors(users: Iterable[int]) -> dict[int, Actor]:
    """Who these people are now: their role's permissions and their warehouses."""
    people = _numbers_of(users)
    return _actors(await fetch_by_keys({_ACTORS: people, _ASSIGNED: people}))


def _numbers_of(users: Iterable[int]) -> list[int]:
    return [user for user in users if user < 1 << 31]


def _actors(found: Mapping[Statement, list[Row]]) -> dict[int, Actor]:
    houses: dict[int, set[int]] = {}
    for person, warehouse in found[_ASSIGNED]:
        houses.setdefault(person, set()).add(warehouse)
    return {
        row["id"]: Actor(
            id=row["id"],
            is_active=bool(row["is_active"]),
            permissions=permissions(row["role"]),
            warehouses=None if row["sees_all_warehouses"] else frozenset(houses.get(row["id"], ())),
        )
        for row in found[_ACTORS]
    }


_ITEMS = Statement(
    "SELECT id, unit, is_active, has_lots, has_expiry, has_serials, scale FROM item"
    " WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, unit, is_active, has_lots, has_expiry, has_serials, scale FROM item"
    " WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_UNITS = Statement(
    "SELECT item, name, numerator, denominator FROM unit WHERE item IN (SELECT value FROM json_each(?))",
    "SELECT item, name, numerator, denominator FROM unit"
    " WHERE item IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_LOTS = Statement(
    "SELECT l.item, l.code, l.expiry_on, l.made_on, l.seen_at, l.seen_by, l.is_held FROM json_each(?) k JOIN lot l"
    " ON l.item = k.value ->> 0 AND l.code = k.value ->> 1",
    "SELECT l.item, l.code, l.expiry_on, l.made_on, l.seen_at, l.seen_by, l.is_held"
    " FROM json_array_elements(?::text::json) k JOIN lot l ON l.item = (k ->> 0)::int AND l.code = k ->> 1",
)
_SERIALS = Statement(
    "SELECT b.item, b.serial, b.location, l.kind FROM json_each(?) k JOIN balance b"
    " ON b.item = k.value ->> 0 AND b.serial = k.value ->> 1 JOIN location l ON l.id = b.location"
    " WHERE b.on_hand > 0",
    "SELECT b.item, b.serial, b.location, l.kind FROM json_array_elements(?::text::json) k JOIN balance b"
    " ON b.item = (k ->> 0)::int AND b.serial = k ->> 1 JOIN location l ON l.id = b.location"
    " WHERE b.on_hand > 0",
)
_ORIGINALS = Statement(
    "SELECT o.id, o.kind, o.user_id, o.outcome, o.undone_by, r.device,"
    " EXISTS (SELECT 1 FROM count_point c WHERE c.operation = o.id) FROM operation o"
    " LEFT JOIN replica r ON r.id = o.replica WHERE o.id IN (SELECT value FROM json_each(?))",
    "SELECT o.id, o.kind, o.user_id, o.outcome, o.undone_by, r.device,"
    " EXISTS (SELECT 1 FROM count_point c WHERE c.operation = o.id) FROM operation o"
    " LEFT JOIN replica r ON r.id = o.replica WHERE o.id IN (SELECT json_array_elements_text(?::text::json))",
)
_FLOWS = Statement(
    "SELECT operation, leg, act, item, quantity, source, target, lot, serial, owner, document FROM movement"
    " WHERE kind = 'flow' AND operation IN (SELECT value FROM json_each(?)) ORDER BY operation, leg",
    "SELECT operation, leg, act, item, quantity, source, target, lot, serial, owner, document FROM movement"
    " WHERE kind = 'flow' AND operation IN (SELECT json_array_elements_text(?::text::json)) ORDER BY operation, leg",
)
_COUNTED = Statement(
    "SELECT DISTINCT location FROM count_point WHERE operation IN (SELECT value FROM json_each(?))",
    "SELECT DISTINCT location FROM count_point WHERE operation IN (SELECT json_array_elements_text(?::text::json))",
)
_MEANINGS = Statement(
    "SELECT code, item, valid_from_at, valid_to_at FROM barcode WHERE code IN (SELECT value FROM json_each(?))",
    "SELECT code, item, valid_from_at, valid_to_at FROM barcode"
    " WHERE code IN (SELECT json_array_elements_text(?::text::json))",
)


async def world(doings: list[Doing]) -> World:
    """Read everything these operations touch, as sets."""
    undone = {doing.args.operation for doing in doings if isinstance(doing.args, wire.Undo)}
    originals = await _originals(undone) if undone else {}
    wanted, items, lots, serials = _wishes(doings, originals)
    await _want_undone_counts(wanted, doings, originals)
    scanned = _scanned(doings)
    found = await fetch_by_keys(
        ledger.keys(wanted)
        | _goods(items, lots)
        | {_SERIALS: serials, _MEANINGS: {key for _, _, key in scanned if key}}
    )
    book = ledger.book_of(wanted, found)
    if wanted.counted:
        # Whole locations bring goods that nobody has named.
        items = {cell.item for cell in book.raw} - items
        lots = {(cell.item, cell.lot) for cell in book.raw if cell.lot} - lots
        more = await fetch_by_keys(_goods(items, lots))
        found |= {statement: [*found[statement], *rows] for statement, rows in more.items()}
    counted = {wire.number(doing.args.location) for doing in doings if isinstance(doing.args, wire.Count)}
    known = {
        (row[0], row[1]): Lot(row[2], row[3], Moment(row[4], row[5]), bool(row[6])) for row in found[_LOTS]
    }
    return World(
        book=book,
        items=_items(found[_ITEMS], found[_UNITS]),
        lots=dict(known),
        known_lots=known,
        originals=originals,
        serials=_whereabouts(found[_SERIALS]),
        meanings=_meanings(scanned, found[_MEANINGS]),
        counters=await counts.counters(counted) if counted else {},
        provers=await _provers(doings),
        notices=await _notices(doings),
    )


async def _provers(doings: Iterable[Doing]) -> dict[int, Prover]:
    """Who is said to have looked along, with what is kept of their secrets."""
    shown = [
        proof.read(doing.args.proof)
        for doing in doings
        if isinstance(doing.args, wire.Carton) and doing.args.proof
    ]
    asked = {int(one.user[2:]) for one in shown if one is not None and is_user(one.user)}
    rows = await _if_any(_PROVERS, _numbers_of(sorted(asked)))
    return {row[0]: Prover(row[0], bool(row[1]), row[2], row[3]) for row in rows}


async def _notices(doings: Iterable[Doing]) -> dict[int, int]:
    """The warehouses of the notices of which something is reported from the door."""
    asked = {number_of(doing.args.document) for doing in doings if isinstance(doing.args, wire.Deliver)}
    return {row[0]: row[1] for row in await _if_any(_NOTICES, sorted(one for one in asked if one))}


def _goods(items: set[int], lots: set[tuple[int, str]]) -> dict[Statement, Collection[Any]]:
    return {_ITEMS: items, _UNITS: items, _LOTS: lots}


def _whereabouts(rows: list[Row]) -> dict[tuple[int, str], set[int]]:
    """The real locations that hold each serial."""
    where: dict[tuple[int, str], set[int]] = {}
    for item, serial, location, kind in rows:
        if kind in REAL:
            where.setdefault((item, serial), set()).add(location)
    return where


async def _if_any(statement: Statement, keys: list[Any]) -> list[Row]:
    return await fetch(statement, as_json(keys)) if keys else []


def _wishes(
    doings: Iterable[Doing], originals: dict[str, Original]
) -> tuple[Wanted, set[int], set[tuple[int, str]], set[tuple[int, str]]]:
    wanted = ledger.nothing_wanted()
    items: set[int] = set()
    lots: set[tuple[int, str]] = set()
    serials: set[tuple[int, str]] = set()

    def want(item: int, lot: str, serial: str, *locations: int) -> None:
        items.add(item)
        wanted.places.update(locations)
        wanted.cells.update(Cell(item, location, lot, serial) for location in locations)
        if lot:
            lots.add((item, lot))
        if serial:
            serials.add((item, serial))

    for doing in doings:
        wanted.earliest = min(wanted.earliest, doing.when.at)
        for line in _touches(doing, originals):
            want(*line)
        match doing.args:
            case wire.Count() as args:
                _want_whole(wanted, wire.number(args.location), doing.when.at)
            case wire.Carton() as args if not args.lines:
                _want_whole(wanted, wire.number(args.carton), ledger.FAR_FUTURE)
    return wanted, items, lots, serials


def _want_whole(wanted: Wanted, location: int, since: int) -> None:
    wanted.places.add(location)
    wanted.counted[location] = min(since, wanted.counted.get(location, ledger.FAR_FUTURE))


def _touches(doing: Doing, originals: dict[str, Original]) -> list[tuple[Any, ...]]:
    """(item, lot, serial, locations…) of everything an operation names."""
    number = wire.number
    match doing.args:
        case wire.Receive() as args:
            return [(number(args.item), args.lot, args.serial, number(args.target))]
        case wire.Move() | wire.Pick() as args:
            return [(number(args.item), args.lot, args.serial, number(args.source), number(args.target))]
        case wire.Adjust() as args:
            return [(number(args.item), args.lot, args.serial, number(args.location))]
        case wire.Count() as args:
            location = number(args.location)
            return [(number(line.item), line.lot, line.serial, location) for line in args.lines]
        case wire.Carton() as args:
            carton = number(args.carton)
            return [
                (
                    number(line.item),
                    line.lot,
                    line.serial,
                    carton,
                    *([number(line.source)] if line.source else []),
                )
                for line in args.lines
            ]
        case wire.Undo() as args if args.operation in originals:
            flows = originals[args.operation].flows
            return [(flow.item, flow.lot, flow.serial, flow.source, flow.target) for flow in flows]
    return []


async def _originals(ids: set[str]) -> dict[str, Original]:
    flows: dict[str, list[Flow]] = {}
    for row in await fetch(_FLOWS, as_json(sorted(ids))):
        flow = Flow(act=row[2], item=row[3], quantity=row[4], source=row[5], target=row[6], lot=row[7],
                    serial=row[8], owner=row[9], document=row[10], reverses=f"{row[0]}:{row[1]}")  # fmt: skip
        flows.setdefault(row[0], []).append(flow)
    found = {}
    for name, kind, user, outcome, undone_by, device, has_counted in await fetch(
        _ORIGINALS, as_json(sorted(ids))
    ):
        # What was held at first and freed later has left its traces.
        stands = "applied" if outcome == "held" and (has_counted or name in flows) else outcome
        found[name] = Original(name, kind, user, device or 0, stands, flows.get(name, []), undone_by)
    return found


async def _want_undone_counts(wanted: Wanted, doings: list[Doing], originals: dict[str, Original]) -> None:
    """To take a count back, everything that ever happened to its location is needed."""
    counts = [original.id for original in originals.values() if original.kind == "stock.count@1"]
    for row in await _if_any(_COUNTED, counts):
        _want_whole(wanted, row[0], 0)
    by_id = {doing.id: doing for doing in doings}
    for doing in doings:
        undone = by_id.get(doing.args.operation) if isinstance(doing.args, wire.Undo) else None
        if undone is not None and isinstance(undone.args, wire.Count):
            _want_whole(wanted, wire.number(undone.args.location), 0)


def _items(rows: list[Row], units: list[Row]) -> dict[int, Item]:
    factors = {row["id"]: {(row["unit"], quantity.SCALE)} for row in rows}
    for item, name, numerator, denominator in units:
        factor, rest = divmod(numerator * quantity.SCALE, denominator)
        if not rest:
            factors[item].add((name, factor))
    return {
        row["id"]: Item(
            id=row["id"],
            is_active=bool(row["is_active"]),
            has_lots=bool(row["has_lots"]),
            has_expiry=bool(row["has_expiry"]),
            has_serials=bool(row["has_serials"]),
            scale=row["scale"],
            factors=frozenset(factors[row["id"]]),
        )
        for row in rows
    }


def _scanned(doings: list[Doing]) -> list[tuple[str, int, str]]:
    """(code, time, key in the barcode table) of everything that was scanned."""
    return [
        (code, doing.when.at, _barcode_key(code))
        for doing in doings
        if (code := getattr(doing.args, "code", ""))
    ]


def _meanings(scanned: list[tuple[str, int, str]], rows: list[Row]) -> dict[tuple[str, int], frozenset[int]]:
    """What each scanned code meant at its time, by the barcode table of then."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return {
        (code, at): frozenset(
            item
            for _, item, since, until in found.get(key, ())
            if since <= at and (until is None or at < until)
        )
        for code, at, key in scanned
    }


@lru_cache(8192)
def _barcode_key(code: str) -> str:
    """The key in the barcode table that a scanned text stands for; of a GS1 text its GTIN."""
    if code.startswith(("]", "(")) or "\x1d" in code or "://" in code:
        label = (
            gs1.read_printed(code) or gs1.read_link(code) or gs1.read(code[3:] if code[0] == "]" else code)
        )
        return (label.gtin or "") if label else barcode.normalise(code[3:])
    return barcode.normalise(code)


_LOT = Statement(
    "INSERT INTO lot (item, code, expiry_on, made_on, seen_at, seen_by, is_held) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (item, code) DO UPDATE SET expiry_on = excluded.expiry_on, made_on = excluded.made_on,"
    " seen_at = excluded.seen_at, seen_by = excluded.seen_by"
)


_UNDONE = Statement("UPDATE operation SET undone_by = ? WHERE id = ?")


async def store_undone(world: World) -> None:
    """Write down what was taken back, so that nobody takes it back twice."""
    await execute_many(
        _UNDONE, [(one.undone_by, one.id) for one in world.originals.values() if one.undone_by]
    )


async def store_lots(world: World) -> None:
    """Write down what was learnt of lots; all their balances read differently then."""
    changed = {key: lot for key, lot in world.lots.items() if lot != world.known_lots.get(key)}
    await execute_many(
        _LOT,
        [(*key, lot.expiry, lot.made_on, *lot.seen, lot.is_held) for key, lot in sorted(changed.items())],
    )
    for key, lot in changed.items():
        await ledger.republish_lot(*key, lot)
