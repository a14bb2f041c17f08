"""The walk of a picker: the shortest tour through the aisles of a rectangular warehouse, exactly.

The sweep of Ratliff and Rosenthal (Operations Research 31, 1983), for any number of cross aisles: aisle by
aisle from the left, a state says of each junction of the current aisle whether the part of the tour so far
touches it an odd or even number of times, and which junctions hang together. Every minimal tour moves
through a part of an aisle in one of a few ways, so a small table of states is enough to be exact.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

NONE, ODD, EVEN = 0, 1, 2


class Stop(NamedTuple):
    """Something to walk to: the index of its aisle, and how far along it (mm)."""

    aisle: int
    along: int


class Block(msgspec.Struct, frozen=True):
    """Parallel aisles: where each is from left to right, and where cross aisles cut them (mm), front first."""

    aisles: tuple[int, ...]
    crosses: tuple[int, ...]

    def distance(self, one: Stop, other: Stop) -> int:
        """The shortest way between two stops: along the aisle, or out to a cross aisle and in again."""
        if one.aisle == other.aisle:
            return abs(one.along - other.along)
        across = abs(self.aisles[one.aisle] - self.aisles[other.aisle])
        return across + min(abs(one.along - cross) + abs(other.along - cross) for cross in self.crosses)


class Walk(msgspec.Struct, frozen=True):
    """In which order to visit the stops (their indexes as given), and how long that is in mm."""

    order: tuple[int, ...]
    length: int
    is_optimal: bool


def length_of(block: Block, stops: Sequence[Stop], order: Iterable[int], start: Stop, end: Stop) -> int:
    """How long the walk is when the stops are visited in this order."""
    length, here = 0, start
    for stop in [*(stops[index] for index in order), end]:
        length += block.distance(here, stop)
        here = stop
    return length


def shortest(block: Block, stops: Sequence[Stop], start: Stop, end: Stop) -> Walk:
    """The shortest walk from `start` through all stops to `end`, both of which are junctions of the block."""
    if {*stops, start, end} == {start}:
        return Walk(tuple(range(len(stops))), 0, is_optimal=True)
    sweep = _Sweep(block, {*stops}, start, end)
    edges = sweep.run()
    seen = list(dict.fromkeys(node for node in _trail(edges, start, end) if node in sweep.stops))
    place: dict[Stop, list[int]] = {}
    for index, stop in enumerate(stops):
        place.setdefault(stop, []).append(index)
    order = tuple(index for stop in seen for index in place[stop])
    return Walk(order, sum(length for _, _, length in edges), is_optimal=True)


_Edge = tuple[Stop, Stop, int]
_State = tuple[tuple[int, ...], tuple[int, ...]]
"""Of each junction of an aisle: none, odd or even; and the part of the tour it belongs to (−1: none)."""


class _Entry(NamedTuple):
    cost: int
    before: "_Entry | None"
    edges: tuple[_Edge, ...]


class _Sweep:
    """The table of states, from the leftmost aisle that matters to the rightmost."""

    def __init__(self, block: Block, stops: set[Stop], start: Stop, end: Stop) -> None:
        self.block = block
        self.stops = stops
        self.odd = {start, end} if start != end else set()
        on_cross = {stop for stop in stops if stop.along in block.crosses}
        self.required = on_cross | {start, end}
        self.within: dict[int, list[int]] = {}
        for stop in sorted(stops - on_cross):
            self.within.setdefault(stop.aisle, []).append(stop.along)
        touched = {stop.aisle for stop in self.required} | set(self.within)
        self.first, self.last = min(touched), max(touched)

    def run(self) -> list[_Edge]:
        """The edges of a shortest closed walk, or of one from start to end."""
        count = len(self.block.crosses)
        table: dict[_State, _Entry] = {((NONE,) * count, (-1,) * count): _Entry(0, None, ())}
        for aisle in range(self.first, self.last + 1):
            for part in range(count - 1):
                table = self._through(table, aisle, part)
            table = self._across(table, aisle)
        # Behind the last aisle nothing is open any more.
        entry: _Entry | None = table[(NONE,) * count, (-1,) * count]
        edges: list[_Edge] = []
        while entry is not None:
            edges += entry.edges
            entry = entry.before
        return edges

    def _through(self, table: dict[_State, _Entry], aisle: int, part: int) -> dict[_State, _Entry]:
        """All ways to move through one part of an aisle, between two cross aisles."""
        low, high = self.block.crosses[part : part + 2]
        marks = [along for along in self.within.get(aisle, ()) if low < along < high]
        chain = [low, *marks, high]
        after: dict[_State, _Entry] = {}
        for (degrees, parts), entry in table.items():
            if not marks:
                _keep(after, (degrees, parts), entry)
            for times in (1, 2):
                edges = _edges(aisle, chain, times)
                joined = _joined(_touch(degrees, (part, part + 1), times), parts, part)
                _keep(after, joined, _longer(entry, edges))
            if marks:
                for gap in range(len(chain) - 1):
                    ends = tuple(part + side for side in (0, 1) if gap != (0, len(chain) - 2)[side])
                    edges = _edges(aisle, chain, 2, leave_out=gap)
                    state = _touch(degrees, ends, 2), _begun(parts, ends)
                    _keep(after, (state[0], _renumbered(state[1])), _longer(entry, edges))
        return after

    def _across(self, table: dict[_State, _Entry], aisle: int) -> dict[_State, _Entry]:
        """All ways to go on to the next aisle; behind the last one, whether the tour is closed."""
        after: dict[_State, _Entry] = {}
        is_last = aisle == self.last
        step = 0 if is_last else self.block.aisles[aisle + 1] - self.block.aisles[aisle]
        for (degrees, parts), entry in table.items():
            choices = [self._onward(aisle, index, degree) for index, degree in enumerate(degrees)]
            for times in _product(choices):
                if is_last and any(times):
                    continue
                living = {part for part, many in zip(parts, times, strict=True) if many and part >= 0}
                ended = {part for part in parts if part >= 0} - living
                # A part of the tour that does not go on would never be joined to the others.
                if ended and (living or len(ended) > 1 or not is_last):
                    continue
                opened = tuple(
                    (part if part >= 0 else 1000 + index) if many else -1
                    for index, (part, many) in enumerate(zip(parts, times, strict=True))
                )
                edges = tuple(
                    (Stop(aisle, cross), Stop(aisle + 1, cross), step)
                    for cross, many in zip(self.block.crosses, times, strict=True)
                    for _ in range(many)
                )
                _keep(after, (times, _renumbered(opened)), _longer(entry, edges))
        return after

    def _onward(self, aisle: int, index: int, degree: int) -> tuple[int, ...]:
        """How often the cross aisle may be walked to the right so that the junction comes out even (or odd)."""
        junction = Stop(aisle, self.block.crosses[index])
        wants_odd = junction in self.odd
        if (degree == ODD) != wants_odd:
            return (1,)
        if degree == NONE and junction in self.required:
            return (2,)
        return (0, 2)


def _edges(aisle: int, chain: Sequence[int], times: int, leave_out: int = -1) -> tuple[_Edge, ...]:
    return tuple(
        (Stop(aisle, chain[index]), Stop(aisle, chain[index + 1]), chain[index + 1] - chain[index])
        for index in range(len(chain) - 1)
        if index != leave_out
        for _ in range(times)
    )


def _longer(entry: _Entry, edges: tuple[_Edge, ...]) -> _Entry:
    if not edges:
        return entry
    return _Entry(entry.cost + sum(length for _, _, length in edges), entry, edges)


def _keep(table: dict[_State, _Entry], state: _State, entry: _Entry) -> None:
    standing = table.get(state)
    if standing is None or entry.cost < standing.cost:
        table[state] = entry


def _touch(degrees: tuple[int, ...], junctions: Iterable[int], times: int) -> tuple[int, ...]:
    after = list(degrees)
    for index in junctions:
        is_odd = (after[index] == ODD) != (times == 1)
        after[index] = ODD if is_odd else EVEN
    return tuple(after)


def _begun(parts: tuple[int, ...], junctions: Iterable[int]) -> tuple[int, ...]:
    after = list(parts)
    for index in junctions:
        if after[index] < 0:
            after[index] = 2000 + index
    return tuple(after)


def _joined(degrees: tuple[int, ...], parts: tuple[int, ...], part: int) -> _State:
    begun = _begun(parts, (part, part + 1))
    gone, stays = begun[part], begun[part + 1]
    return degrees, _renumbered(tuple(stays if one == gone else one for one in begun))


def _renumbered(parts: tuple[int, ...]) -> tuple[int, ...]:
    names: dict[int, int] = {}
    return tuple(-1 if part < 0 else names.setdefault(part, len(names)) for part in parts)


def _product(choices: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    rows: list[tuple[int, ...]] = [()]
    for options in choices:
        rows = [(*row, option) for row in rows for option in options]
    return rows


def _trail(edges: Sequence[_Edge], start: Stop, end: Stop) -> list[Stop]:
    """A walk over every edge once, from start to end (Hierholzer 1873)."""
    ways: dict[Stop, list[int]] = {start: []}
    for index, (one, other, _) in enumerate(edges):
        ways.setdefault(one, []).append(index)
        ways.setdefault(other, []).append(index)
    walked = [False] * len(edges)
    path, trail = [end], []
    while path:
        here = path[-1]
        open_ways = ways.get(here, [])
        while open_ways and walked[open_ways[-1]]:
            open_ways.pop()
        if open_ways:
            index = open_ways.pop()
            walked[index] = True
            one, other, _ = edges[index]
            path.append(other if here == one else one)
        else:
            trail.append(path.pop())
    return trail
