"""What a count found against the book of its own moment, worked out from movements, whenever those arrived."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from server.money import PERCENT_SCALE
from server.stock.movement import Cell, Mark, Moment

Past = Sequence[tuple[Moment, Cell, int]]
"""What flowed into a cell, or (negative) out of it, and when."""


class Finding(msgspec.Struct, frozen=True):
    """One cell as a count saw it. The book may owe: then it is below zero, as much as suspense has lent."""

    cell: Cell
    counted: int
    book: int

    @property
    def difference(self) -> int:
        return self.counted - self.book

    def is_within(self, tolerance: int) -> bool:
        """Whether the difference is small enough to need nobody; `tolerance` is a share of the book."""
        return abs(self.difference) <= allowed(self.book, tolerance)


def allowed(book: int, tolerance: int) -> int:
    """How far a count may be from this book."""
    return abs(book) * tolerance // PERCENT_SCALE


def findings(when: Moment, marks: Sequence[Mark], past: Past, own: Collection[str]) -> list[Finding]:
    """What the count of this moment saw in each cell of its place, next to the book as it stood without it.

    `own` names the counts of the same sheet: they are compared with each other, so none of them may have changed
    the book for the next.
    """
    seen = {_cell(mark): mark.quantity for mark in marks if mark.when == when and mark.item}
    others = [mark for mark in marks if mark.when < when and mark.when.operation not in own]
    told = {_cell(mark) for mark in others if mark.item} | {cell for at, cell, _ in past if at < when}
    found = [
        Finding(cell, seen.get(cell, 0), book_at(cell, when, others, past))
        for cell in sorted(told | seen.keys())
    ]
    return [one for one in found if one.counted or one.book or one.cell in seen]


def _cell(mark: Mark) -> Cell:
    return Cell(mark.item, mark.location, mark.lot, mark.serial, mark.owner)


def book_at(cell: Cell, when: Moment, marks: Iterable[Mark], past: Past) -> int:
    """What the last of these counts before `when`, and all flows since, say of a cell."""
    before = [mark for mark in marks if mark.when < when and mark.speaks_of(cell)]
    # A line of its own speaks louder than "nothing else" of the same count.
    last = max(before, key=lambda mark: (mark.when, mark.item != 0), default=None)
    since = last.when if last else Moment(0, "")
    flowed = sum(quantity for at, other, quantity in past if other == cell and since < at < when)
    return (last.seen(cell) if last else 0) + flowed
