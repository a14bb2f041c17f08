"""Levels: how much of an item a warehouse wants to have, and when the bin it is picked from is to be filled up."""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from server.catalog.item import Fault
from server.stock.availability import Lump

MAX: Final = 10**15

Standing = Literal["below", "above", "within"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants of an item in a warehouse, in thousandths; `most` 0 sets no upper end.

    `home` is the bin that is always its own: goods that come are proposed for it, and it is picked from. Below `refill`
    it is filled up to `fill`; where both are 0 nobody is sent to fill it.
    """

    item: int
    warehouse: int
    least: int = 0
    most: int = 0
    home: int | None = None
    refill: int = 0
    fill: int = 0


def faults(wanted: Wanted, scale: int) -> list[Fault]:
    """Everything that is wrong with it."""
    found = []
    for field in ("least", "most", "refill", "fill"):
        much = getattr(wanted, field)
        if not 0 <= much < MAX or much % 10 ** (3 - scale):
            found.append((field, "quantity"))
    if wanted.most and wanted.most < wanted.least:
        found.append(("most", "most"))
    if wanted.home is None and (wanted.refill or wanted.fill):
        found.append(("home", "no_home"))
    if wanted.home is not None and (wanted.fill or wanted.refill) and wanted.fill <= wanted.refill:
        found.append(("fill", "fill"))
    return [Fault(0, field, f"inside.fault.{why}") for field, why in found]


def standing(on_hand: int, least: int, most: int) -> Standing:
    """Whether there is too little, too much, or enough."""
    if on_hand < least:
        return "below"
    return "above" if most and on_hand > most else "within"


def to_bring(wanted: Wanted, lumps: Iterable[Lump]) -> int:
    """How much its bin lacks; nothing while it holds as much as it is refilled at."""
    lies = sum(lump.on_hand for lump in lumps if lump.location == wanted.home)
    return wanted.fill - lies if lies < wanted.refill else 0
