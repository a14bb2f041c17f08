"""How an item stands in each warehouse: on hand, held, reserved, allocated, available, on its way, and when more."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date
from typing import Final

import msgspec

from server.catalog import queries as catalog
from server.db import Statement, fetch_together
from server.stock import availability, promising
from server.stock.availability import Goods, Outlook
from server.stock.lot import is_expired
from server.stock.movement import REAL

MAX_DAYS: Final = 12
"""Days on which something changes that one looks ahead."""

_LYING = Statement(
    "SELECT l.warehouse, l.kind, coalesce(o.is_held, false) AS is_held, coalesce(o.expiry_on, '') AS expiry,"
    " sum(b.on_hand) AS quantity FROM balance b JOIN location l ON l.id = b.location"
    " LEFT JOIN lot o ON o.item = b.item AND o.code = b.lot AND b.lot <> ''"
    " WHERE b.item = ? AND b.on_hand > 0"
    " GROUP BY l.warehouse, l.kind, coalesce(o.is_held, false), coalesce(o.expiry_on, '')"
)
_PINNED = Statement(
    "SELECT l.warehouse, sum(a.quantity - a.picked) AS quantity FROM allocation a"
    " JOIN location l ON l.id = a.location WHERE a.item = ? AND a.state = 'open' GROUP BY l.warehouse"
)


class Day(msgspec.Struct, frozen=True):
    """A day on which goods come or are owed, and what may be promised on it."""

    on: str
    comes: int
    owed: int
    atp: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An item in a warehouse. `unfit` is on hand and held or past its last day; `free` may be promised now."""

    warehouse: int
    code: str
    name: str
    on_hand: int = 0
    unfit: int = 0
    reserved: int = 0
    allocated: int = 0
    free: int = 0
    in_transit: int = 0
    days: tuple[Day, ...] = ()


async def standings(item: int, today: date, warehouses: Collection[int] | None) -> list[Standing]:
    """Every warehouse that has something of the item, has promised it, or waits for it; by its code."""
    lying, pinned = await fetch_together((_LYING, (item,)), (_PINNED, (item,)))
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for row in lying:
        if row["kind"] == "transit":
            sums[row["warehouse"]]["in_transit"] += int(row["quantity"])
        elif row["kind"] in REAL:
            sums[row["warehouse"]]["on_hand"] += int(row["quantity"])
            if row["is_held"] or is_expired(row["expiry"], today):
                sums[row["warehouse"]]["unfit"] += int(row["quantity"])
    for row in pinned:
        sums[row["warehouse"]]["allocated"] += int(row["quantity"])
    outlooks = {goods.warehouse: one for goods, one in (await promising.outlook([item], today)).items()}
    return [
        _standing(house, sums[house.id], outlooks.get(house.id, Outlook()))
        for house in sorted(await catalog.warehouses(), key=lambda house: house.code)
        if (warehouses is None or house.id in warehouses) and (house.id in outlooks or sums[house.id])
    ]


def _standing(house: catalog.Warehouse, sums: Counter[str], outlook: Outlook) -> Standing:
    return Standing(
        warehouse=house.id,
        code=house.code,
        name=house.name,
        on_hand=sums["on_hand"],
        unfit=sums["unfit"],
        reserved=outlook.reserved,
        allocated=sums["allocated"],
        free=outlook.available,
        in_transit=sums["in_transit"],
        days=_days(outlook),
    )


def _days(outlook: Outlook) -> tuple[Day, ...]:
    """The days on which something changes, with what may be promised then."""
    comes, owed = defaultdict[str, int](int), defaultdict[str, int](int)
    for day, much in outlook.incoming:
        comes[day] += much
    for day, much in outlook.owed:
        owed[day] += much
    days = sorted({*comes, *owed})[:MAX_DAYS]
    return tuple(Day(day, comes[day], owed[day], availability.atp(outlook, day)) for day in days)


async def holders(item: int, warehouses: Collection[int]) -> dict[int, list[promising.Holder]]:
    """Who has been promised the item, by warehouse, whoever reserved last first."""
    return {house: await promising.holders(Goods(item, house)) for house in warehouses}
