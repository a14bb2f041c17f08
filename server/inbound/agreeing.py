"""Agree with a supplier how deliveries are taken: how much beyond the order, and whether all of it is checked."""

import msgspec

from server import events, money
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.db import Statement, execute, writing
from server.inbound import queries

_AGREE = Statement(
    "INSERT INTO supplier_terms (partner, tolerance, is_inspected) VALUES (?, ?, ?)"
    " ON CONFLICT (partner) DO UPDATE SET tolerance = excluded.tolerance, is_inspected = excluded.is_inspected"
)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How deliveries of a supplier are taken; without a tolerance the warehouse's holds."""

    tolerance: int | None = None
    is_inspected: bool = False


async def terms_of(supplier: int) -> Terms:
    """What was agreed with a supplier."""
    tolerance, is_inspected = (await queries.supplier_terms([supplier])).get(supplier, (None, False))
    return Terms(tolerance=tolerance, is_inspected=is_inspected)


async def agree(supplier: int, terms: Terms, *, by: int) -> Edited | Refused | Missing:
    """Write down the terms of a supplier; they hold for what arrives from now on."""
    async with writing():
        if await catalog.partner(supplier) is None:
            return Missing()
        if wrong := faults(terms):
            return Refused(wrong)
        before = await terms_of(supplier)
        if before == terms:
            return Edited([])
        await execute(_AGREE, supplier, terms.tolerance, terms.is_inspected)
        old, new = _said(before), _said(terms)
        changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
        await events.record("terms.agreed", f"partner:{supplier}", changed, by=by)
        return Edited([supplier])


def faults(terms: Terms) -> list[Fault]:
    """What is wrong with these terms."""
    is_possible = terms.tolerance is None or 0 <= terms.tolerance <= money.PERCENT_SCALE
    return [] if is_possible else [Fault(0, "tolerance", "catalog.fault.discount")]


def _said(terms: Terms) -> dict[str, object]:
    tolerance = "" if terms.tolerance is None else f"{money.format_percent(terms.tolerance)}%"
    return {"tolerance": tolerance, "is_inspected": terms.is_inspected}
