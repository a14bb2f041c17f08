"""The ledger's decisions: what a flow, a count or their undoing posts, and what every cell then holds.

A cell's *raw* sum is what all flows and counts add up to. On hand is max(0, raw); the debt max(0, −raw) is
what the book could not cover and suspense lent. Because only raw sums are added, the same operations give
the same balances in any order:

- a flow out of a cell that the book thinks empty makes a debt, whatever flows in later repays it;
- a count sets raw to `counted + what flowed after it`;
- a flow that arrives after a count but happened before it was already seen by the counter: it is posted
  together with the opposite count row, so raw stays.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from server.stock.movement import Cell, Flow, Kind, Mark, Moment, Place, Posting


class Book:
    """The part of the ledger that a group of operations touches, and what they post to it.

    Of virtual cells it knows only what this group adds to them. Everything goes through `put`, which remembers
    what was before, so that one operation that fails half-way is taken back without disturbing its neighbours.
    """

    def __init__(
        self,
        places: Mapping[int, Place],
        raw: Mapping[Cell, int],
        marks: Iterable[Mark] = (),
        past: Iterable[tuple[Moment, Cell, int]] = (),
    ) -> None:
        self.places = places
        self.real = frozenset(place.id for place in places.values() if place.is_real)
        self.virtual = {
            (place.warehouse, place.kind): place.id for place in places.values() if not place.is_real
        }
        self.raw: dict[Cell, int] = dict(raw)
        self.opening = dict(raw)
        self.postings: list[Posting] = []
        self.new_marks: list[Mark] = []
        self.voided: list[str] = []
        self._marks: dict[int, list[Mark]] = {}
        self._past: dict[int, list[tuple[Moment, Cell, int]]] = {}
        self._journal: list[tuple[Any, Any, Any]] = []
        self._legs: dict[str, int] = {}
        for mark in marks:
            self._marks.setdefault(mark.location, []).append(mark)
        for when, cell, quantity in past:
            self._past.setdefault(cell.location, []).append((when, cell, quantity))

    # What stands

    def on_hand(self, cell: Cell) -> int:
        """What the book says is there; below zero only for the virtual rest of the world."""
        raw = self.raw.get(cell, 0)
        return raw if raw > 0 or cell.location not in self.real else 0

    def debt(self, cell: Cell) -> int:
        """What suspense has lent to this cell."""
        raw = self.raw.get(cell, 0)
        return -raw if raw < 0 and cell.location in self.real else 0

    def changed(self) -> list[Cell]:
        """The cells that hold something else than when the book was opened."""
        return [cell for cell, raw in self.raw.items() if self.opening.get(cell) != raw]

    def place_of(self, kind: str, like: int) -> int:
        """The virtual location of this kind in the warehouse of location `like`."""
        return self.virtual[self.places[like].warehouse, kind]

    def learn(self, more: "Book") -> None:
        """Take in what another book knows and this one did not: places, with what has been counted there, and cells."""
        for place, marks in more._marks.items():  # noqa: SLF001  # a book of the same kind
            if place not in self.places:
                self._marks[place] = marks
        self.places = {**more.places, **self.places}
        self.real |= more.real
        self.virtual = more.virtual | self.virtual
        for cell, raw in more.opening.items():
            if cell not in self.raw:
                self.raw[cell] = self.opening[cell] = raw

    # What operations do

    def move(self, flow: Flow, when: Moment) -> bool:
        """Post one flow; True when the book could not cover it."""
        source = Cell(flow.item, flow.source, flow.lot, flow.serial, flow.owner)
        target = Cell(flow.item, flow.target, flow.lot, flow.serial, flow.owner)
        owed = self.debt(source)
        if self._was_seen(source, when):
            self._shift(source, flow.quantity, "adjustment", "count", when, flow)
        self._lend(source, self.raw.get(source, 0) - flow.quantity, when, flow)
        self._add(source, -flow.quantity)
        self._add(target, flow.quantity)
        self._post(when, "flow", flow)
        self._repay(target, self.raw[target] - flow.quantity, when, flow)
        if self._was_seen(target, when):
            self._shift(target, -flow.quantity, "adjustment", "count", when, flow)
        for cell, quantity in ((source, -flow.quantity), (target, flow.quantity)):
            if cell.location in self.real:
                self._append(self._past.setdefault(cell.location, []), (when, cell, quantity))
        return self.debt(source) > owed

    def count(self, seen: Mapping[Cell, int], location: int, complete: bool, when: Moment) -> bool:
        """Take what was seen at `when`; False when newer counts have overtaken every cell of it."""
        cells = dict(seen)
        if complete:
            for cell in sorted(self._cells_at(location)):
                cells.setdefault(cell, 0)
        effective = False
        for cell, quantity in cells.items():
            if not self._was_seen(cell, when):
                self._settle(cell, quantity + self._flowed_after(cell, when), when)
                effective = True
        self._remember(seen, location, complete, when)
        return effective or (not cells and not self._has_newer(location, when))

    def undo_count(self, operation: str, when: Moment) -> bool:
        """Take a count back: what an earlier count or the flows alone say holds again."""
        gone = [mark for marks in self._marks.values() for mark in marks if mark.when.operation == operation]
        if not gone:
            return False
        location = gone[0].location
        standing = [mark for mark in self._marks[location] if mark.when.operation != operation]
        self.put(self._marks, location, standing)
        self._append(self.voided, operation)
        # A count that this one had overtaken may speak of goods that nothing else ever touched here.
        named = {
            Cell(mark.item, location, mark.lot, mark.serial, mark.owner) for mark in standing if mark.item
        }
        for cell in sorted(self._cells_at(location) | named):
            if any(mark.speaks_of(cell) for mark in gone):
                self._settle(cell, self._raw_by_history(cell), when)
        return True

    # Taking back

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._journal)

    def back_to(self, mark: int) -> None:
        """Forget everything since `mark`."""
        while len(self._journal) > mark:
            container, key, before = self._journal.pop()
            if key is _APPENDED:
                container.pop()
            elif before is _ABSENT:
                del container[key]
            else:
                container[key] = before

    # How

    def _was_seen(self, cell: Cell, when: Moment) -> bool:
        """Whether a count later than `when` has already seen this cell."""
        marks = self._marks.get(cell.location)
        return marks is not None and any(mark.when > when and mark.speaks_of(cell) for mark in marks)

    def _has_newer(self, location: int, when: Moment) -> bool:
        return any(mark.when > when and mark.item == 0 for mark in self._marks.get(location, ()))

    def _flowed_after(self, cell: Cell, when: Moment) -> int:
        return sum(
            quantity for at, past, quantity in self._past.get(cell.location, ()) if past == cell and at > when
        )

    def _raw_by_history(self, cell: Cell) -> int:
        marks = [mark for mark in self._marks.get(cell.location, ()) if mark.speaks_of(cell)]
        if not marks:
            return self._flowed_after(cell, Moment(0, ""))
        # A line of its own speaks louder than "nothing else" of the same count.
        last = max(marks, key=lambda mark: (mark.when, mark.item != 0))
        return last.seen(cell) + self._flowed_after(cell, last.when)

    def _cells_at(self, location: int) -> set[Cell]:
        return {cell for cell in self.raw if cell.location == location}

    def _settle(self, cell: Cell, raw: int, when: Moment) -> None:
        """Let a count row carry the cell from what it is to `raw`."""
        difference = raw - self.raw.get(cell, 0)
        flow = Flow(act="count", item=cell.item, quantity=0, source=0, target=0, lot=cell.lot, serial=cell.serial,
                    owner=cell.owner)  # fmt: skip
        if difference:
            self._shift(cell, difference, "adjustment", "count", when, flow)
        elif cell not in self.raw:
            self.put(self.raw, cell, 0)

    def _shift(self, cell: Cell, difference: int, against: str, kind: Kind, when: Moment, like: Flow) -> None:
        """Post `difference` between the cell and a virtual location, keeping the balance above zero."""
        other = self.place_of(against, cell.location)
        before = self.raw.get(cell, 0)
        if difference < 0:
            self._lend(cell, before + difference, when, like)
        self._add(cell, difference)
        self._add(cell._replace(location=other), -difference)
        source, target = (cell.location, other) if difference < 0 else (other, cell.location)
        self._post_like(when, kind, like, abs(difference), source, target)
        if difference > 0:
            self._repay(cell, before, when, like)

    def _lend(self, cell: Cell, raw: int, when: Moment, like: Flow) -> None:
        """Before a cell falls to `raw`, let suspense put in what the book lacks."""
        if raw >= 0 or cell.location not in self.real:
            return
        lacking = max(0, -raw) - max(0, -self.raw.get(cell, 0))
        if lacking > 0:
            suspense = self.place_of("suspense", cell.location)
            self._add(cell._replace(location=suspense), -lacking)
            self._post_like(when, "suspense", like, lacking, suspense, cell.location)

    def _repay(self, cell: Cell, before: int, when: Moment, like: Flow) -> None:
        """After a cell rose from raw `before`, give back to suspense what it had lent."""
        if before >= 0 or cell.location not in self.real:
            return
        surplus = max(0, -before) - max(0, -self.raw[cell])
        if surplus > 0:
            suspense = self.place_of("suspense", cell.location)
            self._add(cell._replace(location=suspense), surplus)
            self._post_like(when, "suspense", like, surplus, cell.location, suspense)

    def _post_like(
        self, when: Moment, kind: Kind, like: Flow, quantity: int, source: int, target: int
    ) -> None:
        flow = Flow(act=like.act, item=like.item, quantity=quantity, source=source, target=target, lot=like.lot,
                    serial=like.serial, owner=like.owner, document=like.document, reason=like.reason)  # fmt: skip
        self._post(when, kind, flow)

    def _post(self, when: Moment, kind: Kind, flow: Flow) -> None:
        leg = self._legs.get(when.operation, 0)
        self.put(self._legs, when.operation, leg + 1)
        self._append(self.postings, Posting(when.operation, leg, kind, when.at, flow))

    def _remember(self, seen: Mapping[Cell, int], location: int, complete: bool, when: Moment) -> None:
        marks = [
            Mark(when, location, cell.item, cell.lot, cell.serial, cell.owner, quantity)
            for cell, quantity in seen.items()
        ]
        if complete:
            marks.append(Mark(when, location, 0, "", "", 0, 0))
        for mark in marks:
            self._append(self.new_marks, mark)
            self._append(self._marks.setdefault(location, []), mark)

    def _add(self, cell: Cell, quantity: int) -> None:
        self.put(self.raw, cell, self.raw.get(cell, 0) + quantity)

    def put(self, container: dict[Any, Any], key: Any, value: Any) -> None:
        """Set an entry, so that `back_to` can take it back; for what is decided beside the cells too."""
        self._journal.append((container, key, container.get(key, _ABSENT)))
        container[key] = value

    def _append(self, container: list[Any], value: Any) -> None:
        self._journal.append((container, _APPENDED, None))
        container.append(value)


_ABSENT = object()
_APPENDED = object()
