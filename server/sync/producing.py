"""What the desk does with material and products: production decides, and it is carried out as operations of our own.

Each of these is one commit, and obeys the same rules as a scan (see performing).
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from server import clock, quantity
from server.catalog import queries as catalog
from server.catalog.item import Fault
from server.catalog.maintaining import Edited, Missing, Refused
from server.db import writing
from server.making import bill, queries, work, working
from server.making.queries import Work
from server.stock import availability, promising
from server.stock import queries as stock
from server.stock import transfer as lying
from server.stock.transfer import Goods
from server.sync import performing
from server.sync.performing import Act


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that came out of production, as somebody typed them."""

    item: int
    quantity: int
    lot: str = ""
    expiry: str = ""
    serial: str = ""


async def proposed(one: Work) -> list[Goods]:
    """From where to take what is still to be taken: what expires first first, in the fewest bins."""
    found: list[Goods] = []
    for each in await queries.shown_lines(one.id):
        if not each.line.is_made and each.line.to_go:
            lumps = await promising.lumps(each.line.item, one.warehouse)
            planned = availability.plan(lumps, each.line.to_go, rule="fefo", day=clock.today())
            found += [
                Goods(
                    item=each.line.item,
                    location=take.location,
                    lot=take.lot,
                    serial=take.serial,
                    quantity=take.quantity,
                )
                for take in planned.takes
            ]
    return found


async def left_over(one: Work) -> list[Goods]:
    """What was taken for an order and can still be brought back."""
    return [
        Goods(item=item, location=where, lot=lot, serial=serial, quantity=much)
        for item, where, lot, serial, much in await queries.left_over(one.id)
    ]


async def unused(one: Work) -> dict[int, int]:
    """What was taken and, once all is made, has not gone into it by the bill; before that nobody can tell."""
    lines = [each.line for each in await queries.shown_lines(one.id)]
    kept = await catalog.item_drafts({line.item for line in lines})
    made = work.made(lines, one.product)
    if made < one.quantity and not one.is_over:
        return {}
    return {
        line.item: max(0, line.done - bill.share(line.quantity, made, one.quantity, kept[line.item]))
        for line in lines
        if not line.is_made and one.kind == "assembly"
    }


async def issue(
    work_id: int, goods: Sequence[Goods], *, reason: str, may_exceed: bool, by: int
) -> Edited | Refused | Missing:
    """Take material into production; more than planned only by whoever may allow it, who says why."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.state not in work.OPEN:
            return Refused.because("making.fault.not_open")
        there = await stock.goods_in(one.warehouse, {each.item for each in goods})
        if wrong := lying.faults_of_goods(goods, there):
            return Refused([_ours(fault) for fault in wrong])
        taken: dict[int, int] = {}
        for each in goods:
            taken[each.item] = taken.get(each.item, 0) + each.quantity
        lines = [each.line for each in await queries.shown_lines(work_id)]
        if any(line.is_made and line.item in taken for line in lines):
            return Refused.because("making.fault.is_made")
        if more := work.excess_of(lines, taken):
            if not may_exceed:
                return Refused.because("making.fault.over_issue")
            if not reason:
                return Refused.because("making.fault.why_over")
            await working.allow_more(one, more, reason, by=by)
        target = await stock.place_of_kind(one.warehouse, "production")
        await performing.perform([_moved(one, each, each.location, target, "issue") for each in goods], by=by)
        return Edited([work_id])


async def give_back(
    work_id: int, goods: Sequence[Goods], place: int, *, by: int
) -> Edited | Refused | Missing:
    """Bring unused material back to a place of its warehouse, no more than was taken."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        lies = await left_over(one)
        if wrong := lying.faults_of_goods(goods, lies):
            return Refused([_ours(fault) for fault in wrong])
        if not await _is_floor(place, one.warehouse):
            return Refused.because("making.fault.no_place")
        await performing.perform([_moved(one, each, each.location, place, "return") for each in goods], by=by)
        return Edited([work_id])


async def bring(
    work_id: int, products: Sequence[Product], place: int, *, by: int
) -> Edited | Refused | Missing:
    """Take products into stock, as much as has been made; what they take by themselves is posted with them."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.state not in work.OPEN:
            return Refused.because("making.fault.not_open")
        if wrong := await _faults_of_products(one, products, place):
            return Refused(wrong)
        await performing.perform([_received(one, each, place) for each in products], by=by)
        return Edited([work_id])


async def reverse(work_id: int, reason: str, *, by: int) -> Edited | Refused | Missing:
    """Take everything back that moved for it, each with the opposite movement; then it is over."""
    async with writing():
        one = await queries.work_by_id(work_id)
        if one is None:
            return Missing()
        if one.decided != "approved":
            return Refused.because("making.fault.closed")
        if not reason:
            return Refused.because("making.fault.why")
        lines = [each.line for each in await queries.shown_lines(work_id)]
        if not any(line.done for line in lines):
            return Refused.because("making.fault.nothing_moved")
        if await queries.has_moved_on(work_id):
            return Refused.because("making.fault.moved_on")
        await performing.take_back(await queries.operations_of(work_id), by=by)
        await working.end_reversed(one, reason, by=by)
        return Edited([work_id])


async def _faults_of_products(one: Work, products: Sequence[Product], place: int) -> list[Fault]:
    if not products:
        return [Fault(0, "", "making.fault.nothing")]
    wrong = []
    if not await _is_floor(place, one.warehouse):
        wrong.append(Fault(0, "place", "making.fault.no_place"))
    made = {each.line.item for each in await queries.shown_lines(one.id) if each.line.is_made}
    kept = await catalog.item_drafts({each.item for each in products})
    for index, each in enumerate(products):
        if each.item not in made:
            wrong.append(Fault(index, f"products.{index}.item", "making.fault.not_made"))
            continue
        draft = kept[each.item]
        if each.quantity <= 0 or each.quantity % 10 ** (3 - draft.scale):
            wrong.append(Fault(index, f"products.{index}.quantity", "making.fault.quantity"))
        if draft.has_lots and not each.lot:
            wrong.append(Fault(index, f"products.{index}.lot", "making.fault.no_lot"))
        if draft.has_serials and (not each.serial or each.quantity != quantity.SCALE):
            wrong.append(Fault(index, f"products.{index}.serial", "making.fault.no_serial"))
        if each.expiry and not _is_day(each.expiry):
            wrong.append(Fault(index, f"products.{index}.expiry", "making.fault.day"))
    return wrong


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


async def _is_floor(place: int, warehouse: int) -> bool:
    found = (await catalog.locations([place])).get(place)
    return bool(found and found.is_active and found.warehouse == warehouse and found.kind in ("bin", "dock"))


def _ours(fault: Fault) -> Fault:
    """The same fault in the words of production."""
    return Fault(fault.index, fault.field, fault.word.replace("inside.", "making."))


def _moved(one: Work, goods: Goods, source: int, target: int, reason: str) -> Act:
    more = {"lot": goods.lot, "serial": goods.serial, "document": one.document, "reason": reason}
    return performing.move(goods.item, quantity.format(goods.quantity), source, target, **more)


def _received(one: Work, product: Product, place: int) -> Act:
    more = {
        "lot": product.lot,
        "expiry": product.expiry,
        "serial": product.serial,
        "document": one.document,
    }
    return performing.receive(product.item, quantity.format(product.quantity), place, **more)
