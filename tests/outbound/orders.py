"""Sales orders for tests, in the words of the trade: `await ordered(CUP=3)`."""

import msgspec

from server.db import Statement, execute, fetch, writing
from server.documents.line import Line
from server.outbound import agreeing, ordering, queries
from server.outbound.order import Head, OrderLine, Terms
from server.outbound.ordering import By, Confirmed, Saved
from tests import given

ADA = By(1)
"""Whoever sells, everywhere."""

_RESERVED = Statement(
    "SELECT coalesce(sum(r.quantity), 0) FROM reservation r JOIN item i ON i.id = r.item WHERE i.code = ?"
)
_EXPECT = Statement(
    "INSERT INTO expected_goods (document, line, item, warehouse, due_on, quantity) VALUES (?, 1, ?, ?, ?, ?)"
)


async def customer(code: str = "C1", **terms: object) -> int:
    """A customer, with the terms named: `policy="cancel"`, `credit_limit=…`."""
    from server.catalog import partnering
    from server.catalog import queries as catalog
    from server.catalog.maintaining import Added
    from server.catalog.partner import PartnerDraft

    found = await catalog.partner_by_code(code)
    if found is None:
        added = await partnering.add_partner(PartnerDraft(code=code, name=f"客户 {code}"), by=0)
        assert isinstance(added, Added), added
        found = added.ids[0]
    if terms:
        await agreeing.agree(found, msgspec.convert(terms, Terms), by=0)
    return found


async def line(code: str, amount: int, *, price: int | None = None, discount: int | None = None) -> Line:
    """So many pieces of an item, at a price in whole yuan."""
    item = await given.item(code)
    return Line(item, "件", 1000, amount * 1000, None if price is None else price * 1_000_000, discount)


async def head(customer_code: str = "C1", **fields: object) -> Head:
    """The top of an order from MAIN."""
    known: dict[str, object] = {
        "customer": await customer(customer_code),
        "warehouse": await given.warehouse(),
    }
    return msgspec.convert(known | fields, Head)


async def draft(*, by: By = ADA, of: str = "C1", **amounts: int) -> int:
    """An order that promises nothing yet: `await draft(CUP=3)`."""
    lines = [await line(code, amount) for code, amount in amounts.items()]
    saved = await ordering.save(await head(of), lines, by=by)
    assert isinstance(saved, Saved), saved
    return saved.id


async def ordered(*, by: By = ADA, of: str = "C1", **amounts: int) -> Confirmed:
    """A confirmed order: `await ordered(CUP=3)`."""
    confirmed = await ordering.confirm(await draft(by=by, of=of, **amounts), by=by)
    assert isinstance(confirmed, Confirmed), confirmed
    return confirmed


async def reserved(code: str) -> int:
    """How many whole pieces of an item are promised in all."""
    return int((await fetch(_RESERVED, code))[0][0]) // 1000


async def expect(code: str, amount: int, on: str, *, document: str = "po-1") -> None:
    """So much is on its way to MAIN."""
    async with writing():
        await execute(_EXPECT, document, await given.item(code), await given.warehouse(), on, amount * 1000)


async def only_line(order_id: int) -> OrderLine:
    """The one line of an order."""
    (found,) = await queries.lines(order_id)
    return found


async def ship(order_id: int, amount: int) -> None:
    """As if so many pieces of its only line had been picked and left."""
    from server.stock import promising

    found = await only_line(order_id)
    async with writing():
        await promising.draw(f"so-{order_id}", found.id, amount * 1000)
        await execute(
            Statement("UPDATE sales_line SET picked = picked + ?, shipped = shipped + ? WHERE id = ?"),
            amount * 1000,
            amount * 1000,
            found.id,
        )
        await execute(Statement("UPDATE sales_order SET state = 'partly_shipped' WHERE id = ?"), order_id)
