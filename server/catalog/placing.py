"""Open warehouses, divide them into zones, edit single locations, and say who works where."""

from collections.abc import Iterable

import msgspec

from server import events, feed
from server.catalog import maintaining, place, queries, wire
from server.catalog.barcode import code_key
from server.catalog.item import Fault, clean
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.place import BinRange, LocationDraft
from server.db import Statement, execute, execute_many, writing

_INSERT_WAREHOUSE = Statement(
    "INSERT INTO warehouse (code, name, is_active, version) VALUES (?, ?, ?, 1) RETURNING id"
)
_UPDATE_WAREHOUSE = Statement(
    "UPDATE warehouse SET code = ?, name = ?, is_active = ?, version = version + 1 WHERE id = ?"
)
_INSERT_ZONE = Statement("INSERT INTO zone (warehouse, code, name) VALUES (?, ?, ?) RETURNING id")
_UPDATE_ZONE = Statement("UPDATE zone SET code = ?, name = ? WHERE id = ?")
_LOCATIONS_OF_ZONE = Statement("SELECT id FROM location WHERE zone = ?")
_CLEAR_ASSIGNMENTS = Statement("DELETE FROM assignment WHERE person = ?")
_ASSIGN = Statement("INSERT INTO assignment (person, warehouse) VALUES (?, ?)")


async def open_warehouse(code: str, name: str, *, by: int) -> Added | Refused:
    """Open a warehouse with the places every warehouse has: the virtual ones and a dock."""
    code, name = code_key(clean(code)), clean(name)
    wrong = place.faults_of_place(code, name)
    async with writing():
        wrong += await _taken(code, 0)
        own = place.own_places(0, code)
        if await queries.location_ids_by_code(draft.code for draft in own):
            wrong.append(Fault(0, "code", "catalog.fault.code_taken"))
        if wrong:
            return Refused(wrong)
        warehouse: int = (await execute(_INSERT_WAREHOUSE, code, name, True))[0][0]
        feed.put(*wire.warehouse_row(warehouse, code, name, is_active=True))
        await events.record("warehouse.opened", f"warehouse:{warehouse}", {"code": code, "name": name}, by=by)
        await maintaining.add_places(place.own_places(warehouse, code), by=by)
        return Added([warehouse])


async def edit_warehouse(
    warehouse_id: int, code: str, name: str, *, is_active: bool, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Rename a warehouse, or close and reopen it. Its places keep their codes."""
    code, name = code_key(clean(code)), clean(name)
    wrong = place.faults_of_place(code, name)
    async with writing():
        standing = await queries.warehouse(warehouse_id)
        if standing is None:
            return Missing()
        if standing.version != version:
            return Stale(standing.version)
        if wrong := [*wrong, *await _taken(code, warehouse_id)]:
            return Refused(wrong)
        if (standing.code, standing.name, standing.is_active) == (code, name, is_active):
            return Edited([])
        await execute(_UPDATE_WAREHOUSE, code, name, is_active, warehouse_id)
        feed.put(*wire.warehouse_row(warehouse_id, code, name, is_active=is_active))
        body: dict[str, list[object]] = {
            "code": [standing.code, code],
            "name": [standing.name, name],
            "is_active": [standing.is_active, is_active],
        }
        changed = {field: pair for field, pair in body.items() if pair[0] != pair[1]}
        await events.record("warehouse.edited", f"warehouse:{warehouse_id}", changed, by=by)
        return Edited([warehouse_id])


async def _taken(code: str, warehouse: int) -> list[Fault]:
    other = await queries.warehouse_by_code(code)
    taken = other is not None and other.id != warehouse
    return [Fault(0, "code", "catalog.fault.code_taken")] if taken else []


async def add_zone(warehouse: int, code: str, name: str, *, by: int) -> Added | Refused | Missing:
    """Add a zone to a warehouse."""
    code, name = code_key(clean(code)), clean(name)
    wrong = place.faults_of_place(code, name)
    async with writing():
        if await queries.warehouse(warehouse) is None:
            return Missing()
        if (warehouse, code) in await queries.zone_ids([warehouse]):
            wrong.append(Fault(0, "code", "catalog.fault.code_taken"))
        if wrong:
            return Refused(wrong)
        zone: int = (await execute(_INSERT_ZONE, warehouse, code, name))[0][0]
        await events.record("zone.added", f"warehouse:{warehouse}", {"code": code, "name": name}, by=by)
        return Added([zone])


async def edit_zone(zone_id: int, code: str, name: str, *, by: int) -> Edited | Refused | Missing:
    """Rename a zone; the rows of its locations carry its code, so they are told anew."""
    code, name = code_key(clean(code)), clean(name)
    wrong = place.faults_of_place(code, name)
    async with writing():
        standing = await queries.zone(zone_id)
        if standing is None:
            return Missing()
        if (await queries.zone_ids([standing.warehouse])).get((standing.warehouse, code), zone_id) != zone_id:
            wrong.append(Fault(0, "code", "catalog.fault.code_taken"))
        if wrong:
            return Refused(wrong)
        await execute(_UPDATE_ZONE, code, name, zone_id)
        inside = [row[0] for row in await execute(_LOCATIONS_OF_ZONE, zone_id)]
        for key, line in (await queries.locations(inside)).items():
            feed.put(*wire.location_row(key, queries.location_draft(line)))
        body = {"code": [standing.code, code], "name": [standing.name, name]}
        await events.record("zone.edited", f"warehouse:{standing.warehouse}", body, by=by)
        return Edited([zone_id])


async def add_bins(warehouse: int, wanted: BinRange, zone: str, *, by: int) -> Added | Refused | Missing:
    """Add every bin of a range of aisles, bays and levels."""
    async with writing():
        if await queries.warehouse(warehouse) is None:
            return Missing()
        drafts = place.bins(wanted, warehouse, zone)
        if wrong := [draft for draft in drafts if isinstance(draft, Fault)]:
            return Refused(wrong)
        bins = [draft for draft in drafts if isinstance(draft, LocationDraft)]
        return await maintaining.add_locations(bins, by=by)


async def edit_location(
    location: int, draft: LocationDraft, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Edit one real location that its editor saw at `version`. Virtual ones are not for people to edit."""
    async with writing():
        standing = (await queries.locations([location])).get(location)
        if standing is None or standing.kind in place.VIRTUAL_KINDS:
            return Missing()
        if standing.version != version:
            return Stale(standing.version)
        here = msgspec.structs.replace(draft, warehouse=standing.warehouse)
        return await maintaining.edit_locations({location: here}, by=by)


async def assign(person: int, warehouses: Iterable[int], *, by: int) -> Edited:
    """Say in which warehouses somebody works."""
    wanted = frozenset(warehouses)
    async with writing():
        before = await queries.warehouses_of(person)
        if before == wanted:
            return Edited([])
        await execute(_CLEAR_ASSIGNMENTS, person)
        if wanted:
            await execute_many(_ASSIGN, [(person, warehouse) for warehouse in sorted(wanted)])
        body = {"warehouses": [sorted(before), sorted(wanted)]}
        await events.record("person.assigned", f"person:{person}", body, by=by)
        return Edited([person])
