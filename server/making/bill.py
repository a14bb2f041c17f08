"""A bill of materials, one level deep: what is wrong with it, and how much of each component so many pieces need."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from server import money, quantity
from server.catalog.item import Fault, ItemDraft
from server.documents import line as lines
from server.documents.line import Goods, Typed

COLUMNS: Final = ("item", "quantity", "unit", "discount")
"""The fields of a row: `lines.0.item` and so on; the line editor's percentage is the scrap here."""

MAX_LINES: Final = 200
MAX_TEXT: Final = 400


class TypedLine(NamedTuple):
    """The texts of one row; `scrap` is a percentage."""

    item: str
    quantity: str = ""
    unit: str = ""
    scrap: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So much of a component (base units, thousandths) goes into what its bill makes.

    `unit` and `factor` are how it was written; `scrap` (ten-thousandths) comes on top.
    """

    component: int
    unit: str = ""
    factor: int = quantity.SCALE
    scrap: int = 0
    quantity: int


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What so many base units (`makes`) of a product are made of; without lines, of nothing any more."""

    product: int
    makes: int = quantity.SCALE
    is_backflush: bool = False
    remark: str = ""
    lines: tuple[Line, ...] = ()


def read_lines(rows: Sequence[TypedLine], goods: Mapping[str, Goods]) -> list[Line] | list[Fault]:
    """Every line as typed, or everything that is wrong with them; `goods` by the code as typed."""
    plain = lines.read([Typed(row.item, row.quantity, row.unit) for row in rows], goods)
    shares = [_percent(row.scrap) for row in rows]
    wrong = [one for one in plain if isinstance(one, Fault)] + [
        Fault(index, f"lines.{index}.discount", "making.fault.scrap")
        for index, share in enumerate(shares)
        if share is None
    ]
    if wrong:
        return wrong
    found = [one for one in plain if isinstance(one, lines.Line)]
    return [
        Line(component=one.item, unit=one.unit, factor=one.factor, scrap=share or 0, quantity=one.quantity)
        for one, share in zip(found, shares, strict=True)
    ]


def _percent(text: str) -> int | None:
    """Percent of a component that is lost on the way; None when that is no percentage below a hundred."""
    if not text:
        return 0
    try:
        share = money.parse_percent(text)
    except money.NotMoney:
        return None
    return share if 0 <= share < money.PERCENT_SCALE else None


def faults(bill: Bill) -> list[Fault]:
    """Everything that is wrong with a bill by itself."""
    found = []
    if bill.makes <= 0:
        found.append(Fault(0, "makes", "making.fault.quantity"))
    if len(bill.remark) > MAX_TEXT:
        found.append(Fault(0, "remark", "making.fault.long"))
    if len(bill.lines) > MAX_LINES:
        found.append(Fault(0, "", "making.fault.many_lines"))
    seen: set[int] = set()
    for index, line in enumerate(bill.lines):
        if line.component == bill.product:
            found.append(Fault(index, f"lines.{index}.item", "making.fault.of_itself"))
        if line.component in seen:
            found.append(Fault(index, f"lines.{index}.item", "making.fault.twice"))
        seen.add(line.component)
    return found


def needed(line: Line, makes: int, pieces: int, kept: ItemDraft) -> int:
    """How much of a component so many pieces take, scrap included, rounded up to what can be counted of it."""
    return _up(
        line.quantity * pieces * (money.PERCENT_SCALE + line.scrap), makes * money.PERCENT_SCALE, step(kept)
    )


def given(line: Line, makes: int, pieces: int, kept: ItemDraft) -> int:
    """How much of a component so many pieces give when they are taken apart: rounded down, scrap is lost again."""
    size = step(kept)
    whole = line.quantity * pieces * (money.PERCENT_SCALE - line.scrap) // (makes * money.PERCENT_SCALE)
    return whole - whole % size


def share(planned: int, made: int, of: int, kept: ItemDraft) -> int:
    """What of `planned` belongs to `made` pieces of a whole order `of` so many, rounded up to what can be counted."""
    return _up(planned * made, of, step(kept)) if made > 0 and of > 0 else 0


def step(kept: ItemDraft) -> int:
    """The smallest quantity of an item, in thousandths."""
    return int(10 ** (3 - kept.scale))


def _up(numerator: int, denominator: int, size: int) -> int:
    return -(-numerator // (denominator * size)) * size
