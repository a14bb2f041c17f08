"""What price lists offer a customer for goods on a day, and the lists themselves as pages show them. Only reads."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from server.catalog import price, search
from server.catalog.price import Candidate, ListDraft, Offer, PriceLine
from server.catalog.queries import Page
from server.db import Statement, as_json, fetch

PAGE_SIZE = 100

# The narrowest name of a list is its source: the customer's own, their level's, everybody's.
_HOLDS = (
    "SELECT r.item, l.id, l.name, CASE WHEN l.customer IS NOT NULL THEN 'own' WHEN l.level <> '' THEN 'level'"
    " ELSE 'general' END, l.valid_from_on, r.from_quantity, r.price, r.factor"
    " FROM price_list l"
    " JOIN price_list_line r ON r.price_list = l.id"
    " WHERE l.is_active = ? AND l.valid_from_on <= ? AND (l.valid_to_on = '' OR l.valid_to_on >= ?)"
    " AND (l.customer = ? OR (l.customer IS NULL AND (l.level = '' OR l.level ="
    " (SELECT t.level FROM partner_terms t WHERE t.partner = ?)))) AND r.item IN "
)
_CANDIDATES = Statement(
    f"{_HOLDS} (SELECT value FROM json_each(?))",
    f"{_HOLDS} (SELECT (json_array_elements_text(?::text::json))::int)",
)
_DISCOUNT = Statement("SELECT discount FROM partner_terms WHERE partner = ?")


async def price_for(customer: int, item: int, quantity: int, day: date) -> Offer | None:
    """What a list says this customer pays for an item, bought in this quantity on this day."""
    return (await offers(customer, {item: quantity}, day)).get(item)


async def offers(customer: int, wanted: Mapping[int, int], day: date) -> dict[int, Offer]:
    """The same for several items (item → quantity in base units); those that no list names are left out."""
    on = day.isoformat()
    items = as_json(sorted(wanted))
    candidates: dict[int, list[Candidate]] = defaultdict(list)
    for item, *row in await fetch(_CANDIDATES, True, on, on, customer, customer, items):
        candidates[item].append(
            Candidate(
                list=row[0],
                name=row[1],
                source=row[2],
                valid_from=row[3],
                from_quantity=row[4],
                price=row[5],
                factor=row[6],
            )
        )
    if not candidates:
        return {}
    rows = await fetch(_DISCOUNT, customer)
    discount = rows[0][0] if rows else 0
    chosen = {
        item: price.choose(found, wanted[item], discount=discount) for item, found in candidates.items()
    }
    return {item: offer for item, offer in chosen.items() if offer}


class ListLine(msgspec.Struct, frozen=True, kw_only=True):
    """A price list as the list of lists shows it."""

    id: int
    name: str
    level: str
    customer: int | None
    customer_name: str
    valid_from_on: str
    valid_to_on: str
    is_active: bool
    prices: int


_LISTS = Statement(
    "SELECT l.id, l.name, l.level, l.customer, coalesce(p.name, '') AS customer_name, l.valid_from_on,"
    " l.valid_to_on, l.is_active, (SELECT count(*) FROM price_list_line r WHERE r.price_list = l.id) AS prices"
    " FROM price_list l LEFT JOIN partner p ON p.id = l.customer"
    " ORDER BY l.is_active DESC, l.valid_from_on DESC, l.id DESC LIMIT 500"
)
_LIST = Statement(
    "SELECT name, level, customer, valid_from_on, valid_to_on, is_active, version FROM price_list WHERE id = ?"
)
_LINE = (
    "SELECT r.id, r.item, i.code, i.name, i.unit AS base, r.unit, r.factor, r.from_quantity, r.price"
    " FROM price_list_line r JOIN item i ON i.id = r.item WHERE r.price_list = ?"
)
_LINES = Statement(f"{_LINE} ORDER BY i.code, r.from_quantity LIMIT ? OFFSET ?")
_ALL_LINES = Statement(f"{_LINE} ORDER BY i.code, r.from_quantity")
_FOUND = Statement(
    f"{_LINE} AND instr(i.search, ?) > 0 ORDER BY i.code, r.from_quantity LIMIT ? OFFSET ?",
    f"{_LINE} AND strpos(i.search, ?) > 0 ORDER BY i.code, r.from_quantity LIMIT ? OFFSET ?",
)


async def lists() -> list[ListLine]:
    """Every price list, those in use first, the latest on top."""
    rows: list[dict[str, Any]] = [dict(row) for row in await fetch(_LISTS)]
    return [ListLine(**row | {"is_active": bool(row["is_active"])}) for row in rows]


async def price_list(list_id: int) -> tuple[ListDraft, int] | None:
    """The head of a price list and its version."""
    rows = await fetch(_LIST, list_id)
    if not rows:
        return None
    name, level, customer, valid_from, valid_to, is_active, version = rows[0]
    head = ListDraft(
        name=name,
        level=level,
        customer=customer,
        valid_from_on=valid_from,
        valid_to_on=valid_to,
        is_active=bool(is_active),
    )
    return head, version


async def prices(list_id: int, typed: str = "", page: int = 1) -> Page:
    """A page of the prices of a list, whose items contain what was typed."""
    asked = (PAGE_SIZE + 1, (page - 1) * PAGE_SIZE)
    # A list is looked through by one fragment: the longest says most.
    fragments = search.terms(typed)
    rows = await (
        fetch(_FOUND, list_id, fragments[0], *asked) if fragments else fetch(_LINES, list_id, *asked)
    )
    return Page([PriceLine(**dict(row)) for row in rows[:PAGE_SIZE]], page, len(rows) > PAGE_SIZE)


async def all_prices(list_id: int) -> list[PriceLine]:
    """Every price of a list, for a spreadsheet."""
    return [PriceLine(**dict(row)) for row in await fetch(_ALL_LINES, list_id)]
