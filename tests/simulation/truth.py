"""What really happened: goods on shelves, who scanned what and when, and what the book must therefore say."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Cell = tuple[str, str, str]
"""Item, location, lot: as devices name them."""


@dataclass
class Did:
    """One recorded operation: what it says, when it was really done, and by which device."""

    id: str
    kind: str
    true_ms: int
    device: str
    deltas: dict[Cell, int] = field(default_factory=dict)
    place: str = ""
    seen: dict[Cell, int] = field(default_factory=dict)
    complete: bool = False
    undoes: str = ""
    is_doubtful: bool = False
    """The device could not know what time it was."""

    def speaks_of(self, cell: Cell) -> bool:
        """Whether this count says anything about a cell."""
        return cell[1] == self.place and (self.complete or cell in self.seen)


@dataclass
class Truth:
    """The shelves, the log of what was recorded, and what changed on shelves without a scan."""

    is_real: Callable[[str], bool]
    shelves: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    log: dict[str, Did] = field(default_factory=dict)
    unrecorded: list[tuple[int, Cell, int]] = field(default_factory=list)

    def move(self, deltas: dict[Cell, int]) -> None:
        """Goods change places."""
        for cell, amount in deltas.items():
            if self.is_real(cell[1]):
                self.shelves[cell] += amount
                assert self.shelves[cell] >= 0, "a shelf cannot hold less than nothing"

    def slip(self, at_ms: int, cell: Cell, amount: int) -> None:
        """Something is lost, found or put elsewhere, and nobody scans it."""
        self.shelves[cell] += amount
        self.unrecorded.append((at_ms, cell, amount))

    def at(self, place: str) -> dict[Cell, int]:
        """What lies at a place."""
        return {cell: amount for cell, amount in self.shelves.items() if cell[1] == place and amount}

    def standing_counts(self) -> list[Did]:
        """Counts that nobody took back."""
        undone = {one.undoes for one in self.log.values()}
        return [one for one in self.log.values() if one.kind == "count" and one.id not in undone]

    def cells(self) -> set[Cell]:
        """Every real cell that anything was ever said of."""
        named = {cell for one in self.log.values() for cell in (*one.deltas, *one.seen)}
        return {cell for cell in named | set(self.shelves) if self.is_real(cell[1])}

    def book(self, arrived: set[str], when: Callable[[Did], tuple[int, str]]) -> dict[Cell, int]:
        """What the book must say when these operations have arrived, each dated by `when`."""
        undone = {self.log[name].undoes for name in arrived}
        counts: dict[str, list[tuple[tuple[int, str], Did]]] = defaultdict(list)
        flows: dict[Cell, list[tuple[tuple[int, str], int]]] = defaultdict(list)
        for name in arrived:
            one = self.log[name]
            if one.kind == "count" and name not in undone:
                counts[one.place].append((when(one), one))
            for cell, amount in one.deltas.items():
                flows[cell].append((when(one), amount))
        return {cell: _held(cell, counts[cell[1]], flows[cell]) for cell in self.cells()}

    def errors(self) -> Iterator[tuple[Cell, int]]:
        """By how much each shelf differs from the book because nobody has counted it since something slipped."""
        counts = self.standing_counts()
        for cell in self.cells():
            last = max((one.true_ms for one in counts if one.speaks_of(cell)), default=-1)
            yield cell, sum(amount for at, where, amount in self.unrecorded if where == cell and at > last)


def _held(
    cell: Cell, counts: list[tuple[tuple[int, str], Did]], flows: list[tuple[tuple[int, str], int]]
) -> int:
    last = max(
        ((when, one) for when, one in counts if one.speaks_of(cell)), key=lambda pair: pair[0], default=None
    )
    if last is None:
        return sum(amount for _, amount in flows)
    return last[1].seen.get(cell, 0) + sum(amount for when, amount in flows if when > last[0])
