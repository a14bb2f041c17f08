"""A production order: what is wrong with it, what its movements did, and which state that leaves it in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from server import quantity
from server.catalog.item import Fault, ItemDraft
from server.documents.line import Line as Typed
from server.making import bill
from server.making.bill import Bill

PREFIX: Final = "wo-"
KINDS: Final = ("assembly", "disassembly", "issue", "receipt")
OF_A_BILL: Final = frozenset({"assembly", "disassembly"})
"""Kinds whose lines come from a bill; those of the others are typed."""

STATES: Final = ("draft", "approved", "picked", "done", "cancelled", "reversed")
OPEN: Final = frozenset({"approved", "picked"})
"""Somebody is still to take material or to bring products; devices see it."""

MAX_TEXT: Final = 400


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the lines; `product` and `quantity` only where a bill says what belongs to it.

    `place` is where a backflush takes the components from.
    """

    kind: str
    warehouse: int
    product: int = 0
    quantity: int = 0
    is_backflush: bool = False
    place: int = 0
    due_on: str = ""
    remark: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken into production, or comes out of it (`is_made`); `done` is what went that way by the ledger.

    `allowed` may be taken beyond the quantity, `short` is what could not be reserved.
    """

    id: int = 0
    position: int = 0
    item: int
    is_made: bool = False
    unit: str = ""
    factor: int = quantity.SCALE
    scrap: int = 0
    allowed: int = 0
    short: int = 0
    done: int = 0
    quantity: int

    @property
    def to_go(self) -> int:
        """What is still to be taken or brought."""
        return max(0, self.quantity - self.done)

    @property
    def excess(self) -> int:
        """What was taken beyond what may be: somebody must say that it is right."""
        return 0 if self.is_made else max(0, self.done - self.quantity - self.allowed)


class Share(msgspec.Struct, frozen=True):
    """How much of an item went into production by an order, less what came out."""

    item: int
    quantity: int


def wire_id(work_id: int) -> str:
    """How devices and movements name it."""
    return f"{PREFIX}{work_id}"


def number_of(document: str) -> int:
    """The order that a movement names; 0 when it names something else."""
    digits = document.removeprefix(PREFIX)
    is_ours = document.startswith(PREFIX) and digits.isascii() and digits.isdigit() and len(digits) < 10
    return int(digits) if is_ours else 0


def faults(head: Head) -> list[Fault]:
    """Everything that is wrong with the head by itself."""
    found = []
    if head.kind not in KINDS:
        found.append(("kind", "missing"))
    if not head.warehouse:
        found.append(("warehouse", "missing"))
    if head.kind in OF_A_BILL:
        if not head.product:
            found.append(("product", "no_item"))
        if not 0 < head.quantity < 10**15:
            found.append(("quantity", "quantity"))
    if head.is_backflush and head.kind != "assembly":
        found.append(("is_backflush", "backflush_kind"))
    elif head.is_backflush and not head.place:
        found.append(("place", "no_place"))
    if not _is_day_or_empty(head.due_on):
        found.append(("due_on", "day"))
    if len(head.remark) > MAX_TEXT:
        found.append(("remark", "long"))
    return [Fault(0, field, f"making.fault.{why}") for field, why in found]


def _is_day_or_empty(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def lines_of_bill(
    head: Head, of: Bill, kept: Mapping[int, ItemDraft], allowed: Mapping[int, int] | None = None
) -> list[Line]:
    """The lines of an order by a bill: the product first, then its components as the bill names them now."""
    is_apart = head.kind == "disassembly"
    product = Line(
        item=head.product, is_made=not is_apart, unit=kept[head.product].unit, quantity=head.quantity
    )
    size = bill.given if is_apart else bill.needed
    components = [
        Line(
            position=position,
            item=each.component,
            is_made=is_apart,
            unit=each.unit,
            factor=each.factor,
            scrap=each.scrap,
            allowed=(allowed or {}).get(each.component, 0),
            quantity=size(each, of.makes, head.quantity, kept[each.component]),
        )
        for position, each in enumerate(of.lines, 1)
    ]
    return [product, *components]


def plain_lines(head: Head, typed: Sequence[Typed]) -> list[Line]:
    """One line for each item of a plain issue or receipt, in the order in which they were first typed."""
    wanted: dict[int, Line] = {}
    for one in typed:
        before = wanted.get(one.item)
        wanted[one.item] = Line(
            position=before.position if before else len(wanted),
            item=one.item,
            is_made=head.kind == "receipt",
            unit=one.unit,
            factor=one.factor,
            quantity=one.quantity + (before.quantity if before else 0),
        )
    return list(wanted.values())


def faults_of_backflush(lines: Sequence[Line], kept: Mapping[int, ItemDraft]) -> list[Fault]:
    """Nobody can tell afterwards which serials went in: such components are taken by scan."""
    serials = [line for line in lines if not line.is_made and kept[line.item].has_serials]
    return [Fault(0, "is_backflush", "making.fault.backflush_serial")] if serials else []


def follow(lines: Sequence[Line], shares: Iterable[Share]) -> list[Line]:
    """The lines with the figures that their movements come to, and a new line for what nobody had planned."""
    went: dict[int, int] = {}
    for one in shares:
        went[one.item] = went.get(one.item, 0) + one.quantity
    known = {line.item for line in lines}
    last = max((line.position for line in lines), default=-1)
    strangers = [item for item, much in went.items() if item not in known and much]
    return [
        *(_with(line, went.get(line.item, 0)) for line in lines),
        *(
            _with(Line(position=place, item=item, is_made=went[item] < 0, quantity=0), went[item])
            for place, item in enumerate(strangers, last + 1)
        ),
    ]


def _with(line: Line, went: int) -> Line:
    return msgspec.structs.replace(line, done=-went if line.is_made else went)


def state_after(decided: str, lines: Sequence[Line], *, is_over: bool) -> str:
    """The state that follows from what people decided and from what went in and came out, in any order.

    Goods that move for an order that nobody wants any more make it an open one: somebody must look at it.
    """
    if decided != "approved" and not any(line.done for line in lines):
        return decided
    if is_over:
        return "done"
    planned = [line for line in lines if line.quantity]
    has_taken = not any(line.to_go for line in planned if not line.is_made)
    has_made = not any(line.to_go for line in planned if line.is_made)
    if planned and has_taken and has_made:
        return "done"
    takes = any(not line.is_made for line in planned)
    return "picked" if takes and has_taken else "approved"


def still_reserved(state: str, line: Line) -> int:
    """What is to be kept for it in the warehouse: what is still to be taken, less what there was too little of."""
    return max(0, line.to_go - line.short) if state in OPEN and not line.is_made else 0


def still_expected(state: str, line: Line) -> int:
    """What the warehouse may count on."""
    return line.to_go if state in OPEN and line.is_made else 0


def made(lines: Sequence[Line], product: int) -> int:
    """How much of the product has come out, or for taking apart, gone in."""
    return next((line.done for line in lines if line.item == product), 0)


def excess_of(lines: Sequence[Line], taken: Mapping[int, int]) -> dict[int, int]:
    """How much more than may be would be gone of each item after these were taken; only what is too much."""
    by_item = {line.item: line for line in lines}
    found = {}
    for item, much in taken.items():
        line = by_item.get(item) or Line(item=item, quantity=0)
        after = msgspec.structs.replace(line, done=line.done + much)
        if after.excess:
            found[item] = after.excess
    return found
