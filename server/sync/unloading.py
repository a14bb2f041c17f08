"""What the desk does with goods that come in: inbound decides, and it is carried out as operations of our own.

Each of these is one commit, and obeys the same rules as a scan (see performing).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import msgspec

from server import quantity
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.db import writing
from server.inbound import inspecting, queries, receipt, receiving
from server.inbound.queries import Receipt, ReceiptLine
from server.sync import performing
from server.sync.performing import Act


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that stand on the dock, as somebody typed them."""

    item: int
    quantity: int
    lot: str = ""
    expiry: str = ""
    serial: str = ""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of a receipt that somebody brought from one place to another."""

    item: int
    quantity: int
    source: int
    target: int
    lot: str = ""
    serial: str = ""


async def receive(
    receipt_id: int, dock: int, arrivals: Sequence[Arrival], *, by: int
) -> Edited | Refused | Missing:
    """Book what came in; what is typed at a desk can be refused, unlike what a scan reports."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        if one is None:
            return Missing()
        lines = (await queries.receipt_lines([receipt_id])).get(receipt_id, [])
        if wrong := await _faults(one, lines, dock, arrivals):
            return Refused(wrong)
        acts = [_received(one, arrival, dock) for arrival in arrivals]
        await performing.perform(acts, by=by)
        return Edited([receipt_id])


def _received(one: Receipt, arrival: Arrival, dock: int) -> Act:
    more = {"lot": arrival.lot, "expiry": arrival.expiry, "serial": arrival.serial, "document": one.document}
    return performing.receive(arrival.item, quantity.format(arrival.quantity), dock, **more)


async def _faults(
    one: Receipt, lines: Sequence[ReceiptLine], dock: int, arrivals: Sequence[Arrival]
) -> list[Fault]:
    if one.state not in receipt.LIVE:
        return [Fault(0, "", "inbound.fault.closed")]
    if not arrivals:
        return [Fault(0, "", "inbound.fault.nothing_typed")]
    wrong = []
    if dock not in {place for place, _ in await queries.docks(one.warehouse)}:
        wrong.append(Fault(0, "dock", "inbound.fault.no_dock"))
    tracked = {line.line.item: line for line in lines}
    for index, arrival in enumerate(arrivals):
        line = tracked.get(arrival.item)
        if line is not None and line.has_lots and not arrival.lot:
            wrong.append(Fault(index, f"arrivals.{index}.lot", "inbound.fault.no_lot"))
        if arrival.expiry and not _is_day(arrival.expiry):
            wrong.append(Fault(index, f"arrivals.{index}.expiry", "inbound.fault.day"))
    return wrong


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


async def put_away(receipt_id: int, carried: Sequence[Carried], *, by: int) -> Edited | Refused | Missing:
    """Bring goods of a receipt from the dock to their bins, no more than lie there."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        if one is None:
            return Missing()
        lies = {
            (lying.location, lying.item, lying.lot, lying.serial): lying.quantity
            for lying in await queries.lying(one.document)
        }
        wanted: dict[tuple[int, int, str, str], int] = defaultdict(int)
        for each in carried:
            wanted[each.source, each.item, each.lot, each.serial] += each.quantity
        bins = await queries.bins(each.target for each in carried)
        if not carried or any(bins.get(each.target) != one.warehouse for each in carried):
            return Refused([Fault(0, "", "inbound.fault.no_bin")])
        if any(much > lies.get(place, 0) for place, much in wanted.items()):
            return Refused([Fault(0, "", "inbound.fault.not_there")])
        await performing.perform([_moved(one, each, "putaway") for each in carried], by=by)
        return Edited([receipt_id])


def _moved(one: Receipt, each: Carried, reason: str) -> Act:
    more = {"lot": each.lot, "serial": each.serial, "document": one.document, "reason": reason}
    return performing.move(each.item, quantity.format(each.quantity), each.source, each.target, **more)


async def judge(check_id: int, result: str, much: int, remark: str, *, by: int) -> Edited | Refused | Missing:
    """Decide about what waits to be checked, and bring what is refused where it belongs."""
    async with writing():
        judged = await inspecting.judge(check_id, result, much, remark, by=by)
        if not isinstance(judged, inspecting.Judged):
            return judged
        if judged.target is not None and judged.away:
            one = await queries.receipt_by_id(judged.check.receipt)
            assert one is not None, "a check of a receipt that does not exist"
            acts = [
                _moved(
                    one,
                    Carried(
                        item=judged.check.item,
                        quantity=heap.quantity,
                        source=heap.location,
                        target=judged.target,
                        lot=judged.check.lot,
                        serial=heap.serial,
                    ),
                    result,
                )
                for heap in judged.away
            ]
            await performing.perform(acts, by=by)
        return Edited([judged.check.receipt])


async def send_back_excess(receipt_id: int, line_id: int, *, by: int) -> Edited | Refused | Missing:
    """Give back what came beyond the tolerance, from where it lies; then it has not come."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        lines = (await queries.receipt_lines([receipt_id])).get(receipt_id, [])
        line = next((each for each in lines if each.line.id == line_id), None)
        if one is None or line is None:
            return Missing()
        lying = [each for each in await queries.lying(one.document) if each.item == line.line.item]
        in_order = sorted(lying, key=lambda each: (each.kind != "dock", each.code))
        home = await queries.virtual_place(one.warehouse, _origin(one))
        acts, rest = [], line.line.held
        for each in in_order:
            if part := min(rest, each.quantity):
                acts.append(_moved(one, _carried(each, part, home), "excess"))
                rest -= part
        if not acts or rest:
            return Refused([Fault(0, "", "inbound.fault.not_there")])
        await performing.perform(acts, by=by)
        return Edited([receipt_id])


def _origin(one: Receipt) -> str:
    return {"return": "customer", "production": "production"}.get(one.kind, "supplier")


async def reverse(receipt_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """Take the whole receipt back: everything goes where it came from, with the opposite movements."""
    async with writing():
        one = await queries.receipt_by_id(receipt_id)
        if one is None:
            return Missing()
        lines = (await queries.receipt_lines([receipt_id])).get(receipt_id, [])
        lying = await queries.lying(one.document)
        came = sum(line.line.received for line in lines)
        if not came:
            return Refused([Fault(0, "", "inbound.fault.nothing_came")])
        if sum(each.quantity for each in lying) < came:
            return Refused([Fault(0, "", "inbound.fault.moved_on")])
        home = await queries.virtual_place(one.warehouse, _origin(one))
        back = [_moved(one, _carried(each, each.quantity, home), "reversal") for each in lying]
        await performing.perform(back, by=by)
        await receiving.end_reversed(one, reason, by=by)
        return Edited([receipt_id])


async def send_off(return_id: int, *, by: int) -> Edited | Refused | Missing:
    """Goods of a return leave for their supplier: refused ones first, then from docks, then from bins."""
    async with writing():
        one = await queries.supplier_return(return_id)
        if one is None:
            return Missing()
        if one.state != "draft":
            return Refused([Fault(0, "", "inbound.fault.closed")])
        reject = (await queries.settings_of([one.warehouse])).get(one.warehouse, queries.Setting()).reject
        home = await queries.virtual_place(one.warehouse, "supplier")
        acts = []
        for line in one.lines:
            rest = line.quantity - line.sent
            for each in sorted(
                await queries.lies_anywhere(line.item, one.warehouse),
                key=lambda each: each.location != reject,
            ):
                if part := min(rest, each.quantity):
                    acts.append(_returned(one, _carried(each, part, home)))
                    rest -= part
            if rest > 0:
                return Refused([Fault(0, "", "inbound.fault.not_there")])
        await performing.perform(acts, by=by)
        return Edited([return_id])


def _returned(one: queries.SupplierReturn, each: Carried) -> Act:
    more = {"lot": each.lot, "serial": each.serial, "document": f"sr-{one.id}", "reason": "return"}
    return performing.move(each.item, quantity.format(each.quantity), each.source, each.target, **more)


def _carried(lying: queries.Lying, much: int, target: int) -> Carried:
    return Carried(
        item=lying.item,
        quantity=much,
        source=lying.location,
        target=target,
        lot=lying.lot,
        serial=lying.serial,
    )
