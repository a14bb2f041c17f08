"""Which places a plan takes, what its state is, what may be accepted at once."""

import pytest

from server.counts import plan
from server.counts.difference import Finding
from server.counts.plan import Candidate, Head
from server.stock.movement import Cell

DAY, NOW = 1, 100


def place(
    number: int, *, zone: int = 0, counted_at: int = 0, doubts: int = 0, items: tuple[int, ...] = ()
) -> Candidate:
    return Candidate(number, f"A-{number:02}", "A", number, 1, zone, counted_at, doubts, frozenset(items))


PLACES = [
    place(1, zone=5, counted_at=90, items=(1,)),
    place(2, zone=5, counted_at=10, doubts=1, items=(2,)),
    place(3, zone=6, counted_at=0, doubts=3),
    place(4, zone=6, counted_at=80, items=(2, 3)),
]


@pytest.mark.parametrize(
    ("head", "codes"),
    [
        (Head(warehouse=1, places=("a-01", "A-04")), ["A-01", "A-04"]),
        (Head(warehouse=1, method="zone", zone=5), ["A-02", "A-01"]),
        (Head(warehouse=1, method="abc", abc="A"), ["A-01"]),
        (Head(warehouse=1, method="abc", abc="B"), ["A-02", "A-04"]),
        (Head(warehouse=1, method="date", days=30), ["A-03", "A-02"]),
        (Head(warehouse=1, method="date", days=30, at_most=1), ["A-03"]),
        (Head(warehouse=1, method="doubt"), ["A-03", "A-02"]),
    ],
)
def test_each_method_takes_its_places_the_most_urgent_first(head: Head, codes: list[str]) -> None:
    chosen = plan.chosen(head, PLACES, {1: "A", 2: "B"}, NOW, DAY)

    assert [one.code for one in chosen] == codes


def test_items_that_make_up_four_fifths_of_what_is_picked_are_a() -> None:
    assert plan.classify({1: 70, 2: 15, 3: 11, 4: 4, 5: 0}) == {1: "A", 2: "A", 3: "B", 4: "C", 5: "C"}
    assert plan.classify({9: 3}) == {9: "A"}
    assert plan.classify({9: 0}) == {9: "C"}


def test_a_plan_is_as_far_as_the_place_that_is_farthest_behind() -> None:
    assert plan.state_of(["issued", "issued"]) == "issued"
    assert plan.state_of(["issued", "posted"]) == "counting"
    assert plan.state_of(["recount", "review", "posted"]) == "recount"
    assert plan.state_of(["review", "posted"]) == "review"
    assert plan.state_of(["posted", "cancelled"]) == "posted"


def test_limits_go_by_value_where_all_costs_are_known_and_by_pieces_else() -> None:
    found = [Finding(Cell(1, 7), 8000, 10_000), Finding(Cell(2, 7), 1000, 0)]
    costs = {1: 1_500_000, 2: 4_000_000}

    assert plan.value_of(found, costs) == 70_000
    assert plan.is_within_limits(found, costs, amount=70_000, pieces=0)
    assert not plan.is_within_limits(found, costs, amount=69_900, pieces=9_000_000)
    assert plan.value_of(found, {1: 1}) is None
    assert plan.is_within_limits(found, {1: 1}, amount=0, pieces=3000)
    assert not plan.is_within_limits(found, {1: 1}, amount=10**9, pieces=2999)


def test_a_wish_without_its_places_is_refused() -> None:
    assert {fault.field for fault in plan.faults(Head(warehouse=0, method="places"))} == {
        "warehouse",
        "places",
    }
    assert [fault.field for fault in plan.faults(Head(warehouse=1, method="zone"))] == ["zone"]
    assert [fault.field for fault in plan.faults(Head(warehouse=1, method="doubt", at_most=0))] == ["at_most"]
