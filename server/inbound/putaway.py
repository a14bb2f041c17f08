"""Where goods that came should be brought, and why there. Its twin on the device is edge/session/putaway.js.

First a bin that already holds the same goods (the same lot before others), then the bin that is the item's
own, then the nearest empty one. Near means early on the walk: by aisle, bay and level.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

Reason = Literal["same_lot", "same_item", "home", "empty"]
_REASONS: tuple[Reason, ...] = ("same_lot", "same_item", "home", "empty")


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A bin as the suggestion sees it. `lots` are those of the item that lie here."""

    location: int
    code: str
    aisle: str = ""
    bay: int = 0
    level: int = 0
    lots: tuple[str, ...] = ()
    is_empty: bool = False
    is_home: bool = False


class Suggestion(msgspec.Struct, frozen=True):
    """A bin, and the reason that people are told."""

    location: int
    code: str
    reason: Reason


def suggest(spots: Iterable[Spot], lot: str = "") -> Suggestion | None:
    """The best bin for goods of this lot; None when every bin holds something else."""
    fitting = [(reason, spot) for spot in spots if (reason := _reason(spot, lot))]
    if not fitting:
        return None
    reason, spot = min(fitting, key=lambda one: (_REASONS.index(one[0]), _walk(one[1])))
    return Suggestion(spot.location, spot.code, reason)


def _reason(spot: Spot, lot: str) -> Reason | None:
    if lot in spot.lots:
        return "same_lot" if lot else "same_item"
    if spot.lots:
        return "same_item"
    if spot.is_home:
        return "home"
    return "empty" if spot.is_empty else None


def _walk(spot: Spot) -> tuple[int, str, int, int, str]:
    # A short aisle name comes before a long one, so that aisle 9 comes before aisle 10.
    return len(spot.aisle), spot.aisle, spot.bay, spot.level, spot.code


class Heap(NamedTuple):
    """Goods in one place."""

    location: int
    serial: str
    quantity: int


def gather(heaps: Sequence[Heap], quantity: int) -> list[Heap]:
    """Take so much from these places in their order; less when there is not so much."""
    taken, rest = [], quantity
    for heap in heaps:
        if part := min(rest, heap.quantity):
            taken.append(Heap(heap.location, heap.serial, part))
            rest -= part
    return taken
