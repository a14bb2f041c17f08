"""Raising what waits for a person: incidents and count tasks, and laying to rest those that settled themselves."""

from collections.abc import Iterable, Mapping

import msgspec

from server import clock, feed
from server.db import Statement, execute, fetch
from server.stock import wire
from server.stock.book import Book
from server.stock.movement import Cell, Place

_RAISE = Statement(
    "INSERT INTO incident (kind, subject, warehouse, operation, body, opened_at, decision, decided_by)"
    " VALUES (?, ?, ?, ?, ?, ?, '', 0) ON CONFLICT DO NOTHING RETURNING id"
)
_LAY = Statement(
    "UPDATE incident SET closed_at = ?, decision = ? WHERE kind = ? AND subject = ? AND closed_at IS NULL"
)
_TASK = Statement("SELECT id FROM task WHERE kind = 'count' AND subject = ? AND closed_at IS NULL")
_NEW_TASK = Statement(
    "INSERT INTO task (kind, subject, warehouse, location, item, reason, opened_at, operation)"
    " VALUES ('count', ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_DEBTS_AT = Statement("SELECT count(*) FROM balance WHERE location = ? AND debt > 0")
_CLOSE_TASK = Statement(
    "UPDATE task SET closed_at = ? WHERE kind = 'count' AND subject = ? AND closed_at IS NULL RETURNING id"
)


async def raise_incident(
    kind: str, subject: str, body: object, *, warehouse: int | None = None, operation: str = ""
) -> None:
    """Let a person know, once per kind and subject until it is decided."""
    encoded = msgspec.json.encode(body).decode()
    await execute(_RAISE, kind, subject, warehouse, operation, encoded, clock.now())


async def settle_debts(book: Book, causes: Mapping[Cell, str]) -> dict[int, str]:
    """Open an incident and a count task where suspense has lent, close them where it was repaid.

    What is open follows from the balances alone, so any order of arrival leaves the same. Gives the open
    count task of each location that owes.
    """
    cells = [cell for cell in book.changed() if book.places[cell.location].is_real and _debt_changed(book, cell)]
    for cell in sorted(cells):
        await _settle(book, cell, causes.get(cell, ""))
    return {location: await _settle_task(book, location, cells, causes) for location in _locations(cells)}


def _debt_changed(book: Book, cell: Cell) -> bool:
    return book.debt(cell) != max(0, -book.opening.get(cell, 0))


def _locations(cells: Iterable[Cell]) -> list[int]:
    return sorted({cell.location for cell in cells})


async def _settle(book: Book, cell: Cell, cause: str) -> None:
    subject = wire.balance_key(cell)
    if book.debt(cell):
        place = book.places[cell.location]
        await raise_incident("suspense", subject, {"cell": list(cell)}, warehouse=place.warehouse, operation=cause)
    else:
        await execute(_LAY, clock.now(), "settled", "suspense", subject)


async def _settle_task(book: Book, location: int, cells: list[Cell], causes: Mapping[Cell, str]) -> str:
    place = book.places[location]
    subject = f"l-{location}"
    if not (await fetch(_DEBTS_AT, location))[0][0]:
        await close_count_task(place)
        return ""
    if rows := await fetch(_TASK, subject):
        return f"t-{rows[0][0]}"
    first = min(cell for cell in cells if cell.location == location)
    now = clock.now()
    made = await execute(
        _NEW_TASK, subject, place.warehouse, location, first.item, "suspense", now, causes.get(first, "")
    )
    key = f"t-{made[0][0]}"
    body = {"kind": "count", "location": subject, "item": f"i-{first.item}", "reason": "suspense"}
    feed.put(f"warehouse:w-{place.warehouse}", "task", key, body)
    return key


async def close_count_task(place: Place) -> None:
    """Take the open count task of a location off everybody's list."""
    for row in await execute(_CLOSE_TASK, clock.now(), f"l-{place.id}"):
        feed.drop(f"warehouse:w-{place.warehouse}", "task", f"t-{row[0]}")
