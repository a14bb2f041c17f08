"""What may be promised and from where it is picked: available, ATP by date, FEFO or FIFO, another lot instead."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from server.stock.lot import is_expired

Rule = Literal["fefo", "fifo"]

PICKABLE: Final = "bin"
"""The kind of place that demand is served from; docks, totes and cartons hold goods on their way."""

ARRIVED: Final = "dock"
"""Where goods stand that have come and are not put away yet."""


class Goods(NamedTuple):
    """An item in a warehouse: what promises are made of."""

    item: int
    warehouse: int


class Lump(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What lies of an item in one place under one lot and serial; `allocated` is pinned for somebody already."""

    item: int
    location: int
    on_hand: int
    code: str = ""
    kind: str = PICKABLE
    is_active: bool = True
    lot: str = ""
    serial: str = ""
    expiry: str = ""
    is_held: bool = False
    received_at: int = 0
    allocated: int = 0

    @property
    def free(self) -> int:
        """What nobody is to pick yet."""
        return max(0, self.on_hand - self.allocated)


class Take(msgspec.Struct, frozen=True, gc=False):
    """So much is to be picked here."""

    location: int
    lot: str
    serial: str
    quantity: int


class Planned(msgspec.Struct, frozen=True):
    """Where a demand is to be picked, in the order of the rule; `short` is what cannot be served."""

    takes: list[Take]
    short: int


class Swapped(msgspec.Struct, frozen=True):
    """The lot that was scanned may be picked instead; `is_older_left` says that the rule would not have."""

    take: Take
    is_older_left: bool


class NotSwapped(msgspec.Struct, frozen=True):
    """Why not: other_item, held, expired, not_pickable or none_left."""

    reason: str


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """An item in a warehouse: what is there, what is promised of it, what comes and what is still owed.

    `incoming` and `owed` are (day, quantity); owed is demand that was accepted and is not reserved.
    """

    on_hand: int = 0
    reserved: int = 0
    incoming: tuple[tuple[str, int], ...] = ()
    owed: tuple[tuple[str, int], ...] = ()

    @property
    def available(self) -> int:
        """On hand and promised to nobody; below zero when goods went that were promised."""
        return self.on_hand - self.reserved


# What may be promised


def is_good(lump: Lump, day: date) -> bool:
    """Whether demand may be served from here on `day`: a place for picking, a lot neither held nor expired."""
    return why_not(lump, day) is None


def why_not(lump: Lump, day: date) -> str | None:
    """What forbids to serve demand from here; None when nothing does."""
    if lump.kind != PICKABLE or not lump.is_active:
        return "not_pickable"
    if lump.is_held:
        return "held"
    return "expired" if is_expired(lump.expiry, day) else None


def on_hand(lumps: Iterable[Lump], day: date) -> int:
    """What of these lumps may serve demand."""
    return sum(lump.on_hand for lump in lumps if is_good(lump, day))


def share_out(wanted: Iterable[int], available: int) -> list[int]:
    """What each of these demands gets of what is available: who comes first is served first."""
    rest, shares = max(0, available), []
    for quantity in wanted:
        share = min(quantity, rest)
        shares.append(share)
        rest -= share
    return shares


def atp(outlook: Outlook, day: str) -> int:
    """Available to promise on `day`: available, and what has come until then, less what is owed until then."""
    came = sum(quantity for on, quantity in outlook.incoming if on <= day)
    owed = sum(quantity for on, quantity in outlook.owed if on <= day)
    return outlook.available + came - owed


def promise_on(outlook: Outlook, quantity: int, today: str) -> str:
    """The first day from `today` on which so much may be promised and nobody promised later goes without.

    Empty when nothing that is on its way will do.
    """
    days = sorted({today, *(max(day, today) for day, _ in (*outlook.incoming, *outlook.owed))})
    least, first = None, ""
    # From the last day backwards: what is promised on a day must still be there on every later one.
    for day in reversed(days):
        stands = atp(outlook, day)
        least = stands if least is None else min(least, stands)
        if least < quantity:
            break
        first = day
    return first


def expected_on(day: str, today: date) -> str:
    """The day on which to count on goods that were announced for `day`: what is overdue comes tomorrow at best."""
    return day if day >= today.isoformat() else (today + timedelta(days=1)).isoformat()


# Where it is picked


def plan(
    lumps: Iterable[Lump], quantity: int, *, rule: Rule, day: date, used: Mapping[int, int] | None = None
) -> Planned:
    """Where to pick `quantity`: by expiry then oldest receipt (FEFO) or by receipt (FIFO), in the fewest bins.

    `used` are places somebody goes to anyway (place → how often), which cost no further walk.
    """
    visited = set(used or ())
    takes: list[Take] = []
    rest = quantity
    for equal in _by_rank([lump for lump in lumps if lump.free and is_good(lump, day)], rule):
        if rest == 0:
            break
        for take in _fewest(equal, rest, visited):
            takes.append(take)
            visited.add(take.location)
            rest -= take.quantity
    return Planned(takes, rest)


def _by_rank(lumps: list[Lump], rule: Rule) -> list[list[Lump]]:
    """Lumps that the rule holds for equally old stand together, the ones to go first in front."""
    ranked: dict[tuple[str, int], list[Lump]] = {}
    for lump in lumps:
        ranked.setdefault(rank(lump, rule), []).append(lump)
    return [ranked[key] for key in sorted(ranked)]


def rank(lump: Lump, rule: Rule) -> tuple[str, int]:
    """What goes first: the smaller one. What never expires goes after everything that does."""
    return (lump.expiry or "9999-99-99" if rule == "fefo" else "", lump.received_at)


def _fewest(lumps: Sequence[Lump], wanted: int, visited: set[int]) -> list[Take]:
    """Take `wanted` from lumps of one rank in as few places as can be, leaving no crumbs where one place will do."""
    places: dict[int, list[Lump]] = {}
    for lump in sorted(lumps, key=lambda lump: (lump.code, lump.lot, lump.serial)):
        places.setdefault(lump.location, []).append(lump)
    holds = {place: sum(lump.free for lump in there) for place, there in places.items()}
    # Where somebody goes anyway first, then where most lies.
    left = sorted(places, key=lambda place: (place not in visited, -holds[place], places[place][0].code))
    takes: list[Take] = []
    while wanted and left:
        best = (
            _smallest_that_does([place for place in left if holds[place] >= wanted], holds, visited)
            or left[0]
        )
        left.remove(best)
        for lump in places[best]:
            share = min(lump.free, wanted)
            if share:
                takes.append(Take(lump.location, lump.lot, lump.serial, share))
                wanted -= share
    return takes


def _smallest_that_does(enough: list[int], holds: Mapping[int, int], visited: set[int]) -> int | None:
    """Of places that hold all that is wanted: one on the way, and of these the one that is emptied most."""
    near = [place for place in enough if place in visited]
    return min(near or enough, key=lambda place: holds[place], default=None)


def swap(
    lumps: Sequence[Lump], planned: Take, scanned: Lump, *, rule: Rule, day: date
) -> Swapped | NotSwapped:
    """Whether the lot in the picker's hand may go instead of the planned one, and how much of it.

    `lumps` is where the item lies; what is pinned for this very pick counts as free. A lot that the rule would
    have left for later is accepted and said to be so: the goods are in the hand, and the office decides.
    """
    if lumps and scanned.item != lumps[0].item:
        return NotSwapped("other_item")
    if reason := why_not(scanned, day):
        return NotSwapped(reason)
    own = planned.quantity if _is_place_of(planned, scanned) else 0
    quantity = min(planned.quantity, scanned.free + own)
    if quantity <= 0:
        return NotSwapped("none_left")
    older = any(
        rank(lump, rule) < rank(scanned, rule)
        for lump in lumps
        if is_good(lump, day) and (lump.free or _is_place_of(planned, lump))
    )
    return Swapped(Take(scanned.location, scanned.lot, scanned.serial, quantity), older)


def _is_place_of(take: Take, lump: Lump) -> bool:
    return (take.location, take.lot, take.serial) == (lump.location, lump.lot, lump.serial)
