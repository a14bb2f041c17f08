"""What an adjustment may say, when two people must look at it, and what it posts."""

import pytest

from server.stock import adjustment
from server.stock.adjustment import Head, Kept, Line
from server.stock.movement import Cell

PIECE = 1000
PLAIN = Kept()


def words(line: Line, reason: str = "lost", *, there: int = 10 * PIECE, kept: Kept = PLAIN) -> list[str]:
    head = Head(warehouse=1, reason=reason)
    found = adjustment.faults(head, [line], {line.item: kept}, {line.cell: there})
    return [f"{fault.field} {fault.word.removeprefix('inside.fault.')}" for fault in found]


def line(much: int, **more: str) -> Line:
    return Line(item=7, location=11, quantity=much * PIECE, **more)  # type: ignore[arg-type]  # only lot and serial


@pytest.mark.parametrize(
    ("much", "reason", "wrong"),
    [
        (-3, "lost", []),
        (3, "lost", ["lines.0.quantity only_less"]),
        (3, "found", []),
        (-3, "found", ["lines.0.quantity only_more"]),
        (3, "correction", []),
        (-3, "correction", []),
        (-11, "lost", ["lines.0.quantity not_there"]),
        (0, "correction", ["lines.0.quantity quantity"]),
        (-3, "because", ["reason missing"]),
    ],
)
def test_a_reason_says_which_way_it_goes(much: int, reason: str, wrong: list[str]) -> None:
    assert words(line(much), reason) == wrong


def test_goods_that_are_kept_by_lot_or_serial_are_named_by_it() -> None:
    assert words(line(-1), kept=Kept(has_lots=True)) == ["lines.0.lot no_lot"]
    assert words(line(-2, serial="S1"), kept=Kept(has_serials=True)) == ["lines.0.serial no_serial"]
    assert words(line(-1, serial="S1"), kept=Kept(has_serials=True)) == []


def test_a_whole_thing_is_not_adjusted_in_parts() -> None:
    half = Line(item=7, location=11, quantity=-500)

    assert words(half) == ["lines.0.quantity quantity"]
    assert words(half, kept=Kept(scale=1)) == []


def test_one_cell_stands_there_once() -> None:
    head = Head(warehouse=1, reason="lost")

    found = adjustment.faults(head, [line(-1), line(-1)], {}, {Cell(7, 11): 10 * PIECE})

    assert [fault.field for fault in found] == ["lines.1.item"]


def test_an_adjustment_needs_lines() -> None:
    found = adjustment.faults(Head(warehouse=0, reason="lost"), [], {}, {})

    assert [fault.field for fault in found] == ["warehouse", ""]


def test_more_and_less_do_not_cancel_out_in_what_it_is_worth() -> None:
    lines = [line(-2), Line(item=8, location=11, quantity=3 * PIECE)]

    assert adjustment.worth(lines, {7: 10_000_000, 8: 1_000_000}) == 23_0000
    assert adjustment.worth(lines, {7: 10_000_000}) is None


@pytest.mark.parametrize(("worth", "asks"), [(500_0000, False), (500_0001, True), (0, False), (None, True)])
def test_beyond_the_limit_two_people_look(worth: int | None, asks: bool) -> None:
    assert adjustment.needs_approval(worth, 500_0000) is asks


def test_broken_goods_go_to_scrap_and_lost_ones_off_the_book() -> None:
    (broken,) = adjustment.flows("ad-1", Head(warehouse=1, reason="damaged"), [line(-2)], 99)
    (lost,) = adjustment.flows("ad-1", Head(warehouse=1, reason="lost"), [line(-2)], 99)
    (found,) = adjustment.flows("ad-1", Head(warehouse=1, reason="found"), [line(2)], 99)

    assert (broken.act, broken.source, broken.target, broken.quantity) == ("move", 11, 99, 2000)
    assert (lost.act, lost.source, lost.target) == ("adjust", 11, 0)
    assert (found.act, found.source, found.target) == ("adjust", 0, 11)
