"""Reads about what stock is worth, and what was paid for it."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import msgspec

from server import money
from server.db import Row, Statement, as_json, fetch
from server.finance.production import Plan, Sum, Work
from server.making import work

PAGE_SIZE = 100


def _by_ids(sql: str, after: str = "") -> Statement:
    return Statement(
        f"{sql} IN (SELECT value FROM json_each(?)){after}",
        f"{sql} IN (SELECT (json_array_elements_text(?::text::json))::bigint){after}",
    )


class ItemValue(msgspec.Struct, frozen=True, kw_only=True):
    """An item and what its stock was worth when a day ended; `average` is the value of one unit then."""

    id: int
    code: str
    name: str
    unit: str
    quantity: int
    value: int
    average: int


class Day(msgspec.Struct, frozen=True):
    """What all stock was worth when a day ended."""

    day_on: str
    value: int


class Values(msgspec.Struct, frozen=True):
    """One page of items, most valuable first, and the value of all of them."""

    rows: list[ItemValue]
    total: int
    has_more: bool


_PAID = Statement(
    "SELECT l.receipt, l.item, l.expected, CASE WHEN r.kind = 'purchase' THEN coalesce(p.price, l.price) ELSE l.price"
    " END AS price, CASE WHEN r.kind = 'purchase' THEN coalesce(p.discount, 0) ELSE 0 END AS discount"
    " FROM receipt_line l JOIN receipt r ON r.id = l.receipt LEFT JOIN purchase_line p ON p.id = l.source_line"
    " WHERE l.receipt IN (SELECT value FROM json_each(?))",
    "SELECT l.receipt, l.item, l.expected, CASE WHEN r.kind = 'purchase' THEN coalesce(p.price, l.price) ELSE l.price"
    " END AS price, CASE WHEN r.kind = 'purchase' THEN coalesce(p.discount, 0) ELSE 0 END AS discount"
    " FROM receipt_line l JOIN receipt r ON r.id = l.receipt LEFT JOIN purchase_line p ON p.id = l.source_line"
    " WHERE l.receipt IN (SELECT (json_array_elements_text(?::text::json))::int)",
)
# The last state on or before the day, of every item: what a day's report adds up.
_STANDING = (
    "SELECT d.item, d.quantity, d.value FROM day_worth d WHERE d.day_on = (SELECT max(e.day_on) FROM day_worth e"
    " WHERE e.item = d.item AND e.day_on <= ?)"
)
_VALUES = Statement(
    f"SELECT i.id, i.code, i.name, i.unit, s.quantity, s.value FROM ({_STANDING}) s JOIN item i ON i.id = s.item"
    " WHERE s.quantity > 0 ORDER BY s.value DESC, i.code LIMIT ? OFFSET ?"
)
_TOTAL = Statement(f"SELECT coalesce(sum(s.value), 0) FROM ({_STANDING}) s")
_CHANGES = Statement(
    "SELECT d.day_on, d.value - coalesce((SELECT e.value FROM day_worth e WHERE e.item = d.item"
    " AND e.day_on < d.day_on ORDER BY e.day_on DESC LIMIT 1), 0) FROM day_worth d"
    " WHERE d.day_on > ? AND d.day_on <= ? ORDER BY d.day_on"
)
_AVERAGES = Statement("SELECT item, average FROM item_worth WHERE average > 0")
_WAITING = Statement("SELECT count(*) FROM movement WHERE id > coalesce((SELECT last FROM cost_head), 0)")


async def unit_costs(documents: Collection[str]) -> dict[tuple[str, int], int]:
    """What one unit cost, by document and item: of receipts, the agreed price after its discount.

    When a receipt has several lines of an item, they weigh as much as was expected of each.
    """
    # Other documents have the same numbers: a shipment must not take a receipt's price away.
    named = {
        int(name[3:]): name
        for name in documents
        if name.startswith(("rc-", "rt-", "rp-")) and name[3:].isdigit()
    }
    if not named:
        return {}
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for receipt, item, expected, price, discount in map(tuple, await fetch(_PAID, as_json(sorted(named)))):
        if price:
            key = named[receipt], item
            weight, total = sums.get(key, (0, 0))
            share = max(expected, 1)
            sums[key] = weight + share, total + share * _after(price, discount)
    return {key: (2 * total + weight) // (2 * weight) for key, (weight, total) in sums.items()}


def _after(price: int, discount: int) -> int:
    return (2 * price * (money.PERCENT_SCALE - discount) + money.PERCENT_SCALE) // (2 * money.PERCENT_SCALE)


class Ended(msgspec.Struct, frozen=True):
    """A production order of which somebody said, after a row of the ledger, that no more will be made."""

    work: int
    after: int
    at: int


_ENDED = "SELECT id, over_after, coalesce(closed_at, created_at) FROM work_order WHERE over_after >= ?"
_ENDED_SINCE = Statement(f"{_ENDED} ORDER BY over_after, id")
_ENDED_BETWEEN = Statement(f"{_ENDED} AND over_after < ? ORDER BY over_after, id")
_WORKS = _by_ids("SELECT id, kind, product, quantity, over_after FROM work_order WHERE id")
_PLANS = _by_ids("SELECT work, item, is_made, quantity FROM work_line WHERE work", " ORDER BY work, position")
_SUMS = _by_ids("SELECT work, item, is_made, quantity, value FROM work_cost WHERE work", " ORDER BY id")
_ORIGINS = Statement(
    "SELECT m.operation, m.leg FROM movement m JOIN location s ON s.id = m.source"
    " WHERE m.document <> '' AND m.document = ? AND m.item = ? AND m.kind = 'flow' AND s.kind = 'production'"
)


async def ended_works(last: int, until: int | None) -> list[Ended]:
    """Orders that ended after the row `last` and before `until` (None: whenever), in that order."""
    rows = await (fetch(_ENDED_SINCE, last) if until is None else fetch(_ENDED_BETWEEN, last, until))
    return [Ended(*row) for row in rows]


async def works_in_cost(ids: Collection[int], last: int) -> dict[int, Work]:
    """Orders to assemble and take apart, with what they took and brought up to the row `last`."""
    if not ids:
        return {}
    wanted = as_json(sorted(ids))
    plans: dict[int, list[Plan]] = defaultdict(list)
    for of, item, is_made, much in map(tuple, await fetch(_PLANS, wanted)):
        plans[of].append(Plan(item, bool(is_made), much))
    sums: dict[tuple[int, bool], dict[int, Sum]] = defaultdict(dict)
    for of, item, is_made, much, value in map(tuple, await fetch(_SUMS, wanted)):
        sums[of, bool(is_made)][item] = Sum(much, value)
    return {
        key: Work(
            id=key,
            kind=kind,
            product=product,
            planned=planned,
            plans=tuple(plans[key]),
            is_over=over_after is not None and over_after < last,
            took=sums[key, False],
            brought=sums[key, True],
        )
        for key, kind, product, planned, over_after in map(tuple, await fetch(_WORKS, wanted))
        if kind in work.OF_A_BILL
    }


async def origins_of(work_id: int, item: int) -> frozenset[str]:
    """The rows of the ledger by which an order brought an item."""
    return frozenset(f"{row[0]}:{row[1]}" for row in await fetch(_ORIGINS, work.wire_id(work_id), item))


class Spent(msgspec.Struct, frozen=True):
    """What a production order took and what its products were valued at (millionths), as far as it is known."""

    took: int
    brought: int
    pieces: int
    """How much was made of what was planned, in thousandths; of several things, all together."""

    @property
    def left(self) -> int:
        """What went in and is in no product."""
        return self.took - self.brought


async def spent_on(work_id: int) -> Spent | None:
    """What an order cost; None while nothing of it is valued."""
    rows = await fetch(_SUMS, as_json([work_id]))
    if not rows:
        return None
    took = sum(row[4] for row in rows if not row[2])
    made = [row for row in rows if row[2]]
    return Spent(took, sum(row[4] for row in made), sum(row[3] for row in made))


async def values(day_on: str, *, page: int = 1, size: int = PAGE_SIZE) -> Values:
    """What stock was worth when a day ended (its date as ISO text), by item."""
    rows = await fetch(_VALUES, day_on, size + 1, (page - 1) * size)
    total = (await fetch(_TOTAL, day_on))[0][0]
    return Values([_item_value(row) for row in rows[:size]], total, len(rows) > size)


def _item_value(row: Row) -> ItemValue:
    plain: dict[str, Any] = dict(row)
    return ItemValue(**plain, average=(plain["value"] * 1000) // plain["quantity"])


async def days(since_on: str, until_on: str) -> list[Day]:
    """What all stock was worth at the end of each day on which it changed, after `since_on` until `until_on`."""
    value = (await fetch(_TOTAL, since_on))[0][0]
    found: list[Day] = []
    for day_on, change in map(tuple, await fetch(_CHANGES, since_on, until_on)):
        value += change
        if found and found[-1].day_on == day_on:
            found.pop()
        found.append(Day(day_on, value))
    return found


async def waiting() -> int:
    """How many rows of the ledger are not valued yet."""
    return int((await fetch(_WAITING))[0][0])


async def averages() -> dict[int, int]:
    """What one unit of each item costs on average now, of those whose cost is known."""
    return {row[0]: int(row[1]) for row in await fetch(_AVERAGES)}
