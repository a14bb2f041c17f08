"""Backflush: what making so many pieces takes of each component, and from or to which lots, posted by itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from server.catalog.item import ItemDraft
from server.making import bill
from server.making.work import Line
from server.stock import availability
from server.stock.availability import Lump

ACT: Final = "backflush"
"""What the ledger calls it."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger that names an order; `quantity` is negative when it came out of production."""

    name: str
    act: str
    item: int
    lot: str
    quantity: int
    reverses: str


def due(
    lines: Sequence[Line], product: int, planned: int, rows: Sequence[Passage], kept: Mapping[int, ItemDraft]
) -> dict[int, int]:
    """What is still to be taken of each component for what has been made; below zero, to be given back.

    It follows from all rows together, so neither their order nor taking some back makes a difference. What somebody
    took by hand counts: only the rest is posted by itself.
    """
    made = -sum(row.quantity for row in rows if row.item == product)
    posted, by_hand = _split(rows)
    found = {}
    for line in lines:
        if not line.is_made:
            wanted = bill.share(line.quantity, made, planned, kept[line.item])
            # What was brought back by hand was not needed: it is not taken once more.
            rest = max(0, wanted - max(0, by_hand[line.item])) - posted[line.item]
            if rest:
                found[line.item] = rest
    return found


def _split(rows: Sequence[Passage]) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """By item, what was posted by itself (and not taken back), and all else."""
    own = {row.name for row in rows if row.act == ACT}
    posted: dict[int, int] = defaultdict(int)
    by_hand: dict[int, int] = defaultdict(int)
    for row in rows:
        (posted if row.name in own or row.reverses in own else by_hand)[row.item] += row.quantity
    return posted, by_hand


def lots_to_take(lumps: Iterable[Lump], much: int, day: date) -> list[tuple[str, int]]:
    """Which lots are taken, what expires first before all others; what the book does not know of has the last lot."""
    there = [msgspec.structs.replace(lump, allocated=0) for lump in lumps]
    planned = availability.plan(there, much, rule="fefo", day=day)
    taken: dict[str, int] = {}
    for take in planned.takes:
        taken[take.lot] = taken.get(take.lot, 0) + take.quantity
    if planned.short:
        last = next(reversed(taken), there[0].lot if there else "")
        taken[last] = taken.get(last, 0) + planned.short
    return list(taken.items())


def lots_to_give_back(item: int, much: int, rows: Sequence[Passage]) -> list[tuple[str, int]]:
    """Which lots come back: those that were taken last."""
    went: dict[str, int] = {}
    for row in rows:
        if row.item == item:
            went[row.lot] = went.pop(row.lot, 0) + row.quantity
    found, rest = [], much
    for lot, there in reversed(went.items()):
        if part := min(rest, max(0, there)):
            found.append((lot, part))
            rest -= part
    return found
