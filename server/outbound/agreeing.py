"""Agree with a customer how we sell: blocked or not, credit, discount, what happens to what is not there."""

import msgspec

from server import events, money
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.db import Statement, execute, writing
from server.money import PERCENT_SCALE
from server.outbound import ordering, queries
from server.outbound.order import POLICIES, Terms
from server.outbound.ordering import By

_AGREE = Statement(
    "INSERT INTO customer_terms (partner, is_blocked, credit_limit, max_discount, policy, priority)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (partner) DO UPDATE SET is_blocked = excluded.is_blocked,"
    " credit_limit = excluded.credit_limit, max_discount = excluded.max_discount, policy = excluded.policy,"
    " priority = excluded.priority"
)


async def agree(customer: int, terms: Terms, *, by: int) -> Edited | Refused | Missing:
    """Write down the terms of a customer; what holds back open orders is seen anew."""
    wrong = faults(terms)
    async with writing():
        if await queries.customer(customer) is None:
            return Missing()
        if wrong:
            return Refused(wrong)
        before = await queries.terms(customer)
        if before == terms:
            return Edited([])
        await execute(
            _AGREE,
            customer,
            terms.is_blocked,
            terms.credit_limit,
            terms.max_discount,
            terms.policy,
            terms.priority,
        )
        old, new = said(before), said(terms)
        changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
        await events.record("terms.agreed", f"partner:{customer}", changed, by=by)
        if {"is_blocked", "credit_limit", "max_discount"} & changed.keys():
            await ordering.measure_again(customer, by=By(by))
        return Edited([customer])


def said(terms: Terms) -> dict[str, object]:
    """The figures as people read them, since the history shows them as they were written."""
    limit, discount = terms.credit_limit, terms.max_discount
    return msgspec.structs.asdict(terms) | {
        "credit_limit": "" if limit is None else money.format_amount(limit),
        "max_discount": "" if discount is None else f"{money.format_percent(discount)}%",
        "priority": str(terms.priority),
    }


def faults(terms: Terms) -> list[Fault]:
    """What is wrong with these terms."""
    found = []
    if terms.credit_limit is not None and terms.credit_limit < 0:
        found.append(("credit_limit", "amount"))
    if terms.max_discount is not None and not 0 <= terms.max_discount <= PERCENT_SCALE:
        found.append(("max_discount", "discount"))
    if terms.policy not in POLICIES:
        found.append(("policy", "policy"))
    if not 0 <= terms.priority <= 9:
        found.append(("priority", "priority"))
    return [Fault(0, field, f"outbound.fault.{word}") for field, word in found]
