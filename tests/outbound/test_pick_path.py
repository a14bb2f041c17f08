"""The walk through the aisles: as short as anybody has proven, and a good one on any floor plan."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.outbound import pick_path, walk
from server.outbound.pick_path import Block, Stop

PUBLISHED: list[list[Any]] = json.loads(
    Path(__file__).parent.parent.joinpath("vectors/picker_routing.json").read_text("utf-8")
)["instances"]

Instance = tuple[Block, list[Stop], Stop]


def published(row: list[Any], blocks: int) -> Instance:
    """An instance in half cells: a cell is two long, its middle one from the aisle's end."""
    _, aisles, cells, step, depot_aisle, depot_at_back, stops, *_ = row
    middle = 2 * (cells // 2) + 2
    extra = 0 if blocks == 1 else 2
    crosses = (0, 2 * cells + 2) if blocks == 1 else (0, middle, 2 * cells + 4)
    block = Block(tuple(2 * step * aisle for aisle in range(aisles)), crosses)
    depot = Stop(depot_aisle, crosses[0] if depot_at_back else crosses[-1])
    return (
        block,
        [Stop(aisle, 2 * cell + 2 + (extra if cell >= cells // 2 else 0)) for aisle, cell in stops],
        depot,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("blocks", "share"), [(1, 1), (2, 2)])
def test_published_instances_are_walked_at_their_proven_optimum(blocks: int, share: int) -> None:
    for row in PUBLISHED[::share]:
        block, stops, depot = published(row, blocks)

        found = pick_path.shortest(block, stops, depot, depot)

        assert found.length == 2 * row[6 + blocks], row[0]
        assert found.length == pick_path.length_of(block, stops, found.order, depot, depot), row[0]
        assert sorted(found.order) == list(range(len(stops)))


def test_a_share_of_the_published_instances_with_one_block() -> None:
    assert len(PUBLISHED) + len(PUBLISHED[::2]) >= 500, "the slow test above plays that many"
    for row in PUBLISHED[::6]:
        block, stops, depot = published(row, 1)
        assert pick_path.shortest(block, stops, depot, depot).length == 2 * row[7], row[0]


def by_trying_all(block: Block, stops: list[Stop], start: Stop, end: Stop) -> int:
    orders = itertools.permutations(range(len(stops)))
    return min(pick_path.length_of(block, stops, order, start, end) for order in orders)


@st.composite
def small_floors(draw: st.DrawFn) -> tuple[Block, list[Stop], Stop, Stop]:
    aisles = draw(st.integers(1, 4))
    crosses = [0]
    for _ in range(draw(st.integers(1, 3))):
        crosses.append(crosses[-1] + draw(st.integers(2, 12)))
    across = list(itertools.accumulate(draw(st.lists(st.integers(1, 9), min_size=aisles, max_size=aisles))))
    aisle = st.integers(0, aisles - 1)
    stop = st.builds(Stop, aisle, st.integers(0, crosses[-1]))
    junction = st.builds(Stop, aisle, st.sampled_from(crosses))
    stops = draw(st.lists(stop, max_size=6))
    return Block(tuple(across), tuple(crosses)), stops, draw(junction), draw(junction)


@settings(max_examples=150, deadline=None)
@given(small_floors())
def test_no_order_of_the_stops_is_shorter_than_the_exact_walk(
    floor: tuple[Block, list[Stop], Stop, Stop],
) -> None:
    block, stops, start, end = floor

    found = pick_path.shortest(block, stops, start, end)

    assert found.length == by_trying_all(block, stops, start, end)
    assert pick_path.length_of(block, stops, found.order, start, end) == found.length
    assert sorted(found.order) == list(range(len(stops)))


@settings(max_examples=40, deadline=None)
@given(small_floors())
def test_the_search_finds_the_same_on_any_floor(floor: tuple[Block, list[Stop], Stop, Stop]) -> None:
    block, stops, start, end = floor
    places = [start, *stops, end]

    found = walk.through(len(stops), lambda one, other: block.distance(places[one], places[other]))

    assert found.length == by_trying_all(block, stops, start, end)
    assert sorted(found.order) == list(range(len(stops)))


def test_after_a_short_pick_the_rest_is_walked_from_where_one_stands() -> None:
    block = Block((0, 3_000, 6_000), (0, 20_000))
    rest = [Stop(0, 15_000), Stop(1, 2_000), Stop(1, 18_000)]

    found = walk.plan(block, rest, Stop(1, 10_000), Stop(0, 0))

    assert found.length == by_trying_all(block, rest, Stop(1, 10_000), Stop(0, 0))


def test_what_is_saved_is_told_against_the_order_of_the_codes() -> None:
    block = Block((0, 3_000), (0, 20_000))
    # A-01 at the front, A-20 at the back, B-01 at the front again.
    stops = [Stop(0, 1_000), Stop(0, 19_000), Stop(1, 1_000), Stop(1, 19_000)]

    compared = walk.plan_and_compare(block, stops, Stop(0, 0), Stop(0, 0))

    assert compared.walk.length == 46_000
    assert compared.by_code == 82_000
    assert compared.saved == 36_000


def test_distances_on_a_graph_of_aisles_are_the_shortest_ways() -> None:
    ways = {1: [(2, 5), (3, 20)], 2: [(1, 5), (3, 7)], 3: [(1, 20), (2, 7)], 9: []}

    found = walk.distances(ways, [1, 3, 9])

    assert found[1, 3] == 12
    assert (1, 9) not in found, "nobody can walk there"


def test_long_distances_are_searched_without_losing_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is asked is whether scaling loses the way, not how far a busy machine gets in a hundredth of a second.
    monkeypatch.setattr(walk, "SEARCH_S", 0.2)
    block = Block(tuple(range(0, 150_000, 3_000)), (0, 90_000))
    stops = [Stop(aisle, 1_000 * (1 + (aisle * 37) % 88)) for aisle in range(0, 50, 2)]
    places = [Stop(0, 0), *stops, Stop(0, 0)]

    searched = walk.through(len(stops), lambda one, other: block.distance(places[one], places[other]))

    assert searched.length <= pick_path.shortest(block, stops, places[0], places[-1]).length * 1.01
