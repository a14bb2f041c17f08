"""What a receipt makes of the movements that name it, in whatever order they come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.inbound import receipt
from server.inbound.receipt import Arrived, Goods, Line, Share

CUP, BOX = 1, 2


def line(key: int, expected: int, *, item: int = CUP, lot: str = "", **more: int) -> Line:
    return Line(id=key, position=key, item=item, lot=lot, expected=expected, **more)


def received(lines: list[Line], came: dict[Goods, int], *, tolerance: int = 0) -> list[Line]:
    arrived = {goods: Arrived(much, 0) for goods, much in came.items()}
    return receipt.follow(lines, arrived, tolerance=tolerance)


def test_what_came_fills_the_lines_of_its_item_in_order() -> None:
    after = received([line(1, 10), line(2, 5), line(3, 7, item=BOX)], {Goods(CUP, ""): 12, Goods(BOX, ""): 1})

    assert [one.received for one in after] == [10, 2, 1]


def test_a_line_that_names_a_lot_is_filled_by_that_lot_first() -> None:
    after = received([line(1, 10), line(2, 5, lot="L2")], {Goods(CUP, "L1"): 6, Goods(CUP, "L2"): 7})

    assert [one.received for one in after] == [8, 5]


@pytest.mark.parametrize(
    ("came", "held"),
    [(100, 0), (105, 0), (106, 1), (0, 0)],
)
def test_what_is_beyond_the_tolerance_is_held(came: int, held: int) -> None:
    (after,) = received([line(1, 100)], {Goods(CUP, ""): came}, tolerance=500)

    assert (after.held, after.accepted) == (held, came - held)


def test_the_tolerance_never_rounds_in_the_suppliers_favour() -> None:
    assert receipt.allowed(99, 100) == 99


def test_nothing_is_expected_of_a_cancelled_receipt() -> None:
    (after,) = receipt.follow([line(1, 10)], {Goods(CUP, ""): Arrived(3, 0)}, tolerance=500, is_wanted=False)

    assert (after.received, after.held, after.accepted) == (3, 3, 0)


def test_goods_brought_straight_to_a_bin_are_put_away() -> None:
    came = receipt.arrived([Share(CUP, "", "supplier", "bin", 5), Share(CUP, "", "supplier", "dock", 3)])

    assert came == {Goods(CUP, ""): Arrived(8, 5)}


def test_what_goes_through_a_tote_counts_when_it_reaches_the_bin() -> None:
    came = receipt.arrived(
        [
            Share(CUP, "", "supplier", "dock", 5),
            Share(CUP, "", "dock", "tote", 5),
            Share(CUP, "", "tote", "bin", 4),
        ]
    )

    assert came == {Goods(CUP, ""): Arrived(5, 4)}


STATES = [
    # lines, over, short, inspected, puts away → state
    ([(10, 0, 0)], False, False, False, True, "expected"),
    ([(10, 4, 0)], False, False, False, True, "receiving"),
    ([(10, 10, 0)], False, False, True, True, "inspecting"),
    ([(10, 10, 4)], False, False, False, True, "putaway"),
    ([(10, 10, 10)], False, False, False, True, "done"),
    ([(10, 10, 0)], False, False, False, False, "done"),
    ([(4, 4, 4)], True, True, False, True, "partly_closed"),
    ([(10, 0, 0)], True, False, False, True, "reversed"),
]


@pytest.mark.parametrize(("lines", "over", "short", "inspected", "puts_away", "wanted"), STATES)
def test_the_state_follows_from_the_lines(
    lines: list[tuple[int, int, int]], over: bool, short: bool, inspected: bool, puts_away: bool, wanted: str
) -> None:
    standing = [
        Line(id=key, position=key, item=CUP, expected=expected, received=came, put_away=away)
        for key, (expected, came, away) in enumerate(lines)
    ]

    found = receipt.state_after(
        "expected", standing, is_over=over, is_short=short, is_inspected=inspected, puts_away=puts_away
    )

    assert found == wanted


def test_goods_that_are_held_keep_a_receipt_open() -> None:
    standing = [Line(id=1, position=1, item=CUP, expected=10, received=12, held=2, put_away=12)]

    assert (
        receipt.state_after(
            "putaway", standing, is_over=False, is_short=False, is_inspected=False, puts_away=True
        )
        == "putaway"
    )


scans = st.lists(
    st.tuples(
        st.sampled_from([CUP, BOX]), st.sampled_from(["", "L1", "L2"]), st.integers(1, 9), st.booleans()
    ),
    max_size=7,
)


@given(scans, st.permutations(range(7)), st.integers(0, 2000))
def test_any_order_of_scans_and_reversals_leaves_the_same_receipt(
    found: list[tuple[int, str, int, bool]], order: list[int], tolerance: int
) -> None:
    lines = [line(1, 5), line(2, 3, lot="L1"), line(3, 4, item=BOX)]
    shares = []
    for item, lot, much, is_reversed in found:
        shares.append(Share(item, lot, "supplier", "dock", much))
        if is_reversed:
            shares.append(Share(item, lot, "dock", "supplier", much))
    shuffled = [shares[index] for index in order if index < len(shares)] + shares[7:]

    one = receipt.follow(lines, receipt.arrived(shares), tolerance=tolerance)
    other = receipt.follow(lines, receipt.arrived(shuffled), tolerance=tolerance)

    assert one == other
    stands = sum(much for *_, much, is_reversed in found if not is_reversed)
    assert sum(each.received for each in one) == stands
    for each in one:
        assert each.received - each.held <= receipt.allowed(each.expected, tolerance)
        assert each.held == 0 or each.received > each.expected


def test_the_lines_may_be_read_in_any_order() -> None:
    lines = [line(1, 5), line(2, 3, lot="L1"), line(3, 2)]
    came = {Goods(CUP, "L1"): 9, Goods(CUP, "L2"): 4}

    answers = {
        tuple(sorted(receipt.spread(list(order), came).items())) for order in itertools.permutations(lines)
    }

    assert len(answers) == 1
