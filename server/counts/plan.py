"""Plans: which places are to be counted and why these, what states they go through, what may be accepted at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from server import money
from server.catalog.item import Fault
from server.counts.difference import Finding

METHODS: Final = ("places", "zone", "abc", "date", "doubt")
STATES: Final = ("planned", "issued", "counting", "recount", "review", "posted", "cancelled")
LIVE: Final = ("issued", "counting", "recount", "review")
TO_COUNT: Final = ("issued", "recount")
"""States of a sheet in which somebody is to go there."""

CLASSES: Final = ("A", "B", "C")
BOUNDS: Final = {"A": 80, "AB": 95}
"""Items that make up the first 80 % of what was picked are A, up to 95 % B, the rest C."""

MOST_PLACES: Final = 2_000
"""A plan of more places than that is several plans."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for; `tolerance` in ten-thousandths of the book."""

    warehouse: int
    method: str = "places"
    places: tuple[str, ...] = ()
    zone: int = 0
    abc: str = "A"
    days: int = 30
    at_most: int = 100
    is_blind: bool = True
    tolerance: int = 0
    limit_amount: int = 0
    limit_quantity: int = 0
    remark: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """A place that may be counted."""

    id: int
    code: str
    aisle: str
    bay: int
    level: int
    zone: int
    counted_at: int
    """When it was last counted whole; 0 for never."""
    doubts: int
    """Incidents, short picks and debts of it."""
    items: frozenset[int]


def faults(head: Head) -> list[Fault]:
    """What is wrong with the wish, before any place is looked at."""
    found = []
    if not head.warehouse:
        found.append(Fault(0, "warehouse", "counts.fault.warehouse"))
    if head.method not in METHODS:
        found.append(Fault(0, "method", "counts.fault.method"))
    if head.method == "places" and not head.places:
        found.append(Fault(0, "places", "counts.fault.places"))
    if head.method == "zone" and not head.zone:
        found.append(Fault(0, "zone", "counts.fault.zone"))
    if head.method == "abc" and head.abc not in CLASSES:
        found.append(Fault(0, "abc", "counts.fault.abc"))
    if not 0 < head.at_most <= MOST_PLACES:
        found.append(Fault(0, "at_most", "counts.fault.at_most"))
    if not 0 <= head.tolerance <= money.PERCENT_SCALE:
        found.append(Fault(0, "tolerance", "counts.fault.tolerance"))
    if head.limit_amount < 0:
        found.append(Fault(0, "limit_amount", "counts.fault.limit"))
    if head.limit_quantity < 0:
        found.append(Fault(0, "limit_quantity", "counts.fault.limit"))
    return found


def chosen(
    head: Head, candidates: Iterable[Candidate], classes: Mapping[int, str], now: int, day: int
) -> list[Candidate]:
    """The places of a plan, the most urgent first, no more than wanted; `day` is the length of one."""
    all_of = list(candidates)
    match head.method:
        case "places":
            # Whoever names places means all of them.
            wanted = {code.casefold() for code in head.places}
            return [one for one in all_of if one.code.casefold() in wanted]
        case "zone":
            fitting = [one for one in all_of if one.zone == head.zone]
        case "abc":
            fitting = [one for one in all_of if any(classes.get(item, "C") == head.abc for item in one.items)]
        case "date":
            fitting = [one for one in all_of if one.counted_at <= now - head.days * day]
        case _:
            fitting = [one for one in all_of if one.doubts]
    urgent = sorted(
        fitting, key=lambda one: (-one.doubts if head.method == "doubt" else 0, one.counted_at, one.code)
    )
    return urgent[: head.at_most]


def classify(worth: Mapping[int, int]) -> dict[int, str]:
    """ABC classes by what was picked of each item; what was not picked at all is C."""
    total, so_far, classes = sum(worth.values()), 0, {}
    for item, much in sorted(worth.items(), key=lambda pair: (-pair[1], pair[0])):
        # By where an item begins: the one that alone makes up everything is A.
        share = so_far * 100
        classes[item] = (
            "C"
            if not much
            else "A"
            if share < BOUNDS["A"] * total
            else "B"
            if share < BOUNDS["AB"] * total
            else "C"
        )
        so_far += much
    return classes


def state_of(sheets: Sequence[str]) -> str:
    """The state of an issued plan, by those of its sheets and whether anything was counted."""
    states = [state for state in sheets if state != "cancelled"]
    if "issued" in states:
        return "issued" if set(states) == {"issued"} else "counting"
    for state in ("recount", "review"):
        if state in states:
            return state
    return "posted"


def value_of(found: Iterable[Finding], costs: Mapping[int, int]) -> int | None:
    """What the differences are worth, gains and losses alike; None when a cost is not known."""
    total = 0
    for finding in found:
        if finding.difference:
            if finding.cell.item not in costs:
                return None
            total += money.amount_of(abs(finding.difference), costs[finding.cell.item])
    return total


def is_within_limits(found: Sequence[Finding], costs: Mapping[int, int], *, amount: int, pieces: int) -> bool:
    """Whether a place's differences may be accepted without being looked at one by one."""
    value = value_of(found, costs)
    if value is not None:
        return value <= amount
    return sum(abs(finding.difference) for finding in found) <= pieces
