"""A purchase order: what is wrong with a draft, what it costs, which state its lines are in, what a change means."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from server import money
from server.catalog.item import Fault
from server.documents.line import Line as Typed

STATES: Final = ("draft", "confirmed", "partly_received", "done", "cancelled")
OPEN: Final = frozenset({"confirmed", "partly_received"})
"""The supplier is to deliver."""

MAX_TEXT: Final = 400

State = Literal["draft", "confirmed", "partly_received", "done", "cancelled"]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the lines; days are ISO texts or empty."""

    supplier: int
    warehouse: int
    ordered_on: str = ""
    expected_on: str = ""
    reference: str = ""
    remark: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands: thousandths of the base unit, price of one of its unit in millionths."""

    id: int = 0
    position: int = 0
    item: int
    unit: str = ""
    factor: int = 1000
    unit_price: int = 0
    discount: int = 0
    expected_on: str = ""
    received: int = 0
    returned: int = 0
    cancelled: int = 0
    quantity: int

    @property
    def amount(self) -> int:
        """What the supplier is owed for all of it."""
        wanted = self.quantity - self.cancelled
        return money.amount_of(wanted, self.unit_price, self.discount, factor=self.factor)

    @property
    def price(self) -> int:
        """What one base unit costs, as exactly as millionths can say it: goods are valued by it."""
        return money.price_in(self.unit_price, self.factor)

    @property
    def open(self) -> int:
        """What is still to come."""
        return max(0, self.quantity - self.received - self.cancelled)


class Change(msgspec.Struct, frozen=True):
    """What a changed order means for its lines: those to write anew, those to add, those no longer wanted."""

    kept: list[Line]
    added: list[Line]
    dropped: list[Line]


def faults(head: Head) -> list[Fault]:
    """Everything that is wrong with the head by itself."""
    found = [(field, "missing") for field in ("supplier", "warehouse") if not getattr(head, field)]
    found += [
        (field, "day")
        for field in ("ordered_on", "expected_on")
        if not _is_day_or_empty(getattr(head, field))
    ]
    found += [(field, "long") for field in ("reference", "remark") if len(getattr(head, field)) > MAX_TEXT]
    return [Fault(0, field, f"inbound.fault.{why}") for field, why in found]


def _is_day_or_empty(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def new_lines(typed: Sequence[Typed]) -> list[Line]:
    """The lines of a new order, in the order in which they were typed."""
    return [_as_line(line, position) for position, line in enumerate(typed)]


def _as_line(typed: Typed, position: int) -> Line:
    return Line(
        position=position,
        item=typed.item,
        unit=typed.unit,
        factor=typed.factor,
        quantity=typed.quantity,
        unit_price=typed.unit_price or 0,
        discount=typed.discount or 0,
        expected_on=typed.due_on,
    )


def change(standing: Sequence[Line], wanted: Sequence[Typed]) -> Change:
    """Match what is wanted with what stands, by item and in order, so that what came stays where it came.

    What was cancelled of a line stays cancelled; the wanted quantity is what is to be delivered altogether.
    """
    rest = list(standing)
    kept, added = [], []
    last = max((line.position for line in standing), default=-1)
    for typed in wanted:
        match = next((line for line in rest if line.item == typed.item), None)
        if match is None:
            last += 1
            added.append(_as_line(typed, last))
            continue
        rest.remove(match)
        kept.append(
            msgspec.structs.replace(
                match,
                unit=typed.unit,
                factor=typed.factor,
                quantity=typed.quantity + match.cancelled,
                unit_price=_kept_price(match, typed) if typed.unit_price is None else typed.unit_price,
                discount=match.discount if typed.discount is None else typed.discount,
                expected_on=typed.due_on,
            )
        )
    return Change(kept, added, rest)


def _kept_price(line: Line, typed: Typed) -> int:
    """The price that holds where none was typed, said for the unit that is ordered now."""
    return money.price_in(line.unit_price, line.factor, typed.factor)


def faults_of_change(wanted: Change) -> list[Fault]:
    """What has come cannot be unordered: a line may not fall below it, nor disappear."""
    below = [line for line in wanted.kept if line.quantity - line.cancelled < line.received]
    gone = [line for line in wanted.dropped if line.received]
    return [Fault(0, "", "inbound.fault.below_received")] if below or gone else []


def total(lines: Iterable[Line]) -> int:
    """What the order comes to, in whole cents line by line as the supplier adds it up."""
    return sum(line.amount for line in lines)


def state_after(state: str, lines: Sequence[Line]) -> str:
    """The state that follows from what has come; drafts and cancelled orders stay what they are."""
    if state in ("draft", "cancelled"):
        return state
    if not any(line.open for line in lines):
        return "done"
    return "partly_received" if any(line.received for line in lines) else "confirmed"
