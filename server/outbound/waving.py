"""Pick several notices on one walk: a wave is single, batch, cluster (a tote for each) or zone (handed over)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from server import clock, events
from server.catalog.maintaining import Missing
from server.db import Statement, execute, execute_many, fetch, writing
from server.documents import numbering
from server.outbound import following, notice, releasing, routing, surveying
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow, Released
from server.outbound.surveying import Notice
from server.stock.ledger import Origin

KINDS: Final = ("single", "batch", "cluster", "zone")
MAX_TOTES: Final = 12
"""More totes than a trolley carries are not one cluster."""

MAX_NOTICES: Final = 100

_INSERT = Statement(
    "INSERT INTO wave (number, warehouse, kind, state, taken_by, device, walk_mm, by_code_mm, created_by, created_at)"
    " VALUES (?, ?, ?, 'open', 0, 0, 0, 0, ?, ?) RETURNING id"
)
_JOIN = Statement("UPDATE shipment_notice SET wave = ?, version = version + 1 WHERE id = ?")
_LEAVE = Statement("UPDATE shipment_notice SET wave = NULL, version = version + 1 WHERE wave = ?")
_TOTE = Statement("INSERT INTO wave_tote (wave, position, notice, tote) VALUES (?, ?, ?, NULL)")
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
        await execute(_LEAVE, wave_id)
        await execute(_DROP_TOTES, wave_id)
        await execute(_STATE, "dissolved", clock.now(), wave_id)
        steps = (await surveying.steps_of([wave.warehouse]))[wave.warehouse]
        for one in await surveying.notices([each.id for each in found]):
            await routing.plan_walk(one, steps)
        await following.refresh({one.id: Origin(by.person, by.device) for one in found})
        await events.record("wave.dissolved", f"wv:{wave_id}", {}, by=by.person, device=by.device)
        return Done(wave_id, "dissolved")


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
