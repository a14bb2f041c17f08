"""Which way to walk: the exact tour where the warehouse is rectangular, a very good one on any graph of aisles."""

import heapq
from collections.abc import Callable, Mapping, Sequence

import fast_tsp
import msgspec

from server.outbound import pick_path
from server.outbound.pick_path import Block, Stop, Walk

EXACT_AISLES_OF_TWO_BLOCKS = 12
SEARCH_S = 0.01
"""How long the search for a good tour may take where the exact one would take longer."""

FARTHEST = 60_000
"""The search counts in 16 bits: longer distances are scaled down to this."""

Distance = Callable[[int, int], int]


class Saved(msgspec.Struct, frozen=True):
    """A walk, and how long it would have been in the order of the codes (mm)."""

    walk: Walk
    by_code: int

    @property
    def saved(self) -> int:
        return self.by_code - self.walk.length


def plan(block: Block, stops: Sequence[Stop], start: Stop, end: Stop) -> Walk:
    """The walk from start through all stops to end, in a rectangular warehouse."""
    junctions = start.along in block.crosses and end.along in block.crosses
    blocks = len(block.crosses) - 1
    if junctions and (blocks == 1 or (blocks == 2 and len(block.aisles) <= EXACT_AISLES_OF_TWO_BLOCKS)):
        return pick_path.shortest(block, stops, start, end)
    places = [start, *stops, end]
    return through(len(stops), lambda one, other: block.distance(places[one], places[other]))


def plan_and_compare(block: Block, stops: Sequence[Stop], start: Stop, end: Stop) -> Saved:
    """The walk, next to visiting the stops as they are given (in the order of their codes)."""
    by_code = pick_path.length_of(block, stops, range(len(stops)), start, end)
    return Saved(plan(block, stops, start, end), by_code)


def through(count: int, distance: Distance) -> Walk:
    """A short walk from place 0 through places 1 … count to place count + 1, by their distances.

    Start and end are tied together by a place of their own that is near to both and far from all others, so
    that a round trip is a walk.
    """
    if count == 0:
        return Walk((), distance(0, 1), is_optimal=True)
    last = count + 1
    exact = [[distance(one, other) for other in range(last + 1)] for one in range(last + 1)]
    far = sum(max(row) for row in exact) + 1
    tie = [far] * (last + 1)
    tie[0] = tie[last] = 0
    matrix = [[*row, tie[index]] for index, row in enumerate(exact)] + [[*tie, 0]]
    tour = fast_tsp.find_tour(_scaled(matrix), duration_seconds=SEARCH_S)
    order = _unrolled(tour, last)
    length = sum(exact[one][other] for one, other in zip([0, *order], [*order, last], strict=True))
    # Of so few places the library tries all tours.
    return Walk(tuple(place - 1 for place in order), length, is_optimal=len(matrix) <= 8)


def _unrolled(tour: Sequence[int], last: int) -> list[int]:
    """The round trip cut open at the tie, from start to end."""
    cut = tour.index(last + 1)
    line = [*tour[cut + 1 :], *tour[:cut]]
    if line[0] != 0:
        line.reverse()
    return [place for place in line if place not in (0, last)]


def _scaled(matrix: list[list[int]]) -> list[list[int]]:
    longest = max(map(max, matrix))
    if longest <= FARTHEST:
        return matrix
    # The tie is far longer than any way: it may be cut, the ways themselves keep their resolution.
    ways = [way for row in matrix[:-1] for way in row[:-1]]
    most = max(1, *ways)
    return [[min(FARTHEST, way * (FARTHEST // 4) // most) for way in row] for row in matrix]


def distances(
    ways: Mapping[int, Sequence[tuple[int, int]]], places: Sequence[int]
) -> dict[tuple[int, int], int]:
    """The shortest distances between places of any graph of aisles: `ways` lists (neighbour, mm) by node."""
    found: dict[tuple[int, int], int] = {}
    for source in places:
        nearest = _nearest(ways, source)
        found |= {(source, target): nearest[target] for target in places if target in nearest}
    return found


def _nearest(ways: Mapping[int, Sequence[tuple[int, int]]], source: int) -> dict[int, int]:
    """How far everything is from one node (Dijkstra 1959)."""
    done: dict[int, int] = {}
    frontier = [(0, source)]
    while frontier:
        length, node = heapq.heappop(frontier)
        if node in done:
            continue
        done[node] = length
        for neighbour, step in ways.get(node, ()):
            if neighbour not in done:
                heapq.heappush(frontier, (length + step, neighbour))
    return done
