"""What an order comes to, what a change of it means, and which state its lines leave it in."""

import pytest

from server.documents.line import Line as Typed
from server.inbound import purchase
from server.inbound.purchase import Head, Line

CUP, BOX = 1, 2


def typed(item: int, amount: int, price: int | None = None) -> Typed:
    return Typed(item, "件", 1000, amount * 1000, price, None)


def standing(item: int, amount: int, received: int = 0, cancelled: int = 0) -> Line:
    return Line(
        id=item,
        position=item,
        item=item,
        quantity=amount * 1000,
        received=received * 1000,
        cancelled=cancelled * 1000,
        unit_price=2_500_000,
    )


def test_the_total_adds_up_lines_in_whole_cents() -> None:
    third = Line(item=CUP, quantity=1000, unit_price=333_333)

    assert purchase.total([third, third, third]) == 3 * 3300


def test_what_was_cancelled_is_not_owed_for() -> None:
    assert purchase.total([standing(CUP, 10, cancelled=4)]) == 150_000


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([standing(CUP, 10)], "confirmed"),
        ([standing(CUP, 10, 4)], "partly_received"),
        ([standing(CUP, 10, 10)], "done"),
        ([standing(CUP, 10, 12)], "done"),
        ([standing(CUP, 10, 4, cancelled=6)], "done"),
        ([standing(CUP, 10, 10), standing(BOX, 1)], "partly_received"),
    ],
)
def test_the_state_follows_from_what_came(lines: list[Line], wanted: str) -> None:
    assert purchase.state_after("confirmed", lines) == wanted


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_what_comes_does_not_move_a_draft_or_a_cancelled_order(state: str) -> None:
    assert purchase.state_after(state, [standing(CUP, 10, 10)]) == state


def test_a_change_keeps_what_came_where_it_came() -> None:
    wanted = purchase.change([standing(CUP, 10, 4), standing(BOX, 5)], [typed(CUP, 8), typed(3, 2, 100)])

    assert [(line.item, line.quantity, line.received, line.price) for line in wanted.kept] == [
        (CUP, 8000, 4000, 2_500_000)
    ]
    assert [line.item for line in wanted.added] == [3]
    assert [line.item for line in wanted.dropped] == [BOX]
    assert not purchase.faults_of_change(wanted)


@pytest.mark.parametrize("lines", [[typed(CUP, 3)], [typed(BOX, 1)]])
def test_what_came_cannot_be_unordered(lines: list[Typed]) -> None:
    wanted = purchase.change([standing(CUP, 10, 4)], lines)

    assert [fault.word for fault in purchase.faults_of_change(wanted)] == ["inbound.fault.below_received"]


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "20261122"])
def test_a_day_that_no_calendar_has_is_refused(day: str) -> None:
    found = purchase.faults(Head(supplier=1, warehouse=1, expected_on=day))

    assert [fault.field for fault in found] == ["expected_on"]
