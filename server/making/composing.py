"""Write down what an item is made of: every change is a new version, and the earlier ones stay."""

from typing import Final

from server import clock, events
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Refused, Stale
from server.db import Statement, execute, execute_many, writing
from server.making import bill as bills
from server.making import queries
from server.making.bill import Bill

_INSERT: Final = Statement(
    "INSERT INTO bill (product, version, makes, is_backflush, remark, created_by, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_ADD_LINE: Final = Statement(
    "INSERT INTO bill_of_materials (product, component, bill, position, unit, factor, scrap, quantity)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


async def compose(bill: Bill, *, version: int, by: int) -> Edited | Refused | Stale:
    """Write the next version of a bill; `version` is the one that was seen. The same again changes nothing."""
    async with writing():
        standing = (await queries.bills_of([bill.product])).get(bill.product)
        stands = standing.version if standing else 0
        if stands != version:
            return Stale(stands)
        if wrong := await _faults(bill):
            return Refused(wrong)
        if standing and standing.bill == bill:
            return Edited([bill.product])
        rows = await execute(
            _INSERT, bill.product, stands + 1, bill.makes, bill.is_backflush, bill.remark, by, clock.now()
        )
        await execute_many(
            _ADD_LINE,
            [
                (
                    bill.product,
                    one.component,
                    rows[0][0],
                    position,
                    one.unit,
                    one.factor,
                    one.scrap,
                    one.quantity,
                )
                for position, one in enumerate(bill.lines)
            ],
        )
        topic = "bill.written" if bill.lines else "bill.ended"
        body = {"version": [stands or None, stands + 1]}
        await events.record(topic, f"item:{bill.product}", body, by=by)
        return Edited([bill.product])


async def _faults(bill: Bill) -> list[Fault]:
    found = bills.faults(bill)
    product = (await catalog.item_drafts([bill.product])).get(bill.product)
    if product is None:
        return [Fault(0, "", "making.fault.no_item")]
    if bill.makes % bills.step(product):
        found.append(Fault(0, "makes", "making.fault.quantity"))
    return found
