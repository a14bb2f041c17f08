"""Order from suppliers: save, change, confirm, cancel, close short; what is confirmed becomes an expected receipt."""

from collections.abc import Iterable, Sequence

import msgspec

from server import clock, events
from server.catalog import queries as catalog
from server.catalog import search
from server.catalog.initials import initials
from server.catalog.item import Fault
from server.catalog.maintaining import Added, Edited, Missing, Refused, Stale
from server.db import Statement, execute, execute_many, writing
from server.documents import reading
from server.documents.line import Line as Typed
from server.documents.numbering import next_number
from server.inbound import following, purchase, queries
from server.inbound.purchase import Head, Line
from server.inbound.queries import Order
from server.stock.ledger import Origin

_INSERT = Statement(
    "INSERT INTO purchase_order (number, supplier, warehouse, state, ordered_on, expected_on, reference, remark,"
    " total, search, created_by, created_at, version) VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, 1)"
    " RETURNING id"
)
_UPDATE = Statement(
    "UPDATE purchase_order SET supplier = ?, warehouse = ?, ordered_on = ?, expected_on = ?, reference = ?,"
    " remark = ?, total = ?, search = ?, version = version + 1 WHERE id = ?"
)
_STATE = Statement(
    "UPDATE purchase_order SET state = ?, confirmed_at = ?, closed_at = ?, version = version + 1 WHERE id = ?"
)
_ADD_LINE = Statement(
    "INSERT INTO purchase_line (order_id, position, item, unit, factor, unit_price, price, discount, amount,"
    " expected_on, received, returned, cancelled, quantity, remark)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, '')"
)
_SET_LINE = Statement(
    "UPDATE purchase_line SET unit = ?, factor = ?, unit_price = ?, price = ?, discount = ?, amount = ?,"
    " expected_on = ?, cancelled = ?, quantity = ? WHERE id = ?"
)
_DROP_LINES = Statement("DELETE FROM purchase_line WHERE order_id = ?")
_TOTAL = Statement("UPDATE purchase_order SET total = ? WHERE id = ?")
_NEW_RECEIPT = Statement(
    "INSERT INTO receipt (number, kind, source, partner, warehouse, state, dock, expected_on, reference, remark,"
    " search, created_by, created_at, is_short, version)"
    " VALUES (?, 'purchase', ?, ?, ?, 'expected', NULL, ?, ?, '', ?, ?, ?, ?, 1) RETURNING id"
)
_ADD_RECEIPT_LINE = Statement(
    "INSERT INTO receipt_line (receipt, position, item, source_line, expected, received, held, taken, rejected,"
    " accepted, put_away, lot, expiry_on, price) VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, '', '', ?)"
)
_EXPECT_LINE = Statement("UPDATE receipt_line SET expected = ?, price = ? WHERE id = ?")
_RECEIPT_STATE = Statement("UPDATE receipt SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?")
_RECEIPT_OVER = Statement(
    "UPDATE receipt SET received_at = ?, is_short = ?, version = version + 1 WHERE id = ?"
)
_RECEIPT_HEAD = Statement("UPDATE receipt SET expected_on = ?, reference = ?, search = ? WHERE id = ?")


async def save(head: Head, typed: Sequence[Typed], *, by: int) -> Added | Refused:
    """Write down a new order as a draft."""
    async with writing():
        if wrong := [
            *purchase.faults(head),
            *await _faults_against_catalogue(head),
            *_faults_of_lines(typed),
        ]:
            return Refused(wrong)
        lines = purchase.new_lines(typed)
        number = await next_number("po")
        found = await _search_text(number, head, lines)
        order_id: int = (
            await execute(_INSERT, number, head.supplier, head.warehouse, head.ordered_on, head.expected_on,
                          head.reference, head.remark, purchase.total(lines), found, by, clock.now())
        )[0][0]  # fmt: skip
        await _add_lines(order_id, lines)
        await events.record("purchase.saved", f"po:{order_id}", {"number": number}, by=by)
        return Added([order_id])


async def change(
    order_id: int, head: Head, typed: Sequence[Typed], *, version: int, by: int
) -> Edited | Refused | Stale | Missing:
    """Write an order anew; once it is confirmed, what has come stays, and its receipt expects the rest."""
    async with writing():
        order = await queries.order(order_id)
        if order is None:
            return Missing()
        if order.version != version:
            return Stale(order.version)
        if order.state not in ("draft", *purchase.OPEN):
            return Refused.because("inbound.fault.closed")
        wrong = [*purchase.faults(head), *await _faults_against_catalogue(head), *_faults_of_lines(typed)]
        if order.state != "draft" and (head.supplier, head.warehouse) != (order.supplier, order.warehouse):
            wrong.append(Fault(0, "supplier", "inbound.fault.confirmed_head"))
        if wrong:
            return Refused(wrong)
        standing = [one.line for one in await queries.order_lines(order_id)]
        wanted = purchase.change(standing, typed)
        if order.state == "draft":
            await execute(_DROP_LINES, order_id)
            after = purchase.new_lines(typed)
            await _add_lines(order_id, after)
        else:
            if wrong := purchase.faults_of_change(wanted):
                return Refused(wrong)
            after = await _rewrite_lines(order_id, wanted)
        await _write_head(order_id, order.number, head, after)
        await events.record("purchase.changed", f"po:{order_id}", _differences(order, head, after), by=by)
        if order.state != "draft":
            await _expect(order_id, by)
        return Edited([order_id])


async def confirm(order_id: int, *, by: int) -> Edited | Refused | Missing:
    """The supplier is to deliver: the warehouse expects it from now on, and what comes may be promised."""
    async with writing():
        order = await queries.order(order_id)
        if order is None:
            return Missing()
        if order.state != "draft":
            return Refused.because("inbound.fault.not_draft")
        if not await queries.order_lines(order_id):
            return Refused.because("inbound.fault.no_lines")
        await execute(_STATE, "confirmed", clock.now(), None, order_id)
        await events.record("purchase.confirmed", f"po:{order_id}", {"before": order.state}, by=by)
        await _expect(order_id, by)
        return Edited([order_id])


async def cancel(order_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """Nothing will come of it; only while nothing has."""
    async with writing():
        order = await queries.order(order_id)
        if order is None:
            return Missing()
        if order.state not in ("draft", "confirmed"):
            return Refused.because(
                "inbound.fault.has_come" if order.state in purchase.OPEN else "inbound.fault.closed"
            )
        await execute(_STATE, "cancelled", order.confirmed_at, clock.now(), order_id)
        await events.record("purchase.cancelled", f"po:{order_id}", {"reason": reason}, by=by)
        for one in await queries.receipts_of(f"po-{order_id}"):
            await execute(_RECEIPT_STATE, "cancelled", clock.now(), one.id)
            await events.record(
                "receipt.cancelled", one.document.replace("-", ":"), {"reason": reason}, by=by
            )
            await following.refresh({one.id: Origin(by)})
        return Edited([order_id])


async def close_short(order_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """No more will be delivered: what is still open is cancelled, what came stays."""
    async with writing():
        order = await queries.order(order_id)
        if order is None:
            return Missing()
        if order.state != "partly_received":
            return Refused.because("inbound.fault.not_partly_received")
        lines = [one.line for one in await queries.order_lines(order_id)]
        after = [msgspec.structs.replace(line, cancelled=line.cancelled + line.open) for line in lines]
        await execute_many(_SET_LINE, [_line_values(line) for line in after])
        await execute(_TOTAL, purchase.total(after), order_id)
        await events.record("purchase.closed_short", f"po:{order_id}", {"reason": reason}, by=by)
        await _expect(order_id, by)
        return Edited([order_id])


async def _faults_against_catalogue(head: Head) -> list[Fault]:
    """The supplier must be one, and the warehouse must be open."""
    wrong = []
    if head.supplier:
        found = await catalog.partner(head.supplier)
        if found is None or not found[0].is_supplier or not found[0].is_active:
            wrong.append(Fault(0, "supplier", "inbound.fault.no_supplier"))
    if head.warehouse:
        place = await catalog.warehouse(head.warehouse)
        if place is None or not place.is_active:
            wrong.append(Fault(0, "warehouse", "inbound.fault.no_warehouse"))
    return wrong


def _faults_of_lines(typed: Sequence[Typed]) -> list[Fault]:
    return [] if typed else [Fault(0, "lines.0.item", "inbound.fault.no_lines")]


async def _add_lines(order_id: int, lines: Iterable[Line]) -> None:
    await execute_many(
        _ADD_LINE,
        [(order_id, line.position, line.item, line.unit, line.factor, line.unit_price, line.price, line.discount,
          line.amount, line.expected_on, line.quantity) for line in lines],
    )  # fmt: skip


async def _rewrite_lines(order_id: int, wanted: purchase.Change) -> list[Line]:
    """Write a confirmed order's lines; one that is no longer wanted stays, as cancelled."""
    dropped = [msgspec.structs.replace(line, cancelled=line.quantity) for line in wanted.dropped]
    kept = [*wanted.kept, *dropped]
    await execute_many(_SET_LINE, [_line_values(line) for line in kept])
    await _add_lines(order_id, wanted.added)
    return [*kept, *wanted.added]


def _line_values(line: Line) -> tuple[object, ...]:
    return (
        line.unit,
        line.factor,
        line.unit_price,
        line.price,
        line.discount,
        line.amount,
        line.expected_on,
        line.cancelled,
        line.quantity,
        line.id,
    )


async def _write_head(order_id: int, number: str, head: Head, lines: Sequence[Line]) -> None:
    found = await _search_text(number, head, lines)
    await execute(
        _UPDATE, head.supplier, head.warehouse, head.ordered_on, head.expected_on, head.reference, head.remark,
        purchase.total(lines), found, order_id,
    )  # fmt: skip
    for one in await queries.receipts_of(f"po-{order_id}"):
        await execute(
            _RECEIPT_HEAD,
            head.expected_on,
            head.reference,
            f"{one.number.lower()}{search.SEPARATOR}{found}",
            one.id,
        )


async def _search_text(number: str, head: Head, lines: Sequence[Line]) -> str:
    """Everything an order is found by: its number, its supplier, their number for it, and what is ordered."""
    supplier = await catalog.partner(head.supplier)
    assert supplier is not None, "checked before"
    return search.text_of(
        number, supplier[0].name, supplier[0].code, initials(supplier[0].name), head.reference,
        more=await reading.named(line.item for line in lines),
    )  # fmt: skip


def _differences(order: Order, head: Head, lines: Sequence[Line]) -> dict[str, object]:
    """What a change changed, as the timeline tells it."""
    changed: dict[str, object] = {}
    for field in ("expected_on", "reference", "remark"):
        before, after = getattr(order, field), getattr(head, field)
        if before != after:
            changed[field] = [before, after]
    if order.total != (total := purchase.total(lines)):
        changed["total"] = [order.total, total]
    return changed


async def _expect(order_id: int, by: int) -> None:
    """Make the open receipt of an order expect what is still to come; a new one when there is none."""
    order = await queries.order(order_id)
    assert order is not None, "the caller has read it"
    lines = [one.line for one in await queries.order_lines(order_id)]
    receipts = await queries.receipts_of(f"po-{order_id}")
    open_one = next(
        (one for one in receipts if one.received_at is None and one.state in ("expected", "receiving")), None
    )
    if open_one is None:
        if not any(line.open for line in lines):
            await following.refresh_order(order_id, by=by)
            return
        receipt_id = await _new_receipt(order, by)
        await events.record("receipt.expected", f"rc:{receipt_id}", {"source": f"po-{order_id}"}, by=by)
        stands = {}
    else:
        receipt_id = open_one.id
        found = (await queries.receipt_lines([receipt_id])).get(receipt_id, [])
        stands = {one.line.source_line: one.line for one in found if one.line.source_line}
    new, again = [], []
    for line in lines:
        if known := stands.get(line.id):
            # What came with this receipt belongs to it; what came with earlier ones does not.
            again.append((line.open + known.received - known.held, line.price, known.id))
        elif line.open:
            new.append((receipt_id, line.position, line.item, line.id, line.open, line.price))
    await execute_many(_EXPECT_LINE, again)
    await execute_many(_ADD_RECEIPT_LINE, new)
    if open_one is not None and not any(line.open for line in lines):
        if any(line.received for line in stands.values()):
            await execute(_RECEIPT_OVER, clock.now(), True, receipt_id)
        else:
            await execute(_RECEIPT_STATE, "cancelled", clock.now(), receipt_id)
            await events.record("receipt.cancelled", f"rc:{receipt_id}", {"source": f"po-{order_id}"}, by=by)
    await following.refresh({receipt_id: Origin(by)})


async def _new_receipt(order: Order, by: int) -> int:
    number = await next_number("rc")
    found = search.text_of(
        number,
        order.number,
        order.supplier_name,
        order.supplier_code,
        initials(order.supplier_name),
        order.reference,
    )
    rows = await execute(
        _NEW_RECEIPT, number, f"po-{order.id}", order.supplier, order.warehouse, order.expected_on,
        order.reference, found, by, clock.now(), False,
    )  # fmt: skip
    return int(rows[0][0])


async def expect_the_rest(order_id: int, *, by: int) -> None:
    """After a receipt was closed before everything came: what is still open comes with another one."""
    async with writing():
        await _expect(order_id, by)
