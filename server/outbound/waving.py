"""Pick several notices on one walk: a wave is single, batch, cluster (a tote for each) or zone (handed over)."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from server import clock, events
from server.catalog.maintaining import Missing
from server.db import Statement, execute, execute_many, fetch, writing
from server.documents import numbering
from server.outbound import batch, following, notice, releasing, routing, surveying, walk
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow, Released
from server.outbound.surveying import Notice
from server.stock.ledger import Origin

KINDS: Final = ("single", "batch", "cluster", "zone")
MAX_TOTES: Final = 12
"""More totes than a trolley carries are not one cluster."""

MAX_NOTICES: Final = 100
MOST_PROPOSED: Final = 24
"""Of so many notices waves are proposed at once: the most urgent ones, since every pair of them is measured."""

_INSERT = Statement(
    "INSERT INTO wave (number, warehouse, kind, state, taken_by, device, walk_mm, by_code_mm, created_by, created_at)"
    " VALUES (?, ?, ?, 'open', 0, 0, 0, 0, ?, ?) RETURNING id"
)
_JOIN = Statement("UPDATE shipment_notice SET wave = ?, version = version + 1 WHERE id = ?")
_LEAVE = Statement("UPDATE shipment_notice SET wave = NULL, version = version + 1 WHERE wave = ?")
_TOTE = Statement("INSERT INTO wave_tote (wave, position, notice, tote) VALUES (?, ?, ?, NULL)")
_SET_TOTE = Statement("UPDATE wave_tote SET tote = ? WHERE wave = ? AND position = ?")
_NOTICE_TOTE = Statement("UPDATE shipment_notice SET tote = ?, version = version + 1 WHERE id = ?")
_TOTE_IN_USE = Statement(
    "SELECT 1 FROM shipment_notice WHERE tote = ? AND id <> ? AND state NOT IN ('shipped', 'cancelled', 'short_closed')"
    " UNION ALL SELECT 1 FROM balance WHERE location = ? AND on_hand > 0 LIMIT 1"
)
_FORGET_TOTES = Statement("UPDATE shipment_notice SET tote = NULL WHERE wave = ?")
_DROP_TOTES = Statement("DELETE FROM wave_tote WHERE wave = ?")
_STATE = Statement("UPDATE wave SET state = ?, closed_at = ? WHERE id = ?")
_OF_WAVE = Statement("SELECT id FROM shipment_notice WHERE wave = ? ORDER BY id")


async def group(ids: Sequence[int], kind: str, *, by: By) -> Released | NotNow | Missing:
    """Let these notices be picked together; those that wait are released with it."""
    async with writing():
        found = [one for one in await surveying.notices(ids) if by.reaches(one.warehouse)]
        if not found or len(found) != len(set(ids)):
            return Missing()
        if why := _why_not(found, kind):
            return NotNow((why,))
        number = await numbering.next_number("wv")
        new: int = (await execute(_INSERT, number, found[0].warehouse, kind, by.person, clock.now()))[0][0]
        await execute_many(_JOIN, [(new, one.id) for one in found])
        await execute_many(_TOTE, [(new, place, one.id) for place, one in enumerate(found, 1)])
        await releasing.release([one.id for one in found], by=by)
        steps = (await surveying.steps_of([found[0].warehouse]))[found[0].warehouse]
        first = await surveying.notice(found[0].id)
        assert first is not None, "a notice is never deleted"
        await routing.plan_walk(first, steps)
        await following.tell_devices([one.id for one in found])
        body = {"notices": " ".join(one.number for one in found), "kind": kind}
        await events.record("wave.added", f"wv:{new}", body, by=by.person, device=by.device)
        return Released(new, number)


def _why_not(found: Sequence[Notice], kind: str) -> str | None:
    if kind not in KINDS or (kind == "single" and len(found) > 1):
        return "kind"
    if len({one.warehouse for one in found}) > 1:
        return "warehouses"
    if len(found) > (MAX_TOTES if kind == "cluster" else MAX_NOTICES):
        return "too_many"
    is_ready = all(
        one.state in ("waiting", "released") and not one.wave and not one.taken_by for one in found
    )
    return None if is_ready else "state"


async def dissolve(wave_id: int, *, by: By) -> Done | NotNow | Missing:
    """Let the notices of a wave be picked one by one again; nothing of it may be picked yet."""
    async with writing():
        wave = await surveying.wave(wave_id, by.warehouses)
        if wave is None:
            return Missing()
        found = await surveying.notices_of_wave(wave_id)
        if wave.closed_at or any(one.state not in ("waiting", "released") or one.taken_by for one in found):
            return NotNow(("state",))
        await execute(_FORGET_TOTES, wave_id)
        await execute(_LEAVE, wave_id)
        await execute(_DROP_TOTES, wave_id)
        await execute(_STATE, "dissolved", clock.now(), wave_id)
        steps = (await surveying.steps_of([wave.warehouse]))[wave.warehouse]
        for one in await surveying.notices([each.id for each in found]):
            await routing.plan_walk(one, steps)
        await following.refresh({one.id: Origin(by.person, by.device) for one in found})
        await events.record("wave.dissolved", f"wv:{wave_id}", {}, by=by.person, device=by.device)
        return Done(wave_id, "dissolved")


# Totes of a trolley


async def put_on(wave_id: int, tote: str, *, position: int = 0, by: By) -> Done | NotNow | Missing:
    """Put a tote, named by its code, on a place of the wave's trolley; 0 is the first place without one."""
    async with writing():
        wave = await surveying.wave(wave_id, by.warehouses)
        if wave is None:
            return Missing()
        places = await surveying.wave_totes(wave_id)
        place = next(
            (one for one in places if one.position == position or (not position and not one.tote)), None
        )
        if place is None:
            return NotNow(("no_position",))
        location = await surveying.tote_by_code(tote, wave.warehouse)
        if location is None:
            return NotNow(("no_tote",))
        if await fetch(_TOTE_IN_USE, location, place.notice, location):
            return NotNow(("tote_in_use",))
        await _collect_in(wave, place, location, by)
        return Done(wave_id, str(place.position))


async def take_off(wave_id: int, position: int, *, by: By) -> Done | NotNow | Missing:
    """Take a tote off the trolley again; another one may stand there."""
    async with writing():
        wave = await surveying.wave(wave_id, by.warehouses)
        if wave is None:
            return Missing()
        place = next((one for one in await surveying.wave_totes(wave_id) if one.position == position), None)
        if place is None or place.tote is None:
            return NotNow(("no_position",))
        await _collect_in(wave, place, None, by)
        return Done(wave_id, str(place.position))


async def _collect_in(wave: surveying.Wave, place: surveying.TotePlace, location: int | None, by: By) -> None:
    await execute(_SET_TOTE, location, wave.id, place.position)
    await execute(_NOTICE_TOTE, location, place.notice)
    await following.tell_devices([place.notice])
    placed = next(one for one in await surveying.wave_totes(wave.id) if one.position == place.position)
    body = {"position": ["", str(place.position)], "tote": [place.code, placed.code]}
    await events.record("wave.tote", f"wv:{wave.id}", body, by=by.person, device=by.device)


# Proposed


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """Notices that save so many metres when they are picked together rather than one by one."""

    warehouse: int
    warehouse_code: str
    due_on: str
    carrier: str
    kind: str
    notices: list[Notice]
    walk_mm: int
    alone_mm: int

    @property
    def saved_m(self) -> int:
        return (self.alone_mm - self.walk_mm) // 1000


async def propose(warehouses: Sequence[int]) -> list[Proposed]:
    """Waves worth making of what waits to be picked: the same day and carrier, the most metres saved first."""
    found = [wave for warehouse in warehouses for wave in await _proposed_in(warehouse)]
    return sorted(found, key=lambda one: (one.due_on or "9999", -one.saved_m))


async def _proposed_in(warehouse: int) -> list[Proposed]:
    free = {one.id: one for one in await surveying.free_notices(warehouse, MOST_PROPOSED)}
    pinned = await surveying.pinned([one.document for one in free.values()])
    asked = {key: {each.location for each in pinned[one.document] if each.rest} for key, one in free.items()}
    steps = (await surveying.steps_of([warehouse]))[warehouse]
    block, stops = await routing.floor(
        warehouse, steps, {place for places in asked.values() for place in places}
    )
    door = routing.DOOR

    def length(some: frozenset[int]) -> int:
        visited = {stops[place] for key in some for place in asked[key]}
        return walk.plan(block, sorted(visited), door, door).length

    groups: dict[tuple[str, str], list[int]] = {}
    for key, one in free.items():
        if asked[key]:
            groups.setdefault((one.due_on, one.carrier), []).append(key)
    proposed = []
    for (due_on, carrier), keys in groups.items():
        # Measuring takes a while: the others are served meanwhile.
        batches = await asyncio.to_thread(batch.propose, keys, length, most=MAX_TOTES)
        proposed += [
            Proposed(
                warehouse=warehouse,
                warehouse_code=free[one.orders[0]].warehouse_code,
                due_on=due_on,
                carrier=carrier,
                kind="cluster",
                notices=[free[key] for key in one.orders],
                walk_mm=one.walk,
                alone_mm=one.alone,
            )
            for one in batches
        ]
    return proposed


class Zoned(msgspec.Struct, frozen=True):
    """The places of a zone, picked by one person before the totes are handed on."""

    zone: str
    allocations: tuple[int, ...]


async def by_zone(wave_id: int) -> list[Zoned]:
    """The places of a wave by zone, in the order in which its totes are handed from one to the next."""
    found = await surveying.notices_of_wave(wave_id)
    pinned = await surveying.pinned([one.document for one in found])
    asked = [each for of_one in pinned.values() for each in of_one if each.rest]
    places = await surveying.places(each.location for each in asked)
    zones: dict[str, list[int]] = {}
    for each in sorted(asked, key=lambda each: (each.position, each.id)):
        zones.setdefault(places[each.location].zone, []).append(each.id)
    return [Zoned(zone, tuple(allocations)) for zone, allocations in zones.items()]


async def notices_of(task: str) -> list[int]:
    """The notices that a task names: `sn-7` itself, or those of the wave `wv-3`."""
    if number := notice.number_of(task):
        return [number]
    wave = notice.number_of(task, "wv-")
    return [row[0] for row in await fetch(_OF_WAVE, wave)] if wave else []
