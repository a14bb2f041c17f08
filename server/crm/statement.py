"""A statement of account: what was open, what was sent and came back in a period, what is open after it."""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from server import money
from server.outbound import order


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an order's line left with a notice at a moment, on a day of the firm's calendar."""

    order: int
    order_number: str
    order_discount: int
    line: int
    notice: int
    number: str
    at: int
    day: str
    quantity: int
    unit_price: int
    factor: int
    discount: int


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an order's line was taken back with a receipt, at the price it was sold for; of no order: 0."""

    receipt: int
    number: str
    at: int
    day: str
    order: int
    order_discount: int
    line: int
    quantity: int
    unit_price: int
    factor: int
    discount: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a statement; what came back is negative. `document` is its wire id."""

    day: str
    at: int
    kind: Literal["shipment", "return"]
    document: str
    number: str
    reference: str
    amount: int
    balance: int = 0


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A period, both days included; the opening of the next one is the closing of this."""

    since: str
    until: str
    opening: int
    entries: list[Entry]
    closing: int

    @property
    def shipped(self) -> int:
        """What was sent in the period."""
        return sum(one.amount for one in self.entries if one.kind == "shipment")

    @property
    def returned(self) -> int:
        """What came back in the period, as a positive amount."""
        return -sum(one.amount for one in self.entries if one.kind == "return")


def statement(sent: Sequence[Sent], returned: Sequence[Returned], since: str, until: str) -> Statement:
    """The statement of the days from `since` to `until`, from everything that was ever sent and came back."""
    found = sorted([*_shipments(sent), *_returns(returned)], key=lambda one: (one.day, one.at, one.document))
    opening = sum(one.amount for one in found if one.day < since)
    balance, shown = opening, []
    for one in found:
        if since <= one.day <= until:
            balance += one.amount
            shown.append(msgspec.structs.replace(one, balance=balance))
    return Statement(since=since, until=until, opening=opening, entries=shown, closing=balance)


def _shipments(sent: Iterable[Sent]) -> list[Entry]:
    """What each notice is worth: the order's worth after it, less what it was before.

    So the cents of rounding fall on the last notice, and all notices together cost what the order costs.
    """
    by_order: dict[int, list[Sent]] = defaultdict(list)
    for one in sent:
        by_order[one.order].append(one)
    found = []
    for parts in by_order.values():
        gone: dict[int, int] = defaultdict(int)
        worth = 0
        for notice in _notices(parts):
            for part in notice:
                gone[part.line] += part.quantity
            after = _worth(parts, gone)
            first = notice[0]
            found.append(
                Entry(
                    day=first.day,
                    at=first.at,
                    kind="shipment",
                    document=f"sn-{first.notice}",
                    number=first.number,
                    reference=first.order_number,
                    amount=after - worth,
                )
            )
            worth = after
    return found


def _notices(parts: Iterable[Sent]) -> list[list[Sent]]:
    """The parts of an order by notice, in the order in which they left."""
    by_notice: dict[int, list[Sent]] = defaultdict(list)
    for part in parts:
        by_notice[part.notice].append(part)
    return sorted(by_notice.values(), key=lambda notice: (notice[0].at, notice[0].notice))


def _worth(parts: Sequence[Sent] | Sequence[Returned], gone: Mapping[int, int]) -> int:
    """What an order costs when so much of each line has left, or is worth when so much of it came back."""
    lines = {part.line: part for part in parts}
    amounts = [
        money.amount_of(gone[key], part.unit_price, part.discount, factor=part.factor)
        for key, part in lines.items()
        if gone[key]
    ]
    return order.total(amounts, parts[0].order_discount)


def _returns(returned: Iterable[Returned]) -> list[Entry]:
    """What each receipt took back is worth: like shipments, by the order's cumulated worth.

    So whoever returns everything in parts gets back exactly what it cost.
    """
    by_order: dict[int, list[Returned]] = defaultdict(list)
    for one in returned:
        by_order[one.order].append(one)
    worth: dict[int, int] = defaultdict(int)
    heads: dict[int, Returned] = {}
    for parts in by_order.values():
        gone: dict[int, int] = defaultdict(int)
        before = 0
        for part in sorted(parts, key=lambda part: (part.at, part.receipt)):
            heads.setdefault(part.receipt, part)
            gone[part.line] += part.quantity
            after = _worth(parts, gone)
            worth[part.receipt] += after - before
            before = after
    return [
        Entry(
            day=head.day,
            at=head.at,
            kind="return",
            document=f"rt-{receipt}",
            number=head.number,
            reference="",
            amount=-worth[receipt],
        )
        for receipt, head in heads.items()
    ]


# Periods


def period(since: str, until: str, today: date) -> tuple[str, str]:
    """The days asked for; where one is none, or they are the wrong way round, the month of `today`."""
    first, last = _day(since), _day(until)
    if first and last and first <= last:
        return first, last
    return _month(today)


def neighbours(day: date) -> list[tuple[str, str]]:
    """The month before that of `day`, and the one after it."""
    first = day.replace(day=1)
    return [_month(first - timedelta(days=1)), _month(first + timedelta(days=31))]


def _month(day: date) -> tuple[str, str]:
    last = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=1).isoformat(), day.replace(day=last).isoformat()


def _day(text: str) -> str:
    try:
        return text if len(text) == 10 and 1970 < date.fromisoformat(text).year < 9999 else ""
    except ValueError:
        return ""
