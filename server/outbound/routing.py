"""Put the places of a notice or wave in the order of the shortest walk, and keep how much that saves."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from server.db import Statement, execute, execute_many, fetch, writing
from server.outbound import surveying, walk
from server.outbound.notice import Pinned, Steps
from server.outbound.pick_path import Block, Stop
from server.outbound.surveying import Notice, Place
from server.outbound.walk import Saved

_AISLES = Statement(
    "SELECT aisle, max(bay) FROM location WHERE warehouse = ? AND kind = 'bin' AND aisle <> '' GROUP BY aisle"
)
_POSITION = Statement("UPDATE allocation SET position = ? WHERE id = ?")
_NOTICE_WALK = Statement("UPDATE shipment_notice SET walk_mm = ?, by_code_mm = ? WHERE id = ?")
_WAVE_WALK = Statement("UPDATE wave SET walk_mm = ?, by_code_mm = ? WHERE id = ?")

DOOR: Final = Stop(0, 0)
"""Where every walk begins and ends: at the front of the first aisle."""

_FIGURES: Final = re.compile(r"(\d+)")


async def plan_walk(one: Notice, steps: Steps) -> None:
    """Number the places of a notice, together with those of its wave, in the order in which to walk."""
    async with writing():
        together = await surveying.notices_of_wave(one.wave) if one.wave else [one]
        pinned = await surveying.pinned([each.document for each in together])
        open_places = [
            each for of_one in pinned.values() for each in of_one if each.state in ("open", "done")
        ]
        found = await _route(one.warehouse, steps, open_places)
        if found is None:
            return
        order, saved = found
        rows = [(position, each.id) for position, each in enumerate(order) if each.position != position]
        await execute_many(_POSITION, rows)
        if one.wave:
            await execute(_WAVE_WALK, saved.walk.length, saved.by_code, one.wave)
        else:
            await execute(_NOTICE_WALK, saved.walk.length, saved.by_code, one.id)


async def _route(warehouse: int, steps: Steps, pinned: Sequence[Pinned]) -> tuple[list[Pinned], Saved] | None:
    """The allocations in the order of the walk, and what it saves; None when nothing is to be picked."""
    places = await surveying.places(one.location for one in pinned)
    in_order = sorted(places.values(), key=lambda place: _natural(place.code))
    if not in_order:
        return None
    aisles = {row[0]: int(row[1]) for row in await fetch(_AISLES, warehouse)}
    block, stops = laid_out(in_order, aisles, steps)
    saved = walk.plan_and_compare(block, stops, DOOR, DOOR)
    rank = {in_order[index].id: turn for turn, index in enumerate(saved.walk.order)}
    return sorted(pinned, key=lambda one: (rank[one.location], one.item, one.lot, one.serial, one.id)), saved


async def floor(warehouse: int, steps: Steps, locations: Iterable[int]) -> tuple[Block, dict[int, Stop]]:
    """The warehouse as a block, and where in it each of these locations is."""
    places = list((await surveying.places(locations)).values())
    aisles = {row[0]: int(row[1]) for row in await fetch(_AISLES, warehouse)}
    block, stops = laid_out(places, aisles, steps)
    return block, dict(zip((place.id for place in places), stops, strict=True))


def laid_out(places: Sequence[Place], aisles: dict[str, int], steps: Steps) -> tuple[Block, list[Stop]]:
    """The warehouse as a block of parallel aisles, the door at the front of the first, and where the places are.

    `aisles` are all aisles with their last bay; a place without an aisle is by the door.
    """
    names = sorted({*aisles, *(place.aisle for place in places if place.aisle)}, key=_natural) or [""]
    column = {name: index for index, name in enumerate(names)}
    deepest = max([*aisles.values(), *(place.bay for place in places), 0])
    block = Block(
        tuple(index * steps.aisle_mm for index in range(len(names))), (0, (deepest + 1) * steps.bay_mm)
    )
    return block, [Stop(column.get(place.aisle, 0), _along(place, steps)) for place in places]


def _along(place: Place, steps: Steps) -> int:
    return max(0, place.bay) * steps.bay_mm if place.aisle else 0


def _natural(code: str) -> list[tuple[int, str]]:
    """Aisle 2 comes before aisle 10."""
    parts: Iterable[str] = _FIGURES.split(code)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
