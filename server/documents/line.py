"""One line of an order as somebody typed it: read exactly, or refused with the field that is wrong."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

import msgspec

from server import money, quantity
from server.catalog.item import Fault, ItemDraft

COLUMNS: Final = ("item", "quantity", "unit", "price", "discount")
"""The fields of a row: `lines.0.item` and so on, for `form.rows("lines", *COLUMNS)`."""

DATED: Final = (*COLUMNS, "due_on")
"""The same where each line may say by which day its goods are to come."""

MAX_LINES: Final = 500
MAX_PLACES: Final = 3
MAX_QUANTITY: Final = 10**15
MAX_PRICE: Final = 10**15


class Typed(NamedTuple):
    """The texts of one row; `item` is a code or a barcode."""

    item: str
    quantity: str = ""
    unit: str = ""
    price: str = ""
    discount: str = ""
    due_on: str = ""


class Goods(msgspec.Struct, frozen=True):
    """What a typed code means: an item, and the unit that a barcode counts."""

    id: int
    draft: ItemDraft
    unit: str = ""

    @property
    def factors(self) -> dict[str, int]:
        """Every unit and how many base units (thousandths) one of it is; the base unit first."""
        others = {
            unit.name: quantity.SCALE * unit.numerator // unit.denominator
            for unit in self.draft.units
            if not quantity.SCALE * unit.numerator % unit.denominator
        }
        return {self.draft.unit: quantity.SCALE} | others

    @property
    def units(self) -> dict[str, str]:
        """The same as texts, for pages."""
        return {unit: quantity.format(factor) for unit, factor in self.factors.items()}


class Line(msgspec.Struct, frozen=True):
    """A line read: quantity in base units (thousandths), price of one of its unit (millionths).

    `unit_price` and `discount` are None where nothing was typed: then the price list decides.
    """

    item: int
    unit: str
    factor: int
    quantity: int
    unit_price: int | None
    discount: int | None
    due_on: str = ""


def read(rows: Sequence[Typed], goods: Mapping[str, Goods]) -> list[Line] | list[Fault]:
    """Every line, or every fault there is (`lines.2.quantity`); `goods` by the code as typed."""
    lines, faults = [], []
    for index, row in enumerate(rows):
        found = _read(row, goods.get(row.item))
        if isinstance(found, Line):
            lines.append(found)
        else:
            faults += [
                Fault(index, f"lines.{index}.{field}", f"documents.fault.{why}") for field, why in found
            ]
    if len(rows) > MAX_LINES:
        faults.append(Fault(MAX_LINES, "", "documents.fault.too_many_lines"))
    return faults or lines


def _read(row: Typed, goods: Goods | None) -> Line | list[tuple[str, str]]:
    if goods is None:
        wrong = [("item", "unknown_item" if row.item else "no_item")]
        if row.quantity:
            _amount(row.quantity, quantity.SCALE, MAX_PLACES, wrong)
        return wrong
    faults = [] if goods.draft.is_active else [("item", "item_off")]
    unit = row.unit or goods.unit or goods.draft.unit
    factor = goods.factors.get(unit, 0)
    if not factor:
        faults.append(("unit", "unknown_unit"))
    amount = _amount(row.quantity, factor or quantity.SCALE, goods.draft.scale, faults)
    price = _price(row.price, faults)
    discount = _discount(row.discount, faults)
    if row.due_on and not _is_day(row.due_on):
        faults.append(("due_on", "day"))
    return faults or Line(goods.id, unit, factor, amount, price, discount, row.due_on)


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).year > 1970
    except ValueError:
        return False


def _amount(text: str, factor: int, scale: int, faults: list[tuple[str, str]]) -> int:
    try:
        amount = quantity.times(quantity.parse(text), factor)
    except quantity.NotAQuantity as why:
        faults.append(("quantity", f"quantity_{why.reason}"))
        return 0
    if not 0 < amount < MAX_QUANTITY:
        faults.append(("quantity", "quantity_range"))
    elif amount % 10 ** (MAX_PLACES - scale):
        faults.append(("quantity", "quantity_too_fine"))
    return amount


def _price(text: str, faults: list[tuple[str, str]]) -> int | None:
    if not text:
        return None
    try:
        price = money.parse_price(text)
    except money.NotMoney:
        price = -1
    if not 0 <= price < MAX_PRICE:
        faults.append(("price", "price"))
    return price


def _discount(text: str, faults: list[tuple[str, str]]) -> int | None:
    if not text:
        return None
    try:
        discount = money.parse_percent(text)
    except money.NotMoney:
        discount = -1
    if not 0 <= discount <= money.PERCENT_SCALE:
        faults.append(("discount", "discount"))
    return discount
