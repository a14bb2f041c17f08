"""Promise what is available and no more: reserve for demand, free it, pin it to places and lots, follow the picks.

Everything runs inside `writing()`: one writer at a time, so two people cannot be promised the same last piece.
A reservation is soft (an item in a warehouse, for a line of a document); an allocation is hard (a place and a
lot). See docs/documents.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from server import clock
from server.db import Row, Statement, among, as_json, execute, execute_many, fetch, fetch_by_keys, writing
from server.stock import availability
from server.stock.availability import ARRIVED, PICKABLE, Goods, Lump, Outlook, Planned, Rule, Take


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a document that wants so much of an item from a warehouse."""

    document: str
    line: int
    item: int
    warehouse: int
    quantity: int


class Holder(msgspec.Struct, frozen=True):
    """Who has been promised what somebody else wanted: a line of a document, and how much it holds."""

    document: str
    line: int
    quantity: int


class Promised(msgspec.Struct, frozen=True):
    """Reserved; `reserved` is what the line holds now."""

    document: str
    line: int
    quantity: int
    reserved: int


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    """Not enough: what was wanted, what there was (of which `promised` was reserved), and who holds the rest."""

    document: str
    line: int
    item: int
    warehouse: int
    wanted: int
    available: int
    promised: int = 0
    holders: list[Holder] = []


HOLDERS_TOLD = 5
"""How many of those who hold an item are named to whoever came too late."""


# Reading


_LUMPS = among(
    "SELECT l.warehouse, b.item, l.kind, l.is_active, coalesce(o.expiry_on, '') AS expiry, o.is_held,"
    " coalesce(a.puts_away, true) AS puts_away, sum(b.on_hand) AS on_hand"
    " FROM balance b JOIN location l ON l.id = b.location"
    " LEFT JOIN lot o ON o.item = b.item AND o.code = b.lot AND b.lot <> ''"
    " LEFT JOIN arrival_setting a ON a.warehouse = l.warehouse"
    " WHERE b.on_hand > 0 AND b.owner = 0 AND l.kind IN ('bin', 'dock')"
    # Refused goods wait on a dock of their own: nobody is to be promised them.
    " AND l.id NOT IN (SELECT reject FROM arrival_setting WHERE reject IS NOT NULL) AND",
    "b.item",
    " GROUP BY l.warehouse, b.item, l.kind, l.is_active, o.expiry_on, o.is_held, a.puts_away",
)
# Where nothing is put away, goods may be promised at the dock: but not before they are judged, nor what the buyer
# has not taken. A lot that is held is no good anyway.
_UNSURE = among(
    "SELECT u.warehouse, u.item, u.lot, sum(u.quantity) AS quantity FROM ("
    "SELECT r.warehouse, c.item, c.lot, c.quantity FROM inspection c JOIN receipt_line l ON l.id = c.line"
    " JOIN receipt r ON r.id = l.receipt WHERE c.state = 'open' UNION ALL"
    " SELECT r.warehouse, l.item, l.lot, l.held FROM receipt_line l JOIN receipt r ON r.id = l.receipt"
    " WHERE l.held > 0) u LEFT JOIN lot o ON o.item = u.item AND o.code = u.lot AND u.lot <> ''"
    " WHERE NOT coalesce(o.is_held, false) AND",
    "u.item",
    " GROUP BY u.warehouse, u.item, u.lot",
)
_RESERVED = among(
    "SELECT warehouse, item, sum(quantity) AS quantity FROM reservation WHERE",
    "item",
    " GROUP BY warehouse, item",
)
_EXPECTED = among(
    "SELECT warehouse, item, due_on AS day, sum(quantity) AS quantity FROM expected_goods WHERE quantity > 0 AND",
    "item",
    " GROUP BY warehouse, item, due_on",
)
# What is owed stands with the orders above; reading it here keeps one answer for everybody.
_OWED = among(
    "SELECT o.warehouse, l.item, coalesce(nullif(l.promised_on, ''), nullif(l.wanted_on, ''), o.wanted_on) AS day,"
    " sum(l.quantity - l.picked - l.cancelled - coalesce(r.quantity, 0)) AS quantity, o.id FROM sales_line l"
    " JOIN sales_order o ON o.id = l.order_id"
    " LEFT JOIN reservation r ON r.document = 'so-' || o.id AND r.line = l.id"
    " WHERE o.confirmed_at IS NOT NULL AND o.closed_at IS NULL"
    # Said twice: the first is what the index of open lines is made of.
    " AND l.quantity > l.picked + l.cancelled"
    " AND l.quantity > l.picked + l.cancelled + coalesce(r.quantity, 0) AND",
    "l.item",
    " GROUP BY o.warehouse, l.item, coalesce(nullif(l.promised_on, ''), nullif(l.wanted_on, ''), o.wanted_on), o.id",
)
_OWN = Statement(
    "SELECT item, warehouse, sum(quantity) FROM reservation WHERE document = ? GROUP BY item, warehouse"
)
_HOLDERS = Statement(
    "SELECT document, line, quantity FROM reservation WHERE item = ? AND warehouse = ? AND quantity > 0"
    " AND document <> ? ORDER BY reserved_at DESC, id DESC LIMIT ?"
)
_OF_DOCUMENT = Statement(
    "SELECT id, document, line, item, warehouse, quantity FROM reservation WHERE document = ?"
)


async def outlook(items: Collection[int], today: date, *, apart: str = "") -> dict[Goods, Outlook]:
    """How these items stand in every warehouse, now and to come.

    What the document `apart` holds or is owed counts as nobody's: whoever changes an order may use its own.
    """
    found = await fetch_by_keys(dict.fromkeys((_LUMPS, _RESERVED, _EXPECTED, _OWED), items))
    own = {Goods(row[0], row[1]): int(row[2]) for row in await fetch(_OWN, apart)} if apart else {}
    good, docked = _sums(found[_LUMPS], today, await _unsure(found[_LUMPS]))
    reserved = {Goods(row["item"], row["warehouse"]): int(row["quantity"]) for row in found[_RESERVED]}
    incoming: dict[Goods, list[tuple[str, int]]] = defaultdict(list)
    for goods, quantity in docked.items():
        incoming[goods].append((today.isoformat(), quantity))
    for row in found[_EXPECTED]:
        # Without a day it may come at any time, so nothing can be promised on it.
        if row["day"]:
            day = availability.expected_on(row["day"], today)
            incoming[Goods(row["item"], row["warehouse"])].append((day, int(row["quantity"])))
    owed: dict[Goods, list[tuple[str, int]]] = defaultdict(list)
    for row in found[_OWED]:
        if f"so-{row['id']}" != apart:
            day = max(row["day"], today.isoformat())
            owed[Goods(row["item"], row["warehouse"])].append((day, int(row["quantity"])))
    return {
        goods: Outlook(
            on_hand=good.get(goods, 0),
            reserved=reserved.get(goods, 0) - own.get(goods, 0),
            incoming=tuple(sorted(incoming[goods])),
            owed=tuple(sorted(owed[goods])),
        )
        for goods in {*good, *reserved, *incoming, *owed}
    }


async def _unsure(rows: Iterable[Row]) -> dict[Goods, int]:
    """What of goods that may be promised at the dock nobody has judged or taken yet; asked only where some are."""
    items = {row["item"] for row in rows if row["kind"] == ARRIVED and not row["puts_away"]}
    sums: dict[Goods, int] = defaultdict(int)
    for row in await fetch(_UNSURE, as_json(sorted(items))) if items else ():
        sums[Goods(row["item"], row["warehouse"])] += int(row["quantity"])
    return sums


def _sums(
    rows: Iterable[Row], today: date, unsure: Mapping[Goods, int]
) -> tuple[dict[Goods, int], dict[Goods, int]]:
    """What may be picked, and what has arrived and cannot be picked yet."""
    good: dict[Goods, int] = defaultdict(int)
    docked: dict[Goods, int] = defaultdict(int)
    pickable: dict[Goods, int] = defaultdict(int)
    for row in rows:
        is_docked = row["kind"] == ARRIVED
        lump = Lump(
            item=row["item"],
            location=0,
            on_hand=int(row["on_hand"]),
            kind=PICKABLE if is_docked and not row["puts_away"] else row["kind"],
            is_active=bool(row["is_active"]),
            expiry=row["expiry"],
            is_held=bool(row["is_held"]),
        )
        goods = Goods(row["item"], row["warehouse"])
        if availability.is_good(lump, today):
            (pickable if is_docked else good)[goods] += lump.on_hand
        elif is_docked and not lump.is_held:
            docked[goods] += lump.on_hand
    for goods, much in pickable.items():
        sure = max(0, much - unsure.get(goods, 0))
        good[goods] += sure
        docked[goods] += much - sure
    return good, docked


async def available(goods: Iterable[Goods], today: date) -> dict[Goods, int]:
    """What of these may be promised now; below zero where goods went that were promised."""
    asked = list(goods)
    found = await fetch_by_keys({one: {each.item for each in asked} for one in (_LUMPS, _RESERVED)})
    good, _ = _sums(found[_LUMPS], today, await _unsure(found[_LUMPS]))
    reserved = {Goods(row["item"], row["warehouse"]): int(row["quantity"]) for row in found[_RESERVED]}
    return {each: good.get(each, 0) - reserved.get(each, 0) for each in asked}


async def holders(goods: Goods, *, apart: str = "", limit: int = HOLDERS_TOLD) -> list[Holder]:
    """Who holds an item, whoever reserved last first."""
    return [Holder(*row) for row in await fetch(_HOLDERS, goods.item, goods.warehouse, apart, limit)]


async def reserved_for(document: str) -> dict[int, int]:
    """What a document has reserved, by line."""
    return {row["line"]: row["quantity"] for row in await fetch(_OF_DOCUMENT, document)}


# Reserving

_ADD = Statement(
    "INSERT INTO reservation (document, line, item, warehouse, quantity, reserved_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (document, line) DO UPDATE SET quantity = reservation.quantity + excluded.quantity"
)
_DRAW = Statement("UPDATE reservation SET quantity = quantity - ? WHERE document = ? AND line = ?")
_FREE = Statement("DELETE FROM reservation WHERE document = ? RETURNING item, warehouse, quantity")
_FREE_EMPTY = Statement("DELETE FROM reservation WHERE document = ? AND quantity = 0")


async def reserve(
    document: str, line: int, item: int, warehouse: int, quantity: int, *, today: date
) -> Promised | Shortage:
    """Reserve so much more for this line, all of it or nothing."""
    want = Want(document=document, line=line, item=item, warehouse=warehouse, quantity=quantity)
    async with writing():
        here = Goods(item, warehouse)
        there = (await available([here], today))[here]
        if there < quantity:
            return await _shortage(want, there, 0)
        await _add([want])
        held = (await reserved_for(document))[line]
        return Promised(document, line, quantity, held)


async def reserve_what_there_is(wants: Sequence[Want], *, today: date) -> list[Promised | Shortage]:
    """Reserve for each of these as much as there is, in their order; a shortage says how much that was."""
    async with writing():
        stands = await available({Goods(want.item, want.warehouse) for want in wants}, today)
        shares = _shared_out(wants, stands)
        await _add([msgspec.structs.replace(want, quantity=share) for want, _, share in shares if share])
        held = await _held({want.document for want in wants})
        return [
            Promised(want.document, want.line, share, held.get((want.document, want.line), 0))
            if share == want.quantity
            else await _shortage(want, there, share)
            for want, there, share in shares
        ]


async def serve(wants: Sequence[Want], *, today: date) -> list[Want]:
    """The same for many who wait, most of them in vain: gives who got something, and how much."""
    async with writing():
        stands = await available({Goods(want.item, want.warehouse) for want in wants}, today)
        shares = _shared_out(wants, stands)
        served = [msgspec.structs.replace(want, quantity=share) for want, _, share in shares if share]
        await _add(served)
        return served


def _shared_out(wants: Iterable[Want], stands: dict[Goods, int]) -> list[tuple[Want, int, int]]:
    """Every want with what there was when its turn came, and its share of it."""
    left = dict(stands)
    shares = []
    for want in wants:
        here = Goods(want.item, want.warehouse)
        (share,) = availability.share_out([want.quantity], left[here])
        shares.append((want, left[here], share))
        left[here] -= share
    return shares


async def _held(documents: Iterable[str]) -> dict[tuple[str, int], int]:
    return {
        (document, line): quantity
        for document in documents
        for line, quantity in (await reserved_for(document)).items()
    }


async def _add(wants: Iterable[Want]) -> None:
    now = clock.now()
    rows = [(want.document, want.line, want.item, want.warehouse, want.quantity, now) for want in wants]
    assert all(row[4] >= 0 for row in rows), "a reservation of less than nothing"
    await execute_many(_ADD, rows)


async def _shortage(want: Want, there: int, promised: int) -> Shortage:
    return Shortage(
        document=want.document,
        line=want.line,
        item=want.item,
        warehouse=want.warehouse,
        wanted=want.quantity,
        available=max(0, there),
        promised=promised,
        holders=await holders(Goods(want.item, want.warehouse), apart=want.document),
    )


async def free(document: str) -> set[Goods]:
    """Free all that a document holds; gives what there is more of now. Its allocations go as well."""
    async with writing():
        await deallocate(document)
        return {Goods(row[0], row[1]) for row in await execute(_FREE, document) if row[2] > 0}


async def draw(document: str, line: int, quantity: int) -> int:
    """Take off a line's reservation what was picked for it, or is not wanted any more; gives how much that was.

    More may be picked than was reserved (a pick always posts); the reservation then ends at nothing.
    """
    assert quantity >= 0, "drawing less than nothing"
    async with writing():
        off = min(quantity, (await reserved_for(document)).get(line, 0))
        if off:
            await execute(_DRAW, off, document, line)
            await execute(_FREE_EMPTY, document)
        return off


async def give_back(want: Want) -> None:
    """What had been picked for this line lies in a bin again: it is still promised to it."""
    async with writing():
        await _add([want])


# Allocating

_PLACES = Statement(
    "SELECT b.item, b.location, l.code, l.kind, l.is_active, b.lot, b.serial, b.on_hand,"
    " coalesce(o.expiry_on, '') AS expiry, o.is_held,"
    # When it came: a lot when it was first seen, goods without a lot when their place was last filled.
    " coalesce(nullif(o.seen_at, 0), (SELECT max(m.event_at) FROM movement m WHERE m.target = b.location"
    " AND m.item = b.item AND m.lot = b.lot AND m.kind = 'flow'), 0) AS received_at,"
    " (SELECT coalesce(sum(a.quantity - a.picked), 0) FROM allocation a WHERE a.location = b.location"
    " AND a.item = b.item AND a.lot = b.lot AND a.serial = b.serial AND a.state = 'open') AS allocated"
    " FROM balance b JOIN location l ON l.id = b.location"
    " LEFT JOIN lot o ON o.item = b.item AND o.code = b.lot AND b.lot <> ''"
    " WHERE b.item = ? AND l.warehouse = ? AND b.on_hand > 0 AND b.owner = 0 AND (l.kind = 'bin' OR l.kind = 'dock'"
    " AND l.warehouse IN (SELECT warehouse FROM arrival_setting WHERE NOT puts_away)"
    " AND l.id NOT IN (SELECT reject FROM arrival_setting WHERE reject IS NOT NULL)) ORDER BY l.code, b.lot, b.serial"
)
_PINNED = Statement(
    "SELECT coalesce(sum(a.quantity - a.picked), 0) FROM allocation a JOIN location l ON l.id = a.location"
    " WHERE a.item = ? AND l.warehouse = ? AND a.state = 'open'"
)
_RESERVED_HERE = Statement(
    "SELECT coalesce(sum(quantity), 0) FROM reservation WHERE item = ? AND warehouse = ?"
)
_PIN = Statement(
    "INSERT INTO allocation (document, line, item, location, lot, serial, picked, quantity, state, position,"
    " allocated_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 'open', ?, ?)"
)
_SKIPPED = Statement(
    "SELECT DISTINCT location FROM allocation WHERE document = ? AND line = ? AND state = 'skipped'"
)
_UNPIN = Statement("DELETE FROM allocation WHERE document = ? AND picked = 0")
_END = Statement(
    "UPDATE allocation SET state = 'done', quantity = picked WHERE document = ? AND state = 'open'"
)
_OPEN = Statement(
    "SELECT id, location, lot, serial, quantity - picked AS rest FROM allocation"
    " WHERE document = ? AND line = ? AND state = 'open' ORDER BY position, id"
)
_PICK = Statement(
    "UPDATE allocation SET picked = picked + ?, state = CASE WHEN picked + ? >= quantity THEN 'done' ELSE 'open' END"
    " WHERE id = ?"
)
_PUT_BACK = Statement("UPDATE allocation SET picked = picked - ?, state = 'open' WHERE id = ?")
_DONE = Statement(
    "SELECT id, location, lot, serial, picked AS rest FROM allocation"
    " WHERE document = ? AND line = ? AND picked > 0 ORDER BY position DESC, id DESC"
)
_CLOSE = Statement("UPDATE allocation SET state = ? WHERE id = ? AND state = 'open'")


async def lumps(item: int, warehouse: int) -> list[Lump]:
    """Where an item can be picked in a warehouse, what is held or expired too (the plan skips it)."""
    rows = await fetch(_PLACES, item, warehouse)
    unsure = await _unsure_lots(item, warehouse) if any(row["kind"] == ARRIVED for row in rows) else {}
    found = []
    for row in rows:
        kept_back = min(row["on_hand"], unsure.get(row["lot"], 0)) if row["kind"] == ARRIVED else 0
        if kept_back:
            unsure[row["lot"]] -= kept_back
        found.append(_lump(row, row["on_hand"] - kept_back))
    return found


async def _unsure_lots(item: int, warehouse: int) -> dict[str, int]:
    rows = await fetch(_UNSURE, as_json([item]))
    return {row["lot"]: int(row["quantity"]) for row in rows if row["warehouse"] == warehouse}


def _lump(row: Row, on_hand: int) -> Lump:
    return Lump(
        item=row["item"],
        location=row["location"],
        code=row["code"],
        kind=PICKABLE,
        is_active=bool(row["is_active"]),
        lot=row["lot"],
        serial=row["serial"],
        on_hand=on_hand,
        expiry=row["expiry"],
        is_held=bool(row["is_held"]),
        received_at=row["received_at"],
        allocated=int(row["allocated"]),
    )


async def allocate(want: Want, *, rule: Rule, today: date, used: Iterable[int] = ()) -> Planned:
    """Pin a line's demand to places and lots; what nothing can be pinned for is `short`.

    Never more of an item in a warehouse is allocated than is reserved there; and never again from where somebody
    sent for this line could not take it.
    """
    async with writing():
        left_out = {row[0] for row in await fetch(_SKIPPED, want.document, want.line)}
        pinned = int((await fetch(_PINNED, want.item, want.warehouse))[0][0])
        reserved = int((await fetch(_RESERVED_HERE, want.item, want.warehouse))[0][0])
        may = min(want.quantity, max(0, reserved - pinned))
        there = [one for one in await lumps(want.item, want.warehouse) if one.location not in left_out]
        planned = availability.plan(there, may, rule=rule, day=today, used=dict.fromkeys(used, 1))
        now = clock.now()
        await execute_many(
            _PIN,
            [(want.document, want.line, want.item, take.location, take.lot, take.serial, take.quantity, place, now)
             for place, take in enumerate(planned.takes)],
        )  # fmt: skip
        return Planned(planned.takes, want.quantity - sum(take.quantity for take in planned.takes))


async def deallocate(document: str) -> None:
    """Unpin what of a document is not picked yet; what was picked stays in its story."""
    async with writing():
        await execute(_UNPIN, document)
        await execute(_END, document)


async def settle(document: str, line: int, taken: Take) -> int:
    """Tick off the allocations of a line that a pick serves; gives how much of the pick none had asked for.

    Another place or lot than was planned serves the plan all the same: what is picked is picked.
    """
    async with writing():
        rest, rows = taken.quantity, await fetch(_OPEN, document, line)
        for row in sorted(rows, key=lambda row: _is_elsewhere(row, taken)):
            share = min(rest, row["rest"])
            if share:
                await execute(_PICK, share, share, row["id"])
                rest -= share
        return rest


async def unsettle(document: str, line: int, returned: Take) -> int:
    """The opposite, after a pick was taken back; gives how much of it no allocation knew."""
    async with writing():
        rest, rows = returned.quantity, await fetch(_DONE, document, line)
        for row in sorted(rows, key=lambda row: _is_elsewhere(row, returned)):
            share = min(rest, row["rest"])
            if share:
                await execute(_PUT_BACK, share, row["id"])
                rest -= share
        return rest


def _is_elsewhere(row: Row, take: Take) -> bool:
    return (row["location"], row["lot"], row["serial"]) != (take.location, take.lot, take.serial)


async def close(allocation: int, state: str) -> None:
    """Nothing more is picked here for it: `short` or `skipped`."""
    async with writing():
        await execute(_CLOSE, state, allocation)
