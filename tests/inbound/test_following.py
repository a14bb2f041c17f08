"""Receipts follow the ledger: over-deliveries, reversals, checks, put-away, in any order of arrival."""

import itertools
from datetime import date

import pytest

from server.catalog.maintaining import Edited, Refused
from server.db import Statement, fetch
from server.inbound import queries, receiving
from server.stock import promising, verifying
from server.sync import unloading
from server.sync.unloading import Arrival, Carried
from tests import given
from tests.inbound import trade

pytestmark = pytest.mark.usefixtures("database")

_HELD = Statement("SELECT is_held FROM lot WHERE code = ?")


async def is_held(lot: str) -> bool:
    return bool((await fetch(_HELD, lot))[0][0])


async def sound() -> None:
    """The books agree with the ledger."""
    assert (await verifying.verify()).violations == []


async def check_of(receipt_id: int) -> queries.Inspection:
    """The check that is open."""
    (found,) = [
        one for one in (await queries.inspections_of([receipt_id]))[receipt_id] if one.state == "open"
    ]
    return found


async def test_what_came_beyond_the_tolerance_is_held_for_the_buyer() -> None:
    partner = await trade.supplier(tolerance=1000)
    order, pda = await trade.order({"CUP": 10}, partner=partner), await given.pda("receiver")
    receipt = await trade.receipt_of(order)

    await trade.arrive(pda, "CUP", 11, receipt.document)
    within = await trade.incidents()
    await trade.arrive(pda, "CUP", 2, receipt.document)

    assert within == []
    assert await trade.figures(receipt.id) == [("CUP", "10", "13", "2", "0")]
    assert await trade.incidents() == ["over_receipt"]


async def test_the_tolerance_of_the_warehouse_holds_when_none_was_agreed() -> None:
    await trade.setting(tolerance=2000)
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)

    await trade.arrive(pda, "CUP", 13, receipt.document)

    assert await trade.figures(receipt.id) == [("CUP", "10", "13", "1", "0")]


async def test_two_people_receive_the_same_line_and_all_is_on_the_dock() -> None:
    order = await trade.order({"CUP": 10})
    receipt = await trade.receipt_of(order)
    one, other = await given.pda("receiver"), await given.pda("wang")

    await trade.arrive(one, "CUP", 10, receipt.document)
    await trade.arrive(other, "CUP", 10, receipt.document)

    assert await given.on_hand("CUP", at="DOCK") == "20"
    assert await trade.figures(receipt.id) == [("CUP", "10", "20", "10", "0")]
    lines = await queries.order_lines(order)
    assert lines[0].line.received == 10_000


async def test_what_is_taken_back_has_not_come() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)
    operation = await trade.arrive(pda, "CUP", 12, receipt.document)

    await pda.report("op.undo@1", operation=operation)

    assert await trade.figures(receipt.id) == [("CUP", "10", "0", "0", "0")]
    assert await trade.incidents() == []
    assert (await trade.state(receipt.id), await trade.order_state(order)) == ("expected", "confirmed")
    assert await trade.expected() == [("CUP", "2026-11-30", "10")]
    await sound()


async def test_scans_of_two_devices_in_any_order_leave_the_same_receipt() -> None:
    answers = set()
    for nth, turns in enumerate(itertools.permutations((4, 9, 2))):
        order = await trade.order({f"CUP{nth}": 10})
        receipt = await trade.receipt_of(order)
        for turn in turns:
            pda = await given.pda("receiver", name=f"PDA {turn}")
            operation = await trade.arrive(pda, f"CUP{nth}", turn, receipt.document)
            if turn == 9:
                await pda.report("op.undo@1", operation=operation)
        answers.add(tuple(line[1:] for line in await trade.figures(receipt.id)))

    assert answers == {(("10", "6", "0", "0"),)}


async def test_an_item_that_nobody_expected_gets_a_line_and_is_held() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)

    await trade.arrive(pda, "BOX", 3, receipt.document)

    assert await trade.figures(receipt.id) == [("CUP", "10", "0", "0", "0"), ("BOX", "0", "3", "3", "0")]
    assert await trade.incidents() == ["over_receipt"]


async def test_the_buyer_keeps_what_came_too_much_or_sends_it_back() -> None:
    order, pda = await trade.order({"CUP": 10, "BOX": 5}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)
    await trade.arrive(pda, "CUP", 12, receipt.document)
    await trade.arrive(pda, "BOX", 6, receipt.document)
    cup, box = [one.line.id for one in (await queries.receipt_lines([receipt.id]))[receipt.id]]

    kept = await receiving.take_excess(cup, receipt.id, by=1)
    returned = await unloading.send_back_excess(receipt.id, box, by=await given.person("wang"))

    assert (kept, returned) == (Edited([receipt.id]), Edited([receipt.id]))
    assert await trade.figures(receipt.id) == [("CUP", "10", "12", "0", "0"), ("BOX", "5", "5", "0", "0")]
    assert await given.on_hand("BOX", at="DOCK") == "5"
    assert await trade.incidents() == []
    await sound()


async def test_what_comes_for_a_cancelled_receipt_is_held() -> None:
    made = await receiving.save(
        receiving.Head(kind="other", warehouse=await given.warehouse()), await trade.lines({"CUP": 5}), by=1
    )
    assert not isinstance(made, Refused)
    await receiving.expect(made.ids[0], by=1)
    await receiving.cancel(made.ids[0], "记错了", by=1)
    pda = await given.pda("receiver")

    await trade.arrive(pda, "CUP", 5, f"rc-{made.ids[0]}")

    assert await trade.state(made.ids[0]) == "cancelled"
    assert await trade.figures(made.ids[0]) == [("CUP", "5", "5", "5", "0")]
    assert await trade.incidents() == ["over_receipt"]


async def test_goods_of_production_come_from_production() -> None:
    made = await receiving.save(
        receiving.Head(kind="production", warehouse=await given.warehouse()),
        await trade.lines({"CUP": 5}),
        by=1,
    )
    assert not isinstance(made, Refused)
    await receiving.expect(made.ids[0], by=1)

    await trade.arrive(await given.pda("receiver"), "CUP", 5, f"rp-{made.ids[0]}", at="A-01")

    assert await trade.state(made.ids[0]) == "done"
    assert await trade.expected() == []
    kinds = await fetch(
        Statement(
            "SELECT l.kind FROM movement m JOIN location l ON l.id = m.source WHERE m.document LIKE 'rp-%'"
        )
    )
    assert [row[0] for row in kinds] == ["production"]


async def test_without_putting_away_goods_are_in_at_the_dock() -> None:
    await trade.setting(puts_away=False)
    order = await trade.order({"CUP": 5})
    receipt = await trade.receipt_of(order)

    await trade.arrive(await given.pda("receiver"), "CUP", 5, receipt.document)

    assert await trade.state(receipt.id) == "done"


async def test_a_lot_to_be_checked_is_held_in_every_place_until_it_is_good() -> None:
    partner = await trade.supplier(is_inspected=True)
    await given.stock("MILK", 4, at="A-09", lot="L1")
    order, pda = await trade.order({"MILK": 10}, partner=partner), await given.pda("receiver")
    receipt = await trade.receipt_of(order)

    await trade.arrive(pda, "MILK", 10, receipt.document, lot="L1")
    held = await is_held("L1"), await trade.state(receipt.id)
    await unloading.judge((await check_of(receipt.id)).id, "good", 10_000, "", by=await given.person("wang"))

    assert held == (True, "inspecting")
    assert (await is_held("L1"), await trade.state(receipt.id)) == (False, "putaway")
    await sound()


async def test_a_lot_found_good_before_is_not_doubted_again_in_the_bins() -> None:
    partner = await trade.supplier(is_inspected=True)
    await given.item("MILK", has_lots=True)
    first = await trade.receipt_of(await trade.order({"MILK": 1}, partner=partner))
    second = await trade.receipt_of(await trade.order({"MILK": 1}, partner=partner))
    pda = await given.pda("receiver")
    await trade.arrive(pda, "MILK", 1, first.document, lot="L1")
    await unloading.judge((await check_of(first.id)).id, "good", 1_000, "", by=await given.person("wang"))

    await trade.arrive(pda, "MILK", 1, second.document, lot="L1")

    assert (await is_held("L1"), await trade.state(second.id)) == (False, "inspecting")


async def test_a_lot_whose_delivery_was_taken_back_is_free_again() -> None:
    partner = await trade.supplier(is_inspected=True)
    await given.stock("MILK", 4, at="A-09", lot="L1")
    receipt = await trade.receipt_of(await trade.order({"MILK": 10}, partner=partner))
    pda = await given.pda("receiver")
    operation = await trade.arrive(pda, "MILK", 10, receipt.document, lot="L1")

    await pda.report("op.undo@1", operation=operation)

    assert not await is_held("L1")
    assert await queries.open_inspections(None) == []


async def test_refused_goods_go_to_their_place_and_are_not_owed_for() -> None:
    partner = await trade.supplier(is_inspected=True)
    await trade.setting(reject=await given.location("DOCK-REJECT", kind="dock"))
    order, pda = await trade.order({"CUP": 10}, partner=partner), await given.pda("receiver")
    receipt, wang = await trade.receipt_of(order), await given.person("wang")
    await trade.arrive(pda, "CUP", 10, receipt.document)

    some = await unloading.judge((await check_of(receipt.id)).id, "rejected", 3_000, "破损", by=wang)
    rest = await unloading.judge((await check_of(receipt.id)).id, "concession", 7_000, "色差", by=wang)
    await trade.put_away(pda, "CUP", 7, receipt.document)

    assert (some, rest) == (Edited([receipt.id]), Edited([receipt.id]))
    assert await given.on_hand("CUP", at="DOCK-REJECT") == "3"
    (line,) = (await queries.receipt_lines([receipt.id]))[receipt.id]
    assert (line.line.accepted, line.line.rejected) == (7_000, 3_000)
    assert await trade.state(receipt.id) == "done"
    await sound()


async def test_nobody_is_promised_refused_goods() -> None:
    partner = await trade.supplier(is_inspected=True)
    await trade.setting(reject=await given.location("DOCK-REJECT", kind="dock"))
    receipt = await trade.receipt_of(await trade.order({"CUP": 10}, partner=partner))
    await trade.arrive(await given.pda("receiver"), "CUP", 10, receipt.document)
    await unloading.judge(
        (await check_of(receipt.id)).id, "rejected", 4_000, "破损", by=await given.person("wang")
    )

    outlook = await promising.outlook([await given.item("CUP")], date(2026, 11, 24))

    (stands,) = outlook.values()
    assert [much for _, much in stands.incoming] == [6_000]


@pytest.mark.parametrize(
    ("result", "much", "remark", "field"),
    [("fine", 1_000, "", "result"), ("good", 11_000, "", "quantity"), ("rejected", 1_000, "", "remark")],
)
async def test_a_judgement_says_what_how_much_and_why(
    result: str, much: int, remark: str, field: str
) -> None:
    partner = await trade.supplier(is_inspected=True)
    receipt = await trade.receipt_of(await trade.order({"CUP": 10}, partner=partner))
    await trade.arrive(await given.pda("receiver"), "CUP", 10, receipt.document)

    outcome = await unloading.judge((await check_of(receipt.id)).id, result, much, remark, by=1)

    assert isinstance(outcome, Refused)
    assert [fault.field for fault in outcome.faults] == [field]


async def test_the_desk_receives_and_puts_away_by_the_same_rules() -> None:
    order, wang = await trade.order({"CUP": 10}), await given.person("wang")
    receipt = await trade.receipt_of(order)
    cup, dock, bin_id = (
        await given.item("CUP"),
        await given.location("DOCK", kind="dock"),
        await given.location("A-01"),
    )

    received = await unloading.receive(receipt.id, dock, [Arrival(item=cup, quantity=10_000)], by=wang)
    too_much = await unloading.put_away(
        receipt.id, [Carried(item=cup, quantity=11_000, source=dock, target=bin_id)], by=wang
    )
    put_away = await unloading.put_away(
        receipt.id, [Carried(item=cup, quantity=10_000, source=dock, target=bin_id)], by=wang
    )

    assert (received, put_away) == (Edited([receipt.id]), Edited([receipt.id]))
    assert isinstance(too_much, Refused)
    assert (await trade.state(receipt.id), await given.on_hand("CUP", at="A-01")) == ("done", "10")
    await sound()


async def test_a_whole_receipt_is_taken_back_and_the_order_waits_again() -> None:
    order, pda = await trade.order({"CUP": 10}), await given.pda("receiver")
    receipt = await trade.receipt_of(order)
    await trade.arrive(pda, "CUP", 10, receipt.document)
    await trade.put_away(pda, "CUP", 6, receipt.document)

    outcome = await unloading.reverse(receipt.id, "收错货", by=await given.person("wang"))

    assert outcome == Edited([receipt.id])
    assert (await trade.state(receipt.id), await trade.order_state(order)) == ("reversed", "confirmed")
    assert (await given.on_hand("CUP", at="DOCK"), await given.on_hand("CUP", at="A-01")) == ("0", "0")
    assert (await trade.receipt_of(order)).state == "expected"
    assert [much for _, _, much in await trade.expected()] == ["10"]
    await sound()


async def test_goods_that_have_moved_on_cannot_be_taken_back() -> None:
    receipt = await trade.receipt_of(await trade.order({"CUP": 10}))
    pda = await given.pda("receiver")
    await trade.arrive(pda, "CUP", 10, receipt.document, at="A-01")
    await pda.report(
        "stock.move@1",
        item=f"i-{await given.item('CUP')}",
        quantity="1",
        source=f"l-{await given.location('A-01')}",
        target=f"l-{await given.location('A-02')}",
    )

    outcome = await unloading.reverse(receipt.id, "收错货", by=await given.person("wang"))

    assert isinstance(outcome, Refused)


async def test_a_suggestion_prefers_the_bin_where_the_item_lies() -> None:
    await given.location("A-01", aisle="A", bay=1)
    await given.location("B-07", aisle="B", bay=7)
    await given.stock("CUP", 1, at="B-07")
    receipt = await trade.receipt_of(await trade.order({"CUP": 10}))
    await trade.arrive(await given.pda("receiver"), "CUP", 10, receipt.document)

    (waiting,) = await queries.waiting(receipt.document, receipt.warehouse)

    assert waiting.suggestion is not None
    assert (waiting.suggestion.code, waiting.suggestion.reason) == ("B-07", "same_item")
