"""What counts as come in, picked, gone out and corrected today."""

from datetime import date

import pytest

from server.clock import HOUR, from_iso
from server.stock import flow
from server.stock.flow import Group, Today


def group(source: str, target: str, quantity: int = 3, **more: object) -> Group:
    values: dict[str, object] = {
        "item": 1,
        "kind": "flow",
        "act": "move",
        "source_kind": source,
        "target_kind": target,
        "source_warehouse": 1,
        "target_warehouse": 1,
        "is_reversal": False,
        "rows": 1,
        "quantity": quantity,
        "last_at": 7,
    }
    return Group(**(values | more))  # type: ignore[arg-type]


def today(*groups: Group, warehouses: frozenset[int] | None = None) -> Today:
    return flow.add({}, groups, warehouses)[1]


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        (group("supplier", "dock", act="receive"), Today(came_in=3, last_at=7)),
        (group("dock", "bin"), Today(last_at=7)),
        (group("bin", "tote", act="pick"), Today(picked=3, last_at=7)),
        (group("bin", "dock", act="pick"), Today(picked=3, last_at=7)),
        (group("tote", "bin"), Today(picked=-3, last_at=7)),
        (group("tote", "carton"), Today(last_at=7)),
        (group("carton", "customer", act="ship"), Today(went_out=3, last_at=7)),
        (group("adjustment", "bin", kind="count"), Today(corrected=3, last_at=7)),
        (group("bin", "adjustment", act="adjust"), Today(corrected=-3, last_at=7)),
        (group("suspense", "bin", kind="suspense"), Today(last_at=7)),
    ],
)
def test_goods_that_cross_a_border_are_flow_and_the_books_own_rows_are_not(
    moved: Group, expected: Today
) -> None:
    assert today(moved) == expected


def test_what_is_taken_back_lowers_the_figure_it_had_raised() -> None:
    received = group("supplier", "dock", act="receive")
    undone = group("dock", "supplier", act="receive", is_reversal=True)

    assert today(received, undone) == Today(last_at=7)


def test_an_undone_pick_was_no_pick() -> None:
    picked = group("bin", "dock", act="pick")
    undone = group("dock", "bin", act="pick", is_reversal=True)

    assert today(picked, undone).picked == 0


def test_a_transfer_leaves_one_house_and_enters_the_other() -> None:
    sent = group("bin", "bin", target_warehouse=2)

    assert today(sent, warehouses=frozenset({1})).went_out == 3
    assert today(sent, warehouses=frozenset({2})).came_in == 3
    assert today(sent) == Today(last_at=7)


def test_later_groups_add_to_what_the_day_had() -> None:
    morning = flow.add({}, [group("supplier", "bin", 5, last_at=1)], None)
    evening = flow.add(morning, [group("supplier", "bin", 2, last_at=9)], None)

    assert evening[1] == Today(came_in=7, last_at=9)
    assert morning[1].came_in == 5


def test_the_tally_counts_how_often_and_takes_off_what_was_taken_back() -> None:
    received = group("supplier", "dock", act="receive", rows=4)
    undone = group("dock", "supplier", act="receive", is_reversal=True)
    moved = group("bin", "bin", rows=2)
    counted = group("adjustment", "bin", kind="count")
    elsewhere = group("supplier", "dock", source_warehouse=2, target_warehouse=2)

    tally = flow.count(flow.Tally(), [received, undone, moved, counted, elsewhere], frozenset({1}))

    assert tally == flow.Tally(came_in=3, flows=7)


def test_the_business_day_is_the_firms_and_not_greenwichs() -> None:
    late_in_shanghai = from_iso("2026-11-22T16:30:00+00:00")

    assert flow.day_of(late_in_shanghai, "Asia/Shanghai") == date(2026, 11, 23)
    start, end = flow.bounds(date(2026, 11, 23), "Asia/Shanghai")
    assert start == from_iso("2026-11-22T16:00:00+00:00")
    assert end - start == 24 * HOUR


def test_a_day_that_changes_the_clocks_is_longer() -> None:
    start, end = flow.bounds(date(2026, 10, 25), "Europe/Berlin")

    assert end - start == 25 * HOUR
