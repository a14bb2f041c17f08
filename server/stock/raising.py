"""Raising what waits for a person: incidents and count tasks, and laying to rest those that settled themselves."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from server import clock, feed, quantity
from server.db import Statement, as_json, execute, execute_many, fetch
from server.stock import wire
from server.stock.book import Book
from server.stock.movement import Cell, Place

_RAISE = Statement(
    "INSERT INTO incident (kind, subject, warehouse, operation, body, opened_at, decision, decided_by)"
    " VALUES (?, ?, ?, ?, ?, ?, '', 0) ON CONFLICT DO NOTHING"
)
_LAY = Statement(
    "UPDATE incident SET closed_at = ?, decision = ? WHERE kind = ? AND subject = ? AND closed_at IS NULL"
)
_OWING = Statement(
    "SELECT DISTINCT location FROM balance WHERE debt > 0 AND location IN (SELECT value FROM json_each(?))",
    "SELECT DISTINCT location FROM balance WHERE debt > 0"
    " AND location IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
_OPEN_TASKS = Statement(
    "SELECT subject, id, reason FROM task WHERE kind = 'count' AND closed_at IS NULL"
    " AND subject IN (SELECT value FROM json_each(?))",
    "SELECT subject, id, reason FROM task WHERE kind = 'count' AND closed_at IS NULL"
    " AND subject IN (SELECT json_array_elements_text(?::text::json))",
)
_NEW_TASK = Statement(
    "INSERT INTO task (kind, subject, warehouse, location, item, reason, opened_at, operation)"
    " VALUES ('count', ?, ?, ?, ?, ?, ?, ?)"
)
_KEEP_TASK = Statement("UPDATE task SET reason = ? WHERE id = ?")
_ASKED_BEFORE = Statement("SELECT id FROM task WHERE id = ? AND opened_at <= ?")
_COUNTED_AT = Statement(
    "SELECT coalesce(max(event_at), 0) FROM count_point WHERE location = ? AND item = 0 AND NOT is_void"
)
_SURPRISED_AT = Statement(
    "SELECT id, body, reason FROM task WHERE kind = 'count' AND subject = ? AND closed_at IS NULL"
)
_NOTE = Statement("UPDATE task SET body = ? WHERE id = ?")
_CLOSE_TASK = Statement("UPDATE task SET closed_at = ? WHERE id = ?")


_DOUBLED = Statement(
    "SELECT b.item, b.serial FROM json_each(?) k JOIN balance b ON b.item = k.value ->> 0"
    " AND b.serial = k.value ->> 1 JOIN location l ON l.id = b.location"
    " WHERE b.on_hand > 0 AND l.kind IN ('bin', 'dock', 'tote', 'carton')"
    " GROUP BY b.item, b.serial HAVING sum(b.on_hand) > ?",
    "SELECT b.item, b.serial FROM json_array_elements(?::text::json) k JOIN balance b"
    " ON b.item = (k ->> 0)::int AND b.serial = k ->> 1 JOIN location l ON l.id = b.location"
    " WHERE b.on_hand > 0 AND l.kind IN ('bin', 'dock', 'tote', 'carton')"
    " GROUP BY b.item, b.serial HAVING sum(b.on_hand) > ?::bigint",
)


SURPRISES = ("short", "not_empty")
"""Why a place is to be counted after a picker was surprised there."""

PLANNED = "plan"
"""The reason of a place that a plan of counts asks for."""


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
    if book.new_marks:
        await _close_counted(book)
    changed = book.changed()
    if serials := {(cell.item, cell.serial) for cell in changed if cell.serial}:
        await _settle_serials(sorted(serials))
    cells = sorted(cell for cell in changed if _debt_changed(book, cell))
    if not cells:
        return {}
    now = clock.now()
    owing = [cell for cell in cells if book.debt(cell)]
    settled = [cell for cell in cells if not book.debt(cell)]
    await execute_many(_RAISE, [_incident(book, cell, causes.get(cell, ""), now) for cell in owing])
    await execute_many(_LAY, [(now, "settled", "suspense", wire.balance_key(cell)) for cell in settled])
    return await _settle_tasks(book, cells, causes)


async def _settle_serials(serials: list[tuple[int, str]]) -> None:
    """Open an incident where one piece is on hand more than once, close it when a scan or count has settled it.

    Like the debts it follows from the balances alone, so any order of arrival leaves the same.
    """
    doubled = {(row[0], row[1]) for row in await fetch(_DOUBLED, as_json(serials), quantity.SCALE)}
    now = clock.now()
    await execute_many(
        _RAISE,
        [("serial", f"i-{item}/{serial}", None, "", _piece(item, serial), now) for item, serial in doubled],
    )
    await execute_many(
        _LAY,
        [
            (now, "settled", "serial", f"i-{item}/{serial}")
            for item, serial in serials
            if (item, serial) not in doubled
        ],
    )


def _piece(item: int, serial: str) -> str:
    return msgspec.json.encode({"cell": [item, 0, "", serial, 0]}).decode()


def _debt_changed(book: Book, cell: Cell) -> bool:
    return book.places[cell.location].is_real and book.debt(cell) != max(0, -book.opening.get(cell, 0))


def _incident(book: Book, cell: Cell, cause: str, now: int) -> tuple[object, ...]:
    body = msgspec.json.encode({"cell": list(cell)}).decode()
    return "suspense", wire.balance_key(cell), book.places[cell.location].warehouse, cause, body, now


async def _settle_tasks(book: Book, cells: list[Cell], causes: Mapping[Cell, str]) -> dict[int, str]:
    first = {cell.location: cell for cell in reversed(cells)}
    owing = {row[0] for row in await fetch(_OWING, as_json(list(first)))}
    standing = await _open_tasks(first)
    repaid = {
        book.places[place]: task.id
        for place, task in standing.items()
        if place not in owing and task.reason == "suspense" and not await was_surprised_since_counted(place)
    }
    await close_tasks(repaid)
    missing = sorted(owing - standing.keys())
    if missing:
        now = clock.now()
        await execute_many(
            _NEW_TASK,
            [
                (
                    f"l-{place}",
                    book.places[place].warehouse,
                    place,
                    cell.item,
                    "suspense",
                    now,
                    causes.get(cell, ""),
                )
                for place, cell in ((place, first[place]) for place in missing)
            ],
        )
        standing |= await _open_tasks(missing)
    for place in missing:
        _tell_task(book.places[place].warehouse, place, standing[place].id, "suspense", first[place].item)
    return {place: f"t-{standing[place].id}" for place in owing}


async def ask_for_counts(places: Mapping[int, int], reason: str, cause: str, now: int) -> None:
    """Let somebody count these locations (each with its warehouse), whatever the book says of them.

    Such a task ends when the whole location has been counted, not when a debt is repaid.
    """
    standing = await _open_tasks(places)
    await execute_many(_KEEP_TASK, [(reason, task.id) for task in standing.values()])
    missing = sorted(places.keys() - standing.keys())
    await execute_many(
        _NEW_TASK, [(f"l-{place}", places[place], place, None, reason, now, cause) for place in missing]
    )
    for place, task in (await _open_tasks(places)).items():
        _tell_task(places[place], place, task.id, reason)


def _tell_task(warehouse: int, place: int, task: int, reason: str, item: int = 0) -> None:
    body = {"kind": "count", "location": f"l-{place}", "reason": reason}
    feed.put(f"warehouse:w-{warehouse}", "task", f"t-{task}", body | ({"item": f"i-{item}"} if item else {}))


async def _close_counted(book: Book) -> None:
    """End the tasks of locations that have been counted whole since they were asked for."""
    # A count that was taken back with the same batch answers nothing.
    whole = {
        mark.location: mark.when.at
        for mark in book.new_marks
        if mark.item == 0 and mark.when.operation not in book.voided
    }
    for place, task in (await _open_tasks(whole)).items() if whole else ():
        if await _is_answered(task, place, whole[place]):
            await close_tasks({book.places[place]: task.id})


async def _is_answered(task: "_Open", place: int, counted_at: int) -> bool:
    if task.reason == "suspense":
        return False
    if await was_surprised_since_counted(place):
        return False
    return task.reason in SURPRISES or bool(await fetch(_ASKED_BEFORE, task.id, counted_at))


async def ask_after_surprise(place: int, warehouse: int, reason: str, cause: str, at: int) -> None:
    """Let a place be counted in which a picker found too little or too much, unless it has been since.

    What is open follows from when things happened, so it does not matter which of the two was heard of first.
    """
    if (await fetch(_COUNTED_AT, place))[0][0] > at:
        return
    standing = await fetch(_SURPRISED_AT, f"l-{place}")
    if not standing or standing[0]["reason"] != PLANNED:
        await ask_for_counts({place: warehouse}, reason, cause, at)
        standing = await fetch(_SURPRISED_AT, f"l-{place}")
    for task, body, _ in standing:
        noted = msgspec.json.decode(body or "{}")
        noted["surprised_at"] = max(at, noted.get("surprised_at", 0))
        await execute(_NOTE, msgspec.json.encode(noted).decode(), task)


async def was_surprised_since_counted(place: int) -> bool:
    """Whether a picker was surprised there, and nobody has counted the whole place since."""
    counted_at = (await fetch(_COUNTED_AT, place))[0][0]
    standing = await fetch(_SURPRISED_AT, f"l-{place}")
    return any(
        msgspec.json.decode(row["body"] or "{}").get("surprised_at", 0) > counted_at for row in standing
    )


class _Open(NamedTuple):
    """A task that stands."""

    id: int
    reason: str


async def _open_tasks(places: Iterable[int]) -> dict[int, _Open]:
    rows = await fetch(_OPEN_TASKS, as_json([f"l-{place}" for place in places]))
    return {int(row[0][2:]): _Open(row[1], row[2]) for row in rows}


async def close_tasks(tasks: Mapping[Place, int]) -> None:
    """Take count tasks off everybody's list."""
    await execute_many(_CLOSE_TASK, [(clock.now(), task) for task in tasks.values()])
    for place, task in tasks.items():
        feed.drop(f"warehouse:w-{place.warehouse}", "task", f"t-{task}")
