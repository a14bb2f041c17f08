"""Expect goods, say that no more will come, take what is beyond the tolerance; the ledger does the receiving."""

from collections.abc import Sequence

import msgspec

from server import clock, events, money
from server.catalog import queries as catalog
from server.catalog import search
from server.catalog.initials import initials
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused
from server.db import Statement, execute, execute_many, writing
from server.documents.line import Line as Typed
from server.documents.numbering import next_number
from server.inbound import following, purchasing, queries, receipt
from server.inbound.queries import Receipt
from server.outbound import ordering
from server.stock.ledger import Origin

_INSERT = Statement(
    "INSERT INTO receipt (number, kind, source, partner, warehouse, state, dock, expected_on, reference, remark,"
    " search, created_by, created_at, is_short, version)"
    " VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, 1) RETURNING id"
)
_ADD_LINE = Statement(
    "INSERT INTO receipt_line (receipt, position, item, source_line, expected, received, held, taken, rejected,"
    " accepted, put_away, lot, expiry_on, price) VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, '', ?)"
)
_STATE = Statement("UPDATE receipt SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?")
_OVER = Statement("UPDATE receipt SET received_at = ?, is_short = ?, version = version + 1 WHERE id = ?")
_SETTLE_EXPECTED = Statement(
    "UPDATE receipt_line SET expected = received - held WHERE receipt = ? AND received - held < expected"
)
_TAKE = Statement("UPDATE receipt_line SET taken = taken + held, held = 0 WHERE id = ? AND held > 0")
MANUAL = frozenset({"other", "production"})
"""Kinds that somebody writes down by hand; the others come of an order or of a shipment."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the lines of a receipt."""

    kind: str
    warehouse: int
    partner: int | None = None
    source: str = ""
    expected_on: str = ""
    reference: str = ""
    remark: str = ""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A line to be expected."""

    item: int
    quantity: int
    lot: str = ""
    source_line: int = 0
    price: int = 0


async def save(head: Head, typed: Sequence[Typed], *, by: int) -> Added | Refused:
    """Write down goods that come without an order, as a draft."""
    if head.kind not in MANUAL:
        return _refused("inbound.fault.kind")
    lines = [
        Wanted(
            item=line.item, quantity=line.quantity, price=money.price_in(line.unit_price or 0, line.factor)
        )
        for line in typed
    ]
    if not lines:
        return Refused([Fault(0, "lines.0.item", "inbound.fault.no_lines")])
    place = await catalog.warehouse(head.warehouse)
    if place is None or not place.is_active:
        return Refused([Fault(0, "warehouse", "inbound.fault.no_warehouse")])
    async with writing():
        return Added([await add(head, lines, state="draft", by=by)])


async def add(head: Head, lines: Sequence[Wanted], *, state: str, by: int) -> int:
    """Make a receipt of any kind; inside the transaction of whoever knows why it comes."""
    number = await next_number(receipt.PREFIXES[head.kind])
    partner = await catalog.partner(head.partner) if head.partner else None
    names = (partner[0].name, partner[0].code, initials(partner[0].name)) if partner else ()
    items = await catalog.item_drafts({line.item for line in lines})
    found = search.text_of(
        number, *names, head.reference,
        more=(text for draft in items.values() for text in (draft.code, draft.name)),
    )  # fmt: skip
    rows = await execute(
        _INSERT, number, head.kind, head.source, head.partner, head.warehouse, state, head.expected_on,
        head.reference, head.remark, found, by, clock.now(), False,
    )  # fmt: skip
    receipt_id = int(rows[0][0])
    await execute_many(
        _ADD_LINE,
        [
            (receipt_id, place, line.item, line.source_line, line.quantity, line.lot, line.price)
            for place, line in enumerate(lines)
        ],
    )
    subject = receipt.wire_id(head.kind, receipt_id).replace("-", ":")
    await events.record(f"receipt.{state}", subject, {"number": number, "source": head.source}, by=by)
    await following.refresh({receipt_id: Origin(by)})
    return receipt_id


async def expect(receipt_id: int, *, by: int) -> Edited | Refused | Missing:
    """A draft is ready: devices of the warehouse see it from now on."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        if one is None:
            return Missing()
        if one.state != "draft":
            return _refused("inbound.fault.not_draft")
        await _set_state(one, "expected", "", by)
        return Edited([receipt_id])


async def cancel(receipt_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """Nothing will come of it; only while nothing has. What comes all the same is held for the buyer."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        if one is None:
            return Missing()
        if one.state not in ("draft", "expected"):
            return _refused("inbound.fault.has_come" if one.state in receipt.LIVE else "inbound.fault.closed")
        if one.kind == "purchase":
            return _refused("inbound.fault.cancel_the_order")
        await _set_state(one, "cancelled", reason, by)
        return Edited([receipt_id])


async def _set_state(one: Receipt, state: str, reason: str, by: int) -> None:
    await execute(_STATE, state, clock.now() if state == "cancelled" else None, one.id)
    subject = one.document.replace("-", ":")
    await events.record(f"receipt.{state}", subject, {"before": one.state, "reason": reason}, by=by)
    await following.refresh({one.id: Origin(by)})


async def close(receipt_id: int, *, comes_later: bool, by: int) -> Edited | Refused | Missing:
    """Say that this delivery is complete as it is. What is missing comes with another one, or not at all."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        if one is None:
            return Missing()
        if one.state != "receiving":
            return _refused("inbound.fault.not_receiving")
        await execute(_OVER, clock.now(), True, receipt_id)
        await execute(_SETTLE_EXPECTED, receipt_id)
        body = {"comes_later": comes_later}
        await events.record("receipt.closed", one.document.replace("-", ":"), body, by=by)
        await following.refresh({receipt_id: Origin(by)})
        if one.source.startswith("po-"):
            order_id = int(one.source[3:])
            if comes_later:
                await purchasing.expect_the_rest(order_id, by=by)
            else:
                await purchasing.close_short(order_id, "", by=by)
        return Edited([receipt_id])


async def take_excess(line_id: int, receipt_id: int, *, by: int) -> Edited | Refused | Missing:
    """Keep what came beyond the tolerance, and owe for it."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        lines = (await queries.receipt_lines([receipt_id])).get(receipt_id, [])
        line = next((each for each in lines if each.line.id == line_id), None)
        if one is None or line is None:
            return Missing()
        if not line.line.held:
            return _refused("inbound.fault.nothing_held")
        await execute(_TAKE, line_id)
        body = {"item": line.code, "quantity": line.line.held}
        await events.record("receipt.excess_taken", one.document.replace("-", ":"), body, by=by)
        await following.settle_excess(one, line_id)
        await following.refresh({receipt_id: Origin(by)})
        await ordering.serve_item(line.line.item)
        return Edited([receipt_id])


async def end_reversed(one: Receipt, reason: str, *, by: int) -> None:
    """After everything went back where it came from: this receipt is over, and an order waits again."""
    async with writing():
        await execute(_OVER, clock.now(), True, one.id)
        await events.record("receipt.taken_back", one.document.replace("-", ":"), {"reason": reason}, by=by)
        await following.refresh({one.id: Origin(by)})
        if one.source.startswith("po-"):
            await purchasing.expect_the_rest(int(one.source[3:]), by=by)


def _refused(word: str) -> Refused:
    return Refused([Fault(0, "", word)])
