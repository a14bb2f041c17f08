"""The ledger: open the part a group touches, post what was decided, once, with balances and feed."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from server import clock, feed
from server.db import Row, Statement, as_json, execute_many, fetch, fetch_together
from server.stock import wire
from server.stock.book import Book
from server.stock.lot import Lot
from server.stock.movement import REAL, VIRTUAL, Cell, Mark, Moment, Place, Posting


class Origin(msgspec.Struct, frozen=True):
    """Who an operation's movements are signed by."""

    user: int = 0
    device: int = 0


class Wanted(msgspec.Struct):
    """What a group of operations will touch, gathered before anything is read."""

    places: set[int]
    cells: set[Cell]
    earliest: int
    counted: dict[int, int]
    """Locations needed whole, with all their cells: since when their flows are needed too."""


FAR_FUTURE = 1 << 62


def nothing_wanted() -> Wanted:
    """An empty wish, to be filled."""
    return Wanted(set(), set(), FAR_FUTURE, {})


_PLACES = Statement(
    "SELECT id, code, kind, warehouse, is_active FROM location WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, code, kind, warehouse, is_active FROM location"
    " WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_VIRTUAL = Statement(
    "SELECT id, code, kind, warehouse, is_active FROM location WHERE kind IN (SELECT value FROM json_each(?))",
    "SELECT id, code, kind, warehouse, is_active FROM location"
    " WHERE kind IN (SELECT json_array_elements_text(?::text::json))",
)
_CELLS = Statement(
    "SELECT b.item, b.location, b.lot, b.serial, b.owner, b.on_hand - b.debt FROM json_each(?) k JOIN balance b"
    " ON b.item = k.value ->> 0 AND b.location = k.value ->> 1 AND b.lot = k.value ->> 2"
    " AND b.serial = k.value ->> 3 AND b.owner = k.value ->> 4",
    "SELECT b.item, b.location, b.lot, b.serial, b.owner, b.on_hand - b.debt"
    " FROM json_array_elements(?::text::json) k JOIN balance b"
    " ON b.item = (k ->> 0)::int AND b.location = (k ->> 1)::int AND b.lot = k ->> 2 AND b.serial = k ->> 3"
    " AND b.owner = (k ->> 4)::int",
)
_CELLS_AT = Statement(
    "SELECT item, location, lot, serial, owner, on_hand - debt FROM balance"
    " WHERE location IN (SELECT value FROM json_each(?))",
    "SELECT item, location, lot, serial, owner, on_hand - debt FROM balance"
    " WHERE location IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_MARKS = Statement(
    "SELECT event_at, operation, location, item, lot, serial, owner, quantity FROM count_point"
    " WHERE location IN (SELECT value FROM json_each(?)) AND event_at >= ? AND is_void = ?",
    "SELECT event_at, operation, location, item, lot, serial, owner, quantity FROM count_point"
    " WHERE location IN (SELECT (json_array_elements_text(?::text::json))::int) AND event_at >= ? AND is_void = ?",
)
_PAST = Statement(
    "SELECT event_at, operation, item, lot, serial, owner, quantity, source, target FROM movement"
    " WHERE source = ? AND event_at >= ? AND kind = 'flow'"
    " UNION ALL SELECT event_at, operation, item, lot, serial, owner, quantity, source, target FROM movement"
    " WHERE target = ? AND event_at >= ? AND kind = 'flow'"
)


async def places(ids: Iterable[int]) -> dict[int, Place]:
    """These locations, and every virtual one."""
    named, virtual = await fetch_together((_PLACES, (as_json(list(ids)),)), (_VIRTUAL, (as_json(VIRTUAL),)))
    rows = [*named, *virtual]
    return {row[0]: Place(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows}


async def open_book(wanted: Wanted, known: Mapping[int, Place]) -> Book:
    """Read what a group of operations touches. Inside `writing()`, so nobody changes it meanwhile.

    Of the virtual locations nothing is read: what they hold is only ever added to (see `post`).
    """
    cells = [cell for cell in wanted.cells if cell.location in known and known[cell.location].is_real]
    whole = [location for location in wanted.counted if location in known]
    places = sorted({cell.location for cell in cells}.union(whole))
    since = min([wanted.earliest, *wanted.counted.values()])
    rows, more, marks = await fetch_together(
        (_CELLS, (as_json(cells),)), (_CELLS_AT, (as_json(whole),)), (_MARKS, (as_json(places), since, False))
    )
    raw = {Cell(*row[:5]): row[5] for row in map(tuple, (*rows, *more))}
    past = [line for place in whole for line in await _past_of(place, wanted.counted[place])]
    return Book(known, raw, [_mark(row) for row in marks], past)


async def _past_of(location: int, since: int) -> list[tuple[Moment, Cell, int]]:
    lines = []
    for row in await fetch(_PAST, location, since, location, since):
        cell = Cell(row[2], location, row[3], row[4], row[5])
        lines.append((Moment(row[0], row[1]), cell, -row[6] if row[7] == location else row[6]))
    return lines


def _mark(row: Row) -> Mark:
    return Mark(Moment(row[0], row[1]), *tuple(row)[2:])


_MOVEMENT = Statement(
    "INSERT INTO movement (operation, leg, kind, act, item, lot, serial, owner, quantity, source, target, event_at,"
    " posted_at, document, reason, user_id, device, reverses)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_BALANCE = Statement(
    "INSERT INTO balance (item, location, lot, serial, owner, on_hand, debt, changed_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item, location, lot, serial, owner)"
    " DO UPDATE SET on_hand = excluded.on_hand, debt = excluded.debt, changed_at = excluded.changed_at"
)
_VIRTUAL_BALANCE = Statement(
    "INSERT INTO balance (item, location, lot, serial, owner, on_hand, debt, changed_at)"
    " VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (item, location, lot, serial, owner)"
    " DO UPDATE SET on_hand = balance.on_hand + excluded.on_hand, changed_at = excluded.changed_at"
)
_COUNT_POINT = Statement(
    "INSERT INTO count_point (operation, location, item, lot, serial, owner, quantity, event_at, is_void)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_VOID = Statement("UPDATE count_point SET is_void = ? WHERE operation = ?")


async def post(book: Book, origins: Mapping[str, Origin], lots: Mapping[tuple[int, str], Lot]) -> None:
    """Write what the book posted: movements, balances, count points and the feed rows that follow."""
    now = clock.now()
    await execute_many(_MOVEMENT, [_movement_row(posting, origins, now) for posting in book.postings])
    cells = sorted(book.changed())
    real = [cell for cell in cells if cell.location in book.real]
    await execute_many(_BALANCE, [(*cell, book.on_hand(cell), book.debt(cell), now) for cell in real])
    await execute_many(
        _VIRTUAL_BALANCE,
        [(*cell, book.raw[cell], now) for cell in cells if cell.location not in book.real],
    )
    if book.new_marks:
        rows = [
            (mark.when.operation, mark.location, mark.item, mark.lot, mark.serial, mark.owner, mark.quantity,
             mark.when.at, mark.when.operation in book.voided)
            for mark in book.new_marks
        ]  # fmt: skip
        await execute_many(_COUNT_POINT, rows)
    if book.voided:
        await execute_many(_VOID, [(True, operation) for operation in book.voided])
    publish(real, book, lots)


def publish(cells: Iterable[Cell], book: Book, lots: Mapping[tuple[int, str], Lot]) -> None:
    """Put the balances of these cells into the feed of their warehouse; owners other than us stay out."""
    for cell in cells:
        place = book.places[cell.location]
        if place.is_real and cell.owner == 0:
            body = wire.balance_body(book.on_hand(cell), lots.get((cell.item, cell.lot)))
            feed.put(f"warehouse:w-{place.warehouse}", "balance", wire.balance_key(cell), body)


_OF_LOT = Statement(
    "SELECT b.item, b.location, b.lot, b.serial, b.owner, b.on_hand, l.warehouse, l.kind FROM balance b"
    " JOIN location l ON l.id = b.location WHERE b.item = ? AND b.lot = ? AND b.owner = 0"
)


async def republish_lot(item: int, lot: str, state: Lot) -> None:
    """A lot's dates or hold changed: all its balances read differently now."""
    for row in await fetch(_OF_LOT, item, lot):
        if row[7] in REAL:
            cell = Cell(*tuple(row)[:5])
            feed.put(
                f"warehouse:w-{row[6]}", "balance", wire.balance_key(cell), wire.balance_body(row[5], state)
            )


def _movement_row(posting: Posting, origins: Mapping[str, Origin], now: int) -> tuple[Any, ...]:
    flow = posting.flow
    origin = origins[posting.operation]
    return (
        posting.operation, posting.leg, posting.kind, flow.act, flow.item, flow.lot, flow.serial, flow.owner,
        flow.quantity, flow.source, flow.target, posting.event_at, now, flow.document, flow.reason, origin.user,
        origin.device, flow.reverses,
    )  # fmt: skip
