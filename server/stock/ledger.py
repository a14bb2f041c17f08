"""The ledger: open the part a group touches, post what was decided, once, with balances and feed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from server import clock, feed
from server.db import Row, Statement, execute_many, fetch, fetch_by_keys
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
    "SELECT id, code, kind, warehouse, is_active, is_blind FROM location WHERE id IN (SELECT value FROM json_each(?))",
    "SELECT id, code, kind, warehouse, is_active, is_blind FROM location"
    " WHERE id IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_VIRTUAL = Statement(
    "SELECT id, code, kind, warehouse, is_active, is_blind FROM location"
    " WHERE kind IN (SELECT value FROM json_each(?))",
    "SELECT id, code, kind, warehouse, is_active, is_blind FROM location"
    " WHERE kind IN (SELECT json_array_elements_text(?::text::json))",
)
_CELLS = Statement(
    "SELECT k.key, b.on_hand - b.debt FROM json_each(?) k JOIN balance b"
    " ON b.item = k.value ->> 0 AND b.location = k.value ->> 1 AND b.lot = k.value ->> 2"
    " AND b.serial = k.value ->> 3 AND b.owner = k.value ->> 4",
    "SELECT k.at - 1, b.on_hand - b.debt"
    " FROM json_array_elements(?::text::json) WITH ORDINALITY AS k (cell, at) JOIN balance b"
    " ON b.item = (k.cell ->> 0)::int AND b.location = (k.cell ->> 1)::int AND b.lot = k.cell ->> 2"
    " AND b.serial = k.cell ->> 3 AND b.owner = (k.cell ->> 4)::int",
)
_CELLS_AT = Statement(
    "SELECT item, location, lot, serial, owner, on_hand - debt FROM balance"
    " WHERE location IN (SELECT value FROM json_each(?))",
    "SELECT item, location, lot, serial, owner, on_hand - debt FROM balance"
    " WHERE location IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_MARKS = Statement(
    "SELECT c.event_at, c.operation, c.location, c.item, c.lot, c.serial, c.owner, c.quantity"
    " FROM json_each(?) k JOIN count_point c ON c.location = k.value ->> 0 AND c.event_at >= k.value ->> 1"
    " WHERE NOT c.is_void",
    "SELECT c.event_at, c.operation, c.location, c.item, c.lot, c.serial, c.owner, c.quantity"
    " FROM json_array_elements(?::text::json) k JOIN count_point c"
    " ON c.location = (k ->> 0)::int AND c.event_at >= (k ->> 1)::bigint WHERE NOT c.is_void",
)
_LEFT = Statement(
    "SELECT m.event_at, m.operation, m.item, m.source, m.lot, m.serial, m.owner, -m.quantity FROM json_each(?) k"
    " JOIN movement m ON m.source = k.value ->> 0 AND m.event_at >= k.value ->> 1 WHERE m.kind = 'flow'",
    "SELECT m.event_at, m.operation, m.item, m.source, m.lot, m.serial, m.owner, -m.quantity"
    " FROM json_array_elements(?::text::json) k JOIN movement m"
    " ON m.source = (k ->> 0)::int AND m.event_at >= (k ->> 1)::bigint WHERE m.kind = 'flow'",
)
_CAME = Statement(
    "SELECT m.event_at, m.operation, m.item, m.target, m.lot, m.serial, m.owner, m.quantity FROM json_each(?) k"
    " JOIN movement m ON m.target = k.value ->> 0 AND m.event_at >= k.value ->> 1 WHERE m.kind = 'flow'",
    "SELECT m.event_at, m.operation, m.item, m.target, m.lot, m.serial, m.owner, m.quantity"
    " FROM json_array_elements(?::text::json) k JOIN movement m"
    " ON m.target = (k ->> 0)::int AND m.event_at >= (k ->> 1)::bigint WHERE m.kind = 'flow'",
)


async def open_book(wanted: Wanted) -> Book:
    """Read what a group of operations touches. Inside `writing()`, so nobody changes it meanwhile."""
    return book_of(wanted, await fetch_by_keys(keys(wanted)))


def keys(wanted: Wanted) -> dict[Statement, Collection[Any]]:
    """What must be read for the book of these wishes; it may be read together with other things."""
    since = min([wanted.earliest, *wanted.counted.values()])
    counted = list(wanted.counted.items())
    return {
        _PLACES: wanted.places,
        _VIRTUAL: VIRTUAL,
        _CELLS: list(wanted.cells),
        _CELLS_AT: list(wanted.counted),
        _MARKS: [(place, since) for place in wanted.places],
        _LEFT: counted,
        _CAME: counted,
    }


def book_of(wanted: Wanted, found: Mapping[Statement, Sequence[Row]]) -> Book:
    """The book of these wishes, from the rows that `keys` asked for.

    Of the virtual locations nothing is kept: what they hold is only ever added to (see `post`).
    """
    places = {
        row[0]: Place(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]))
        for row in (*found[_PLACES], *found[_VIRTUAL])
    }
    real = {place.id for place in places.values() if place.is_real}
    named = list(wanted.cells)
    raw = {cell: amount for index, amount in found[_CELLS] if (cell := named[index]).location in real}
    raw |= {Cell(*cell): amount for *cell, amount in map(tuple, found[_CELLS_AT]) if cell[1] in real}
    marks = [Mark(Moment(at, operation), *seen) for at, operation, *seen in map(tuple, found[_MARKS])]
    past = [
        (Moment(at, operation), Cell(item, place, lot, serial, owner), amount)
        for at, operation, item, place, lot, serial, owner, amount in (*found[_LEFT], *found[_CAME])
    ]
    return Book(places, raw, marks, past)


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
    lines: dict[str, list[tuple[str, wire.BalanceBody]]] = {}
    for cell in cells:
        if cell.owner == 0:
            place, lot = book.places[cell.location], lots.get((cell.item, cell.lot))
            scope = wire.balance_scope(place.warehouse, is_blind=place.is_blind)
            body = wire.balance_body(book.on_hand(cell), lot)
            lines.setdefault(scope, []).append((wire.balance_key(cell), body))
            if place.is_blind:
                feed.put(*wire.lying_row(place.warehouse, cell, lot.expiry if lot else ""))
    for scope, of_scope in lines.items():
        feed.put_all(scope, "balance", of_scope)


_OF_LOT = Statement(
    "SELECT b.item, b.location, b.lot, b.serial, b.owner, b.on_hand, l.warehouse, l.kind, l.is_blind FROM balance b"
    " JOIN location l ON l.id = b.location WHERE b.item = ? AND b.lot = ? AND b.owner = 0"
)


async def republish_lot(item: int, lot: str, state: Lot) -> None:
    """A lot's dates or hold changed: all its balances read differently now."""
    for row in await fetch(_OF_LOT, item, lot):
        if row[7] in REAL:
            cell = Cell(*tuple(row)[:5])
            scope = wire.balance_scope(row[6], is_blind=bool(row[8]))
            feed.put(scope, "balance", wire.balance_key(cell), wire.balance_body(row[5], state))
            if row[8] and row[5] > 0:
                feed.put(*wire.lying_row(row[6], cell, state.expiry))


def _movement_row(posting: Posting, origins: Mapping[str, Origin], now: int) -> tuple[Any, ...]:
    flow = posting.flow
    origin = origins[posting.operation]
    return (
        posting.operation, posting.leg, posting.kind, flow.act, flow.item, flow.lot, flow.serial, flow.owner,
        flow.quantity, flow.source, flow.target, posting.event_at, now, flow.document, flow.reason, origin.user,
        origin.device, flow.reverses,
    )  # fmt: skip
