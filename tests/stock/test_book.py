"""The book gives the same stock in any order of arrival, is never below zero, and can be taken back exactly."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as some

from server.stock.book import Book
from server.stock.movement import VIRTUAL, Cell, Flow, Moment, Place, Posting

BINS = (1, 2, 3)
OTHER_HOUSE = 4
PLACES = {number: Place(number, f"A-{number}", "bin", 1) for number in BINS}
PLACES[OTHER_HOUSE] = Place(OTHER_HOUSE, "E-1", "bin", 2)
PLACES |= {10 + index: Place(10 + index, kind, kind, 1) for index, kind in enumerate(VIRTUAL)}
PLACES |= {20 + index: Place(20 + index, kind, kind, 2) for index, kind in enumerate(VIRTUAL)}
SUPPLIER, CUSTOMER, SUSPENSE = 10, 11, 16
REAL = (*BINS, OTHER_HOUSE)
CUP, ROPE = 1, 2


@dataclass(frozen=True)
class Act:
    """One thing done: a flow, a count, or taking one of them back."""

    when: Moment
    flow: Flow | None = None
    counted: int = 0
    seen: tuple[tuple[Cell, int], ...] = ()
    complete: bool = False
    undoes: Moment | None = None


def at(minute: int, name: str = "") -> Moment:
    return Moment(minute, name or f"op-{minute}")


def flow(quantity: int, source: int, target: int, item: int = CUP, lot: str = "") -> Flow:
    return Flow(act="move", item=item, quantity=quantity, source=source, target=target, lot=lot)


def moved(minute: int, quantity: int, source: int, target: int, item: int = CUP) -> Act:
    return Act(at(minute), flow(quantity, source, target, item))


def counted(minute: int, place: int, *seen: tuple[int, int], complete: bool = False) -> Act:
    return Act(
        at(minute),
        counted=place,
        seen=tuple((Cell(item, place), quantity) for item, quantity in seen),
        complete=complete,
    )


def play(acts: Sequence[Act], book: Book | None = None, story: Sequence[Act] = ()) -> Book:
    """Hear of these acts, which are part of a story, in this order."""
    book = book or Book(PLACES, {})
    known = {act.when: act for act in story or acts}
    for act in acts:
        if act.flow is not None:
            book.move(act.flow, act.when)
        elif act.counted:
            book.count(dict(act.seen), act.counted, act.complete, act.when)
        else:
            assert act.undoes is not None
            original = known[act.undoes]
            if original.flow is None:
                book.undo_count(original.when.operation, act.when)
            else:
                book.move(reversed_flow(original.flow), act.when)
    return book


def reversed_flow(one: Flow) -> Flow:
    return flow(one.quantity, one.target, one.source, one.item, one.lot)


def truth(acts: Sequence[Act]) -> dict[Cell, int]:
    """What every real cell must hold, found without the book: the last standing count, then the flows since."""
    originals = {act.when: act for act in acts}
    undone = {act.undoes for act in acts}
    flows = [(act.when, act.flow) for act in acts if act.flow is not None]
    flows += [
        (act.when, reversed_flow(original))
        for act in acts
        if act.undoes is not None and (original := originals[act.undoes].flow) is not None
    ]
    counts = [act for act in acts if act.counted and act.when not in undone]
    cells = {cell for _, one in flows for cell in (cell_of(one, one.source), cell_of(one, one.target))}
    cells |= {cell for act in acts for cell, _ in act.seen}
    return {cell: _held(cell, flows, counts) for cell in cells if cell.location in REAL}


def cell_of(one: Flow, place: int) -> Cell:
    return Cell(one.item, place, one.lot)


def _held(cell: Cell, flows: list[tuple[Moment, Flow]], counts: list[Act]) -> int:
    spoken = [(act.when, dict(act.seen)) for act in counts if act.counted == cell.location
              if act.complete or cell in dict(act.seen)]  # fmt: skip
    since, start = Moment(-1, ""), 0
    if spoken:
        since, seen = max(spoken, key=lambda one: one[0])
        start = seen.get(cell, 0)
    into = sum(one.quantity for when, one in flows if when > since and cell_of(one, one.target) == cell)
    out = sum(one.quantity for when, one in flows if when > since and cell_of(one, one.source) == cell)
    return start + into - out


@dataclass
class Replayed:
    """Balances that come from reading the ledger row by row, as `verify` and every report do."""

    on_hand: dict[Cell, int] = field(default_factory=dict)

    def read(self, posting: Posting) -> None:
        one = posting.flow
        assert one.quantity > 0
        for place, sign in ((one.source, -1), (one.target, 1)):
            cell = cell_of(one, place)
            self.on_hand[cell] = self.on_hand.get(cell, 0) + sign * one.quantity
            if place in REAL:
                assert self.on_hand[cell] >= 0, f"{cell} is below zero after {posting}"


def assert_sound(book: Book, acts: Sequence[Act]) -> None:
    """Everything that must hold of a book that has heard of these acts."""
    replayed = Replayed()
    for posting in book.postings:
        replayed.read(posting)
    expected = truth(acts)
    for cell in {*book.raw, *replayed.on_hand, *expected}:
        if cell.location in REAL:
            assert book.raw.get(cell, 0) == expected.get(cell, 0), cell
        assert replayed.on_hand.get(cell, 0) == book.on_hand(cell), cell
    assert sum(book.raw.values()) == sum(replayed.on_hand.values()) - sum(
        book.debt(cell) for cell in book.raw
    )
    for item in (CUP, ROPE):
        assert sum(amount for cell, amount in replayed.on_hand.items() if cell.item == item) == 0
    lent = {house: -sum(book.raw.get(Cell(item, house, lot), 0) for item in (CUP, ROPE) for lot in ("", "L"))
            for house in (SUSPENSE, SUSPENSE + 10)}  # fmt: skip
    owed = {
        SUSPENSE + 10 * (house - 1): sum(
            book.debt(cell) for cell in book.raw if PLACES[cell.location].warehouse == house
        )
        for house in (1, 2)
    }
    assert lent == owed


def holdings(book: Book) -> dict[Cell, tuple[int, int]]:
    """What every cell holds and owes; an empty cell is no cell."""
    found = {cell: (book.on_hand(cell), book.debt(cell)) for cell in book.raw if cell.location in REAL}
    return {cell: held for cell, held in found.items() if held != (0, 0)}


# Stories


def test_a_debt_is_repaid_by_whatever_arrives_later() -> None:
    acts = [moved(9, 5, 1, CUSTOMER), moved(1, 8, SUPPLIER, 1)]

    book = play(acts)

    assert (book.on_hand(Cell(CUP, 1)), book.debt(Cell(CUP, 1))) == (3, 0)
    assert [posting.kind for posting in book.postings] == ["suspense", "flow", "flow", "suspense"]
    assert_sound(book, acts)


def test_a_flow_that_a_later_count_has_seen_changes_nothing_there() -> None:
    acts = [counted(5, 1, (CUP, 4)), moved(3, 2, 1, 2)]

    book = play(acts)

    assert (book.on_hand(Cell(CUP, 1)), book.on_hand(Cell(CUP, 2))) == (4, 2)
    assert_sound(book, acts)


def test_a_move_inside_one_bin_of_nothing_else_than_it_counts_itself_sound() -> None:
    acts = [
        moved(1, 2, SUPPLIER, 1),
        counted(2, 1, complete=True),
        moved(3, 2, 1, 2),
        counted(4, 2, (CUP, 1)),
    ]

    assert_sound(play(acts), acts)


def test_an_undone_count_gives_way_to_the_one_before() -> None:
    acts = [
        counted(2, 1, (CUP, 7)),
        counted(4, 1, complete=True),
        Act(at(6), undoes=at(4)),
        moved(1, 3, 1, 2),
    ]

    book = play(acts)

    assert book.on_hand(Cell(CUP, 1)) == 7
    assert_sound(book, acts)


def test_an_undone_count_gives_way_to_an_older_one_that_came_later_and_named_goods_of_its_own() -> None:
    acts = [counted(4, 1, complete=True), counted(2, 1, (CUP, 7)), Act(at(6), undoes=at(4))]

    book = play(acts)

    assert book.on_hand(Cell(CUP, 1)) == 7
    assert_sound(book, acts)


def test_the_line_of_a_complete_count_speaks_louder_than_its_silence() -> None:
    acts = [counted(2, 1, (CUP, 7), complete=True), counted(3, 1, (CUP, 1)), Act(at(6), undoes=at(3))]

    assert play(acts).on_hand(Cell(CUP, 1)) == 7


def test_two_acts_of_one_moment_are_ordered_by_their_ids_everywhere() -> None:
    count = Act(at(5, "b"), counted=1, seen=((Cell(CUP, 1), 4),))
    before, after = Act(at(5, "a"), flow(1, SUPPLIER, 1)), Act(at(5, "c"), flow(1, SUPPLIER, 1))

    for order in ([count, before, after], [after, before, count], [before, count, after]):
        assert play(order).on_hand(Cell(CUP, 1)) == 5


# Properties


@some.composite
def stories(draw: some.DrawFn) -> list[Act]:
    """Acts at distinct moments, in the order they happened; some take back an earlier one."""
    size = draw(some.integers(1, 14))
    acts: list[Act] = []
    for number in range(size):
        when = Moment(100 + number // draw(some.sampled_from((1, 1, 2))), f"op-{number:02}")
        acts.append(draw(_acts(when, tuple(acts))))
    return acts


@some.composite
def _acts(draw: some.DrawFn, when: Moment, earlier: tuple[Act, ...]) -> Act:
    undone = {act.undoes for act in earlier}
    takeable = [act for act in earlier if act.undoes is None and act.when not in undone]
    kind = draw(some.sampled_from(("flow", "flow", "flow", "count", "undo")))
    if kind == "undo" and takeable:
        return Act(when, undoes=draw(some.sampled_from(takeable)).when)
    if kind == "count":
        place = draw(some.sampled_from(REAL))
        cells = some.builds(
            Cell,
            item=some.sampled_from((CUP, ROPE)),
            location=some.just(place),
            lot=some.sampled_from(("", "L")),
            serial=some.just(""),
            owner=some.just(0),
        )
        seen = draw(some.dictionaries(cells, some.integers(0, 6), max_size=3))
        complete = draw(some.booleans()) or not seen
        return Act(when, counted=place, seen=tuple(seen.items()), complete=complete)
    source = draw(some.sampled_from((*REAL, SUPPLIER)))
    target = draw(some.sampled_from([place for place in (*REAL, CUSTOMER) if place != source]))
    return Act(
        when,
        flow(draw(some.integers(1, 9)), source, target, draw(some.sampled_from((CUP, ROPE))),
             draw(some.sampled_from(("", "L")))),
    )  # fmt: skip


@some.composite
def heard(draw: some.DrawFn) -> tuple[list[Act], list[Act]]:
    """A story, and another order to hear it in, where nothing is taken back before it is known."""
    story = draw(stories())
    order: list[Act] = []
    for act in draw(some.permutations(story)):
        _hear(act, story, order)
    return story, order


def _hear(act: Act, story: Sequence[Act], order: list[Act]) -> None:
    if act in order:
        return
    if act.undoes is not None:
        _hear(next(one for one in story if one.when == act.undoes), story, order)
    order.append(act)


@settings(max_examples=150, deadline=None)
@for_all(heard())
def test_any_order_of_arrival_gives_the_same_stock_and_the_same_debts(
    two: tuple[list[Act], list[Act]],
) -> None:
    story, order = two

    straight, mixed = play(story), play(order)

    assert_sound(straight, story)
    assert_sound(mixed, story)
    assert holdings(straight) == holdings(mixed)


@settings(max_examples=80, deadline=None)
@for_all(heard(), some.integers(0, 13))
def test_a_book_closed_and_opened_again_goes_on_as_if_nothing_had_happened(
    two: tuple[list[Act], list[Act]], cut: int
) -> None:
    story, order = two
    first = play(order[:cut])
    again = Book(
        PLACES,
        {cell: first.on_hand(cell) - first.debt(cell) for cell in first.raw},
        [mark for mark in first.new_marks if mark.when.operation not in first.voided],
        [
            (Moment(posting.event_at, posting.operation), cell, sign * posting.flow.quantity)
            for posting in first.postings
            if posting.kind == "flow"
            for sign, place in ((-1, posting.flow.source), (1, posting.flow.target))
            for cell in [cell_of(posting.flow, place)]
            if place in REAL
        ],
    )

    play(order[cut:], again, story)

    assert holdings(again) == holdings(play(order))


@settings(max_examples=80, deadline=None)
@for_all(heard(), some.integers(0, 13))
def test_taking_back_restores_everything_exactly(two: tuple[list[Act], list[Act]], cut: int) -> None:
    _, order = two
    cut = min(cut, len(order))
    book = play(order[:cut])
    apart = ("places", "_journal")
    before = {name: copy.deepcopy(value) for name, value in vars(book).items() if name not in apart}
    mark = book.mark()

    play(order[cut:], book, order)
    book.back_to(mark)

    after = {name: value for name, value in vars(book).items() if name not in apart}
    # An emptied list is as good as none.
    for state in (before, after):
        for name in ("_marks", "_past"):
            state[name] = {key: value for key, value in state[name].items() if value}
    assert after == before


@settings(max_examples=60, deadline=None)
@for_all(stories(), some.integers(0, 13))
def test_undoing_a_flow_restores_the_exact_balances_when_nobody_counted(story: list[Act], which: int) -> None:
    flows = [act for act in story if act.flow is not None]
    if not flows:
        return
    chosen = flows[which % len(flows)]
    without = play([act for act in flows if act is not chosen])

    with_undo = play([*flows, Act(Moment(999, "undo"), undoes=chosen.when)])

    assert holdings(with_undo) == holdings(without)
