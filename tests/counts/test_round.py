"""When one count is enough, when another person is asked, when somebody decides."""

import itertools

import pytest

from server.counts.difference import Finding, findings
from server.counts.round import Round, decide, is_disputed
from server.stock.movement import Cell, Mark, Moment

CUP = Cell(1, 7)
WANG, LI, ZHAO = 1, 2, 3


def counted(at: int, person: int, seen: int, book: int = 10) -> Round:
    """Somebody saw so many cups."""
    return Round(Moment(at, f"op-{at}"), person, [Finding(CUP, seen, book)])


@pytest.mark.parametrize(
    ("rounds", "state"),
    [
        ([], "issued"),
        ([(1, WANG, 10)], "posted"),
        ([(1, WANG, 8)], "recount"),
        ([(1, WANG, 8), (2, LI, 8)], "review"),
        ([(1, WANG, 8), (2, LI, 10)], "recount"),
        ([(1, WANG, 8), (2, LI, 10), (3, ZHAO, 10)], "posted"),
        ([(1, WANG, 8), (2, LI, 9), (3, ZHAO, 8)], "review"),
        ([(1, WANG, 8), (2, LI, 9), (3, ZHAO, 7)], "review"),
        # One is no second opinion on oneself.
        ([(1, WANG, 8), (2, WANG, 8)], "recount"),
        ([(1, WANG, 8), (2, WANG, 10)], "recount"),
        ([(1, WANG, 8), (2, LI, 9), (3, WANG, 9)], "recount"),
        # But one may correct oneself before another comes.
        ([(1, WANG, 8), (2, WANG, 9), (3, LI, 9)], "review"),
        # What the ledger follows last is what has to be agreed on.
        ([(1, WANG, 8), (2, LI, 8), (3, WANG, 10)], "recount"),
    ],
)
def test_rounds_lead_to_the_same_state_in_whatever_order_they_come(
    rounds: list[tuple[int, int, int]], state: str
) -> None:
    made = [counted(*one) for one in rounds]

    assert {decide(order, 0) for order in itertools.permutations(made)} == {state}


def test_within_the_tolerance_nobody_is_asked() -> None:
    assert decide([counted(1, WANG, 98, 100)], 200) == "posted"
    assert decide([counted(1, WANG, 97, 100)], 200) == "recount"


def test_a_person_who_wants_it_counted_again_gets_a_count_that_is_younger() -> None:
    agreed = [counted(1, WANG, 8), counted(3, LI, 8)]

    assert decide(agreed, 0, asked_at=5) == "recount"
    assert decide([*agreed, counted(6, ZHAO, 10)], 0, asked_at=5) == "review"
    assert is_disputed([*agreed, counted(6, ZHAO, 10)], 0)
    assert not is_disputed(agreed, 0)


def test_two_counts_agree_when_the_goods_that_flowed_between_them_explain_the_rest() -> None:
    assert decide([counted(1, WANG, 8, book=10), counted(2, LI, 5, book=7)], 0) == "review"
    assert decide([counted(1, WANG, 8, book=10), counted(2, LI, 8, book=7)], 0) == "recount"


def mark(at: int, operation: str, item: int, quantity: int = 0) -> Mark:
    return Mark(Moment(at, operation), 7, item, "", "", 0, quantity)


def test_the_book_of_a_count_is_the_last_count_before_it_and_the_flows_since() -> None:
    marks = [mark(10, "old", 1, 50), mark(10, "old", 0), mark(30, "new", 1, 44), mark(30, "new", 0)]
    past = [(Moment(5, "a"), CUP, 99), (Moment(20, "b"), CUP, -4), (Moment(40, "c"), CUP, -40)]

    assert findings(Moment(30, "new"), marks, past, {"new"}) == [Finding(CUP, 44, 46)]


def test_a_sheet_s_own_counts_do_not_change_the_book_for_each_other() -> None:
    marks = [mark(10, "one", 1, 8), mark(10, "one", 0), mark(30, "two", 1, 7), mark(30, "two", 0)]
    past = [(Moment(5, "a"), CUP, 10), (Moment(20, "b"), CUP, -1)]
    own = {"one", "two"}

    assert findings(Moment(10, "one"), marks, past, own) == [Finding(CUP, 8, 10)]
    assert findings(Moment(30, "two"), marks, past, own) == [Finding(CUP, 7, 9)]


def test_what_a_count_does_not_name_was_not_there() -> None:
    marks = [mark(30, "new", 0)]
    past = [(Moment(5, "a"), CUP, 3), (Moment(6, "b"), Cell(2, 7), 0)]

    assert findings(Moment(30, "new"), marks, past, {"new"}) == [Finding(CUP, 0, 3)]
