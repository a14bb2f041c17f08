"""A transfer between warehouses: what is wrong with a draft, what its movements did, which state that leaves it in."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from server.catalog.item import Fault
from server.documents.line import Line as Typed
from server.stock.movement import REAL

PREFIX: Final = "tr-"
STATES: Final = ("draft", "out", "in_transit", "partly_in", "done", "cancelled")
OPEN: Final = frozenset({"out", "in_transit", "partly_in"})
"""Somebody is still to send or to receive; devices of both warehouses see it."""

MAX_TEXT: Final = 400

Region = Literal["source", "way", "target", "away"]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the lines; `is_direct` is one step, without transit."""

    source: int
    target: int
    is_direct: bool = False
    due_on: str = ""
    remark: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What is to go of one item (thousandths), and what its movements did."""

    id: int = 0
    position: int = 0
    item: int
    sent: int = 0
    arrived: int = 0
    lost: int = 0
    quantity: int

    @property
    def to_send(self) -> int:
        """What has not left yet."""
        return max(0, self.quantity - self.sent)

    @property
    def on_the_way(self) -> int:
        """What left, did not arrive, and is not given up."""
        return max(0, self.sent - self.arrived - self.lost)


class Share(msgspec.Struct, frozen=True):
    """Movements of a transfer that mean the same, added up."""

    item: int
    source_kind: str
    source_warehouse: int
    target_kind: str
    target_warehouse: int
    quantity: int


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an item's lot or serial in one place, as somebody at a desk names it."""

    item: int
    location: int
    lot: str = ""
    serial: str = ""
    quantity: int


def wire_id(transfer_id: int) -> str:
    """How devices and movements name it."""
    return f"{PREFIX}{transfer_id}"


def number_of(document: str) -> int:
    """The transfer that a movement names; 0 when it names something else."""
    digits = document.removeprefix(PREFIX)
    is_ours = document.startswith(PREFIX) and digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if is_ours else 0


def faults(head: Head) -> list[Fault]:
    """Everything that is wrong with the head by itself."""
    found = [(field, "missing") for field in ("source", "target") if not getattr(head, field)]
    if head.source and head.source == head.target:
        found.append(("target", "same_warehouse"))
    if not _is_day_or_empty(head.due_on):
        found.append(("due_on", "day"))
    if len(head.remark) > MAX_TEXT:
        found.append(("remark", "long"))
    return [Fault(0, field, f"inside.fault.{why}") for field, why in found]


def _is_day_or_empty(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def new_lines(typed: Sequence[Typed]) -> list[Line]:
    """One line for each item, in the order in which they were first typed."""
    wanted: dict[int, int] = {}
    for line in typed:
        wanted[line.item] = wanted.get(line.item, 0) + line.quantity
    return [
        Line(position=position, item=item, quantity=much)
        for position, (item, much) in enumerate(wanted.items())
    ]


def follow(lines: Sequence[Line], shares: Iterable[Share], source: int, target: int) -> list[Line]:
    """The lines with the figures that their movements come to, and a new line for what nobody had written down."""
    figures: dict[int, list[int]] = {}
    for share in shares:
        of_item = figures.setdefault(share.item, [0, 0, 0])
        start = _region(share.source_kind, share.source_warehouse, source, target)
        end = _region(share.target_kind, share.target_warehouse, source, target)
        for place, figure in enumerate(_meant(start, end)):
            of_item[place] += figure * share.quantity
    known = {line.item for line in lines}
    last = max((line.position for line in lines), default=-1)
    strangers = [item for item in figures if item not in known]
    all_lines = [
        *lines,
        *(Line(position=place, item=item, quantity=0) for place, item in enumerate(strangers, last + 1)),
    ]
    return [_with(line, figures.get(line.item, [0, 0, 0])) for line in all_lines]


def _region(kind: str, warehouse: int, source: int, target: int) -> Region:
    if kind == "transit":
        return "way"
    if kind in REAL and warehouse == source:
        return "source"
    if kind in REAL and warehouse == target:
        return "target"
    return "away"


def _meant(start: Region, end: Region) -> tuple[int, int, int]:
    """What one piece that went from here to there adds to what was sent, arrived and is lost."""
    return (
        int(start == "source") - int(end == "source"),
        int(end == "target") - int(start == "target"),
        int(end == "away") - int(start == "away"),
    )


def _with(line: Line, figures: Sequence[int]) -> Line:
    sent, arrived, lost = figures
    return msgspec.structs.replace(line, sent=sent, arrived=arrived, lost=lost)


def state_after(state: str, lines: Sequence[Line], *, is_over: bool) -> str:
    """The state that follows from what went and what arrived; `is_over`: no more will be sent."""
    sent = sum(line.sent for line in lines)
    if sent <= 0 and (state in ("draft", "cancelled") or not is_over):
        return state if state in ("draft", "cancelled") else "out"
    if any(line.on_the_way for line in lines):
        has_come = any(line.arrived or line.lost for line in lines)
        return "partly_in" if has_come else "in_transit"
    if is_over or not any(line.to_send for line in lines):
        return "done"
    return "partly_in"


def still_expected(state: str, line: Line, *, is_over: bool) -> int:
    """What the target warehouse may count on."""
    if state not in OPEN:
        return 0
    return line.on_the_way + (0 if is_over else line.to_send)


def still_promised(state: str, line: Line, *, is_over: bool) -> int:
    """What is to be kept for it in the warehouse that sends."""
    return line.to_send if state in OPEN and not is_over else 0


def faults_of_goods(goods: Sequence[Goods], there: Sequence[Goods]) -> list[Fault]:
    """No more may be named than lies there; at a desk that can be refused, unlike what a scan reports."""
    lies = {_cell(one): one.quantity for one in there}
    wanted: dict[tuple[int, int, str, str], int] = {}
    for one in goods:
        wanted[_cell(one)] = wanted.get(_cell(one), 0) + one.quantity
    if not goods:
        return [Fault(0, "", "inside.fault.nothing")]
    if any(one.quantity <= 0 for one in goods):
        return [Fault(0, "", "inside.fault.quantity")]
    if any(much > lies.get(cell, 0) for cell, much in wanted.items()):
        return [Fault(0, "", "inside.fault.not_there")]
    return []


def _cell(one: Goods) -> tuple[int, int, str, str]:
    return one.item, one.location, one.lot, one.serial
