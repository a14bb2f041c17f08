"""What the movements of a transfer mean, and the state that follows."""

import pytest

from server.stock import transfer
from server.stock.transfer import Head, Line, Share

MAIN, EAST = 1, 2


def share(start: str, end: str, much: int, *, source: int = MAIN, target: int = EAST) -> Share:
    return Share(7, start, source, end, target, much)


def one_line(shares: list[Share], wanted: int = 10) -> Line:
    (line,) = transfer.follow([Line(id=1, item=7, quantity=wanted)], shares, MAIN, EAST)
    return line


def test_what_leaves_is_on_the_way_until_it_arrives() -> None:
    line = one_line([share("bin", "transit", 10), share("transit", "dock", 6, source=EAST)])

    assert (line.sent, line.arrived, line.lost, line.on_the_way) == (10, 6, 0, 4)


def test_in_one_step_nothing_is_on_the_way() -> None:
    line = one_line([share("bin", "dock", 10)])

    assert (line.sent, line.arrived, line.on_the_way) == (10, 10, 0)


def test_what_comes_back_was_not_sent() -> None:
    back = share("transit", "dock", 4, source=EAST, target=MAIN)

    line = one_line([share("bin", "transit", 10), back])

    assert (line.sent, line.to_send) == (6, 4)


def test_carrying_on_inside_a_warehouse_changes_nothing() -> None:
    line = one_line([share("bin", "dock", 10), share("dock", "bin", 10, source=EAST)])

    assert (line.sent, line.arrived) == (10, 10)


def test_goods_given_up_are_lost() -> None:
    line = one_line([share("bin", "transit", 10), share("transit", "scrap", 10, source=EAST)])

    assert (line.lost, line.on_the_way) == (10, 0)


def test_goods_that_nobody_wrote_down_get_a_line() -> None:
    lines = transfer.follow([], [share("bin", "transit", 3)], MAIN, EAST)

    assert [(line.item, line.quantity, line.sent) for line in lines] == [(7, 0, 3)]


@pytest.mark.parametrize(
    ("sent", "arrived", "lost", "is_over", "state"),
    [
        (0, 0, 0, False, "out"),
        (4, 0, 0, False, "in_transit"),
        (10, 0, 0, False, "in_transit"),
        (10, 6, 0, False, "partly_in"),
        (10, 6, 4, False, "done"),
        (10, 10, 0, False, "done"),
        (4, 4, 0, False, "partly_in"),
        (4, 4, 0, True, "done"),
        (0, 0, 0, True, "done"),
    ],
)
def test_the_state_follows_from_the_figures(
    sent: int, arrived: int, lost: int, is_over: bool, state: str
) -> None:
    line = Line(item=7, quantity=10, sent=sent, arrived=arrived, lost=lost)

    assert transfer.state_after("out", [line], is_over=is_over) == state


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_what_nobody_released_stays_as_it_is(state: str) -> None:
    assert transfer.state_after(state, [Line(item=7, quantity=10)], is_over=False) == state


def test_goods_that_leave_for_a_cancelled_transfer_are_in_transit_all_the_same() -> None:
    assert (
        transfer.state_after("cancelled", [Line(item=7, quantity=10, sent=3)], is_over=False) == "in_transit"
    )


def test_a_transfer_goes_from_one_warehouse_to_another() -> None:
    assert [fault.word for fault in transfer.faults(Head(source=1, target=1))] == [
        "inside.fault.same_warehouse"
    ]
    assert [fault.field for fault in transfer.faults(Head(source=0, target=0))] == ["source", "target"]
    assert [fault.field for fault in transfer.faults(Head(source=1, target=2, due_on="25.11."))] == ["due_on"]


@pytest.mark.parametrize(
    ("document", "number"),
    [("tr-7", 7), ("so-7", 0), ("tr-", 0), ("tr-x", 0), ("tr-" + "9" * 30, 0), ("", 0)],
)
def test_a_movement_names_a_transfer_or_something_else(document: str, number: int) -> None:
    assert transfer.number_of(document) == number
