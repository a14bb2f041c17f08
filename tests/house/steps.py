"""Everything that may happen on a day in the house, one act each; what the house refuses is no fault of the day."""

import msgspec

from server import clock
from server.catalog.maintaining import Added
from server.counts import planning, reviewing
from server.counts import queries as counts
from server.counts.plan import Head as CountHead
from server.documents.line import Line as Typed
from server.inbound import inspecting, purchasing, receiving, returning
from server.inbound import queries as inbound
from server.inbound.purchase import Head as PurchaseHead
from server.making import queries as making
from server.making import working
from server.outbound import ordering, packing, releasing, surveying, waving
from server.outbound import queries as outbound
from server.outbound.order import Head as OrderHead
from server.stock import adjusting, adjustment, transferring
from server.stock import queries as stock
from server.stock.transfer import Head as TransferHead
from server.sync import dispatching, performing, producing, unloading
from server.sync.producing import Product
from tests import given
from tests.house import law
from tests.house.day import BINS, ITEMS, TOTES, Day, act, column
from tests.inbound import trade
from tests.making import shop
from tests.outbound.orders import customer

COSTS = {"CUP": 2_000_000, "PEN": 500_000}


async def line(day: Day, code: str, amount: int) -> Typed:
    return Typed(await given.item(code), "件", 1000, amount * 1000, day.some(9) * 1_000_000, 0)


async def lines(day: Day, most: int = 6) -> list[Typed]:
    return [await line(day, code, day.some(most)) for code in day.chance.sample(tuple(ITEMS), 2)]


async def a_live_notice(day: Day) -> int | None:
    """A notice that somebody is at; now and then one that is long over, since devices are late."""
    live = await column(
        "SELECT id FROM shipment_notice WHERE state NOT IN ('shipped', 'cancelled', 'short_closed')"
    )
    return day.chance.choice(live) if live and day.likely(0.9) else day.one("sn")


# Time and devices


@act(3)
async def time_passes(day: Day) -> None:
    day.later(10 * clock.HOUR)


@act(3)
async def a_device_comes_back(day: Day) -> None:
    await day.send(day.chance.choice(day.devices))


@act()
async def an_answer_is_lost(day: Day) -> None:
    """What was sent last is sent once more: the same verdicts, and nothing moves."""
    device = day.chance.choice(day.devices)
    if device.last:
        before = await law.balances()
        first, again = [await day.arrive(device, device.last) for _ in range(2)]
        assert [one.outcome for one in first] == [one.outcome for one in again]
        assert await law.balances() == before


@act(1)
async def something_is_taken_back(day: Day) -> None:
    device = day.chance.choice(day.devices)
    if device.sent:
        undone = device.sent.pop(day.chance.randrange(len(device.sent)))
        made = device.pda.operation("op.undo@1", {"operation": undone})
        device.queue.append(made)


@act()
async def a_slip_is_taken_back_at_once(day: Day) -> None:
    """A reversal restores every balance as it was."""
    device = day.chance.choice(day.devices)
    await day.send(device)
    before = await law.balances()
    source, target = day.chance.sample((*BINS, *TOTES, "DOCK"), 2)
    args = {"item": f"i-{await given.item('CUP')}", "quantity": str(day.some(20))}
    args |= {"source": await day.wire(source), "target": await day.wire(target)}
    slip = device.pda.operation("stock.move@1", args)
    back = device.pda.operation("op.undo@1", {"operation": slip["id"]})
    device.queue += [slip, back]
    await day.send(device)
    assert await law.balances() == before


# Goods out


@act(6)
async def an_order(day: Day) -> None:
    await customer("C1", is_blocked=False)
    await customer("C2", is_blocked=False, policy="cancel")
    who = await customer(day.chance.choice(("C1", "C2")))
    head = OrderHead(customer=who, warehouse=await given.warehouse())
    saved = await ordering.save(head, await lines(day), by=day.supervisor)
    if isinstance(saved, ordering.Saved):
        order = day.keep("so", saved.id)
        if day.likely(0.9):
            await ordering.confirm(order, by=day.supervisor)


@act(2)
async def an_order_is_changed(day: Day) -> None:
    if order := day.one("so"):
        standing = await outbound.order(order)
        assert standing is not None
        changed = []
        for one in (await outbound.lines(order))[: day.some(2)]:
            much = max(1000, one.quantity + day.chance.choice((-2000, -1000, 1000, 3000)))
            changed.append(Typed(one.item, one.unit, one.factor, much, one.unit_price, one.discount))
        head = OrderHead(customer=standing.customer, warehouse=standing.warehouse)
        await ordering.edit(order, head, changed, version=standing.version, by=day.supervisor)


@act(1)
async def an_order_is_cancelled(day: Day) -> None:
    if order := day.one("so"):
        await ordering.cancel(order, reason="变卦", by=day.supervisor)


@act(1)
async def an_order_is_closed_short(day: Day) -> None:
    if order := day.one("so"):
        await ordering.close_short(order, reason="不要了", by=day.supervisor)


@act(8)
async def a_notice_goes_to_the_floor(day: Day) -> None:
    if order := day.one("so"):
        made = await releasing.release_order(order, by=day.supervisor)
        if isinstance(made, releasing.Released):
            day.keep("sn", made.id)


@act()
async def notices_are_picked_together(day: Day) -> None:
    waiting = await column(
        "SELECT id FROM shipment_notice WHERE state IN ('waiting', 'released') AND wave IS NULL"
    )
    if len(waiting) > 1:
        kind = day.chance.choice(("batch", "cluster"))
        made = await waving.group(day.chance.sample(waiting, 2), kind, by=day.supervisor)
        if isinstance(made, releasing.Released):
            day.keep("wv", made.id)


@act(1)
async def a_wave_is_dissolved(day: Day) -> None:
    if wave := day.one("wv"):
        await waving.dissolve(wave, by=day.supervisor)


@act(4)
async def a_pick(day: Day) -> None:
    """From any bin, right or wrong, too few or too many, now and then short."""
    if notice := await a_live_notice(day):
        wanted = await column(
            "SELECT i.code FROM shipment_notice_line l JOIN item i ON i.id = l.item WHERE l.notice = ?",
            notice,
        )
        code = day.chance.choice(wanted) if wanted and day.likely(0.8) else day.item()
        short = (
            {"short_reason": day.chance.choice(("none_left", "damaged", "not_empty"))}
            if day.likely(0.3)
            else {}
        )
        much = day.some() - 1 if short else day.some()
        tote = day.chance.choice(TOTES)
        await day.do("pick", code, much, source=day.bin(), target=tote, document=f"sn-{notice}", **short)


@act(7)
async def the_rest_is_picked_at_the_desk(day: Day) -> None:
    if notice := await a_live_notice(day):
        tote = await given.location(day.chance.choice(TOTES), kind="tote")
        await dispatching.pick(notice, tote, by=day.picker)


@act(2)
async def a_put_back(day: Day) -> None:
    if notice := await a_live_notice(day):
        tote = day.chance.choice(TOTES)
        await day.do("move", day.item(), day.some(3), source=tote, target=day.bin(), document=f"sn-{notice}")


@act(6)
async def a_carton(day: Day) -> None:
    if notice := await a_live_notice(day):
        made = await packing.open_carton(notice, by=day.picker)
        if isinstance(made, surveying.Carton):
            await dispatching.pack(notice, made.location, by=day.picker)


@act(8)
async def a_shipment(day: Day) -> None:
    if notice := await a_live_notice(day):
        await send(day, notice)


@act(8)
async def a_notice_is_seen_through(day: Day) -> None:
    """Picked, packed, checked and sent at the desk by one, two and three people, as far as it goes."""
    if notice := await a_live_notice(day):
        tote = await given.location(day.chance.choice(TOTES), kind="tote")
        await dispatching.pick(notice, tote, by=day.picker)
        made = await packing.open_carton(notice, by=day.picker)
        if isinstance(made, surveying.Carton):
            await dispatching.pack(notice, made.location, by=day.picker)
        await send(day, notice)


async def send(day: Day, notice: int) -> None:
    await dispatching.check(notice, by=day.checker)
    sent = await dispatching.ship(notice, "顺丰", "", today=day.today(), by=day.supervisor)
    if isinstance(sent, releasing.Done):
        day.keep("shipped", notice)


@act(1)
async def a_notice_is_called_off(day: Day) -> None:
    if notice := await a_live_notice(day):
        await releasing.cancel(notice, reason="变卦", by=day.supervisor)


@act(1)
async def a_notice_is_closed_short(day: Day) -> None:
    if notice := await a_live_notice(day):
        await releasing.close_short(notice, reason="缺货", by=day.supervisor)


# Goods in


@act(4)
async def a_purchase(day: Day) -> None:
    supplier = await trade.supplier(tolerance=1_000)
    day_text = day.today().isoformat()
    head = PurchaseHead(
        supplier=supplier, warehouse=await given.warehouse(), ordered_on=day_text, expected_on=day_text
    )
    made = await purchasing.save(head, await lines(day, 9), by=day.supervisor.person)
    if isinstance(made, Added):
        order = day.keep("po", made.ids[0])
        await purchasing.confirm(order, by=day.supervisor.person)
        for one in await inbound.receipts_of(f"po-{order}"):
            day.keep("rc", one.id)


@act(6)
async def a_delivery(day: Day) -> None:
    """As much as was expected, less, more, or something else."""
    if receipt := day.one("rc"):
        one = await inbound.receipt_by_id(receipt)
        assert one is not None
        prefix = one.document
        expected = (await inbound.receipt_lines([receipt])).get(receipt, [])
        codes = [each.code for each in expected if each.code in ITEMS]
        code = day.chance.choice(codes) if codes and day.likely(0.9) else day.item()
        await day.do("receive", code, day.some(8), target="DOCK", document=prefix)


@act(4)
async def goods_are_put_away(day: Day) -> None:
    if receipt := day.one("rc"):
        one = await inbound.receipt_by_id(receipt)
        assert one is not None
        lies = [each for each in await inbound.lying(one.document) if each.kind == "dock"]
        if lies:
            each = day.chance.choice(lies)
            carried = unloading.Carried(
                item=each.item, quantity=each.quantity, source=each.location,
                target=await given.location(day.bin()), lot=each.lot, serial=each.serial,
            )  # fmt: skip
            await unloading.put_away(receipt, [carried], by=day.picker.person)


@act()
async def a_receipt_is_closed(day: Day) -> None:
    if receipt := day.one("rc"):
        comes_later = day.likely(0.5)
        await receiving.close(receipt, comes_later=comes_later, by=day.supervisor.person)
        for order in day.known.get("po", []):
            for one in await inbound.receipts_of(f"po-{order}"):
                if one.id not in day.known["rc"]:
                    day.keep("rc", one.id)


@act(1)
async def a_receipt_is_reversed(day: Day) -> None:
    if receipt := day.one("rc"):
        await unloading.reverse(receipt, "录错了", by=day.supervisor.person)


@act()
async def excess_is_decided(day: Day) -> None:
    if receipt := day.one("rc"):
        for each in (await inbound.receipt_lines([receipt])).get(receipt, []):
            if each.line.held:
                if day.likely(0.5):
                    await receiving.take_excess(each.line.id, receipt, by=day.supervisor.person)
                else:
                    await unloading.send_back_excess(receipt, each.line.id, by=day.picker.person)


@act(1)
async def a_purchase_ends(day: Day) -> None:
    if order := day.one("po"):
        end = purchasing.cancel if day.likely(0.4) else purchasing.close_short
        await end(order, "不来了", by=day.supervisor.person)


@act()
async def a_lot_is_held_or_released(day: Day) -> None:
    item, lot = await given.item("MILK"), day.chance.choice(("L1", "L2"))
    await inspecting.hold(item, lot, "破损", is_held=day.likely(0.4), by=day.supervisor.person)


@act(5)
async def goods_come_back_from_a_customer(day: Day) -> None:
    if notice := day.one("shipped"):
        shipment = await inbound.shipped(notice)
        if shipment is None or not shipment.lines:
            return
        each = day.chance.choice(list(shipment.lines))
        much = min(each.shipped - each.returned, day.some(3) * 1000)
        made = await returning.ask_back(notice, {each.line: much}, "不合适", by=day.supervisor.person)
        if isinstance(made, Added):
            receipt = day.keep("rc", made.ids[0])
            await receiving.expect(receipt, by=day.supervisor.person)


@act(3)
async def what_waits_is_judged(day: Day) -> None:
    for receipt in day.known.get("rc", [])[-4:]:
        for check in (await inbound.inspections_of([receipt])).get(receipt, []):
            result = day.chance.choice(("good", "concession", "rejected"))
            await unloading.judge(check.id, result, check.quantity, "", by=day.supervisor.person)


@act(3)
async def goods_go_back_to_a_supplier(day: Day) -> None:
    if receipt := day.one("rc"):
        standing = (await inbound.receipt_lines([receipt])).get(receipt, [])
        wanted = {each.line.id: day.some(2) * 1000 for each in standing[:1]}
        made = await returning.give_back(receipt, wanted, "次品", by=day.supervisor.person)
        if isinstance(made, Added):
            day.keep("sr", made.ids[0])


@act(3)
async def a_return_leaves(day: Day) -> None:
    if which := day.one("sr"):
        if day.likely(0.8):
            await unloading.send_off(which, by=day.picker.person)
        else:
            await returning.keep(which, "算了", by=day.supervisor.person)


# Inside


@act(2)
async def a_walk_inside(day: Day) -> None:
    source, target = day.chance.sample((*BINS, "DOCK"), 2)
    await day.do("move", day.item(), day.some(), source=source, target=target)


@act(1)
async def a_theft(day: Day) -> None:
    """Goods leave for something that nobody wrote down."""
    await day.do("move", day.item(), day.some(3), source=day.bin(), target="customer")


@act(2)
async def goods_without_a_paper(day: Day) -> None:
    await day.do("receive", day.item(), day.some(5), target=day.bin())


@act()
async def an_adjustment_with_a_device(day: Day) -> None:
    sign = day.chance.choice((-1, 1))
    await day.do(
        "adjust", day.item(), sign * day.some(3), location=day.bin(), reason="found" if sign > 0 else "lost"
    )


@act(2)
async def an_adjustment(day: Day) -> None:
    code = day.chance.choice(("CUP", "PEN"))
    reason = day.chance.choice(("damaged", "found", "lost", "correction"))
    much = day.some(3) * 1000 * (adjustment.REASONS[reason] or day.chance.choice((-1, 1)))
    one = adjustment.Line(
        item=await given.item(code), location=await given.location(day.bin()), quantity=much
    )
    head = adjustment.Head(warehouse=await given.warehouse(), reason=reason)
    made = await adjusting.save(head, [one], by=day.picker.person)
    if isinstance(made, Added):
        which = day.keep("ad", made.ids[0])
        costs = {await given.item(name): cost for name, cost in COSTS.items()}
        perform, by = performing.carry_out, day.picker.person
        await adjusting.submit(which, costs, may_post=day.likely(0.5), perform=perform, by=by)
        await adjusting.approve(which, perform=perform, by=day.supervisor.person)


@act()
async def an_adjustment_is_reversed(day: Day) -> None:
    if which := day.one("ad"):
        await adjusting.reverse(which, "看错了", take_back=performing.take_back, by=day.supervisor.person)


@act(2)
async def a_transfer(day: Day) -> None:
    head = TransferHead(
        source=await given.warehouse(),
        target=await given.warehouse("EAST"),
        is_direct=day.likely(0.3),
        due_on=day.today().isoformat(),
    )
    made = await transferring.save(head, await lines(day, 4), by=day.supervisor.person)
    if isinstance(made, Added):
        which = day.keep("tr", made.ids[0])
        await transferring.release(which, today=day.today(), by=day.supervisor.person)


@act(6)
async def a_transfer_goes_on(day: Day) -> None:
    """It leaves, it arrives, in parts; at last somebody decides what became of the rest."""
    which = day.one("tr")
    one = await stock.transfer(which) if which else None
    if which is None or one is None:
        return
    dock = (await stock.place_of_kind(one.target, "dock")) or await given.location("E-01")
    perform, by = performing.carry_out, day.picker.person
    what = day.chance.choice(("send", "send", "receive", "receive", "rest", "over", "cancel"))
    if what == "send":
        goods = await transferring.proposed(one, today=day.today())
        await transferring.send(which, goods[: day.some(2)], dock, perform=perform, by=by)
    elif what == "receive":
        goods = await stock.on_the_way(which)
        part = [msgspec.structs.replace(each, quantity=max(1000, each.quantity // 2)) for each in goods]
        await transferring.receive(which, part if day.likely(0.4) else goods, dock, perform=perform, by=by)
    elif what == "rest":
        await transferring.decide_rest(
            which, day.chance.choice(("back", "lost")), "丢了", perform=perform, by=by
        )
    elif what == "over":
        await transferring.close_sending(which, "够了", by=day.supervisor.person)
    else:
        await transferring.cancel(which, "不调了", by=day.supervisor.person)


# Counting


@act(2)
async def a_plan_of_counts(day: Day) -> None:
    head = CountHead(
        warehouse=await given.warehouse(),
        method=day.chance.choice(("places", "doubt", "date", "abc")),
        places=tuple(day.chance.sample(BINS, day.some(2))),
        is_blind=day.likely(0.7),
        days=0,
    )
    made = await planning.save(head, by=day.supervisor.person, costs={})
    if isinstance(made, planning.Planned):
        which = day.keep("ct", made.id)
        await planning.issue(which, by=day.supervisor.person)


@act(2)
async def a_count(day: Day) -> None:
    """Of a whole place or a part of it, what lies there or something else."""
    place = day.bin()
    seen = []
    for code in day.chance.sample(tuple(ITEMS), day.chance.randint(0, 3)):
        more = {"lot": day.chance.choice(("L1", "L2"))} if ITEMS[code] else {}
        seen.append(
            {"item": f"i-{await given.item(code)}", "quantity": str(day.chance.randint(0, 9)), **more}
        )
    args = {"location": await day.wire(place), "lines": seen, "complete": day.likely(0.8)}
    await day.report("stock.count@1", args)


@act(5)
async def a_count_that_is_right(day: Day) -> None:
    """What the book says lies there: rounds agree, and plans come to an end."""
    place = await given.location(day.bin())
    seen = [
        {
            "item": f"i-{each.item}",
            "quantity": str(each.on_hand // 1000),
            "lot": each.lot,
            "serial": each.serial,
        }
        for each in await stock.at_location(place)
        if each.on_hand
    ]
    lines = [{name: value for name, value in each.items() if value} for each in seen]
    await day.report("stock.count@1", {"location": f"l-{place}", "lines": lines, "complete": True})


@act(2)
async def a_count_is_reviewed(day: Day) -> None:
    if which := day.one("ct"):
        by = day.supervisor.person
        for sheet in await counts.sheets(which):
            if sheet.state == "review":
                if day.likely(0.6):
                    await reviewing.accept(which, sheet.id, by=by)
                else:
                    await reviewing.ask_again(which, sheet.id, by=by)
        if day.likely(0.3):
            await reviewing.accept_within_limits(which, by=by, costs={})


@act(1)
async def a_plan_is_called_off(day: Day) -> None:
    if which := day.one("ct"):
        await planning.cancel(which, by=day.supervisor.person, reason="没空")


# Making


@act(2)
async def a_production_order(day: Day) -> None:
    """Boxes of two cups and a tin; half of the bills take their components by themselves."""
    if not day.known.get("bill"):
        day.keep("bill", await shop.compose(parts={"CUP": "2", "TIN": "1"}, is_backflush=day.likely(0.5)))
    kind = "assembly" if day.likely(0.8) else "disassembly"
    made = await working.save(await shop.head(kind, str(day.some(3))), [], by=day.supervisor.person)
    if isinstance(made, Added):
        which = day.keep("wo", made.ids[0])
        await working.approve(which, by=day.supervisor.person)


@act(6)
async def production_goes_on(day: Day) -> None:
    which = day.one("wo")
    one = await making.work_by_id(which) if which else None
    if which is None or one is None:
        return
    by = day.picker.person
    what = day.chance.choice(("take", "take", "bring", "bring", "return", "finish", "cancel", "reverse"))
    if what == "take":
        await producing.issue(which, await producing.proposed(one), reason="", may_exceed=False, by=by)
    elif what == "bring":
        made = [each.line for each in await making.shown_lines(which) if each.line.is_made]
        rows = [Product(item=each.item, quantity=day.some(3) * 1000) for each in made]
        await producing.bring(which, rows, await given.location(day.bin()), by=by)
    elif what == "return":
        left = await producing.left_over(one)
        await producing.give_back(which, left, await given.location(day.bin()), by=by)
    elif what == "finish":
        await working.finish(which, "够了", by=day.supervisor.person)
    elif what == "cancel":
        await working.cancel(which, "不做了", by=day.supervisor.person)
    else:
        await producing.reverse(which, "错了", by=day.supervisor.person)


BEFORE_A_MORNING = (
    an_order,
    an_order,
    a_purchase,
    a_transfer,
    a_plan_of_counts,
    *[a_notice_goes_to_the_floor] * 3,
)
"""What the desk prepares for people who then go without a network."""

WITHOUT_A_NETWORK = (
    a_pick,
    a_pick,
    a_put_back,
    a_delivery,
    a_walk_inside,
    a_theft,
    goods_without_a_paper,
    a_count,
    a_count_that_is_right,
    an_adjustment_with_a_device,
    something_is_taken_back,
)
"""What people do with a device alone."""
