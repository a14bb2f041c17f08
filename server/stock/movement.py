"""The words of the ledger: cells, places, flows and the rows they become."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

import msgspec

REAL: Final = frozenset({"bin", "dock", "tote", "carton"})
"""Kinds of locations that one can stand before; their balance never goes below zero."""

VIRTUAL: Final = ("supplier", "customer", "production", "transit", "scrap", "adjustment", "suspense")
"""Kinds of locations that stand for the rest of the world, one of each per warehouse."""

Kind = Literal["flow", "count", "suspense"]


class Cell(NamedTuple):
    """What a balance is kept of."""

    item: int
    location: int
    lot: str = ""
    serial: str = ""
    owner: int = 0


class Place(msgspec.Struct, frozen=True):
    """A location as the ledger sees it; what lies in a blind one is told to nobody who may count it."""

    id: int
    code: str
    kind: str
    warehouse: int
    is_active: bool = True
    is_blind: bool = False

    @property
    def is_real(self) -> bool:
        return self.kind in REAL


class Moment(NamedTuple):
    """When something happened. The operation's id settles ties, the same way on every machine."""

    at: int
    operation: str


# Values that can be in no cycle say so (gc=False): a busy hour makes millions of them.
class Flow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody moved something, positive `quantity` in thousandths, from source to target."""

    act: str
    item: int
    quantity: int
    source: int
    target: int
    lot: str = ""
    serial: str = ""
    owner: int = 0
    document: str = ""
    reason: str = ""
    reverses: str = ""


class Perform(Protocol):
    """Carry out flows as operations of our own, by the rules of a scan.

    The ledger of operations stands above stock; whoever decides here is lent the hand that acts there.
    """

    async def __call__(self, flows: Sequence[Flow], *, by: int) -> object: ...


class TakeBack(Protocol):
    """Take operations back, each with the opposite of its movements, linked to them."""

    async def __call__(self, operations: Sequence[str], *, by: int) -> object: ...


class Posting(msgspec.Struct, frozen=True, gc=False):
    """One row of the ledger, not yet written; `leg` numbers the rows of its operation."""

    operation: str
    leg: int
    kind: Kind
    event_at: int
    flow: Flow


class Mark(msgspec.Struct, frozen=True, gc=False):
    """What a count saw: `quantity` of one cell, or (item 0) that nothing else was in the location."""

    when: Moment
    location: int
    item: int
    lot: str
    serial: str
    owner: int
    quantity: int

    def speaks_of(self, cell: Cell) -> bool:
        """Whether this count says anything about `cell`."""
        if self.location != cell.location:
            return False
        return self.item == 0 or (self.item, self.lot, self.serial, self.owner) == (
            cell.item,
            cell.lot,
            cell.serial,
            cell.owner,
        )

    def seen(self, cell: Cell) -> int:
        """How much of `cell` was there."""
        return 0 if self.item == 0 else self.quantity
