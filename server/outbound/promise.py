"""What a salesperson is told while typing a line: there now, by which day, or from another warehouse."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from server.stock import availability
from server.stock.availability import Goods, Outlook

Tone = Literal["good", "caution", "bad"]


class Elsewhere(msgspec.Struct, frozen=True):
    """Another warehouse has so much of it."""

    warehouse: str
    available: int


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What can be promised of a line; `missing` is not there now, `on` the day on which all of it can be."""

    available: int
    missing: int
    on: str
    by_wanted: int
    elsewhere: tuple[Elsewhere, ...]

    @property
    def tone(self) -> Tone:
        """There, coming, or neither."""
        if not self.missing:
            return "good"
        return "caution" if self.on else "bad"


def promises(
    asked: Sequence[tuple[int, int]],
    outlooks: Mapping[Goods, Outlook],
    *,
    warehouse: int,
    names: Mapping[int, str],
    today: str,
    wanted_on: str,
) -> list[Promise]:
    """What can be promised of each (item, quantity), the lines above served before those below.

    `outlooks` are by item and warehouse, `names` the warehouses that this person may see.
    """
    taken: dict[int, int] = {}
    found = []
    for item, quantity in asked:
        before = taken.get(item, 0)
        taken[item] = before + quantity
        outlook = outlooks.get(Goods(item, warehouse), Outlook())
        left = max(0, outlook.available - before)
        found.append(
            Promise(
                available=left,
                missing=max(0, quantity - left),
                on=availability.promise_on(outlook, before + quantity, today),
                by_wanted=max(0, availability.atp(outlook, max(wanted_on, today)) - before),
                elsewhere=_elsewhere(item, outlooks, warehouse, names) if quantity > left else (),
            )
        )
    return found


def _elsewhere(
    item: int, outlooks: Mapping[Goods, Outlook], warehouse: int, names: Mapping[int, str]
) -> tuple[Elsewhere, ...]:
    there = [
        Elsewhere(name, outlook.available)
        for other, name in names.items()
        if other != warehouse and (outlook := outlooks.get(Goods(item, other))) and outlook.available > 0
    ]
    return tuple(sorted(there, key=lambda one: -one.available))
