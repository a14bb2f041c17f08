"""Orders on a real database: promised, owed, changed, let go, taken back."""

import asyncio

import msgspec
import pytest

from server import db, events
from server.catalog import dealing, maintaining, partnering
from server.catalog import queries as catalog
from server.catalog.maintaining import Missing, Refused, Stale
from server.catalog.terms import Address, Card
from server.inbound import inspecting
from server.outbound import ordering, queries
from server.outbound.ordering import By, Confirmed, Done, NotNow, Saved
from tests import given
from tests.outbound.orders import ADA, customer, draft, expect, head, line, only_line, ordered, reserved, ship

pytestmark = pytest.mark.database


async def order(order_id: int) -> queries.Order:
    found = await queries.order(order_id)
    assert found is not None
    return found


async def test_a_draft_promises_nothing(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")

    order_id = await draft(CUP=3)

    assert (await order(order_id)).state == "draft"
    assert (await order(order_id)).number.startswith("SO-")
    assert await reserved("CUP") == 0


async def test_confirming_reserves_what_there_is(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")

    confirmed = await ordered(CUP=3)

    assert confirmed.is_whole
    assert await reserved("CUP") == 3
    assert (await order(confirmed.id)).state == "confirmed"


async def test_what_is_not_there_is_owed_by_a_day_and_the_holders_are_named(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    first = await ordered(CUP=8)
    await expect("CUP", 20, "2099-01-05")

    second = await ordered(CUP=5)

    (outcome,) = second.lines
    assert (outcome.reserved, outcome.backordered, outcome.promised_on) == (2000, 3000, "2099-01-05")
    assert [(holder.number, holder.quantity) for holder in outcome.holders] == [(first.number, 8000)]
    assert await reserved("CUP") == 10


async def test_what_is_on_its_way_is_promised_once(database: db.Database) -> None:
    await given.item("CUP")
    await expect("CUP", 5, "2099-01-05")
    await expect("CUP", 5, "2099-02-05", document="po-2")

    days = [(await ordered(CUP=amount)).lines[0].promised_on for amount in (4, 3, 4)]

    assert days == ["2099-01-05", "2099-02-05", ""]


async def test_who_wants_no_backorder_gets_what_there_is_and_no_more(database: db.Database) -> None:
    await given.stock("CUP", 2, at="A-01")
    await customer(policy="cancel")

    confirmed = await ordered(CUP=5)

    found = await only_line(confirmed.id)
    assert (found.reserved, found.cancelled, found.backordered) == (2000, 3000, 0)
    assert confirmed.lines[0].backordered == 3000


async def test_who_wants_no_backorder_and_finds_nothing_is_refused(database: db.Database) -> None:
    await given.stock("CUP", 2, at="A-01")
    holder = await ordered(CUP=2)
    await customer("C2", policy="cancel")

    placed = await ordering.place(await head("C2"), [await line("CUP", 1)], by=ADA)

    assert isinstance(placed, NotNow)
    assert placed.reason == "not_available"
    assert [held.number for one in placed.lines for held in one.holders] == [holder.number]
    assert len((await queries.orders(queries.Filters())).rows) == 1


async def test_an_order_without_lines_cannot_be_confirmed(database: db.Database) -> None:
    saved = await ordering.save(await head(), [], by=ADA)
    assert isinstance(saved, Saved)

    assert await ordering.confirm(saved.id, by=ADA) == NotNow("empty")


async def test_nobody_confirms_twice(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    confirmed = await ordered(CUP=3)

    assert await ordering.confirm(confirmed.id, by=ADA) == NotNow("state")
    assert await reserved("CUP") == 3


async def test_an_order_of_another_warehouse_does_not_exist_for_them(database: db.Database) -> None:
    order_id = await draft(CUP=3)
    stranger = By(2, warehouses=frozenset())

    assert await ordering.confirm(order_id, by=stranger) == Missing()
    refused = await ordering.save(await head(), [], by=stranger)
    assert isinstance(refused, Refused)
    assert [fault.field for fault in refused.faults] == ["warehouse"]


async def test_an_order_needs_a_customer_who_is_one(database: db.Database) -> None:
    refused = await ordering.save(msgspec.structs.replace(await head(), customer=99), [], by=ADA)

    assert isinstance(refused, Refused)
    assert [fault.word for fault in refused.faults] == ["outbound.fault.no_customer"]


async def test_an_order_without_an_address_goes_where_the_customer_wants_goods(database: db.Database) -> None:
    places = (Address("北京路 1 号", kind="bill"), Address("港务路 9 号 3 号库", contact="老周", phone="139"))
    partner = await customer()
    known = await catalog.partner(partner)
    assert known is not None
    await dealing.keep_card(partner, Card(addresses=places), version=known[1], by=0)

    plain, told = [
        await ordering.save(await head(**fields), [], by=ADA) for fields in ({}, {"address": "送到门卫"})
    ]

    assert isinstance(plain, Saved)
    assert isinstance(told, Saved)
    found = await order(plain.id)
    assert (found.address, found.contact, found.phone) == ("港务路 9 号 3 号库", "老周", "139")
    assert (await order(told.id)).address == "送到门卫"


# Changed


async def changed(order_id: int, **amounts: int) -> object:
    lines = [await line(code, amount) for code, amount in amounts.items()]
    version = (await order(order_id)).version
    return await ordering.edit(order_id, await head(), lines, version=version, by=ADA)


async def test_a_changed_order_frees_what_is_less_and_reserves_what_is_more(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    await given.stock("POT", 10, at="A-02")
    confirmed = await ordered(CUP=6, POT=2)

    assert isinstance(await changed(confirmed.id, CUP=4, POT=5), Saved)

    assert (await reserved("CUP"), await reserved("POT")) == (4, 5)


async def test_a_line_that_is_gone_frees_its_goods_for_who_waits(database: db.Database) -> None:
    await given.stock("CUP", 5, at="A-01")
    await given.stock("POT", 5, at="A-01")
    first = await ordered(CUP=5, POT=1)
    waiting = await ordered(CUP=3)
    assert not waiting.is_whole

    await changed(first.id, POT=1)

    assert (await only_line(waiting.id)).reserved == 3000
    (served, *_) = await events.history(f"so:{waiting.id}")
    assert (served.topic, served.body) == ("order.served", {"reserved": ["", ["CUP × 3"]]})


async def test_a_change_that_somebody_overtook_is_refused(database: db.Database) -> None:
    order_id = await draft(CUP=1)
    await changed(order_id, CUP=2)

    stale = await ordering.edit(order_id, await head(), [await line("CUP", 3)], version=1, by=ADA)

    assert isinstance(stale, Stale)
    assert (await only_line(order_id)).quantity == 2000


async def test_the_customer_of_a_confirmed_order_stays(database: db.Database) -> None:
    confirmed = await ordered(CUP=1)

    refused = await ordering.edit(
        confirmed.id,
        await head("C2"),
        [await line("CUP", 1)],
        version=(await order(confirmed.id)).version,
        by=ADA,
    )

    assert isinstance(refused, Refused)
    assert [fault.word for fault in refused.faults] == ["outbound.fault.customer_fixed"]


async def test_another_warehouse_promises_anew(database: db.Database) -> None:
    await given.stock("CUP", 5, at="A-01")
    east = await given.warehouse("EAST")
    confirmed = await ordered(CUP=5)

    version = (await order(confirmed.id)).version
    moved = await head(warehouse=east)
    assert isinstance(
        await ordering.edit(confirmed.id, moved, [await line("CUP", 5)], version=version, by=ADA), Saved
    )

    assert await reserved("CUP") == 0
    assert (await only_line(confirmed.id)).backordered == 5000


async def test_what_was_sent_cannot_be_wanted_less(database: db.Database) -> None:
    await given.stock("CUP", 5, at="A-01")
    confirmed = await ordered(CUP=5)
    await ship(confirmed.id, 3)

    refused = await changed(confirmed.id, CUP=2)

    assert isinstance(refused, Refused)
    assert [fault.field for fault in refused.faults] == ["lines.0.quantity"]


# Who waits


async def test_whoever_waited_longer_is_served_before_a_new_order(database: db.Database) -> None:
    first = await ordered(CUP=3)
    await given.stock("CUP", 4, at="A-01")
    assert (await only_line(first.id)).reserved == 3000, "served as the goods came"

    second = await ordered(CUP=3)

    assert (await only_line(first.id)).reserved == 3000
    assert second.lines[0].reserved == 1000


async def test_a_higher_priority_is_served_first(database: db.Database) -> None:
    await customer("C9", priority=9)
    usual, urgent = await ordered(CUP=3), await ordered(of="C9", CUP=3)

    await given.stock("CUP", 4, at="A-01")

    assert (await only_line(urgent.id)).reserved == 3000
    assert (await only_line(usual.id)).reserved == 1000


async def test_goods_on_the_dock_serve_nobody_until_they_are_put_away(database: db.Database) -> None:
    waiting = await ordered(CUP=3)
    await given.location("DOCK-9", kind="dock")
    await given.stock("CUP", 5, at="DOCK-9")
    assert (await only_line(waiting.id)).reserved == 0

    device = await given.pda("receiver")
    await device.report(
        "stock.move@1",
        item=f"i-{await given.item('CUP')}",
        quantity="5",
        source=f"l-{await given.location('DOCK-9')}",
        target=f"l-{await given.location('A-01')}",
    )

    assert (await only_line(waiting.id)).reserved == 3000


async def test_a_lot_that_is_good_again_serves_who_waits(database: db.Database) -> None:
    await given.stock("MILK", 5, at="A-01", lot="L1", expiry="2099-01-01")
    milk = await given.item("MILK")
    await inspecting.hold(milk, "L1", "抽检", is_held=True, by=1)
    waiting = await ordered(MILK=3)
    assert (await only_line(waiting.id)).reserved == 0

    await inspecting.hold(milk, "L1", "合格", is_held=False, by=1)

    assert (await only_line(waiting.id)).reserved == 3000


# Held and let go


async def test_a_hold_does_not_forbid_the_promise_and_needs_a_reason_to_go(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    await customer(credit_limit=0)
    saved = await ordering.save(await head(), [await line("CUP", 2, price=10)], by=ADA)
    assert isinstance(saved, Saved)

    confirmed = await ordering.confirm(saved.id, by=ADA)

    assert isinstance(confirmed, Confirmed)
    assert confirmed.holds == ("credit",)
    assert await reserved("CUP") == 2
    assert await ordering.release_hold(saved.id, "credit", reason=" ", by=ADA) == NotNow("no_reason")
    assert await ordering.release_hold(saved.id, "price", reason="ok", by=ADA) == NotNow("no_hold")
    assert isinstance(await ordering.release_hold(saved.id, "credit", reason="老客户", by=ADA), Done)
    assert (await order(saved.id)).hold == ""
    (told, *_) = await events.history(f"so:{saved.id}")
    assert (told.topic, told.body) == ("order.credit_released", {"reason": "老客户"})


async def test_more_than_was_let_go_is_held_again(database: db.Database) -> None:
    await customer(credit_limit=0)
    placed = await ordering.place(await head(), [await line("CUP", 2, price=10)], by=ADA)
    assert isinstance(placed, Confirmed)
    await ordering.release_hold(placed.id, "credit", reason="ok", by=ADA)

    version = (await order(placed.id)).version
    await ordering.edit(placed.id, await head(), [await line("CUP", 3, price=10)], version=version, by=ADA)

    assert (await order(placed.id)).hold == "credit"


async def test_what_a_customer_paid_last_is_the_price_and_less_is_held(database: db.Database) -> None:
    placed = await ordering.place(await head(), [await line("CUP", 1, price=20)], by=ADA)
    assert isinstance(placed, Confirmed)

    usual = await ordering.place(await head(), [await line("CUP", 1)], by=ADA)
    cheap = await ordering.place(await head(), [await line("CUP", 1, price=17)], by=ADA)

    assert isinstance(usual, Confirmed)
    assert isinstance(cheap, Confirmed)
    assert (await only_line(usual.id)).price == 20_000_000
    assert (usual.holds, cheap.holds) == ((), ("price",))


async def test_a_customer_who_is_switched_off_holds_their_orders(database: db.Database) -> None:
    known = await catalog.partner(await customer())
    assert known is not None
    off = msgspec.structs.replace(known[0], is_active=False)
    await partnering.edit_partner(await customer(), off, version=known[1], by=0)

    assert (await ordered(CUP=1)).holds == ("customer",)


# Taken back


async def test_a_cancelled_order_frees_what_it_held_for_who_waits(database: db.Database) -> None:
    await given.stock("CUP", 5, at="A-01")
    first, waiting = await ordered(CUP=5), await ordered(CUP=2)

    assert isinstance(await ordering.cancel(first.id, reason="", by=ADA), Done)

    assert (await order(first.id)).state == "cancelled"
    assert await reserved("CUP") == 2
    assert (await only_line(waiting.id)).reserved == 2000


async def test_what_has_left_cannot_be_cancelled_but_closed(database: db.Database) -> None:
    await given.stock("CUP", 5, at="A-01")
    confirmed = await ordered(CUP=5)
    await ship(confirmed.id, 3)

    assert await ordering.cancel(confirmed.id, reason="", by=ADA) == NotNow("shipped")
    assert await ordering.close_short(confirmed.id, reason="", by=ADA) == NotNow("no_reason")
    assert isinstance(await ordering.close_short(confirmed.id, reason="卖完了", by=ADA), Done)
    assert (await order(confirmed.id)).state == "done"
    assert (await only_line(confirmed.id)).cancelled == 2000
    assert await reserved("CUP") == 0


async def test_a_closed_order_does_not_change_any_more(database: db.Database) -> None:
    order_id = await draft(CUP=1)
    await ordering.cancel(order_id, reason="", by=ADA)

    assert await changed(order_id, CUP=2) == NotNow("state")
    assert await ordering.cancel(order_id, reason="", by=ADA) == NotNow("state")


# At the same instant


async def race(rounds: int) -> None:
    """Two salespeople confirm the last pieces at the same instant, again and again."""
    await given.stock("CUP", 1, at="A-01")
    await customer("C2")
    for _ in range(rounds):
        rivals = [await draft(CUP=1), await draft(of="C2", CUP=1)]

        answers = await asyncio.gather(*(ordering.confirm(one, by=ADA) for one in rivals))

        told = [answer for answer in answers if isinstance(answer, Confirmed)]
        winner, loser = sorted(told, key=lambda one: not one.is_whole)
        assert (winner.is_whole, loser.is_whole) == (True, False)
        assert [(held.number, held.quantity) for held in loser.lines[0].holders] == [(winner.number, 1000)]
        assert await reserved("CUP") == 1
        for one in (loser, winner):
            assert isinstance(await ordering.cancel(one.id, reason="", by=ADA), Done)
    assert await reserved("CUP") == 0


async def test_two_people_confirm_the_last_piece_and_one_is_told_who_holds_it(database: db.Database) -> None:
    await race(10)


@pytest.mark.slow
async def test_two_people_confirm_the_last_piece_a_thousand_times(database: db.Database) -> None:
    await race(1000)


async def test_an_item_switched_off_stays_in_the_orders_it_is_in(database: db.Database) -> None:
    await given.stock("CUP", 5, at="A-01")
    order_id = await draft(CUP=2)
    await maintaining.switch_items([await given.item("CUP")], is_active=False, by=0)

    assert isinstance(await ordering.confirm(order_id, by=ADA), Confirmed)
