"""Goods that go the other way: back from a customer, back to a supplier."""

import datetime as dt
from importlib import import_module

import pytest

from server.catalog.item import UnitDraft
from server.catalog.maintaining import Added, Edited, Refused
from server.db import Statement, execute, fetch, writing
from server.documents.line import Line
from server.inbound import arranging, purchasing, queries, receiving, returning
from server.inbound.purchase import Head
from server.inbound.queries import Rule, Setting
from server.outbound.ordering import By
from server.outbound.releasing import Done
from server.stock import levelling, verifying
from server.stock import queries as stock
from server.stock.level import Wanted
from server.sync import dispatching, unloading
from tests import given
from tests.inbound import trade
from tests.outbound.floor import picker, released, steps, tote

pytestmark = pytest.mark.usefixtures("database")

_RETURNED = Statement("SELECT sum(returned) FROM sales_line")
_AS_IT_WAS = Statement("INSERT INTO arrival_rule (item, warehouse, is_inspected, home) VALUES (?, ?, ?, ?)")


async def shipped(**amounts: int) -> int:
    """A notice of which everything went to the customer, with the steps between switched off."""
    await steps(packs=False, checkers=0)
    notice, wang = await released(**amounts), By(await picker())
    await dispatching.pick(notice, await tote(), by=wang)
    done = await dispatching.ship(notice, "顺丰", "SF1", today=dt.date(2026, 11, 24), by=wang)
    assert done == Done(notice, "shipped"), done
    return notice


async def line_of(notice: int) -> queries.Shipped:
    """The one line of a shipment."""
    found = await queries.shipped(notice)
    assert found is not None
    return found.lines[0]


def words(outcome: object) -> list[str]:
    assert isinstance(outcome, Refused), outcome
    return [fault.word for fault in outcome.faults]


async def test_a_customer_brings_back_what_was_shipped_and_it_is_judged() -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await shipped(CUP=3)
    line = await line_of(notice)

    made = await returning.ask_back(notice, {line.line: 2_000}, "尺寸不对", by=1)
    assert isinstance(made, Added), made
    await receiving.expect(made.ids[0], by=1)
    back = await queries.receipt_by_id(made.ids[0])
    assert back is not None
    await trade.arrive(await given.pda("receiver"), "CUP", 2, back.document)
    (check,) = await queries.open_inspections(None)
    await unloading.judge(check.id, "good", 2_000, "", by=await picker())
    await trade.put_away(await given.pda("receiver"), "CUP", 2, back.document)

    assert back.number.startswith("RT-") and back.document == f"rt-{back.id}"
    assert await trade.state(back.id) == "done"
    assert await given.on_hand("CUP", at="A-01") == "9"
    assert int((await fetch(_RETURNED))[0][0]) == 2_000
    assert (await line_of(notice)).returned == 2_000
    assert (await verifying.verify()).violations == []


async def test_no_more_comes_back_than_was_shipped() -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await shipped(CUP=3)
    line = await line_of(notice)
    first = await returning.ask_back(notice, {line.line: 2_000}, "坏了", by=1)

    second = await returning.ask_back(notice, {line.line: 2_000}, "坏了", by=1)
    none = await returning.ask_back(notice, {}, "坏了", by=1)
    silent = await returning.ask_back(notice, {line.line: 1_000}, "", by=1)

    assert isinstance(first, Added)
    assert words(second) == ["inbound.fault.too_much_back"]
    assert words(none) == ["inbound.fault.nothing_typed"]
    assert words(silent) == ["inbound.fault.why"]


async def test_what_a_customer_adds_to_a_return_is_held() -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await shipped(CUP=3)
    made = await returning.ask_back(notice, {(await line_of(notice)).line: 1_000}, "坏了", by=1)
    assert isinstance(made, Added)
    await receiving.expect(made.ids[0], by=1)

    await trade.arrive(await given.pda("receiver"), "CUP", 2, f"rt-{made.ids[0]}")

    assert await trade.figures(made.ids[0]) == [("CUP", "1", "2", "1", "0")]


async def received() -> tuple[int, int]:
    """Ten cups of an order that came and lie in a bin: the order and its receipt."""
    order = await trade.order({"CUP": 10})
    receipt = await trade.receipt_of(order)
    await trade.arrive(await given.pda("receiver"), "CUP", 10, receipt.document, at="A-01")
    return order, receipt.id


async def test_goods_go_back_to_their_supplier_at_the_price_at_which_they_came() -> None:
    order, receipt = await received()
    line = (await queries.receipt_lines([receipt]))[receipt][0].line

    made = await returning.give_back(receipt, {line.id: 4_000}, "质量问题", by=1)
    assert isinstance(made, Added), made
    sent = await unloading.send_off(made.ids[0], by=await picker())

    assert sent == Edited(made.ids)
    one = await queries.supplier_return(made.ids[0])
    assert one is not None
    assert (one.state, one.total, one.lines[0].sent) == ("shipped", 4 * 10_000, 4_000)
    assert await given.on_hand("CUP", at="A-01") == "6"
    assert (await queries.order_lines(order))[0].line.returned == 4_000
    assert (await trade.order_state(order), await trade.state(receipt)) == ("done", "done")
    assert (await verifying.verify()).violations == []


async def test_goods_bought_by_the_carton_go_back_at_what_was_paid_for_them() -> None:
    cup = await given.item("CUP", unit="件", units=(UnitDraft("箱", 12),))
    head = Head(supplier=await trade.supplier(), warehouse=await given.warehouse())
    made = await purchasing.save(head, [Line(cup, "箱", 12_000, 36_000, 10_000_000, 1_000)], by=1)
    assert isinstance(made, Added)
    await purchasing.confirm(made.ids[0], by=1)
    receipt = await trade.receipt_of(made.ids[0])
    await trade.arrive(await given.pda("receiver"), "CUP", 36, receipt.document, at="A-01")
    line = (await queries.receipt_lines([receipt.id]))[receipt.id][0].line

    back = await returning.give_back(receipt.id, {line.id: 18_000}, "质量问题", by=1)

    assert isinstance(back, Added)
    one = await queries.supplier_return(back.ids[0])
    assert one is not None
    # A carton and a half at 10.00 less 10 %.
    assert (one.total, one.lines[0].amount, one.lines[0].per) == (135_000, 135_000, "箱")


async def test_no_more_goes_back_than_came() -> None:
    _, receipt = await received()
    line = (await queries.receipt_lines([receipt]))[receipt][0].line
    await returning.give_back(receipt, {line.id: 7_000}, "质量问题", by=1)

    again = await returning.give_back(receipt, {line.id: 4_000}, "质量问题", by=1)

    assert words(again) == ["inbound.fault.too_much_back"]


async def test_a_return_that_is_kept_may_be_given_back_later() -> None:
    _, receipt = await received()
    line = (await queries.receipt_lines([receipt]))[receipt][0].line
    made = await returning.give_back(receipt, {line.id: 7_000}, "质量问题", by=1)
    assert isinstance(made, Added)

    await returning.keep(made.ids[0], "供应商赔付", by=1)
    gone = await unloading.send_off(made.ids[0], by=await picker())

    assert words(gone) == ["inbound.fault.closed"]
    assert await queries.given_back(receipt) == {}


async def test_an_item_is_checked_in_one_warehouse_and_has_its_own_bin() -> None:
    house, cup, home = await given.warehouse(), await given.item("CUP"), await given.location("Z-01")
    await arranging.rule(cup, house, Rule(is_inspected=True), by=1)
    assert isinstance(await levelling.want(Wanted(item=cup, warehouse=house, home=home), by=1), Edited)
    receipt = await trade.receipt_of(await trade.order({"CUP": 10}))

    await trade.arrive(await given.pda("receiver"), "CUP", 10, receipt.document)

    (waiting,) = await queries.waiting(receipt.document, house)
    assert await trade.state(receipt.id) == "inspecting"
    assert waiting.suggestion is not None and waiting.suggestion.reason == "home"


async def test_a_bin_that_was_an_items_own_for_goods_in_alone_still_is() -> None:
    house, cup, saw = await given.warehouse(), await given.item("CUP"), await given.item("SAW")
    arrives, picked = await given.location("Z-01"), await given.location("Z-02")
    await levelling.want(Wanted(item=saw, warehouse=house, least=5_000, home=picked), by=1)

    async with writing():
        for item in (cup, saw):
            await execute(_AS_IT_WAS, item, house, True, arrives)
        for change in import_module("server.migrations.stockhand_2026_11_25t13_08_00_000000").CHANGES:
            await execute(Statement(change))

    levels = await stock.levels_of([cup, saw])
    assert levels[cup, house] == Wanted(item=cup, warehouse=house, home=arrives)
    assert levels[saw, house] == Wanted(item=saw, warehouse=house, least=5_000, home=picked)


async def test_refused_goods_wait_where_nobody_picks() -> None:
    house, dock = await given.warehouse(), await given.location("DOCK-X", kind="dock")

    in_a_bin = await arranging.arrange(house, Setting(reject=await given.location("A-01")), by=1)
    too_lax = await arranging.arrange(house, Setting(tolerance=10_001), by=1)
    well = await arranging.arrange(house, Setting(tolerance=500, puts_away=False, reject=dock), by=1)

    assert words(in_a_bin) == ["inbound.fault.no_dock"]
    assert words(too_lax) == ["documents.fault.discount"]
    assert well == Edited([house])
    assert (await queries.settings_of([house]))[house] == Setting(500, False, dock)
