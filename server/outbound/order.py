"""A sales order: what it says, what holds it back, what a change of it means, and when it may go to the floor."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from server import money, quantity
from server.catalog.item import Fault
from server.documents.line import Line

State = Literal["draft", "confirmed", "partly_shipped", "done", "cancelled", "cancelled_shipped"]
Policy = Literal["partial", "complete", "cancel"]
Hold = Literal["customer", "credit", "price"]

STATES: Final = ("draft", "confirmed", "partly_shipped", "done", "cancelled", "cancelled_shipped")
OPEN: Final = ("confirmed", "partly_shipped")
TAKEN_BACK: Final = ("cancelled", "cancelled_shipped")
"""Not wanted any more; of the second kind something had left, or left all the same."""

HOLDS: Final[tuple[Hold, ...]] = ("customer", "credit", "price")
POLICIES: Final = ("partial", "complete", "cancel")
"""What becomes of what is not there: sent later, everything waits for it, or nobody waits."""

FREE_DISCOUNT: Final = 1000
"""What whoever sells may give without asking, where nothing else was agreed with the customer: ten per cent."""

LIMITS: Final = {"reference": 100, "address": 400, "contact": 100, "phone": 40, "remark": 400}


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The top of an order as it should stand; without a policy the customer's holds."""

    customer: int
    warehouse: int
    wanted_on: str = ""
    reference: str = ""
    address: str = ""
    contact: str = ""
    phone: str = ""
    remark: str = ""
    discount: int = 0
    priority: int = 0
    policy: str = ""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How we sell to a customer; without a credit limit none was agreed."""

    is_blocked: bool = False
    credit_limit: int | None = None
    max_discount: int | None = None
    policy: Policy = "partial"
    priority: int = 0


class Released(msgspec.Struct, frozen=True):
    """Up to what each hold was let go: a total, the lowest price of an item (by its number), a blocked customer."""

    customer: bool = False
    credit: int | None = None
    price: dict[str, int] = {}


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands. Of `quantity`, `cancelled` is not wanted any more; `reserved` is promised from stock."""

    id: int
    position: int
    item: int
    unit: str
    factor: int
    unit_price: int
    discount: int
    quantity: int
    amount: int = 0
    usual: int = 0
    wanted_on: str = ""
    promised_on: str = ""
    remark: str = ""
    noticed: int = 0
    picked: int = 0
    shipped: int = 0
    returned: int = 0
    cancelled: int = 0
    reserved: int = 0

    @property
    def price(self) -> int:
        """What one base unit costs, as exactly as millionths can say it; what is owed comes from `unit_price`."""
        return money.price_in(self.unit_price, self.factor)

    @property
    def wanted(self) -> int:
        """What the customer still wants in all, sent or not."""
        return self.quantity - self.cancelled

    @property
    def to_ship(self) -> int:
        """What has not left."""
        return max(0, self.wanted - self.shipped)

    @property
    def to_pick(self) -> int:
        """What is still on the shelves, or not there at all."""
        return max(0, self.wanted - self.picked)

    @property
    def backordered(self) -> int:
        """Accepted and promised from nothing that is here."""
        return max(0, self.to_pick - self.reserved)

    @property
    def releasable(self) -> int:
        """What is reserved and the floor has not been told of."""
        told_and_not_picked = max(0, self.noticed - self.picked)
        return max(0, min(self.wanted - self.noticed, self.reserved - told_and_not_picked))

    @property
    def at_work(self) -> int:
        """What the floor has been told of or has taken: less than this the customer cannot simply want."""
        return max(self.noticed, self.picked, self.shipped)


# What it says


def faults(head: Head) -> list[Fault]:
    """What is wrong with the top of an order by itself."""
    found = [(field, "long") for field, limit in LIMITS.items() if len(getattr(head, field)) > limit]
    found += [(field, "missing") for field in ("customer", "warehouse") if not getattr(head, field)]
    if head.wanted_on and not _is_day(head.wanted_on):
        found.append(("wanted_on", "day"))
    if not 0 <= head.discount <= money.PERCENT_SCALE:
        found.append(("discount", "discount"))
    if not 0 <= head.priority <= 9:
        found.append(("priority", "priority"))
    if head.policy not in ("", *POLICIES):
        found.append(("policy", "policy"))
    return [Fault(0, field, f"outbound.fault.{word}") for field, word in found]


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).year > 1970
    except ValueError:
        return False


def total(amounts: Iterable[int], discount: int) -> int:
    """What the lines cost together after the order's own discount, in whole cents."""
    return money.amount_of(quantity.SCALE, sum(amounts) * (money.PRICE_SCALE // money.AMOUNT_SCALE), discount)


def amount(line: OrderLine) -> int:
    """What a line costs, for as much as the customer still wants."""
    return money.amount_of(line.wanted, line.unit_price, line.discount, factor=line.factor)


def counted(line: OrderLine, base: str) -> tuple[str, str]:
    """What is still wanted of a line in the unit it was ordered in; in the base unit when that is not exact."""
    whole, rest = divmod(line.wanted * quantity.SCALE, line.factor)
    return (quantity.format(whole), line.unit or base) if not rest else (quantity.format(line.wanted), base)


# What holds it back


def holds(
    terms: Terms, lines: Sequence[OrderLine], *, discount: int, owes: int, released: Released
) -> tuple[Hold, ...]:
    """What keeps an order from the floor until a permitted person lets it go. Entering it is never refused for it.

    `owes` is what the customer has already ordered or not paid, this order apart. What was let go stays let go
    until the order becomes larger or cheaper than it was then.
    """
    found: list[Hold] = []
    if terms.is_blocked and not released.customer:
        found.append("customer")
    worth = total(map(amount, lines), discount)
    over = terms.credit_limit is not None and worth > 0 and owes + worth > terms.credit_limit
    if over and (released.credit is None or worth > released.credit):
        found.append("credit")
    if any(
        net(line, discount) < released.price.get(str(line.item), _FAR)
        for line in cheap(terms, lines, discount)
    ):
        found.append("price")
    return tuple(found)


_FAR: Final = 1 << 62


def cheap(terms: Terms, lines: Iterable[OrderLine], discount: int) -> list[OrderLine]:
    """Lines that cost less than whoever sells may agree to by themselves."""
    limit = FREE_DISCOUNT if terms.max_discount is None else terms.max_discount
    return [
        line
        for line in lines
        # Before the usual price is known, what was typed is measured against itself: only discounts count.
        if line.wanted and net(line, discount) < _reduced(line.usual or line.price, limit) - _slack(line)
    ]


def _slack(line: OrderLine) -> int:
    """The same price said for another unit and rounded there is not a lower one: a millionth of the smaller unit."""
    return max(1, quantity.SCALE // line.factor) if line.usual and line.factor != quantity.SCALE else 0


def net(line: OrderLine, discount: int) -> int:
    """What one base unit costs after both discounts."""
    return _reduced(_reduced(line.price, line.discount), discount)


def _reduced(price: int, discount: int) -> int:
    return price * (money.PERCENT_SCALE - discount) // money.PERCENT_SCALE


def let_go(
    hold: Hold, terms: Terms, lines: Sequence[OrderLine], *, discount: int, released: Released
) -> Released:
    """What holds from now on, after a permitted person let go of `hold` for the order as it stands."""
    match hold:
        case "customer":
            return msgspec.structs.replace(released, customer=True)
        case "credit":
            return msgspec.structs.replace(released, credit=total(map(amount, lines), discount))
        case "price":
            prices = {str(line.item): net(line, discount) for line in cheap(terms, lines, discount)}
            lowest = {item: min(price, released.price.get(item, _FAR)) for item, price in prices.items()}
            return msgspec.structs.replace(released, price=released.price | lowest)


# What a change means


class Change(msgspec.Struct, frozen=True):
    """What is different: lines that are new, lines that read otherwise now, lines that are gone."""

    added: list[Line]
    changed: list[tuple[OrderLine, Line]]
    removed: list[OrderLine]


def compare(before: Sequence[OrderLine], after: Sequence[Line]) -> Change:
    """Which line became which: the same item in the same unit first, then the same item, each in its order."""
    left = [line for line in before if line.wanted or line.at_work]
    pairs: dict[int, OrderLine] = {}
    for same in (_same_unit, _same_item):
        for index, line in enumerate(after):
            if index not in pairs and (match := next((old for old in left if same(old, line)), None)):
                pairs[index] = match
                left.remove(match)
    return Change(
        [line for index, line in enumerate(after) if index not in pairs],
        [(pairs[index], line) for index, line in enumerate(after) if index in pairs],
        left,
    )


def _same_unit(old: OrderLine, new: Line) -> bool:
    return (old.item, old.unit) == (new.item, new.unit)


def _same_item(old: OrderLine, new: Line) -> bool:
    return old.item == new.item


def faults_of_change(change: Change, after: Sequence[Line]) -> list[Fault]:
    """What cannot be taken back by changing an order: it has left. What the floor has picked it puts back."""
    found = [
        Fault(index, f"lines.{index}.quantity", "outbound.fault.has_left")
        for old, new in change.changed
        if new.quantity < old.shipped
        for index in [after.index(new)]
    ]
    return found + [Fault(0, "", "outbound.fault.line_has_left") for old in change.removed if old.shipped]


# When it may go to the floor, and when it is over


def blocked_by(state: str, hold: str, policy: str, lines: Sequence[OrderLine]) -> list[str]:
    """Why nothing of this order may be released to picking now; empty when something may."""
    if state not in OPEN:
        return ["state"]
    why = [f"hold_{one}" for one in hold.split()]
    if not any(line.releasable for line in lines):
        why.append("nothing_reserved")
    if policy == "complete" and any(line.backordered for line in lines):
        why.append("incomplete")
    return why


def state_after(lines: Sequence[OrderLine], *, is_taken_back: bool = False) -> State:
    """The state of an order that was confirmed, from what its lines say."""
    has_left = any(line.shipped for line in lines)
    if is_taken_back:
        return "cancelled_shipped" if has_left else "cancelled"
    if any(line.to_ship for line in lines):
        return "partly_shipped" if has_left else "confirmed"
    return "done" if has_left else "cancelled"
