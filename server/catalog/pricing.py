"""Make price lists, edit them, and write prices into them."""

from collections.abc import Sequence

import msgspec

from server import clock, events, money, quantity
from server.catalog import offering, price, queries
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.catalog.price import ListDraft, PriceDraft
from server.db import Statement, execute, execute_many, writing

_INSERT = Statement(
    "INSERT INTO price_list (name, level, customer, valid_from_on, valid_to_on, is_active, created_at, version)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, 1) RETURNING id"
)
_UPDATE = Statement(
    "UPDATE price_list SET name = ?, level = ?, customer = ?, valid_from_on = ?, valid_to_on = ?, is_active = ?,"
    " version = version + 1 WHERE id = ?"
)
_SET = Statement(
    "INSERT INTO price_list_line (price_list, item, unit, factor, from_quantity, price) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (price_list, item, from_quantity) DO UPDATE SET unit = excluded.unit, factor = excluded.factor,"
    " price = excluded.price"
)
_DROP = Statement(
    "DELETE FROM price_list_line WHERE price_list = ? AND id = ? RETURNING item, from_quantity, price, factor, unit"
)


async def add_list(draft: ListDraft, *, by: int) -> Added | Refused:
    """Make a price list without prices."""
    wanted = price.tidy(draft)
    wrong = price.faults(wanted)
    async with writing():
        if wrong := wrong + await _unknown(wanted):
            return Refused(wrong)
        new: int = (await execute(_INSERT, *msgspec.structs.astuple(wanted), clock.now()))[0][0]
        await events.record("price_list.added", f"price_list:{new}", wanted, by=by)
        return Added([new])


async def edit_list(
    list_id: int, draft: ListDraft, *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Edit the head of a list that its editor saw at `version`; orders written down keep their prices."""
    wanted = price.tidy(draft)
    wrong = price.faults(wanted)
    async with writing():
        found = await offering.price_list(list_id)
        if found is None:
            return Missing()
        before, standing = found
        if standing != version:
            return Stale(standing)
        if wrong := wrong + await _unknown(wanted):
            return Refused(wrong)
        if before == wanted:
            return Edited([])
        await execute(_UPDATE, *msgspec.structs.astuple(wanted), list_id)
        old, new = msgspec.to_builtins(before), msgspec.to_builtins(wanted)
        changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
        await events.record("price_list.edited", f"price_list:{list_id}", changed, by=by)
        return Edited([list_id])


async def _unknown(draft: ListDraft) -> list[Fault]:
    if draft.customer is None or await queries.partner(draft.customer) is not None:
        return []
    return [Fault(0, "customer", "crm.fault.no_customer")]


async def set_prices(list_id: int, drafts: Sequence[PriceDraft], *, by: int) -> Edited | Refused | Missing:
    """Write these prices into a list: the same item from the same quantity on is replaced, the rest stays."""
    async with writing():
        if await offering.price_list(list_id) is None:
            return Missing()
        if wrong := price.faults_of_prices(drafts):
            return Refused(wrong)
        before = {
            (one.item, one.from_quantity): (one.price, one.factor, one.unit)
            for one in await offering.all_prices(list_id)
        }
        changed = [
            one
            for one in drafts
            if before.get((one.item, one.from_quantity)) != (one.price, one.factor, one.unit)
        ]
        if not changed:
            return Edited([])
        await execute_many(
            _SET,
            [(list_id, one.item, one.unit, one.factor, one.from_quantity, one.price) for one in changed],
        )
        codes = {
            key: draft.code for key, draft in (await queries.item_drafts({d.item for d in changed})).items()
        }
        said = [
            [
                _said(codes[one.item], one.from_quantity, before.get((one.item, one.from_quantity))),
                _said(codes[one.item], one.from_quantity, (one.price, one.factor, one.unit)),
            ]
            for one in changed
        ]
        body = {"prices": [[old for old, _ in said if old], [new for _, new in said]]}
        await events.record("price_list.priced", f"price_list:{list_id}", body, by=by)
        return Edited([one.item for one in changed])


async def drop_price(list_id: int, line_id: int, *, by: int) -> Edited | Missing:
    """Take one price out of a list."""
    async with writing():
        gone = await execute(_DROP, list_id, line_id)
        if not gone:
            return Missing()
        item, from_quantity, *old = gone[0]
        code = (await queries.item_drafts([item]))[item].code
        body = {"prices": [[_said(code, from_quantity, (old[0], old[1], old[2]))], []]}
        await events.record("price_list.priced", f"price_list:{list_id}", body, by=by)
        return Edited([item])


def _said(code: str, from_quantity: int, price: tuple[int, int, str] | None) -> str:
    """`CUP ≥12 @ 10.00/箱`: from how many base units on, and what one of which unit costs."""
    if price is None:
        return ""
    millionths, factor, unit = price
    per = f"/{unit}" if factor != quantity.SCALE else ""
    return f"{code} ≥{quantity.format(from_quantity)} @ {money.format_price(millionths)}{per}"
