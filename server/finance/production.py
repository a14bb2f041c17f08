"""What products cost: the material that went in, to the last fraction; taken apart, split by what parts are worth.

Material that goes into an order keeps its own cost (average or layers). A product takes what its pieces need of it by
the bill, at what that material cost this order; the piece that completes the order takes all that is left, so products
cost what went into them and nothing else. What comes to light afterwards, late material or a return, changes the value
of the products that are still there. Quantities are thousandths, values millionths, as in stock/cost.py.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import msgspec


class Sum(msgspec.Struct, frozen=True):
    """So much of an item, and its value."""

    quantity: int = 0
    value: int = 0


NOTHING = Sum()


class Plan(msgspec.Struct, frozen=True):
    """A line of an order: so much of an item is to go in, or to come out."""

    item: int
    is_made: bool
    quantity: int


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """An order as costs see it: what was planned, and what went in and came out by the ledger so far."""

    id: int
    kind: str
    product: int
    planned: int
    plans: tuple[Plan, ...]
    is_over: bool = False
    took: Mapping[int, Sum] = {}
    brought: Mapping[int, Sum] = {}

    @property
    def left(self) -> int:
        """The value that went in and is in no product yet; below zero when products were valued before it came."""
        return _value(self.took.values()) - _value(self.brought.values())

    @property
    def is_complete(self) -> bool:
        """Whether what is left belongs to what has been made, since no more will be."""
        if not any(one.quantity > 0 for one in self.brought.values()):
            return False
        return self.is_over or (self.planned > 0 and self._has_all())

    def _has_all(self) -> bool:
        if self.kind == "assembly":
            return self.brought.get(self.product, NOTHING).quantity >= self.planned
        went_in = self.took.get(self.product, NOTHING).quantity
        return went_in >= self.planned and all(
            self.brought.get(plan.item, NOTHING).quantity >= plan.quantity for plan in self.made()
        )

    @property
    def outputs(self) -> frozenset[int]:
        """What comes out of it, planned or not."""
        return frozenset(plan.item for plan in self.plans if plan.is_made)

    def made(self) -> list[Plan]:
        """What is to come out."""
        return [plan for plan in self.plans if plan.is_made and plan.quantity > 0]


def take(work: Work, item: int, quantity: int, cost: int) -> Work:
    """The order after so much went in (or, below zero, came back unused) at this cost."""
    return msgspec.structs.replace(work, took=_after(work.took, item, quantity, cost))


def bring(work: Work, item: int, quantity: int, cost: int) -> Work:
    """The order after so much came out (or went in again) at this cost; revaluing is bringing nothing at a cost."""
    return msgspec.structs.replace(work, brought=_after(work.brought, item, quantity, cost))


def _after(sums: Mapping[int, Sum], item: int, quantity: int, cost: int) -> Mapping[int, Sum]:
    before = sums.get(item, NOTHING)
    sign = -1 if quantity < 0 else 1
    return {**sums, item: Sum(before.quantity + quantity, before.value + sign * cost)}


def cost_of_return(work: Work, item: int, quantity: int) -> int | None:
    """What comes back unused costs what it had cost this order; None when the order had not taken so much."""
    went_in = work.took.get(item, NOTHING)
    if went_in.quantity < quantity:
        return None
    return _divided(went_in.value * quantity, went_in.quantity)


def cost_of_product(work: Work, item: int, quantity: int, averages: Mapping[int, int]) -> int | None:
    """What so much of what is made now costs; None while its material is not known, or if nobody planned to make it."""
    if item not in {plan.item for plan in work.made()}:
        return None
    after = bring(work, item, quantity, 0)
    if after.is_complete:
        cost = work.left
    elif work.kind == "disassembly":
        cost = _earned_apart(after, item, averages) - work.brought.get(item, NOTHING).value
    else:
        cost = _earned(after) - _value(work.brought.values())
    return cost if cost > 0 else None


def _earned(work: Work) -> int:
    """The value of the material that the pieces made so far need by the bill."""
    made = Fraction(work.brought[work.product].quantity, work.planned)
    wanted = {plan.item: plan.quantity for plan in work.plans if not plan.is_made}
    value = Fraction(0)
    for item, went_in in work.took.items():
        if went_in.quantity > 0:
            needed = made * (wanted.get(item) or went_in.quantity) / went_in.quantity
            value += went_in.value * min(Fraction(1), needed)
    return _rounded(value)


def _earned_apart(work: Work, item: int, averages: Mapping[int, int]) -> int:
    """The share of a component in what was taken apart so far, as far as that component has come out of it."""
    went_in = work.took.get(work.product, NOTHING)
    apart = min(Fraction(1), Fraction(went_in.quantity, work.planned))
    plans = {plan.item: plan.quantity for plan in work.made()}
    weights = _weights(plans, averages)
    share = Fraction(weights[item], sum(weights.values()))
    has_come = Fraction(work.brought[item].quantity) / (plans[item] * apart) if apart else Fraction(0)
    return _rounded(went_in.value * share * min(Fraction(1), has_come))


def shares(work: Work, averages: Mapping[int, int]) -> dict[int, int]:
    """What is left of a complete order, divided among what it made; the last one takes the remainder."""
    made = {item: one.quantity for item, one in work.brought.items() if one.quantity > 0}
    planned = {plan.item for plan in work.made()}
    weights = _weights({item: much for item, much in made.items() if item in planned} or made, averages)
    total, rest = sum(weights.values()), work.left
    found = {}
    for place, (item, weight) in enumerate(weights.items(), 1):
        found[item] = rest if place == len(weights) else _rounded(Fraction(work.left * weight, total))
        rest -= found[item]
    return {item: value for item, value in found.items() if value}


def _weights(amounts: Mapping[int, int], averages: Mapping[int, int]) -> dict[int, int]:
    """What each is worth on average; where nobody knows what any of them costs, how much there is of it."""
    worth = {item: much * averages.get(item, 0) for item, much in amounts.items()}
    return worth if any(worth.values()) else dict(amounts)


def _value(sums: Iterable[Sum]) -> int:
    return sum(one.value for one in sums)


def _divided(value: int, by: int) -> int:
    return _rounded(Fraction(value, by))


def _rounded(value: Fraction) -> int:
    """Half up, as everywhere where money is divided."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
