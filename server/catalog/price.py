"""What something costs whom: which of the prices that hold decides, and what is wrong with a list of prices."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from server import money, quantity
from server.catalog.item import Fault, clean
from server.catalog.terms import MAX_LEVEL

Source = Literal["own", "level", "general", "last"]
"""Where a price comes from: the customer's own list, their level's, the list for everybody, what they paid last."""

RANKS: Final[tuple[Source, ...]] = ("own", "level", "general")
"""Narrower lists decide first."""

MAX_NAME: Final = 100
MAX_PRICE: Final = 10**15


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A price that holds on the day: from so much on, in a list that began on `valid_from` (empty: always).

    It is that of a unit of `factor` base units (thousandths).
    """

    list: int
    name: str
    source: Source
    valid_from: str
    from_quantity: int
    price: int
    factor: int = quantity.SCALE


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit of `factor` base units costs, and why: the list, and the discount when it is in the price."""

    price: int
    factor: int = quantity.SCALE
    source: Source
    list: int = 0
    name: str = ""
    discount: int = 0

    def of(self, factor: int) -> int:
        """What one of another unit costs at this price."""
        return money.price_in(self.price, self.factor, factor)

    @property
    def base(self) -> int:
        """What one base unit costs."""
        return self.of(quantity.SCALE)


def choose(candidates: Iterable[Candidate], wanted: int, *, discount: int = 0) -> Offer | None:
    """The price of an item bought in this quantity (base units, thousandths); None when no list names it.

    The narrowest list decides, among equals the one that began last: a promotion covers what held before it.
    In it counts the highest step that the quantity reaches. A customer's own prices are final, from others their
    discount comes off.
    """
    reached = [one for one in candidates if one.from_quantity <= wanted]
    if not reached:
        return None
    best = max(
        reached, key=lambda one: (-RANKS.index(one.source), one.valid_from, one.list, one.from_quantity)
    )
    off = 0 if best.source == "own" else discount
    price = best.price * (money.PERCENT_SCALE - off) // money.PERCENT_SCALE
    return Offer(
        price=price, factor=best.factor, source=best.source, list=best.list, name=best.name, discount=off
    )


class ListDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a price list as it should stand: for a customer, else a level, else everybody."""

    name: str
    level: str = ""
    customer: int | None = None
    valid_from_on: str = ""
    valid_to_on: str = ""
    is_active: bool = True


class PriceDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A price of one of `unit` (`factor` base units in thousandths) from so many base units (thousandths) on."""

    item: int
    from_quantity: int
    price: int
    unit: str = ""
    factor: int = quantity.SCALE


class PriceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One price as pages show it."""

    id: int
    item: int
    code: str
    name: str
    base: str
    unit: str
    factor: int
    from_quantity: int
    price: int

    @property
    def per(self) -> str:
        """The unit of which this is the price."""
        return self.base if self.factor == quantity.SCALE else self.unit

    @property
    def from_units(self) -> int:
        """From how many of that unit on it holds."""
        return self.from_quantity * quantity.SCALE // self.factor


def tidy(draft: ListDraft) -> ListDraft:
    """The draft without stray blanks."""
    return msgspec.structs.replace(
        draft,
        name=clean(draft.name),
        level=clean(draft.level, "NFKC"),
        valid_from_on=draft.valid_from_on.strip(),
        valid_to_on=draft.valid_to_on.strip(),
    )


def faults(draft: ListDraft) -> list[Fault]:
    """What is wrong with a tidy head by itself."""
    found = []
    if not draft.name:
        found.append(("name", "missing"))
    if len(draft.name) > MAX_NAME:
        found.append(("name", "long"))
    if len(draft.level) > MAX_LEVEL:
        found.append(("level", "long"))
    if draft.level and draft.customer:
        found.append(("level", "one_of_both"))
    days = [("valid_from_on", draft.valid_from_on), ("valid_to_on", draft.valid_to_on)]
    found += [(field, "day") for field, day in days if day and not _is_day(day)]
    if draft.valid_to_on and draft.valid_to_on < draft.valid_from_on:
        found.append(("valid_to_on", "ends_before"))
    return [Fault(0, field, f"crm.fault.{word}") for field, word in found]


def faults_of_prices(drafts: Sequence[PriceDraft]) -> list[Fault]:
    """What is wrong with rows of prices: a step below nothing, a price no column holds, the same step twice."""
    found = []
    seen: set[tuple[int, int]] = set()
    for at, draft in enumerate(drafts):
        if draft.from_quantity <= 0:
            found.append(Fault(at, f"lines.{at}.quantity", "crm.fault.step"))
        if not 0 < draft.price <= MAX_PRICE:
            found.append(Fault(at, f"lines.{at}.price", "crm.fault.price"))
        if (draft.item, draft.from_quantity) in seen:
            found.append(Fault(at, f"lines.{at}.item", "crm.fault.step_twice"))
        seen.add((draft.item, draft.from_quantity))
    return found


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and 1970 < date.fromisoformat(text).year < 9999
    except ValueError:
        return False
