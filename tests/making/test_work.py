"""A production order by its figures: the state follows from what people decided and what moved, in any order."""

import itertools

import pytest

from server.making import work
from server.making.work import Head, Line, Share

BOX, CUP, TIN, GLUE = 1, 2, 3, 4
LINES = [
    Line(id=1, item=BOX, is_made=True, quantity=10_000),
    Line(id=2, item=CUP, position=1, quantity=20_000),
    Line(id=3, item=TIN, position=2, quantity=10_000),
]


def after(**went: int) -> list[Line]:
    """The lines after so many pieces went into production (below zero: came out)."""
    items = {"box": BOX, "cup": CUP, "tin": TIN, "glue": GLUE}
    return work.follow(LINES, [Share(items[name], much * 1000) for name, much in went.items()])


@pytest.mark.parametrize(
    ("went", "state"),
    [
        ({}, "approved"),
        ({"cup": 20}, "approved"),
        ({"cup": 20, "tin": 10}, "picked"),
        ({"cup": 25, "tin": 10}, "picked"),
        ({"cup": 20, "tin": 10, "box": -4}, "picked"),
        ({"box": -10}, "approved"),
        ({"cup": 20, "tin": 10, "box": -10}, "done"),
        ({"cup": 20, "tin": 10, "box": -12}, "done"),
    ],
)
def test_the_state_follows_the_goods(went: dict[str, int], state: str) -> None:
    assert work.state_after("approved", after(**went), is_over=False) == state


def test_what_people_decided_holds_while_nothing_has_moved() -> None:
    for decided in ("draft", "cancelled", "reversed"):
        assert work.state_after(decided, after(), is_over=False) == decided
        assert work.state_after(decided, after(cup=1), is_over=False) == "approved"
    assert work.state_after("approved", after(cup=1), is_over=True) == "done"


def test_the_order_of_movements_makes_no_difference() -> None:
    shares = [Share(CUP, 15_000), Share(BOX, -4000), Share(CUP, -3000), Share(GLUE, 1000)]

    ends = {
        tuple((line.item, line.done) for line in sorted(work.follow(LINES, turn), key=lambda line: line.item))
        for turn in itertools.permutations(shares)
    }

    assert ends == {((BOX, 4000), (CUP, 12_000), (TIN, 0), (GLUE, 1000))}


def test_a_stranger_gets_a_line_on_the_side_to_which_it_went() -> None:
    strangers = after(glue=2)[-1], work.follow(LINES, [Share(GLUE, -2000)])[-1]

    assert [(one.is_made, one.done, one.excess) for one in strangers] == [
        (False, 2000, 2000),
        (True, 2000, 0),
    ]


def test_too_much_is_what_goes_beyond_the_plan_and_what_was_allowed() -> None:
    cup = Line(item=CUP, allowed=2000, quantity=20_000)

    assert work.excess_of([cup], {CUP: 22_000, GLUE: 1000}) == {GLUE: 1000}
    assert work.excess_of([cup], {CUP: 25_000}) == {CUP: 3000}


def test_nothing_is_kept_for_what_there_was_too_little_of() -> None:
    cup = Line(item=CUP, short=5000, done=4000, quantity=20_000)

    assert work.still_reserved("approved", cup) == 11_000
    assert work.still_reserved("done", cup) == 0
    assert work.still_expected("picked", Line(item=BOX, is_made=True, done=4000, quantity=10_000)) == 6000


def test_only_assembly_takes_components_by_itself_and_from_a_place() -> None:
    def wrong(**head: object) -> list[str]:
        whole = {"warehouse": 1, "product": BOX, "quantity": 1000, **head}
        return [one.word for one in work.faults(Head(**whole))]  # type: ignore[arg-type]

    assert wrong(kind="assembly", is_backflush=True) == ["making.fault.no_place"]
    assert wrong(kind="disassembly", is_backflush=True, place=7) == ["making.fault.backflush_kind"]
    assert wrong(kind="assembly", is_backflush=True, place=7) == []
    assert wrong(kind="assembly", product=0, quantity=0) == ["making.fault.no_item", "making.fault.quantity"]
    assert wrong(kind="magic", due_on="soon") == ["making.fault.missing", "making.fault.day"]


@pytest.mark.parametrize("document", ["wo-", "wo-x", "wo-٣", "so-3", "", "wo-" + "9" * 30])
def test_what_is_no_order_of_ours_names_none(document: str) -> None:
    assert work.number_of(document) == 0
