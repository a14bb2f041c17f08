"""An adjustment: what is wrong with it, whether somebody else must approve it, and the flows that it posts."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from server import money, quantity
from server.catalog.item import Fault
from server.stock.movement import Cell, Flow

STATES: Final = ("draft", "waiting", "posted", "refused", "reversed")
REASONS: Final = {
    "damaged": -1,
    "expired": -1,
    "scrapped": -1,
    "lost": -1,
    "sample": -1,
    "own_use": -1,
    "found": 1,
    "correction": 0,
}
"""Why something is adjusted, and whether that takes off (−1), adds (1), or may do either (0)."""

SCRAP: Final = frozenset({"damaged", "expired", "scrapped"})
"""Reasons for which the goods go to scrap; for the others the book is set right."""

LIMIT: Final = 500 * money.AMOUNT_SCALE
"""Up to which worth no second person is asked, where a warehouse has set no limit of its own."""

MAX_TEXT: Final = 400
MAX_LINES: Final = 200


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the lines."""

    warehouse: int
    reason: str
    remark: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the book and by how much it changes, in thousandths, with its sign."""

    id: int = 0
    position: int = 0
    item: int
    location: int
    lot: str = ""
    serial: str = ""
    quantity: int

    @property
    def cell(self) -> Cell:
        return Cell(self.item, self.location, self.lot, self.serial)


class Kept(msgspec.Struct, frozen=True):
    """How an item is kept: what a line must name, and how fine it may be."""

    has_lots: bool = False
    has_serials: bool = False
    scale: int = 0


def faults(
    head: Head, lines: Sequence[Line], kept: Mapping[int, Kept], there: Mapping[Cell, int]
) -> list[Fault]:
    """Everything that is wrong with it; `there` is what lies in each of its cells."""
    found = []
    if not head.warehouse:
        found.append(Fault(0, "warehouse", "inside.fault.missing"))
    if head.reason not in REASONS:
        found.append(Fault(0, "reason", "inside.fault.missing"))
    if len(head.remark) > MAX_TEXT:
        found.append(Fault(0, "remark", "inside.fault.long"))
    if not lines or len(lines) > MAX_LINES:
        found.append(Fault(0, "", "inside.fault.no_lines" if not lines else "inside.fault.many_lines"))
    seen: set[Cell] = set()
    for index, line in enumerate(lines):
        found += [
            Fault(index, f"lines.{index}.{field}", f"inside.fault.{why}")
            for field, why in _faults_of_line(head.reason, line, kept.get(line.item, Kept()), there, seen)
        ]
        seen.add(line.cell)
    return found


def _faults_of_line(
    reason: str, line: Line, kept: Kept, there: Mapping[Cell, int], seen: set[Cell]
) -> list[tuple[str, str]]:
    found = []
    sign = REASONS.get(reason, 0)
    if not line.quantity or line.quantity % 10 ** (3 - kept.scale):
        found.append(("quantity", "quantity"))
    elif sign * line.quantity < 0:
        found.append(("quantity", "only_less" if sign < 0 else "only_more"))
    elif line.quantity < 0 and there.get(line.cell, 0) < -line.quantity:
        found.append(("quantity", "not_there"))
    if kept.has_lots and not line.lot:
        found.append(("lot", "no_lot"))
    if kept.has_serials and (not line.serial or abs(line.quantity) != quantity.SCALE):
        found.append(("serial", "no_serial"))
    if line.cell in seen:
        found.append(("item", "twice"))
    return found


def worth(lines: Sequence[Line], costs: Mapping[int, int]) -> int | None:
    """What the lines come to, whichever way they go; None when the cost of one is not known."""
    if any(line.item not in costs for line in lines):
        return None
    return sum(money.amount_of(abs(line.quantity), costs[line.item]) for line in lines)


def needs_approval(worth: int | None, limit: int) -> bool:
    """Whether a second person must approve it; what nobody can value is looked at by two."""
    return worth is None or worth > limit


def flows(document: str, head: Head, lines: Sequence[Line], scrap: int) -> list[Flow]:
    """What it posts. Of an adjustment of the book only the real place is named: the ledger knows the other."""
    return [_flow(document, head.reason, line, scrap) for line in lines]


def _flow(document: str, reason: str, line: Line, scrap: int) -> Flow:
    is_less, to_scrap = line.quantity < 0, reason in SCRAP
    other = scrap if to_scrap else 0
    return Flow(
        act="move" if to_scrap else "adjust",
        item=line.item,
        quantity=abs(line.quantity),
        source=line.location if is_less else other,
        target=other if is_less else line.location,
        lot=line.lot,
        serial=line.serial,
        document=document,
        reason=reason,
    )
