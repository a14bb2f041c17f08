"""Let receipts and purchases follow what was posted: from the sums of their movements, so in any order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from server import clock, events, feed, quantity
from server.db import Statement, as_json, execute, execute_many, fetch, writing
from server.inbound import purchase, queries, receipt
from server.inbound.queries import Receipt, ReceiptLine
from server.inbound.receipt import Arrived, Goods, Line
from server.outbound import following as outbound
from server.stock import holding, raising
from server.stock.ledger import Origin
from server.stock.movement import Posting

OVER = "over_receipt"
"""The incident of goods beyond the tolerance, for the buyer."""

REFUSED = frozenset({"rejected", "scrap"})
"""Results of a check after which goods are not owed for, nor put away."""

GOOD = frozenset({"good", "concession", "second"})
"""Results after which they may be used."""

_ADD_LINE = Statement(
    "INSERT INTO receipt_line (receipt, position, item, source_line, expected, received, held, taken, rejected,"
    " accepted, put_away, lot, expiry_on, price) VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, '', '', 0)"
)
_LINE = Statement(
    "UPDATE receipt_line SET received = ?, held = ?, rejected = ?, accepted = ?, put_away = ? WHERE id = ?"
)
_STATE = Statement("UPDATE receipt SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?")
_EXPECT = Statement(
    "INSERT INTO expected_goods (document, line, item, warehouse, due_on, quantity) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (document, line) DO UPDATE SET due_on = excluded.due_on, quantity = excluded.quantity"
)
_EXPECT_NO_MORE = Statement("DELETE FROM expected_goods WHERE document = ? AND line = ?")
_EXPECTED = Statement("SELECT line, due_on, quantity FROM expected_goods WHERE document = ?")
_OPEN_CHECK = Statement(
    "INSERT INTO inspection (line, item, lot, quantity, state, result, remark, decided_by, opened_at)"
    " VALUES (?, ?, ?, ?, 'open', '', '', 0, ?)"
)
_RESIZE_CHECK = Statement("UPDATE inspection SET quantity = ? WHERE id = ?")
_DROP_CHECK = Statement("DELETE FROM inspection WHERE id = ? AND state = 'open'")
_RETELL = Statement("UPDATE incident SET body = ? WHERE kind = ? AND subject = ? AND closed_at IS NULL")
_CLOSE_INCIDENT = Statement(
    "UPDATE incident SET closed_at = ?, decision = 'settled' WHERE kind = ? AND subject = ? AND closed_at IS NULL"
)
_PURCHASED = Statement(
    "UPDATE purchase_line SET received = (SELECT coalesce(sum(l.received - l.held), 0) FROM receipt_line l"
    " JOIN receipt r ON r.id = l.receipt WHERE r.source = ? AND l.source_line = purchase_line.id)"
    " WHERE order_id = ?"
)
_RETURNED = Statement(
    "UPDATE sales_line SET returned = (SELECT coalesce(sum(l.received), 0) FROM receipt_line l"
    " JOIN receipt r ON r.id = l.receipt JOIN shipment_notice_line n ON n.id = l.source_line"
    " WHERE r.kind = 'return' AND n.order_line = sales_line.id) WHERE id IN (SELECT n.order_line"
    " FROM receipt_line l JOIN receipt r ON r.id = l.receipt JOIN shipment_notice_line n ON n.id = l.source_line"
    " WHERE r.kind = 'return' AND r.source = ?)"
)
_SENT = Statement("UPDATE supplier_return_line SET sent = ? WHERE id = ?")
_RETURN_STATE = Statement(
    "UPDATE supplier_return SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?"
)
_GIVEN_BACK = Statement(
    "UPDATE purchase_line SET returned = (SELECT coalesce(sum(b.sent), 0) FROM supplier_return_line b"
    " JOIN receipt_line l ON l.id = b.receipt_line WHERE l.source_line = purchase_line.id) WHERE id IN"
    " (SELECT l.source_line FROM supplier_return_line b JOIN receipt_line l ON l.id = b.receipt_line"
    " WHERE b.return_id = ?)"
)
_ORDER_STATE = Statement(
    "UPDATE purchase_order SET state = ?, closed_at = ?, version = version + 1 WHERE id = ?"
)
_DUE = Statement(
    "SELECT l.id, coalesce(nullif(p.expected_on, ''), r.expected_on) FROM receipt_line l"
    " JOIN receipt r ON r.id = l.receipt LEFT JOIN purchase_line p ON p.id = l.source_line AND r.kind = 'purchase'"
    " WHERE l.receipt IN (SELECT value FROM json_each(?))",
    "SELECT l.id, coalesce(nullif(p.expected_on, ''), r.expected_on) FROM receipt_line l"
    " JOIN receipt r ON r.id = l.receipt LEFT JOIN purchase_line p ON p.id = l.source_line AND r.kind = 'purchase'"
    " WHERE l.receipt IN (SELECT (json_array_elements_text(?::text::json))::bigint)",
)


async def follow(postings: Iterable[Posting], origins: Mapping[str, Origin]) -> None:
    """After these were posted, in their transaction: receipts that they name read as the ledger does."""
    touched: dict[int, Origin] = {}
    given_back: dict[int, Origin] = {}
    for posting in postings:
        if gone := receipt.return_of(posting.flow.document):
            given_back[gone] = origins.get(posting.operation, Origin())
        if number := receipt.number_of(posting.flow.document):
            touched[number] = origins.get(posting.operation, Origin())
    if touched:
        await refresh(touched)
    for key, cause in given_back.items():
        await _follow_return(key, cause)


async def refresh(touched: Mapping[int, Origin]) -> None:
    """Work out these receipts anew, with everything that hangs on them; who caused it signs the events."""
    async with writing():
        orders: dict[int, Origin] = {}
        for one in await _gathered(touched):
            cause = touched[one.receipt.id]
            await _refresh(one, cause)
            if one.receipt.kind == "return":
                await execute(_RETURNED, one.receipt.source)
            if one.receipt.source.startswith("po-"):
                orders[int(one.receipt.source[3:])] = cause
        for order_id, cause in sorted(orders.items()):
            await refresh_order(order_id, by=cause.user, device=cause.device)


class _Standing(msgspec.Struct, frozen=True):
    """A receipt with everything that decides what becomes of it."""

    receipt: Receipt
    lines: list[ReceiptLine]
    came: dict[Goods, Arrived]
    tolerance: int
    puts_away: bool
    inspected: frozenset[int]
    """Items that are checked when they come."""
    checks: list[queries.Inspection]


async def _gathered(touched: Mapping[int, Origin]) -> list[_Standing]:
    found = await queries.receipts_by_id(touched)
    shares = await queries.shares(one.document for one in found)
    came = {one.id: receipt.arrived(shares.get(one.document, ())) for one in found}
    lines = await _lines_for_all(found, came)
    terms = await queries.supplier_terms({one.partner for one in found if one.partner})
    settings = await queries.settings_of({one.warehouse for one in found})
    rules = await queries.rules_of({line.line.item for of_one in lines.values() for line in of_one})
    checks = await queries.inspections_of([one.id for one in found])
    standing = []
    for one in found:
        setting = settings.get(one.warehouse, queries.Setting())
        tolerance, always = terms.get(one.partner or 0, (None, False))
        is_return = one.kind == "return"
        inspected = frozenset(
            line.line.item
            for line in lines[one.id]
            if is_return or always or rules.get((line.line.item, one.warehouse), queries.Rule()).is_inspected
        )
        standing.append(
            _Standing(
                receipt=one,
                lines=lines[one.id],
                came=came[one.id],
                # A customer cannot give back more than they got.
                tolerance=0 if is_return else setting.tolerance if tolerance is None else tolerance,
                puts_away=setting.puts_away,
                inspected=inspected,
                checks=checks.get(one.id, []),
            )
        )
    return standing


async def _lines_for_all(
    found: Iterable[Receipt], came: Mapping[int, Mapping[Goods, Arrived]]
) -> dict[int, list[ReceiptLine]]:
    """The lines of these receipts, with a new one for every item that came and nobody expected."""
    ids = [one.id for one in found]
    lines = await queries.receipt_lines(ids)
    new = []
    for one in ids:
        own = [line.line for line in lines[one]]
        last = max((line.position for line in own), default=-1)
        unexpected = receipt.strangers(own, came[one])
        new += [(one, last + place, item) for place, item in enumerate(unexpected, 1)]
    await execute_many(_ADD_LINE, new)
    return await queries.receipt_lines(ids) if new else lines


async def _refresh(standing: _Standing, cause: Origin) -> None:
    one = standing.receipt
    checks = await _settle_checks(standing, cause)
    rejected: dict[int, int] = defaultdict(int)
    for check in checks:
        if check.state == "done" and check.result in REFUSED:
            rejected[check.line] += check.quantity
    before = [msgspec.structs.replace(line.line, rejected=rejected[line.line.id]) for line in standing.lines]
    after = receipt.follow(
        before, standing.came, tolerance=standing.tolerance, is_wanted=one.state not in ("draft", "cancelled")
    )
    stood = {line.line.id: line.line for line in standing.lines}
    await execute_many(
        _LINE,
        [
            (line.received, line.held, line.rejected, line.accepted, line.put_away, line.id)
            for line in after
            if line != stood[line.id]
        ],
    )
    state = receipt.state_after(
        one.state,
        after,
        is_over=one.received_at is not None,
        is_short=one.is_short,
        is_inspected=any(check.state == "open" for check in checks),
        puts_away=standing.puts_away,
    )
    if state != one.state:
        await _change_state(one, state, cause)
    await _expect(one, state, after)
    await _tell_buyer(one, after, {line.line.id: line for line in standing.lines}, cause)
    tell_devices(msgspec.structs.replace(one, state=state), after)


async def _change_state(one: Receipt, state: str, cause: Origin) -> None:
    closed_at = None if state in receipt.LIVE or state == "draft" else clock.now()
    await execute(_STATE, state, closed_at, one.id)
    subject = one.document.replace("-", ":")
    await events.record(
        f"receipt.{state}", subject, {"before": one.state}, by=cause.user, device=cause.device
    )


async def _expect(one: Receipt, state: str, lines: Iterable[Line]) -> None:
    """Keep in step what may be promised before it is here; a return may turn out to be good for nothing."""
    is_over = one.received_at is not None or one.kind == "return"
    wanted = {line.id: receipt.still_expected(state, line, is_over=is_over) for line in lines}
    due = {row[0]: row[1] for row in await fetch(_DUE, as_json([one.id]))}
    stands = {row[0]: (row[1], int(row[2])) for row in await fetch(_EXPECTED, one.document)}
    items = {line.id: line.item for line in lines}
    await execute_many(
        _EXPECT,
        [
            (one.document, line, items[line], one.warehouse, due[line], much)
            for line, much in wanted.items()
            if much and stands.get(line) != (due[line], much)
        ],
    )
    gone = [line for line in stands if not wanted.get(line)]
    await execute_many(_EXPECT_NO_MORE, [(one.document, line) for line in gone])


async def _tell_buyer(
    one: Receipt, after: Iterable[Line], names: Mapping[int, ReceiptLine], cause: Origin
) -> None:
    """Raise an incident where more came than may be taken, lay it to rest where that is settled."""
    for line in after:
        subject = f"{one.document}/{line.id}"
        if line.held and line.held != names[line.id].line.held:
            body = {
                "document": one.document,
                "number": one.number,
                "partner": one.partner_name,
                "item": names[line.id].code,
                "held": quantity.format(line.held),
                "device": f"d-{cause.device}" if cause.device else "",
            }
            await raising.raise_incident(OVER, subject, body, warehouse=one.warehouse)
            # Raised once, but it tells how much there is now.
            await execute(_RETELL, msgspec.json.encode(body).decode(), OVER, subject)
        elif not line.held and names[line.id].line.held:
            await settle_excess(one, line.id)


async def settle_excess(one: Receipt, line: int) -> None:
    """The buyer took what was too much, or it went back: nobody need ask any more."""
    await execute(_CLOSE_INCIDENT, clock.now(), OVER, f"{one.document}/{line}")


def tell_devices(one: Receipt, lines: Iterable[Line]) -> None:
    """Show a receipt to the warehouse's devices for as long as there is something to do with it."""
    scope, key = f"warehouse:w-{one.warehouse}", one.document
    if one.state not in receipt.LIVE:
        feed.drop(scope, "receipt", key)
        return
    body = {
        "number": one.number,
        "kind": one.kind,
        "partner": one.partner_name,
        "state": one.state,
        "due": one.expected_on,
        "warehouse": f"w-{one.warehouse}",
        "lines": [_line_body(line) for line in lines],
    }
    feed.put(scope, "receipt", key, body)


def _line_body(line: Line) -> dict[str, str]:
    body = {
        "id": str(line.id),
        "item": f"i-{line.item}",
        "expected": quantity.format(line.expected),
        "received": quantity.format(line.received),
    }
    waits = line.received - line.rejected - line.put_away
    return (
        body
        | ({"lot": line.lot} if line.lot else {})
        | ({"waits": quantity.format(waits)} if waits > 0 else {})
    )


# Checks


async def _settle_checks(standing: _Standing, cause: Origin) -> list[queries.Inspection]:
    """Keep one open check for whatever came of an inspected item and is not judged."""
    first: dict[int, int] = {}
    for line in standing.lines:
        first.setdefault(line.line.item, line.line.id)
    judged: dict[Goods, int] = defaultdict(int)
    open_checks: dict[Goods, queries.Inspection] = {}
    for check in standing.checks:
        goods = Goods(check.item, check.lot)
        if check.state == "open":
            open_checks[goods] = check
        else:
            judged[goods] += check.quantity
    wanted = {
        goods: max(0, much.received - judged[goods])
        for goods, much in standing.came.items()
        if goods.item in standing.inspected or goods in open_checks
    }
    changed = [goods for goods, much in wanted.items() if much != _size(open_checks.get(goods))]
    if not changed:
        return standing.checks
    for goods in changed:
        much = wanted[goods]
        if goods not in open_checks:
            await execute(_OPEN_CHECK, first[goods.item], goods.item, goods.lot, much, clock.now())
            await _hold(standing.receipt, goods, cause)
        elif much:
            await execute(_RESIZE_CHECK, much, open_checks[goods].id)
        else:
            await execute(_DROP_CHECK, open_checks[goods].id)
            await _release_undelivered(standing.receipt, goods, cause)
    return (await queries.inspections_of([standing.receipt.id])).get(standing.receipt.id, [])


def _size(check: queries.Inspection | None) -> int:
    return check.quantity if check else 0


async def _hold(one: Receipt, goods: Goods, cause: Origin) -> None:
    """Hold a lot everywhere until it is judged; one that was found good before is not doubted in the bins.

    What a customer brings back says nothing about the rest of its lot.
    """
    if not goods.lot or one.kind == "return":
        return
    earlier = await queries.inspections_of_lot(goods.item, goods.lot)
    if not any(check.result in GOOD for check in earlier):
        await holding.hold_lot(goods.item, goods.lot, is_held=True, reason=one.document, by=cause.user)
        await outbound.follow_lot(goods.item, goods.lot)


async def _release_undelivered(one: Receipt, goods: Goods, cause: Origin) -> None:
    """A lot that was held because of this receipt, and has not come after all, is nobody's doubt any more."""
    if not goods.lot or await queries.inspections_of_lot(goods.item, goods.lot):
        return
    for event in await events.history(f"item:{goods.item}"):
        if event.topic in ("lot.held", "lot.released") and event.body.get("lot") == goods.lot:
            if event.topic == "lot.held" and event.body.get("reason") == one.document:
                await holding.hold_lot(
                    goods.item, goods.lot, is_held=False, reason=one.document, by=cause.user
                )
                await outbound.follow_lot(goods.item, goods.lot)
            return


# Returns to suppliers


async def _follow_return(return_id: int, cause: Origin) -> None:
    """What of a return has gone: worked out from its movements, like everything here."""
    one = await queries.supplier_return(return_id)
    if one is None:
        return
    document = f"sr-{return_id}"
    came = (await queries.shares([document])).get(document, [])
    gone: dict[int, int] = defaultdict(int)
    for share in came:
        gone[share.item] -= share.quantity * receipt.direction(share.source_kind, share.target_kind)
    lines = [Line(id=line.id, position=line.id, item=line.item, expected=line.quantity) for line in one.lines]
    sent = receipt.spread(lines, {Goods(item, ""): max(0, much) for item, much in gone.items()})
    await execute_many(_SENT, [(much, line) for line, much in sent.items()])
    await execute(_GIVEN_BACK, return_id)
    is_gone = all(sent[line.id] >= line.quantity for line in one.lines)
    state = "shipped" if is_gone else "cancelled" if one.state == "cancelled" else "draft"
    if state != one.state:
        await execute(_RETURN_STATE, state, clock.now() if is_gone else None, return_id)
        body = {"before": one.state}
        await events.record(f"return.{state}", f"sr:{return_id}", body, by=cause.user, device=cause.device)


# Purchases


async def refresh_order(order_id: int, *, by: int = 0, device: int = 0) -> None:
    """Work out what of a purchase has come and which state that leaves it in."""
    async with writing():
        await execute(_PURCHASED, f"po-{order_id}", order_id)
        order = await queries.order(order_id)
        assert order is not None, "a receipt of an order that does not exist"
        state = purchase.state_after(order.state, [one.line for one in await queries.order_lines(order_id)])
        if state != order.state:
            await execute(_ORDER_STATE, state, clock.now() if state == "done" else None, order_id)
            body = {"before": order.state}
            await events.record(f"purchase.{state}", f"po:{order_id}", body, by=by, device=device)
