"""Orders that salespeople place, change and cancel on a device: the desk's own activities, told as a verdict.

Beside the verdict, a row of kind `order` in the device's scope says what became of each line, under the id of
the operation that placed the order: a promise is a number, a day, and a name, not one word.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from server import feed, quantity
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Missing, Refused, Stale
from server.documents import line
from server.documents.line import Goods, Line, Typed
from server.outbound import notice, ordering, packing, queries, releasing, waving
from server.outbound.order import Head
from server.outbound.ordering import By, Confirmed, NotNow, Outcome
from server.printing import queueing
from server.sync import wire
from server.sync.verdict import APPLIED, Doing, Ruling

REASONS = {
    "customer": "not_found",
    "warehouse": "out_of_scope",
    "item": "unknown_item",
    "unit": "factor_differs",
}
"""What a fault's word or field is as a verdict's reason; any other is a malformed order."""

NOT_NOW = {"not_available": "not_available", "shipped": "order_shipped", "state": "order_closed"}


async def place(doing: Doing, args: wire.PlaceOrder) -> Ruling:
    """Write the order down and promise it; what cannot be promised at all was never placed."""
    lines = await _lines(args.lines)
    if isinstance(lines, Ruling):
        return lines
    head = Head(
        customer=wire.number(args.customer),
        warehouse=wire.number(args.warehouse),
        wanted_on=args.wanted_on,
        reference=args.reference,
        remark=args.note,
        policy=args.policy,
    )
    placed = await ordering.place(head, lines, by=_by(doing), operation=doing.id)
    match placed:
        case Refused(faults):
            return Ruling("rejected", _reason(faults))
        case NotNow(reason, outcomes):
            _answer(doing, doing.id, {"state": "refused", "lines": _told(outcomes)})
            return Ruling("rejected", NOT_NOW.get(reason, "malformed"))
        case Confirmed():
            body = {"order": f"so-{placed.id}", "number": placed.number, "state": "confirmed"}
            _answer(doing, doing.id, body | {"holds": list(placed.holds), "lines": _told(placed.lines)})
            return _ruling(is_whole=placed.is_whole, is_held=bool(placed.holds))


async def change(doing: Doing, args: wire.ChangeOrder) -> Ruling:
    """Write what the order should be now; what is not said stays."""
    standing = await _order(doing, args.order)
    if standing is None:
        return Ruling("rejected", "not_found")
    lines = await _lines(args.lines)
    if isinstance(lines, Ruling):
        return lines
    head = Head(
        customer=standing.customer,
        warehouse=standing.warehouse,
        wanted_on=args.wanted_on or standing.wanted_on,
        reference=args.reference or standing.reference,
        remark=args.note or standing.remark,
        address=standing.address,
        contact=standing.contact,
        phone=standing.phone,
        discount=standing.discount,
        priority=standing.priority,
        policy=standing.policy,
    )
    version = args.version or standing.version
    match await ordering.edit(standing.id, head, lines, version=version, by=_by(doing), is_late=True):
        case Refused(faults):
            return Ruling("rejected", _reason(faults))
        case Stale():
            return Ruling("superseded", "version")
        case Missing():
            return Ruling("rejected", "not_found")
        case NotNow(reason):
            return Ruling("rejected", NOT_NOW.get(reason, "malformed"))
    return await _as_it_stands(doing, standing)


async def cancel(doing: Doing, args: wire.CancelOrder) -> Ruling:
    """Take the order back; what it held is free for others."""
    standing = await _order(doing, args.order)
    if standing is None:
        return Ruling("rejected", "not_found")
    outcome = await ordering.cancel(standing.id, reason=args.reason, by=_by(doing), is_late=True)
    match outcome:
        case Missing():
            return Ruling("rejected", "not_found")
        case NotNow(reason):
            return Ruling("rejected", NOT_NOW.get(reason, "malformed"))
    _answer(doing, standing.operation or standing.document, _head(standing, outcome.state) | {"lines": []})
    return APPLIED if outcome.state == "cancelled" else Ruling("warning", "order_shipped")


async def take(doing: Doing, args: wire.TakeTask) -> Ruling:
    """Say who picks a notice or wave; whoever came first keeps it, the rows of the notice say who that is."""
    ids = await waving.notices_of(args.task)
    act = releasing.leave if args.leave else releasing.take
    match await act(ids, by=_by(doing)):
        case releasing.Taken():
            return Ruling("rejected", "task_taken")
        case Missing():
            return Ruling("rejected", "not_found")
        case releasing.NotNow():
            return Ruling("rejected", "task_closed")
    return APPLIED


async def open_carton(doing: Doing, args: wire.OpenCarton) -> Ruling:
    """A new carton for a notice with its label; without a printer the code has to be written on by hand."""
    number = notice.number_of(args.document)
    match await packing.open_carton(number, by=_by(doing)) if number else Missing():
        case Missing():
            return Ruling("rejected", "not_found")
        case releasing.NotNow():
            return Ruling("rejected", "task_closed")
        case box:
            wish = queueing.Wish(subject="location", location=box.location, printer=args.printer)
    printed = await queueing.request_label(wish, request_id=doing.id, by=_by(doing).person)
    return APPLIED if isinstance(printed, queueing.Asked) else Ruling("warning", "no_printer")


def _by(doing: Doing) -> By:
    assert doing.actor is not None, "standing() refuses strangers"
    return By(doing.actor.id, doing.device, doing.actor.warehouses)


async def _order(doing: Doing, named: str) -> queries.Order | None:
    """An order by its wire id, or by the operation that placed it while its number was not known yet."""
    own = named.removeprefix("so-")
    order_id = int(own) if own != named and own.isascii() and own.isdigit() and len(own) < 10 else None
    if order_id is None:
        order_id = await queries.order_of_operation(named)
    return await queries.order(order_id, _by(doing).warehouses) if order_id else None


async def _lines(asked: Sequence[wire.Ordered]) -> list[Line] | Ruling:
    """The lines read exactly, as if somebody had typed them."""
    rows = [Typed(one.item, one.quantity, one.unit, one.price, one.discount) for one in asked]
    drafts = await catalog.item_drafts({wire.number(one.item) for one in asked})
    goods = {f"i-{item}": Goods(item, draft) for item, draft in drafts.items()}
    read = line.read(
        rows, {one.item: known for one in asked if (known := goods.get(f"i-{wire.number(one.item)}"))}
    )
    if faults := [one for one in read if isinstance(one, Fault)]:
        return Ruling("rejected", _reason(faults))
    return [one for one in read if isinstance(one, Line)]


def _reason(faults: Iterable[Fault]) -> str:
    """The first fault in a word that devices know."""
    words = [(fault.word.rpartition(".")[2], fault.field.rpartition(".")[2]) for fault in faults]
    known = (REASONS.get(word) or REASONS.get(field) for word, field in words)
    return next((reason for reason in known if reason), "malformed")


def _ruling(*, is_whole: bool, is_held: bool) -> Ruling:
    if not is_whole:
        return Ruling("warning", "backordered")
    return Ruling("warning", "order_held") if is_held else APPLIED


async def _as_it_stands(doing: Doing, before: queries.Order) -> Ruling:
    standing, lines = await queries.order(before.id), await queries.lines(before.id)
    assert standing is not None, "it was changed a moment ago"
    outcomes = [
        Outcome(line=one.id, item=one.item, quantity=one.wanted, reserved=one.reserved, backordered=one.backordered,
                promised_on=one.promised_on)
        for one in lines
    ]  # fmt: skip
    body = _head(standing, standing.state) | {"holds": standing.hold.split(), "lines": _told(outcomes)}
    _answer(doing, before.operation or before.document, body)
    is_promised = standing.state != "draft"
    return _ruling(
        is_whole=not (is_promised and any(one.backordered for one in lines)), is_held=bool(standing.hold)
    )


def _head(standing: queries.Order, state: str) -> dict[str, Any]:
    return {"order": standing.document, "number": standing.number, "state": state}


def _told(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """What became of each line, in texts as everything on the wire."""
    return [
        {
            "item": f"i-{one.item}",
            "quantity": quantity.format(one.quantity),
            "reserved": quantity.format(one.reserved),
            "backordered": quantity.format(one.backordered),
            "promised_on": one.promised_on,
            "holders": [
                {"number": held.number, "quantity": quantity.format(held.quantity)} for held in one.holders
            ],
        }
        for one in outcomes
    ]


def _answer(doing: Doing, key: str, body: dict[str, Any]) -> None:
    feed.put(f"device:d-{doing.device}", "order", key, body)
