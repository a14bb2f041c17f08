"""From the tote to the customer on a real database: packed, checked by others than the picker, shipped, delivered."""

import datetime as dt

import pytest

from server import db
from server.catalog.maintaining import Missing
from server.outbound import following, ordering, packing, queries, releasing, shipping, surveying, waving
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow, Released
from server.outbound.surveying import Carton
from server.stock import holding
from server.stock.availability import Goods
from server.sync import dispatching, performing, wire
from server.sync.performing import Act
from tests import given
from tests.outbound.floor import noticed, pick, picker, put_back, released, shown, standing, steps, tote
from tests.outbound.orders import ADA, ordered

pytestmark = pytest.mark.database

TODAY = dt.date(2026, 11, 24)


async def carton(notice: int) -> int:
    """A new carton of the notice: its location."""
    made = await packing.open_carton(notice, by=ADA)
    assert isinstance(made, Carton), made
    return made.location


async def picked(**amounts: int) -> int:
    """A notice of which wang has everything in tote T-1."""
    notice = await released(**amounts)
    outcome = await dispatching.pick(notice, await tote(), by=By(await picker()))
    assert outcome == Done(notice, "picked"), outcome
    return notice


async def packed(**amounts: int) -> int:
    """The same, in a carton."""
    notice = await picked(**amounts)
    assert await dispatching.pack(notice, await carton(notice), by=ADA) == Done(notice, "packed")
    return notice


async def ship(notice: int) -> Done | NotNow | Missing:
    return await dispatching.ship(notice, "顺丰", "SF1", today=TODAY, by=ADA)


async def test_an_order_walks_through_every_state(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await packed(CUP=3)
    li = await picker("li")

    assert await dispatching.check(notice, by=By(li)) == Done(notice, "checked")
    assert await ship(notice) == Done(notice, "shipped")

    stands = await standing(notice)
    (line,) = await queries.lines(stands.order_id)
    assert (line.picked, line.shipped, line.reserved) == (3000, 3000, 0)
    assert (stands.order_state, stands.carrier, stands.tracking) == ("done", "顺丰", "SF1")
    assert await shown("notice") == {}


async def test_the_picker_does_not_check(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await packed(CUP=3)

    assert await dispatching.check(notice, by=By(await picker())) == NotNow(("picker",))
    assert await ship(notice) == NotNow(("state",))


async def test_two_must_be_two(database: db.Database) -> None:
    await steps(checkers=2)
    await given.stock("CUP", 10, at="A-01")
    notice = await packed(CUP=3)
    li, zhao = await picker("li"), await picker("zhao")

    assert await dispatching.check(notice, by=By(li)) == Done(notice, "packed")
    assert await dispatching.check(notice, by=By(li)) == NotNow(("same_person",))
    assert await dispatching.check(notice, by=By(zhao)) == Done(notice, "checked")


async def test_whatever_changes_in_a_carton_voids_the_check(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await packed(CUP=3)
    await dispatching.check(notice, by=By(await picker("li")))
    (box,) = (await surveying.cartons([notice]))[notice]

    await put_back(notice, CUP=1, at="A-01", out_of=box.code)
    await pick(notice, CUP=1, at="A-01", into=box.code, by=await picker("zhao"))

    assert (await standing(notice)).state == "packed"


async def test_who_finds_something_else_has_not_passed_it(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await packed(CUP=3)
    (box,) = (await surveying.cartons([notice]))[notice]
    seen = wire.Carton(carton=f"l-{box.location}", lines=[wire.Content(f"i-{await given.item('CUP')}", "2")])

    await performing.perform([Act("stock.check@1", seen)], by=await picker("li"))

    assert (await standing(notice)).state == "packed"
    (found,) = await following.gather([notice])
    assert not found.checked_by


async def test_steps_that_are_switched_off_are_not_waited_for(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)

    assert await ship(notice) == Done(notice, "shipped")


async def test_a_lot_that_is_held_meanwhile_does_not_leave(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.item("MILK", has_lots=True)
    await given.stock("MILK", 10, at="A-01", lot="L1")
    notice = await picked(MILK=3)

    await holding.hold_lot(await given.item("MILK"), "L1", is_held=True, reason="质检", by=1)

    assert await ship(notice) == NotNow(("lot_held",))


async def test_the_customer_takes_it_in_or_refuses_it_with_a_reason(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    assert await shipping.confirm_delivery(notice, "delivered", by=ADA) == NotNow(("state",))
    await ship(notice)

    assert await shipping.confirm_delivery(notice, "refused", by=ADA) == NotNow(("no_reason",))
    assert await shipping.confirm_delivery(notice, "refused", reason="破损", by=ADA) == Done(
        notice, "refused"
    )
    assert (await standing(notice)).delivery == "refused"


async def test_a_sealed_carton_takes_nothing_more(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    location = await carton(notice)
    (box,) = (await surveying.cartons([notice]))[notice]
    assert await packing.seal(box.id, packing.Size(weight_g=1200), by=ADA) == Done(box.id, "sealed")

    assert await dispatching.pack(notice, location, by=ADA) == NotNow(("no_carton",))
    await packing.reopen(box.id, by=ADA)
    assert await dispatching.pack(notice, location, by=ADA) == Done(notice, "packed")
    assert len(box.sscc) == 18


async def test_a_part_that_left_leaves_the_rest_of_the_order_open(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 2, at="A-01")
    order = (await ordered(CUP=5)).id
    notice = await noticed(order)
    await dispatching.pick(notice, await tote(), by=By(await picker()))
    await ship(notice)
    assert (await standing(notice)).order_state == "partly_shipped"

    await given.stock("CUP", 10, at="A-02")
    await ordering.serve_backorders(set(await _goods("CUP")))
    second = await noticed(order)
    await dispatching.pick(second, await tote(), by=By(await picker()))
    await ship(second)
    assert (await standing(second)).order_state == "done"


async def _goods(code: str) -> list[Goods]:
    return [Goods(await given.item(code), await given.warehouse())]


async def test_a_shipment_taken_back_opens_the_order_again(database: db.Database) -> None:
    await steps(packs=False, checkers=0)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    await ship(notice)
    back = performing.move(
        await given.item("CUP"), "3", await given.virtual("customer"), await tote(), document=f"sn-{notice}"
    )

    await performing.perform([back], by=1)

    stands = await standing(notice)
    assert (stands.state, stands.order_state) == ("picked", "confirmed")


# Waves


async def test_a_wave_is_walked_as_one(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    await given.stock("BOX", 10, at="B-01")
    notices = [await released(CUP=1), await released(BOX=1), await released(CUP=2)]

    wave = await waving.group(notices, "cluster", by=ADA)

    assert isinstance(wave, Released), wave
    assert await waving.notices_of(f"wv-{wave.id}") == notices
    positions = sorted((row["position"], row["location"]) for row in (await shown("pick")).values())
    assert [position for position, _ in positions] == [0, 1, 2]
    assert all(row["wave"] == f"wv-{wave.id}" for row in (await shown("notice")).values())


async def test_more_totes_than_a_trolley_carries_are_no_cluster(database: db.Database) -> None:
    await given.stock("CUP", 100, at="A-01")
    notices = [await released(CUP=1) for _ in range(13)]

    assert await waving.group(notices, "cluster", by=ADA) == NotNow(("too_many",))
    assert isinstance(await waving.group(notices, "batch", by=ADA), Released)


async def test_what_somebody_is_at_joins_no_wave(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await released(CUP=1)
    await releasing.take([notice], by=By(await picker()))

    assert await waving.group([notice], "batch", by=ADA) == NotNow(("state",))


async def test_a_wave_that_nobody_began_may_be_dissolved(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notices = [await released(CUP=1), await released(CUP=2)]
    wave = await waving.group(notices, "batch", by=ADA)
    assert isinstance(wave, Released)

    assert await waving.dissolve(wave.id, by=ADA) == Done(wave.id, "dissolved")

    assert [(await standing(one)).wave for one in notices] == [None, None]
    assert await waving.notices_of(f"wv-{wave.id}") == []
